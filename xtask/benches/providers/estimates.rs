//! How fast a body's cost is estimated, for bodies as small and as large as callers send.

use std::time::Duration;

use serde_json::json;
use tidegate_provider::{Dialect, Endpoint, EndpointKind, adapter};
use xtask::stopwatch::Stopwatch;

use crate::{gigabytes_per_second, line};

const ROUNDS: usize = 51;
/// Bytes that are read in a round.
const BYTES: usize = 4 << 20;
const PROSE: &str = "The tide comes in twice a day, and whoever waits at the gate with a boat full of barley knows \
                     its hour to the minute. \"Not yet\", says the keeper.\nThen the water turns. ";

pub(crate) fn run() {
    let texts = [("2 kB", 2), ("20 kB", 20), ("1 MB", 1_000)];
    for (size, kilobytes) in texts {
        let prose = PROSE.repeat(kilobytes * 1_000 / PROSE.len());
        report(&format!("estimate of {size} of prose"), &[prose]);
    }
    let turns: Vec<String> = (0..60).map(|turn| PROSE.repeat(1 + turn % 4)).collect();
    report("estimate of 60 turns", &turns);
    let other = "Çà et là, l'été coûte déjà très cher à Orléans; naïveté, cœur, garçon. ".repeat(300);
    report("estimate of 20 kB that are not ASCII", &[other]);
}

fn report(what: &str, turns: &[String]) {
    let messages: Vec<_> = turns.iter().map(|text| json!({"role": "user", "content": text})).collect();
    let body = json!({"model": "gpt-4.1-mini", "max_tokens": 100, "messages": messages}).to_string();
    // Whatever else the machine does only ever makes a round slower.
    let quickest: Duration = (0..ROUNDS).map(|_| round(body.as_bytes())).min().unwrap_or_default();
    let bytes = (BYTES / body.len()).max(1) * body.len();
    let speed = gigabytes_per_second(bytes, quickest);
    line(what, &format!("{speed:7.2} GB/s   (at least 1)"));
}

fn round(body: &[u8]) -> Duration {
    let adapter = adapter(Dialect::OpenAi);
    let endpoint = Endpoint::of(EndpointKind::Chat);
    let watch = Stopwatch::start();
    for _ in 0..(BYTES / body.len()).max(1) {
        std::hint::black_box(adapter.estimate(endpoint, std::hint::black_box(body)));
    }
    watch.elapsed()
}
