//! A stream of a chat, an event at a time through real sockets: forwarded plainly, read for its usage on the side,
//! and split by `eventsource-stream`.
//!
//! What is timed is the forwarder alone: its read, what it does with the bytes, and its write. The peers on both
//! sides run untimed on the same thread, so that no scheduling is measured. Each figure is the quickest of
//! many rounds that take turns: whatever else the machine does only ever makes a round slower.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_util::Stream;
use tidegate_provider::{Dialect, Endpoint, EndpointKind, UsageReader, adapter};
use xtask::stopwatch::Stopwatch;

use crate::{gigabytes_per_second, line};

const ROUNDS: usize = 101;
/// Events of one stream.
const EVENTS: usize = 500;

/// What a forwarder does with the bytes beside forwarding them.
enum Aside {
    Nothing,
    Usage(Box<UsageReader>),
    Peer(Splitter),
}

pub(crate) fn run() {
    let events = events();
    let bytes: usize = events.iter().map(Vec::len).sum();
    let (mut plain, mut ours, mut peers) = (Vec::new(), Vec::new(), Vec::new());
    let mut wires = Wires::new();
    for _ in 0..ROUNDS {
        plain.push(wires.forward(&events, &mut Aside::Nothing));
        ours.push(wires.forward(&events, &mut Aside::Usage(Box::new(reader()))));
        peers.push(wires.forward(&events, &mut Aside::Peer(Splitter::new())));
    }
    let [plain, ours, peers] = [plain, ours, peers].map(quickest);
    let each = |time: Duration| time.as_secs_f64() * 1e9 / EVENTS as f64;
    line(
        "stream: forwarded plainly",
        &format!("{:7.0} ns an event of {} bytes", each(plain), bytes / EVENTS),
    );
    line("stream: with its usage read", &format!("{:7.0} ns an event", each(ours)));
    line("stream: split by eventsource-stream", &format!("{:7.0} ns an event", each(peers)));
    line("usage read / plain", &format!("{:7.3}   (at most 1.20)", each(ours) / each(plain)));
    line("eventsource-stream / plain", &format!("{:7.3}", each(peers) / each(plain)));
    let alone = quickest((0..ROUNDS).map(|_| read_alone(&events)).collect());
    line("usage reader alone", &format!("{:7.2} GB/s", gigabytes_per_second(bytes, alone)));
}

fn reader() -> UsageReader {
    adapter(Dialect::OpenAi).usage_reader(Endpoint::of(EndpointKind::Chat), None, None)
}

/// A chat's events as OpenAI sends them, with the usage in the last one.
fn events() -> Vec<Vec<u8>> {
    let chunk = |choices: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-BqJ1x2y3z4a5b6c7d8e9f0\",\"object\":\"chat.completion.chunk\",\"created\":1752000000,\
             \"model\":\"gpt-4.1-mini-2025-04-14\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",\
             \"choices\":[{choices}],\"usage\":{usage}}}\n\n"
        )
        .into_bytes()
    };
    let word = |number: usize| {
        format!(
            "{{\"index\":0,\"delta\":{{\"content\":\" word{number}\"}},\"logprobs\":null,\"finish_reason\":null}}"
        )
    };
    let mut events: Vec<Vec<u8>> = (0..EVENTS - 2).map(|number| chunk(&word(number), "null")).collect();
    let usage = "{\"prompt_tokens\":100,\"completion_tokens\":498,\"total_tokens\":598}";
    events.extend([chunk("", usage), b"data: [DONE]\n\n".to_vec()]);
    events
}

fn quickest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

/// The reader without any forwarding, the whole stream at once.
fn read_alone(events: &[Vec<u8>]) -> Duration {
    let whole = events.concat();
    let mut reader = reader();
    let watch = Stopwatch::start();
    reader.push(&whole);
    let reading = reader.finish();
    let elapsed = watch.elapsed();
    assert!(reading.usage.is_some(), "the stream ends with its usage");
    elapsed
}

/// A provider, a forwarder and a caller, joined by loopback connections.
struct Wires {
    provider: TcpStream,
    from_provider: TcpStream,
    to_caller: TcpStream,
    caller: TcpStream,
}

impl Wires {
    fn new() -> Self {
        let pair = || {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of the loopback address");
            let address = listener.local_addr().expect("it is bound");
            let client = TcpStream::connect(address).expect("the listener is there");
            let (server, _) = listener.accept().expect("somebody has connected");
            client.set_nodelay(true).expect("the socket is open");
            server.set_nodelay(true).expect("the socket is open");
            (client, server)
        };
        let (provider, from_provider) = pair();
        let (to_caller, caller) = pair();
        Self { provider, from_provider, to_caller, caller }
    }

    /// Forwards the events one at a time and gives the time that the forwarder took.
    fn forward(&mut self, events: &[Vec<u8>], aside: &mut Aside) -> Duration {
        let mut buffer = vec![0; 16 * 1024];
        let mut taken = vec![0; 16 * 1024];
        let mut spent = Duration::ZERO;
        for event in events {
            self.provider.write_all(event).expect("the forwarder listens");
            let watch = Stopwatch::start();
            let length = self.from_provider.read(&mut buffer).expect("the provider has written");
            let chunk = &buffer[..length];
            match aside {
                Aside::Nothing => {}
                Aside::Usage(reader) => {
                    reader.push(chunk);
                    std::hint::black_box(reader.so_far());
                }
                Aside::Peer(splitter) => splitter.push(chunk),
            }
            self.to_caller.write_all(chunk).expect("the caller listens");
            spent += watch.elapsed();
            self.caller.read_exact(&mut taken[..length]).expect("the forwarder has written");
        }
        spent
    }
}

/// `eventsource-stream`, fed a chunk at a time.
struct Splitter {
    next: Rc<Cell<Option<Bytes>>>,
    events: Pin<Box<dyn Stream<Item = bool>>>,
}

impl Splitter {
    fn new() -> Self {
        use futures_util::StreamExt;
        let next = Rc::new(Cell::new(None));
        let events = Box::pin(Slot(next.clone()).eventsource().map(|event| event.is_ok()));
        Self { next, events }
    }

    fn push(&mut self, chunk: &[u8]) {
        self.next.set(Some(Bytes::copy_from_slice(chunk)));
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(whole)) = self.events.as_mut().poll_next(&mut context) {
            assert!(whole, "every event is well formed");
        }
    }
}

/// A stream of the chunks that are put into it.
struct Slot(Rc<Cell<Option<Bytes>>>);

impl Stream for Slot {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.take().map_or(Poll::Pending, |chunk| Poll::Ready(Some(Ok(chunk))))
    }
}
