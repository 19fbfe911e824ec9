//! Permits: however a call ends, its reservation ends with it, exactly once.

use tidegate::{Busy, Class, Cost, Dimension, Feedback, Limit, Limiter, Quota, Reason, Rejection, Usage};

use crate::harness::{Asker, limiter, ms, one};

/// A limiter that holds a thousand tokens and gains one a minute.
fn tokens() -> Limiter {
    let limit = Limit::new(Dimension::TotalTokens, Quota::per_minute(1).burst(1_000));
    limiter(|builder| builder.limit(limit)).0
}

fn used(limiter: &Limiter) -> u64 {
    limiter.snapshot().limits[0].used
}

fn call(input: u64, output: u64) -> Cost {
    Cost::requests(1).input_tokens(input).output_tokens(output)
}

#[test]
fn a_permit_dropped_before_anything_was_sent_is_refunded() {
    let limiter = tokens();
    let permit = limiter.try_acquire(call(300, 100)).unwrap();
    assert_eq!(used(&limiter), 400);
    drop(permit);
    assert_eq!(used(&limiter), 0);
}

#[test]
fn a_permit_dropped_after_sending_stays_charged_as_estimated() {
    let limiter = tokens();
    let permit = limiter.try_acquire(call(300, 100)).unwrap();
    permit.sent();
    drop(permit);
    assert_eq!(used(&limiter), 400);
    assert_eq!(limiter.snapshot().in_flight, 0);
}

#[test]
fn cancelling_is_dropping() {
    let limiter = tokens();
    limiter.try_acquire(call(300, 100)).unwrap().cancel();
    assert_eq!(used(&limiter), 0);
}

#[test]
fn settling_gives_back_what_was_not_used() {
    let limiter = tokens();
    let permit = limiter.try_acquire(call(300, 500)).unwrap();
    permit.sent();
    permit.settle(Usage::new(290, 10));
    assert_eq!(used(&limiter), 300);
}

#[test]
fn what_was_used_beyond_the_estimate_is_debt_that_later_calls_wait_for() {
    let limiter = tokens();
    let permit = limiter.try_acquire(call(100, 100)).unwrap();
    permit.sent();
    permit.settle(Usage::new(100, 1_100));
    assert_eq!(used(&limiter), 1_200);
    // 200 tokens of debt and one to go, at one a minute.
    let Err(Busy::Wait { until, .. }) = limiter.try_acquire(call(1, 0)) else {
        panic!("the debt is to be paid")
    };
    assert_eq!(until.as_nanos(), 201 * 60_000_000_000);
}

#[test]
fn a_provider_that_counts_less_than_was_used_is_settled_with_its_charge() {
    let limiter = tokens();
    let permit = limiter.try_acquire(call(300, 100)).unwrap();
    permit.sent();
    permit.settle_charged(call(120, 0), Some(Usage::new(300, 90)));
    assert_eq!(used(&limiter), 120);
}

#[test]
fn a_permit_tells_what_it_waited_for_and_how_long() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    let first = limiter.try_acquire(one()).unwrap();
    assert_eq!((first.waited(), first.limited_by()), (ms(0), None));
    first.sent();
    let mut second = Asker::queued(&limiter);
    clock.advance(ms(1_000));
    let second = second.granted();
    assert_eq!(second.waited(), ms(1_000));
    assert!(matches!(second.limited_by(), Some(Reason::Limit { dimension: Dimension::Requests, .. })));
    assert_eq!(second.estimate(), one());
}

#[test]
fn a_cost_that_no_wait_can_bring_is_refused_at_once() {
    let limiter = tokens();
    let rejection = limiter.acquire_blocking(call(1_001, 0)).unwrap_err();
    let expected = Rejection::Never { dimension: Dimension::TotalTokens, cost: 1_001, capacity: 1_000 };
    assert_eq!(rejection, expected);
    assert_eq!(limiter.try_acquire(call(1_001, 0)).unwrap_err(), Busy::Rejected(expected));
}

#[test]
fn a_limit_of_zero_refuses_every_call() {
    let (limiter, _clock) = limiter(|builder| builder.requests_per_minute(0));
    assert!(matches!(limiter.acquire_blocking(one()), Err(Rejection::Never { .. })));
}

#[test]
fn a_lost_permit_expires_and_frees_its_place() {
    let (limiter, clock) = limiter(|builder| builder.concurrency(1).reservation_age(ms(60_000)));
    let lost = limiter.try_acquire(one()).unwrap();
    lost.sent();
    let mut waiting = Asker::queued(&limiter);
    clock.advance(ms(60_000));
    waiting.granted().sent();
    // Whatever the lost one does from now on changes nothing.
    lost.observe(&Feedback::of(Class::Ok));
    lost.settle(Usage::new(1, 1));
}

#[test]
fn a_call_that_reports_progress_does_not_expire() {
    let (limiter, clock) = limiter(|builder| builder.concurrency(1).reservation_age(ms(60_000)));
    let long = limiter.try_acquire(one()).unwrap();
    long.sent();
    let mut waiting = Asker::queued(&limiter);
    for tokens in 0..5 {
        clock.advance(ms(40_000));
        long.progress(&Usage::new(1, tokens));
    }
    assert!(waiting.poll().is_pending());
    long.settle(Usage::new(1, 5));
    waiting.granted().sent();
}

#[test]
fn calls_under_way_are_bounded_and_expired_ones_count_no_more() {
    let (limiter, clock) = limiter(|builder| builder.max_reservations(2).reservation_age(ms(60_000)));
    let (first, second) = (limiter.try_acquire(one()).unwrap(), limiter.try_acquire(one()).unwrap());
    let full = Rejection::ReservationsFull { capacity: 2 };
    assert_eq!(limiter.acquire_blocking(one()).unwrap_err(), full);
    drop(first);
    let third = limiter.try_acquire(one()).unwrap();
    assert_eq!(limiter.try_acquire(one()).unwrap_err(), Busy::Rejected(full.clone()));
    clock.advance(ms(60_000));
    // Both have expired; ending them again frees nothing twice.
    drop((second, third));
    let _held = (limiter.try_acquire(one()).unwrap(), limiter.try_acquire(one()).unwrap());
    assert_eq!(limiter.acquire_blocking(one()).unwrap_err(), full);
}
