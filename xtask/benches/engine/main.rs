//! The engine's cost a call, with time passed in, beside `governor`'s single dimension in the same run.
//!
//! The two do not do the same: the engine meets five limits at once, keeps a reservation and settles it; the
//! reference counts one dimension and forgets. Each figure is the median of several rounds.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota as ReferenceQuota, RateLimiter};
use tidegate_core::{
    Cost, Decision, Dimension, Effect, Engine, EngineConfig, Limit, Quota, Request, ReservationId, Timestamp,
    Usage,
};
use xtask::console;
use xtask::stopwatch::Stopwatch;

const ROUNDS: usize = 15;
const CALLS: u32 = 100_000;
/// Virtual time between two calls.
const STEP: Duration = Duration::from_micros(1);
/// So much that no call waits: what is measured is the work, not the pace.
const PLENTY: u32 = 4_000_000_000;

fn main() {
    let ours = median_ns(settled_calls);
    let reference = median_ns(reference_calls);
    let queued = median_ns(queued_calls);
    console::data(&format!("reserve + settle, five limits, uncontended   {ours:7.1} ns a call"));
    console::data(&format!("governor, one dimension, fake clock          {reference:7.1} ns a call"));
    console::data(&format!("ratio                                        {:7.2}", ours / reference));
    console::data(&format!("queue of {CALLS}: enqueue, grant, settle     {queued:7.1} ns a call"));
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
        black_box(decision);
        engine.settle(id, &charge, Some(&usage), now);
        while engine.poll().is_some() {}
    }
    clock.elapsed()
}

/// All calls arrive at once behind a limit of one a microsecond, and leave in turn.
fn queued_calls() -> Duration {
    let mut engine = Engine::new(EngineConfig { max_queue: CALLS as usize, ..EngineConfig::default() });
    let quota = Quota::every(1, STEP).burst(1);
    engine.configure(vec![Limit::new(Dimension::Requests, quota)], Timestamp::ZERO);
    let request = Request::new(Cost::requests(1));
    let clock = Stopwatch::start();
    let mut granted = 0;
    let mut ready: Vec<ReservationId> = Vec::new();
    for _ in 0..CALLS {
        let (id, decision) = engine.reserve(&request, Timestamp::ZERO);
        if matches!(decision, Decision::Grant) {
            ready.push(id);
        }
        take_granted(&mut engine, &mut ready);
    }
    let mut now = Timestamp::ZERO;
    while granted < CALLS {
        for id in ready.drain(..) {
            engine.settle(id, &Cost::requests(1), None, now);
            granted += 1;
        }
        take_granted(&mut engine, &mut ready);
        if ready.is_empty() {
            let Some(deadline) = engine.next_deadline() else { break };
            now = deadline;
            engine.advance(now);
            take_granted(&mut engine, &mut ready);
        }
    }
    assert_eq!(granted, CALLS, "every queued call is granted");
    clock.elapsed()
}

fn take_granted(engine: &mut Engine, ready: &mut Vec<ReservationId>) {
    while let Some(effect) = engine.poll() {
        if let Effect::Granted { id, .. } = effect {
            ready.push(id);
        }
    }
}

fn reference_calls() -> Duration {
    let clock = FakeRelativeClock::default();
    let plenty = NonZeroU32::new(PLENTY).expect("the constant is not zero");
    let limiter = RateLimiter::direct_with_clock(ReferenceQuota::per_minute(plenty), clock.clone());
    let watch = Stopwatch::start();
    for _ in 0..CALLS {
        clock.advance(STEP);
        black_box(limiter.check().is_ok());
    }
    watch.elapsed()
}
