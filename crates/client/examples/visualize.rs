//! The reference's visualiser: how a level falls with each call and comes back with time. Needs no key and no network:
//! time is made by hand.

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::time::Duration;

use tidegate::{Clock, Cost, Decision, Limiter, ManualClock};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = ManualClock::new();
    let limits = Limiter::builder().requests_per_second(1.2).tokens_per_minute(1_000).clock(clock.clone());
    let limiter = limits.build()?;
    let begun = clock.now();
    println!("1.2 calls a second and 1 000 tokens a minute; each call costs 150 tokens");
    for number in 1..=10 {
        let cost = Cost::requests(1).input_tokens(150);
        if let Decision::Wait { until, reason } = limiter.quote(cost) {
            let wait = until.since(clock.now());
            println!("            wait {wait:.2?} for {reason}");
            clock.advance(wait);
        }
        limiter.try_acquire(cost)?.settle(tidegate::Usage::new(100, 20));
        let levels = limiter.snapshot().limits.into_iter().map(|limit| {
            let filled = usize::try_from(limit.used * 20 / limit.limit.max(1)).unwrap_or(20).min(20);
            format!("{} [{}{}]", limit.dimension, "#".repeat(filled), ".".repeat(20 - filled))
        });
        let at = clock.now().since(begun).as_secs_f64();
        println!("T+{at:5.2}s call {number:2}: {}", levels.collect::<Vec<_>>().join("  "));
        clock.advance(Duration::from_millis(100));
    }
    Ok(())
}
