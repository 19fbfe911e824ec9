//! What a call costs that waits behind a hundred thousand others, in virtual time: enqueue, grant, settle.

use std::time::Duration;

use tidegate_core::{
    Cost, Decision, Dimension, Effect, Engine, EngineConfig, Limit, Quota, Request, ReservationId, Timestamp,
};
use xtask::stopwatch::Stopwatch;

use crate::line;

const ROUNDS: usize = 5;
const CALLS: u32 = 100_000;
/// Virtual time between two grants.
const STEP: Duration = Duration::from_micros(1);

/// Measures and prints.
pub(crate) fn run() {
    let mut rounds: Vec<Duration> = (0..ROUNDS).map(|_| queued_calls()).collect();
    rounds.sort_unstable();
    let each = rounds[ROUNDS / 2].as_secs_f64() * 1e6 / f64::from(CALLS);
    line("queue: 100 000 waiters, enqueue + grant + settle (bar 2)", &format!("{each:8.2} us a call"));
}

/// All calls arrive at once behind a limit of one a microsecond, and leave in turn.
fn queued_calls() -> Duration {
    let mut engine = Engine::new(EngineConfig { max_queue: CALLS as usize, ..EngineConfig::default() });
    let quota = Quota::every(1, STEP).burst(1);
    engine.configure(vec![Limit::new(Dimension::Requests, quota)], Timestamp::ZERO);
    let request = Request::new(Cost::requests(1));
    let mut order: Vec<ReservationId> = Vec::with_capacity(CALLS as usize);
    let mut ready: Vec<ReservationId> = Vec::new();
    let mut granted = 0_usize;
    let clock = Stopwatch::start();
    for _ in 0..CALLS {
        let (id, decision) = engine.reserve(&request, Timestamp::ZERO);
        order.push(id);
        if matches!(decision, Decision::Grant) {
            ready.push(id);
        }
        take_granted(&mut engine, &mut ready);
    }
    let mut now = Timestamp::ZERO;
    while granted < order.len() {
        for id in ready.drain(..) {
            assert_eq!(order[granted], id, "first in, first out");
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
    assert_eq!(granted, order.len(), "every queued call is granted");
    clock.elapsed()
}

fn take_granted(engine: &mut Engine, ready: &mut Vec<ReservationId>) {
    while let Some(effect) = engine.poll() {
        if let Effect::Granted { id, .. } = effect {
            ready.push(id);
        }
    }
}
