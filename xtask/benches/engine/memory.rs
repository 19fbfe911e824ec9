//! What an account takes that nobody uses, and what a call takes that waits: counted by the allocator, and what lies in
//! place added.

use std::mem::size_of;

use peak_alloc::PeakAlloc;
use tidegate_core::{
    Cost, Dimension, Engine, EngineConfig, Limit, Quota, Request, ReservationId, Timestamp, Usage,
};

use crate::line;

#[global_allocator]
static COUNTED: PeakAlloc = PeakAlloc;

const WAITERS: usize = 100_000;

/// Measures and prints.
pub(crate) fn run() {
    let (fresh, used) = idle_account();
    line("memory: an idle account of five limits, never used (bar 256)", &format!("{fresh:8} bytes"));
    line("memory: the same after one call", &format!("{used:8} bytes"));
    let each = waiting_call() as f64 / WAITERS as f64;
    line("memory: 100 000 waiters, one of them (bar 128)", &format!("{each:8.1} bytes"));
}

fn engine(limits: Vec<Limit>) -> Engine {
    let mut engine = Engine::new(EngineConfig { max_queue: WAITERS, ..EngineConfig::default() });
    engine.configure(limits, Timestamp::ZERO);
    engine
}

/// Bytes of an account before its first call, and after its last.
fn idle_account() -> (usize, usize) {
    let tokens = [Dimension::InputTokens, Dimension::OutputTokens, Dimension::TotalTokens];
    let quota = Quota::per_minute(60_000).burst(60_000);
    let mut limits: Vec<Limit> = tokens.into_iter().map(|dimension| Limit::new(dimension, quota)).collect();
    limits.push(Limit::new(Dimension::Requests, Quota::per_minute(600)));
    limits.push(Limit::new(Dimension::Concurrency, Quota::concurrency(64)));
    let before = COUNTED.current_usage() - limits.capacity() * size_of::<Limit>();
    let mut engine = engine(limits);
    let fresh = COUNTED.current_usage() - before + size_of::<Engine>();
    let request = Request::new(Cost::requests(1).input_tokens(120).output_tokens(80));
    let (id, _) = engine.reserve(&request, Timestamp::ZERO);
    engine.settle(id, &Cost::requests(1), Some(&Usage::new(118, 64)), Timestamp::ZERO);
    (fresh, COUNTED.current_usage() - before + size_of::<Engine>())
}

/// Bytes that all the waiting calls take together.
fn waiting_call() -> usize {
    let limits = vec![Limit::new(Dimension::Requests, Quota::per_minute(1))];
    let mut engine = engine(limits);
    let request = Request::new(Cost::requests(1));
    let before = COUNTED.current_usage();
    let last = (0..WAITERS).map(|_| engine.reserve(&request, Timestamp::ZERO).0).last();
    assert_ne!(last, None::<ReservationId>, "somebody waits");
    COUNTED.current_usage() - before
}
