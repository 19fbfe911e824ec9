//! Wakers are foreign code: they may panic, and dropping one may call back into the limiter.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use tidegate::{Acquire, Limiter};

use crate::harness::{Asker, limiter, ms, one};

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics, as this test wants it");
    }
}

fn poll_with(future: &mut Acquire, waker: &Waker) -> bool {
    Pin::new(future).poll(&mut Context::from_waker(waker)).is_ready()
}

#[test]
fn a_waker_that_panics_takes_nobody_elses_turn() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut unlucky = limiter.acquire(one());
    assert!(!poll_with(&mut unlucky, &Waker::from(Arc::new(Bomb))));
    let mut next = Asker::queued(&limiter);
    clock.advance(ms(2_000));
    next.granted().sent();
    assert!(poll_with(&mut unlucky, Waker::noop()), "its own grant is there all the same");
}

#[test]
fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut moved = limiter.acquire(one());
    assert!(!poll_with(&mut moved, &Waker::from(Arc::new(Bomb))));
    assert!(!poll_with(&mut moved, Waker::noop()));
    clock.advance(ms(1_000));
    assert!(poll_with(&mut moved, Waker::noop()));
}

/// A waker that owns a queued call of the same limiter, as the last reference to a task may.
struct Owner {
    _call: Mutex<Acquire>,
}

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

fn owner_of_a_queued_call(limiter: &Limiter) -> Waker {
    let mut inner = limiter.acquire(one());
    assert!(!poll_with(&mut inner, Waker::noop()));
    Waker::from(Arc::new(Owner { _call: Mutex::new(inner) }))
}

#[test]
fn dropping_a_waker_that_owns_a_queued_call_does_not_deadlock() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut outer = limiter.acquire(one());
    // Replaced by a later poll, dropped with its future, and consumed by a grant.
    assert!(!poll_with(&mut outer, &owner_of_a_queued_call(&limiter)));
    assert!(!poll_with(&mut outer, &owner_of_a_queued_call(&limiter)));
    drop(outer);
    let mut granted = limiter.acquire(one());
    assert!(!poll_with(&mut granted, &owner_of_a_queued_call(&limiter)));
    clock.advance(ms(5_000));
    assert!(matches!(
        Pin::new(&mut granted).poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(Ok(_))
    ));
    assert_eq!(limiter.snapshot().waiting, 0);
}
