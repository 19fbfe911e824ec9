//! What a call of our client costs beside bare `reqwest`: one instant server, equal connections, calls in turn.
//!
//! The bare call does by hand what anybody does who uses `reqwest` for one endpoint: it writes a struct as JSON, sends
//! it, reads the whole answer, and reads that into structs with the fields that it wants. Ours writes the body,
//! estimates, paces, traces, retries if need be, reads limits and usage, settles, and reads the answer into types that
//! keep every field. Both have the same settings, one connection each, and one thread for everything.
//!
//! Each round makes a call of every kind, in an order drawn anew, and a figure is the median over the rounds of the
//! difference within a round: what slows the machine down slows both alike. With the name of a kind and
//! a number, such as `cargo bench --package xtask --bench client -- ours 1000`, it makes just these calls, for a
//! profiler.
//!
//! All of it is done twice: by a thread that never sleeps, like the server's, and by one that sleeps until each answer
//! comes, as that of a program does which makes one call at a time. After a sleep any code is slow, since caches and
//! predictions of branches are gone: what our client does beside the network took 8 us in a thread that stayed awake,
//! and 21 us after a sleep of a microsecond (a virtual machine on AMD EPYC, 2026-11). The bar is for the first, which is
//! about code; the second says what a wake-up adds on this machine.

mod bare;
mod server;

use std::future::Future;
use std::time::Duration;

use serde_json::json;
use tidegate::Cost;
use tidegate::call::Jitter;
use tidegate_client::openai::Message;
use tidegate_client::{Body, HttpTransport, OpenAi, Transport, TransportConfig};
use xtask::console;
use xtask::stopwatch::Stopwatch;

use bare::Bare;

/// Rounds that are measured, after a tenth as many that are not.
const ROUNDS: usize = 20_000;
/// What ours may cost at the median beyond the bare call.
const BAR: Duration = Duration::from_micros(15);
const MODEL: &str = "gpt-4o-mini";
const QUESTION: &str = "What does the tide do, and when does it do it next?";

/// The kinds of calls, by name; the figures are in this order too.
const KINDS: [&str; 5] = ["bare", "bytes", "transport", "ours", "pace"];

fn main() {
    let answer = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "It turns, twice a day, and next at noon."},
         "finish_reason": "stop"}], "usage": {"prompt_tokens": 19, "completion_tokens": 11, "total_tokens": 30}});
    let base = server::start(&answer.to_string());
    // Cargo adds words of its own, such as `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    match words.as_slice() {
        [kind, count] => {
            let count = count.parse().expect("a number of calls");
            in_thread(true, async { Calls::new(&base).repeat(kind, count).await });
        }
        _ => {
            console::data("In a thread that never sleeps:");
            in_thread(true, async { Calls::new(&base).compare(Some(BAR)).await });
            console::data("In a thread that sleeps until each answer comes:");
            in_thread(false, async { Calls::new(&base).compare(None).await });
        }
    }
}

/// Does it in this thread, which stays awake if it is told to.
fn in_thread(awake: bool, calls: impl Future<Output = ()>) {
    // It looks for what came before each other step, since there is always another.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().event_interval(1).build();
    runtime.expect("a runtime starts").block_on(async {
        if awake {
            tokio::spawn(async {
                loop {
                    tokio::task::yield_now().await;
                }
            });
        }
        calls.await;
    });
}

/// Everybody who calls, each with connections of its own.
struct Calls {
    ours: OpenAi,
    transport: HttpTransport,
    bare: Bare,
    url: String,
    /// The body as it is written.
    body: String,
}

