//! What a call costs that need not wait: reserve and settle over five limits, beside one check of each peer.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota as PeerQuota, RateLimiter};
use tidegate_core::{
    Cost, Decision, Dimension, Engine, EngineConfig, Limit, Quota, Request, Timestamp, Usage,
};
use tokio::sync::Semaphore;
use xtask::stopwatch::Stopwatch;

use crate::line;

/// Rounds are short, so that most of them pass without another process taking the core, and many.
const ROUNDS: usize = 501;
const CALLS: u32 = 2_000;
/// Virtual time between two calls.
const STEP: Duration = Duration::from_micros(1);
/// So much that no call waits: what is measured is the work, not the pace.
const PLENTY: u32 = 4_000_000_000;

/// Measures and prints.
pub(crate) fn run() {
    let ours = median_ns(settled_calls);
    let governor = median_ns(governor_checks);
    line("decide: ours, reserve + settle, five limits, uncontended", &format!("{ours:8.1} ns a call"));
    line("decide: governor, one dimension, fake clock", &format!("{governor:8.1} ns a call"));
    line(
        "decide: leaky-bucket, one dimension, real clock",
        &format!("{:8.1} ns a call", median_ns(leaky_checks)),
    );
    line(
        "decide: ratelimit, one dimension, real clock",
        &format!("{:8.1} ns a call", median_ns(ratelimit_checks)),
    );
    line(
        "decide: tokio semaphore, one dimension, no clock",
        &format!("{:8.1} ns a call", median_ns(semaphore_checks)),
    );
    line("decide: ours / governor (bar 2.5)", &format!("{:8.2}", ours / governor));
}

/// The median over the rounds of the nanoseconds that one of `CALLS` calls takes.
fn median_ns(round: fn() -> Duration) -> f64 {
    let mut rounds: Vec<Duration> = (0..ROUNDS).map(|_| round()).collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2].as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// An engine with a limit in each of five dimensions.
fn engine() -> Engine {
    let mut engine = Engine::new(EngineConfig { max_queue: CALLS as usize, ..EngineConfig::default() });
    let plenty = Quota::per_minute(u64::from(PLENTY)).burst(u64::from(PLENTY));
    let dimensions =
        [Dimension::Requests, Dimension::InputTokens, Dimension::OutputTokens, Dimension::TotalTokens];
    let mut limits: Vec<Limit> =
        dimensions.into_iter().map(|dimension| Limit::new(dimension, plenty)).collect();
    limits.push(Limit::new(Dimension::Concurrency, Quota::concurrency(64)));
    engine.configure(limits, Timestamp::ZERO);
    engine
}

fn settled_calls() -> Duration {
    let mut engine = engine();
    let request = Request::new(Cost::requests(1).input_tokens(120).output_tokens(80));
    let charge = Cost::requests(1).input_tokens(118).output_tokens(64);
    let usage = Usage::new(118, 64);
    let mut now = Timestamp::ZERO;
    let clock = Stopwatch::start();
    for _ in 0..CALLS {
        now = now.after(STEP);
        let (id, decision) = engine.reserve(black_box(&request), now);
        black_box(matches!(decision, Decision::Grant));
        engine.settle(id, &charge, Some(&usage), now);
        while engine.poll().is_some() {}
    }
    clock.elapsed()
}

fn governor_checks() -> Duration {
    let clock = FakeRelativeClock::default();
    let plenty = NonZeroU32::new(PLENTY).expect("the constant is not zero");
    let limiter = RateLimiter::direct_with_clock(PeerQuota::per_minute(plenty), clock.clone());
    let watch = Stopwatch::start();
    for _ in 0..CALLS {
        clock.advance(STEP);
        black_box(limiter.check().is_ok());
    }
    watch.elapsed()
}

fn leaky_checks() -> Duration {
    let plenty = PLENTY as usize;
    let limiter = leaky_bucket::RateLimiter::builder().initial(plenty).max(plenty).build();
    let watch = Stopwatch::start();
    for _ in 0..CALLS {
        black_box(limiter.try_acquire(1));
    }
    watch.elapsed()
}

fn ratelimit_checks() -> Duration {
    let limiter = ratelimit::Ratelimiter::new(u64::from(PLENTY));
    let watch = Stopwatch::start();
    for _ in 0..CALLS {
        black_box(limiter.try_wait().is_ok());
    }
    watch.elapsed()
}

fn semaphore_checks() -> Duration {
    let semaphore = Semaphore::new(64);
    let watch = Stopwatch::start();
    for _ in 0..CALLS {
        black_box(semaphore.try_acquire().is_ok());
    }
    watch.elapsed()
}
