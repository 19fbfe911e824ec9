//! The reference's timing test: when calls start, with their gaps. The rate is an argument; 0.5 a second without.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example rate_limiting     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example rate_limiting                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidegate::{Clock, RealClock, Timestamp};
use tidegate_client::{Error, Event, Mistral};

const MODEL: &str = "mistral-small-latest";

fn told(name: &str, starts: &[Timestamp], period: Duration) {
    let first = starts.first().copied().unwrap_or(Timestamp::ZERO);
    let mut last = first;
    for (number, start) in starts.iter().enumerate() {
        println!(
            "{name} [REQ {number}] T+{:.2}s | gap {:.2}s",
            start.since(first).as_secs_f64(),
            start.since(last).as_secs_f64()
        );
        last = *start;
    }
    let gaps = u32::try_from(starts.len().saturating_sub(1)).unwrap_or(u32::MAX).max(1);
    let average = last.since(first) / gaps;
    let works = average >= period.mul_f64(0.98);
    println!(
        "{name}: average gap {average:.2?}, expected {period:.2?}; rate limit works: {}",
        if works { "YES" } else { "NO" }
    );
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let rate = std::env::args().nth(1).and_then(|rate| rate.parse().ok()).unwrap_or(0.5_f64).max(0.01);
    let starts = Arc::new(Mutex::new(Vec::new()));
    let noted = starts.clone();
    let note = move |event: &Event| {
        if let (Event::Granted { .. }, Ok(mut starts)) = (event, noted.lock()) {
            starts.push(RealClock.now());
        }
    };
    let client = Mistral::builder().limits(|limits| limits.requests_per_second(rate).burst(1)).on_event(note);
    let mistral = client.build()?;
    let period = Duration::from_secs_f64(1.0 / rate);
    let take = || starts.lock().map(|mut starts| std::mem::take(&mut *starts)).unwrap_or_default();

    for _ in 0..4 {
        mistral.conversations().start("Hello!").model(MODEL).send().await?;
    }
    told("one after another", &take(), period);

    let calls = (0..5).map(|_| {
        let mistral = mistral.clone();
        tokio::spawn(async move { mistral.conversations().start("Hello!").model(MODEL).send().await })
    });
    for call in calls.collect::<Vec<_>>() {
        if let Ok(answer) = call.await {
            answer?;
        }
    }
    told("all at once", &take(), period);
    Ok(())
}
