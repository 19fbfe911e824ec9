//! Estimates: a limiter learns how many tokens its texts have, tells how far it was off, and hands on what it knows.

use tidegate::events::Happening;
use tidegate::{Compared, Cost, Dimension, Limiter, Request, Text, Usage};

use crate::harness::{limiter, one};

fn request() -> Request {
    let text = Text { bytes: 4_000, guess: 1_000 };
    Request::new(one().input_tokens(1_003)).text(text).lane("large").expect_output(Some(500))
}

/// Makes calls whose texts have two bytes a token.
fn make(limiter: &Limiter, calls: u32) {
    for _ in 0..calls {
        let permit = limiter.try_acquire(request()).unwrap();
        permit.sent();
        permit.settle(Usage::new(2_003, 20));
    }
}

fn input(cost: Cost) -> u64 {
    cost.get(Dimension::InputTokens)
}

#[test]
fn a_permit_reserves_what_was_learned_and_its_error_is_told() {
    let (limiter, _clock) = limiter(|builder| builder.tokens_per_minute(10_000_000).burst(10_000_000));
    let permit = limiter.try_acquire(request()).unwrap();
    assert_eq!((input(permit.reserved()), input(permit.estimate())), (1_003, 1_003));
    permit.cancel();
    make(&limiter, 60);
    let mut events = limiter.events();
    let permit = limiter.try_acquire(request()).unwrap();
    let reserved = permit.reserved();
    assert!((1_990..=2_010).contains(&input(reserved)), "{reserved:?}");
    assert_eq!(input(permit.estimate()), 1_003, "as it was asked for");
    let compared = permit.settle_charged(one(), Some(Usage::new(2_003, 20))).unwrap();
    assert_eq!(compared.input, Some(Compared { estimated: input(reserved), used: 2_003 }));
    let told = std::iter::from_fn(|| events.try_recv());
    let told = told.map(|event| event.what).find(|what| matches!(what, Happening::Estimated { .. }));
    assert_eq!(told, Some(Happening::Estimated { comparison: compared }));
    let lane = &limiter.snapshot().lanes[0];
    assert_eq!(lane.lane, "large");
    assert!(lane.input_error_permille.unwrap() < 100 && lane.tokens_per_kilobyte.unwrap() >= 490, "{lane:?}");
}

#[test]
fn a_second_limiter_starts_from_what_the_first_learned_of_texts() {
    let (first, _clock) = limiter(|builder| builder.tokens_per_minute(10_000_000).burst(10_000_000));
    make(&first, 60);
    let (second, _clock) = limiter(|builder| builder.learned(first.learned()));
    let permit = second.try_acquire(request()).unwrap();
    assert!(input(permit.reserved()) >= 1_990, "{:?}", permit.reserved());
}

#[test]
fn a_permit_that_has_expired_has_its_estimate_reserved() {
    let (limiter, clock) = limiter(|builder| builder.reservation_age(crate::harness::ms(1_000)));
    let permit = limiter.try_acquire(request()).unwrap();
    assert!(permit.reserved().get(Dimension::OutputTokens) > 0);
    clock.advance(crate::harness::ms(1_000));
    assert_eq!(permit.reserved(), permit.estimate());
    assert_eq!(permit.settle_reckoned(one(), Usage::new(1, 1)), None);
}
