//! What a call of our client costs beside bare `reqwest`: one instant server, equal connections, calls in turn.
//!
//! The bare call sends a body that is written already and reads the answer's bytes. Ours writes the body, estimates,
//! paces, traces, retries if need be, reads limits and usage, settles, and reads the answer into types.

mod server;

use std::time::Duration;

use serde_json::json;
use tidegate::Cost;
use tidegate_client::openai::Message;
use tidegate_client::{Body, HttpTransport, OpenAi, Transport, TransportConfig};
use xtask::console;
use xtask::stopwatch::Stopwatch;

/// Calls of each kind that are measured, after as many tenths that are not.
const CALLS: usize = 20_000;
/// What ours may cost at the median beyond the bare call.
const BAR: Duration = Duration::from_micros(15);
const MODEL: &str = "gpt-4o-mini";
const QUESTION: &str = "What does the tide do, and when does it do it next?";

fn main() {
    let answer = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "It turns, twice a day, and next at noon."},
         "finish_reason": "stop"}], "usage": {"prompt_tokens": 19, "completion_tokens": 11, "total_tokens": 30}});
    let base = server::start(&answer.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(run(&base));
}

async fn run(base: &str) {
    let body = json!({"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}).to_string();
    // First ours: it installs the provider of TLS, without which no client of any kind is made.
    let transport = HttpTransport::new(&TransportConfig::default()).expect("a transport is made");
    let (bare, ours) = (bare(), ours(base));
    let url = format!("{base}/v1/chat/completions");
    let mut spans = [const { Vec::new() }; 4];
    for call in 0..CALLS + CALLS / 10 {
        let took = [
            timed(bare_call(&bare, &url, &body)).await,
            timed(transport_call(&transport, &url, &body)).await,
            timed(our_call(&ours)).await,
            timed(async { pace(&ours) }).await,
        ];
        if call >= CALLS / 10 {
            spans.iter_mut().zip(took).for_each(|(spans, took)| spans.push(took));
        }
    }
    let [bare, transport, ours, pace] = spans.map(median);
    let over = |span: Duration| span.saturating_sub(bare);
    line("bare reqwest", &micros(bare));
    line("our transport alone, over bare", &micros(over(transport)));
    line("the limiter alone: reserve and settle", &micros(pace));
    line("our client, over bare", &format!("{}   (at most {} us)", micros(over(ours)), BAR.as_micros()));
}

/// A client with the settings of our transport.
fn bare() -> reqwest::Client {
    let config = TransportConfig::default();
    let builder = reqwest::Client::builder().http1_only().tcp_nodelay(true).no_proxy();
    let builder = builder.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
    let builder = builder.connect_timeout(config.connect_timeout).read_timeout(config.read_timeout);
    let builder = builder.pool_max_idle_per_host(config.idle_connections_max);
    builder.tls_certs_only([]).build().expect("a client without certificates is made")
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

async fn bare_call(client: &reqwest::Client, url: &str, body: &str) {
    let request = client.post(url).header("content-type", "application/json").body(body.to_owned());
    let answer = request.send().await.expect("the server answers");
    std::hint::black_box(answer.bytes().await.expect("the answer is whole"));
}

async fn transport_call(transport: &HttpTransport, url: &str, body: &str) {
    let request = http::Request::post(url).header("content-type", "application/json");
    let request = request.body(Body::whole(body.to_owned())).expect("the request is sound");
    let mut answer = transport.send(request).await.expect("the server answers");
    while let Some(chunk) = answer.body_mut().chunk().await.expect("the answer is whole") {
        std::hint::black_box(chunk);
    }
}

async fn our_call(client: &OpenAi) {
    let call = client.chat(MODEL, [Message::user(QUESTION)]);
    std::hint::black_box(call.send().await.expect("the server answers"));
}

fn pace(client: &OpenAi) {
    let cost = Cost::requests(1).input_tokens(19).output_tokens(11);
    let permit = client.api().limiter().try_acquire(cost).expect("the limits never bind");
    permit.sent();
    permit.settle(tidegate::Usage::new(19, 11));
}

async fn timed(call: impl Future<Output = ()>) -> Duration {
    let watch = Stopwatch::start();
    call.await;
    watch.elapsed()
}

fn median(mut spans: Vec<Duration>) -> Duration {
    spans.sort_unstable();
    spans.get(spans.len() / 2).copied().unwrap_or_default()
}

fn micros(span: Duration) -> String {
    format!("{:7.2} us", span.as_secs_f64() * 1e6)
}

/// Prints one figure.
fn line(what: &str, figure: &str) {
    console::data(&format!("{what:<58} {figure}"));
}
