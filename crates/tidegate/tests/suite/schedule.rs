//! Schedule: calls start at the exact instants that their limits allow, whatever the rate.

use tidegate::{Clock, Cost, Decision, Dimension, Limit, Quota, Reason, Timestamp};

use crate::harness::{Asker, Crew, limiter, ms, one, starts};

fn at_ms(millis: &[u64]) -> Vec<Timestamp> {
    millis.iter().copied().map(Timestamp::from_millis).collect()
}

#[test]
fn half_a_call_a_second_starts_every_two_seconds() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(0.5));
    assert_eq!(starts(&limiter, &clock, 4), at_ms(&[0, 2_000, 4_000, 6_000]));
}

#[test]
fn odd_fractions_are_exact() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(0.08));
    assert_eq!(starts(&limiter, &clock, 4), at_ms(&[0, 12_500, 25_000, 37_500]));
}

#[test]
fn one_a_minute_lets_the_first_go_at_once() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_minute(1));
    assert_eq!(starts(&limiter, &clock, 3), at_ms(&[0, 60_000, 120_000]));
}

#[test]
fn the_tenth_of_ten_parallel_calls_starts_after_nine_intervals() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(10).burst(1));
    assert_eq!(starts(&limiter, &clock, 10).last(), Some(&Timestamp::from_millis(900)));
}

#[test]
fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_minute(60).burst(3));
    assert_eq!(starts(&limiter, &clock, 5), at_ms(&[0, 0, 0, 1_000, 2_000]));
}

#[test]
fn all_limits_hold_at_once() {
    let tokens = Limit::new(Dimension::TotalTokens, Quota::per_minute(6_000).burst(100));
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(10).burst(1).limit(tokens));
    let mut crew = Crew::new(&clock);
    for number in 0..4_u64 {
        let (limiter, clock) = (limiter.clone(), clock.clone());
        crew.spawn(async move {
            let cost = Cost::requests(1).input_tokens(50);
            limiter.acquire(cost).await.unwrap().sent();
            // 100 tokens a second, 100 at once: two calls' worth, which the limit on calls spreads.
            let due = [0, 100, 500, 1_000][usize::try_from(number).unwrap()];
            assert_eq!(clock.now(), Timestamp::from_millis(due), "call {number}");
        });
    }
    crew.run();
}

#[test]
fn a_late_look_at_the_clock_does_not_shift_the_schedule() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut waiting = Asker::queued(&limiter);
    let mut next = Asker::queued(&limiter);
    // Nobody looks for a second and a half: the grant was due, and made, at one second.
    clock.advance(ms(1_500));
    let permit = waiting.granted();
    permit.sent();
    assert_eq!(permit.waited(), ms(1_000));
    clock.advance(ms(500));
    assert_eq!(next.granted().waited(), ms(2_000));
}

#[test]
fn a_quote_tells_the_wait_and_takes_nothing() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(0.5));
    for _ in 0..3 {
        assert_eq!(limiter.quote(one()), Decision::Grant);
    }
    limiter.try_acquire(one()).unwrap().sent();
    for _ in 0..3 {
        let quote = limiter.quote(one());
        let Decision::Wait { until, reason: Reason::Limit { .. } } = quote else { panic!("{quote:?}") };
        assert_eq!(until, Timestamp::from_secs(2));
    }
    clock.advance(ms(2_000));
    assert_eq!(limiter.quote(one()), Decision::Grant);
}

#[test]
fn two_limiters_on_one_clock_are_independent() {
    let (first, clock) = limiter(|builder| builder.requests_per_second(0.5));
    let second = tidegate::Limiter::builder().requests_per_second(0.25).clock(clock.clone()).build().unwrap();
    first.try_acquire(one()).unwrap().sent();
    second.try_acquire(one()).unwrap().sent();
    let (mut of_first, mut of_second) = (Asker::queued(&first), Asker::queued(&second));
    clock.advance(ms(2_000));
    assert_eq!((of_first.wakes(), of_second.wakes()), (1, 0));
    clock.advance(ms(2_000));
    assert_eq!(of_first.granted().waited(), ms(2_000));
    assert_eq!(of_second.granted().waited(), ms(4_000));
}

#[test]
fn concurrency_bounds_the_calls_under_way() {
    let (limiter, _clock) = limiter(|builder| builder.concurrency(2));
    let first = limiter.try_acquire(one()).unwrap();
    let _second = limiter.try_acquire(one()).unwrap();
    let mut third = Asker::queued(&limiter);
    assert_eq!(third.wakes(), 0);
    first.settle(tidegate::Usage::new(1, 1));
    assert_eq!(third.wakes(), 1);
    drop(third.granted());
}
