//! What an account takes that nobody uses, and what a call takes that waits: counted by the allocator, and what lies in
//! place added.

use std::future::Future;
use std::mem::size_of;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use peak_alloc::PeakAlloc;
use tidegate::scheduler::{Metadata, Mode, Scheduler};
use tidegate::{Limiter, ManualClock};
use tidegate_core::{
    Blueprint, Cost, Dimension, Dormant, Engine, EngineConfig, Limit, Quota, Request, ReservationId,
    Timestamp, Usage,
};

use crate::line;

#[global_allocator]
static COUNTED: PeakAlloc = PeakAlloc;

const WAITERS: usize = 100_000;
const ACCOUNTS: usize = 10_000;

/// Measures and prints.
pub(crate) fn run() {
    let each = |all: usize, of: usize| format!("{:8.1} bytes", all as f64 / of as f64);
    line("memory: 10 000 idle accounts of five limits, one (bar 256)", &each(idle_accounts(), ACCOUNTS));
    line("memory: the same in a scheduler, with names and all", &each(idle_clients(), ACCOUNTS));
    line("memory: an account of five limits within a minute of a call", &each(awake_account(), 1));
    line("memory: 100 000 waiters, one of them (bar 128)", &each(waiting_calls(), WAITERS));
}

/// Five limits, of the dimensions that providers count.
fn five_limits() -> Vec<Limit> {
    let tokens = [Dimension::InputTokens, Dimension::OutputTokens, Dimension::TotalTokens];
    let quota = Quota::per_minute(60_000).burst(60_000);
    let mut limits: Vec<Limit> = tokens.into_iter().map(|dimension| Limit::new(dimension, quota)).collect();
    limits.push(Limit::new(Dimension::Requests, Quota::per_minute(600)));
    limits.push(Limit::new(Dimension::Concurrency, Quota::concurrency(64)));
    limits
}

/// An account of five limits that has made a call.
fn used(blueprint: &Arc<Blueprint>, now: Timestamp) -> Engine {
    let mut engine = Engine::of(blueprint, now);
    let request = Request::new(Cost::requests(1).input_tokens(120).output_tokens(80));
    let (id, _) = engine.reserve(&request, now);
    engine.settle(id, &Cost::requests(1).input_tokens(118), Some(&Usage::new(118, 64)), now);
    while engine.poll().is_some() {}
    engine
}

/// Bytes of all accounts that are idle, each after a call.
fn idle_accounts() -> usize {
    let blueprint = Arc::new(Blueprint { config: EngineConfig::default(), limits: five_limits() });
    let before = COUNTED.current_usage();
    // The clock has run for a year: instants are large numbers.
    let now = Timestamp::from_secs(31_536_000);
    let mut accounts = Vec::with_capacity(ACCOUNTS);
    accounts.extend((0..ACCOUNTS).map(|_| used(&blueprint, now).sleep(now).expect("nothing is under way")));
    let taken = COUNTED.current_usage() - before;
    assert!(accounts.iter().map(Dormant::wake).all(|engine| engine.snapshot(now).tally.settled == 1));
    taken
}

/// Bytes of a scheduler with an account for each client, a minute after each has made a call.
fn idle_clients() -> usize {
    let clock = ManualClock::new();
    let limits = Limiter::builder().limits(five_limits()).clock(clock.clone());
    let scheduler =
        Scheduler::<u64, ()>::builder().mode(Mode::Account).max_accounts(ACCOUNTS + 1).limits(limits);
    let scheduler = scheduler.build().expect("the description makes sense");
    let before = COUNTED.current_usage();
    for client in 0..ACCOUNTS {
        let call = Metadata::new("model").client_id(format!("client-{client:05}"));
        let made =
            pin!(scheduler.submit(call, |_| async { Ok(64) })).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(made, Poll::Ready(Ok(_))), "nobody has to wait");
    }
    clock.advance(Duration::from_secs(60));
    let taken = COUNTED.current_usage() - before;
    assert_eq!(scheduler.accounts().len(), ACCOUNTS + 1);
    taken
}

/// Bytes of an account that a call was made of a moment ago, its blueprint its own.
fn awake_account() -> usize {
    let before = COUNTED.current_usage();
    let blueprint = Arc::new(Blueprint { config: EngineConfig::default(), limits: five_limits() });
    let engine = used(&blueprint, Timestamp::ZERO);
    drop(blueprint);
    let taken = COUNTED.current_usage() - before;
    assert!(engine.is_at_rest());
    taken + size_of::<Engine>()
}

/// Bytes that all the waiting calls take together.
fn waiting_calls() -> usize {
    let mut engine = Engine::new(EngineConfig { max_queue: WAITERS, ..EngineConfig::default() });
    engine.configure(vec![Limit::new(Dimension::Requests, Quota::per_minute(1))], Timestamp::ZERO);
    let request = Request::new(Cost::requests(1));
    let before = COUNTED.current_usage();
    let last = (0..WAITERS).map(|_| engine.reserve(&request, Timestamp::ZERO).0).last();
    assert_ne!(last, None::<ReservationId>, "somebody waits");
    COUNTED.current_usage() - before
}