impl Calls {
    fn new(base: &str) -> Self {
        // First ours: it installs the provider of TLS, without which no client of any kind is made.
        let transport = HttpTransport::new(&TransportConfig::default()).expect("a transport is made");
        let url = format!("{base}/v1/chat/completions");
        let body = json!({"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}).to_string();
        Self { ours: ours(base), transport, bare: Bare::new(&url), url, body }
    }

    /// Makes a number of calls of one kind.
    async fn repeat(&self, kind: &str, count: usize) {
        let kind = KINDS.iter().position(|known| *known == kind).expect("a kind that there is");
        for _ in 0..count {
            self.call(kind).await;
        }
    }

    /// Makes calls of all kinds in turn, and prints what each costs beyond the bare one.
    async fn compare(&self, bar: Option<Duration>) {
        let mut rounds = Vec::with_capacity(ROUNDS);
        let (mut order, mut draws) = (std::array::from_fn(|kind| kind), Jitter::seeded(7));
        for round in 0..ROUNDS + ROUNDS / 10 {
            let mut took = [Duration::ZERO; KINDS.len()];
            shuffle(&mut order, &mut draws);
            for kind in order {
                let watch = Stopwatch::start();
                self.call(kind).await;
                took[kind] = watch.elapsed();
            }
            if round >= ROUNDS / 10 {
                rounds.push(took.map(|span| span.as_secs_f64() * 1e6));
            }
        }
        let middle = |of: &dyn Fn(&[f64; KINDS.len()]) -> f64| quartiles(rounds.iter().map(of).collect());
        line("bare reqwest: write, send, read into structs", &middle(&|took| took[0]));
        line("the same without writing and reading JSON, over bare", &middle(&|took| took[1] - took[0]));
        line("our transport alone, without JSON too, over bare", &middle(&|took| took[2] - took[0]));
        line("the limiter alone: reserve and settle", &middle(&|took| took[4]));
        let over = middle(&|took| took[3] - took[0]);
        let bar = bar.map_or_else(String::new, |bar| format!(" (at most {} us)", bar.as_micros()));
        line(&format!("our client, over bare{bar}"), &over);
        line("our client, over bare without JSON", &middle(&|took| took[3] - took[1]));
    }

    async fn call(&self, kind: usize) {
        match kind {
            0 => self.bare.call().await,
            1 => self.bare.bytes(&self.body).await,
            2 => self.through_transport().await,
            3 => self.our_call().await,
            _ => self.pace(),
        }
    }

    async fn our_call(&self) {
        let call = self.ours.chat(MODEL, [Message::user(QUESTION)]);
        std::hint::black_box(call.send().await.expect("the server answers"));
    }

    async fn through_transport(&self) {
        let request = http::Request::post(&self.url).header("content-type", "application/json");
        let request = request.body(Body::whole(self.body.clone())).expect("the request is sound");
        let mut answer = self.transport.send(request).await.expect("the server answers");
        while let Some(chunk) = answer.body_mut().chunk().await.expect("the answer is whole") {
            std::hint::black_box(chunk);
        }
    }

    fn pace(&self) {
        let cost = Cost::requests(1).input_tokens(19).output_tokens(11);
        let permit = self.ours.api().limiter().try_acquire(cost).expect("the limits never bind");
        permit.sent();
        permit.settle(tidegate::Usage::new(19, 11));
    }
}

/// Our client under limits that never bind.
fn ours(base: &str) -> OpenAi {
    let limits = |limits: tidegate::Builder| {
        let requests = tidegate::Quota::per_minute(100_000_000).burst(10_000_000);
        let tokens = tidegate::Quota::per_minute(10_000_000_000).burst(1_000_000_000);
        limits
            .limit(tidegate::Limit::new(tidegate::Dimension::Requests, requests))
            .limit(tidegate::Limit::new(tidegate::Dimension::TotalTokens, tokens))
    };
    OpenAi::builder().base_url(base).limits(limits).build().expect("a client is made")
}

/// Puts the kinds into another order, each equally likely.
fn shuffle(order: &mut [usize; KINDS.len()], draws: &mut Jitter) {
    for last in (1..order.len()).rev() {
        let drawn = draws.next_u64() % (last as u64 + 1);
        order.swap(last, usize::try_from(drawn).unwrap_or_default());
    }
}

/// The median, with the quartiles around it.
fn quartiles(mut micros: Vec<f64>) -> String {
    micros.sort_unstable_by(f64::total_cmp);
    let at = |part: usize| micros.get(micros.len() * part / 4).copied().unwrap_or_default();
    format!("{:7.2} us  ({:.2} to {:.2})", at(2), at(1), at(3))
}

/// Prints one line of figures.
fn line(what: &str, figures: &str) {
    console::data(&format!("{what:<58} {figures}"));
}
