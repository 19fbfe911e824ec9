//! The reference's timing test: when calls start, with their gaps: four one after another, then ten at once. The rate is an argument; 0.5 a second without.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example rate_limiting     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example rate_limiting                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidegate::{Class, Clock, RealClock, Timestamp};
use tidegate_client::{Error, Event, Mistral};

const MODEL: &str = "mistral-small-latest";
/// How late a start may be by the machine alone.
const LATE: Duration = Duration::from_millis(250);

/// How many calls ask at once; the last of them starts nine periods after the first.
const AT_ONCE: usize = 10;

/// Prints when calls started; says whether each did when it was due, and none was refused.
fn told(name: &str, starts: &[Timestamp], period: Duration, refused: usize) -> bool {
    let first = starts.first().copied().unwrap_or(Timestamp::ZERO);
    let (mut last, mut on_time) = (first, true);
    for (number, start) in starts.iter().enumerate() {
        let (took, due) = (start.since(first), period.mul_f64(number as f64));
        println!(
            "{name} [REQ {number}] T+{:.2}s, due {:.2}s | gap {:.2}s",
            took.as_secs_f64(),
            due.as_secs_f64(),
            start.since(last).as_secs_f64()
        );
        // Never early; late by what a busy machine takes to wake somebody.
        on_time &= took >= due.mul_f64(0.98) && took <= due + period.mul_f64(0.5) + LATE;
        last = *start;
    }
    let works = on_time && refused == 0;
    println!(
        "{name}: {} starts, {refused} refused; rate limit works: {}",
        starts.len(),
        if works { "YES" } else { "NO" }
    );
    works
}

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    let rate = std::env::args().nth(1).and_then(|rate| rate.parse().ok()).unwrap_or(0.5_f64).max(0.01);
    let (starts, refusals) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let (noted, counted) = (starts.clone(), refusals.clone());
    let note = move |_, event: &Event| match event {
        Event::Granted { .. } => {
            if let Ok(mut starts) = noted.lock() {
                starts.push(RealClock.now());
            }
        }
        Event::Retried { class: Class::Throttled } => drop(counted.fetch_add(1, Ordering::Relaxed)),
        _ => {}
    };
    let client = Mistral::builder().limits(|limits| limits.requests_per_second(rate).burst(1)).on_event(note);
    let mistral = client.build()?;
    let period = Duration::from_secs_f64(1.0 / rate);
    let take = || starts.lock().map(|mut starts| std::mem::take(&mut *starts)).unwrap_or_default();
    let refused = || refusals.swap(0, Ordering::Relaxed);

    for _ in 0..4 {
        mistral.conversations().start("Hello!").model(MODEL).send().await?;
    }
    let mut works = told("one after another", &take(), period, refused());

    let calls = (0..AT_ONCE).map(|_| {
        let mistral = mistral.clone();
        tokio::spawn(async move { mistral.conversations().start("Hello!").model(MODEL).send().await })
    });
    for call in calls.collect::<Vec<_>>() {
        if let Ok(answer) = call.await {
            answer?;
        }
    }
    works &= told("all at once", &take(), period, refused());
    Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
