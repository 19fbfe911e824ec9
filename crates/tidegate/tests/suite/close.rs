//! Closing: everybody who waits gets an answer, and so does everybody who comes later.

use std::task::Poll;

use tidegate::{Busy, Decision, Rejection, Usage};

use crate::harness::{Asker, limiter, one};

#[test]
fn closing_answers_everybody_who_waits() {
    let (limiter, _clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    let running = limiter.try_acquire(one()).unwrap();
    running.sent();
    let mut waiting: Vec<_> = (0..50).map(|_| Asker::queued(&limiter)).collect();
    limiter.close();
    for asker in &mut waiting {
        assert_eq!(asker.wakes(), 1);
        assert!(matches!(asker.poll(), Poll::Ready(Err(Rejection::Closed))));
    }
    assert_eq!(limiter.snapshot().waiting, 0);
    running.settle(Usage::new(1, 1));
}

#[test]
fn after_closing_every_way_to_ask_says_so() {
    let (limiter, _clock) = limiter(|builder| builder.requests_per_second(1));
    limiter.close();
    assert_eq!(limiter.acquire_blocking(one()).unwrap_err(), Rejection::Closed);
    assert_eq!(limiter.try_acquire(one()).unwrap_err(), Busy::Rejected(Rejection::Closed));
    assert_eq!(limiter.quote(one()), Decision::Reject(Rejection::Closed));
    limiter.close();
}

#[test]
fn a_full_queue_refuses_the_next_call_and_serves_those_inside() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1).max_queue(2));
    limiter.try_acquire(one()).unwrap().sent();
    let mut inside = [Asker::queued(&limiter), Asker::queued(&limiter)];
    assert_eq!(limiter.acquire_blocking(one()).unwrap_err(), Rejection::QueueFull { capacity: 2 });
    clock.advance(std::time::Duration::from_secs(2));
    for asker in &mut inside {
        asker.granted().sent();
    }
}
