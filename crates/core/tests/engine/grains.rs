//! Behind which limit a grain is assumed, and that it goes with it: when it changes, and into another engine.

use std::time::Duration;

use tidegate_core::{
    Charging, Class, Dimension, Feedback, LearnedGrain, LimitStatus, Observation, Request, ReservationId,
};

use crate::harness::{Account, one};

const SECOND: Duration = Duration::from_secs(1);

fn call(account: &mut Account) -> ReservationId {
    let id = account.ask(Request::new(one().input_tokens(100).output_tokens(50)).lane("m"));
    account.sent(id);
    id
}

/// An answer that leaves room: of 600 calls, and of as many tokens, which count their input alone.
fn answer(tokens: u64) -> Feedback {
    let seen = |dimension, limit: u64, charging| Observation {
        limit: Some(limit),
        remaining: Some(limit - 1_000.min(limit / 2)),
        charging,
        ..Observation::of(dimension)
    };
    let limits = vec![
        seen(Dimension::Requests, 600, Charging::Admission),
        seen(Dimension::TotalTokens, tokens, Charging::InputOnly),
    ];
    Feedback { limits, ..Feedback::of(Class::Ok) }
}

/// An account that was refused twice without a reason, a second apart, behind six thousand tokens a minute.
fn refused() -> Account {
    let mut account = Account::learning();
    for class in [Class::Ok, Class::Throttled, Class::Throttled] {
        let id = call(&mut account);
        account.run(SECOND);
        let told = if class == Class::Ok { answer(6_000) } else { Feedback::of(class) };
        account.observe(id, &told);
        account.settle(id, one());
        account.run(SECOND);
    }
    account
}

/// The grain: the limit that no answer stated.
fn grain(account: &Account) -> LimitStatus {
    let mut limits = account.engine.snapshot(account.now).limits.into_iter();
    limits.find(|limit| limit.window < Duration::from_secs(30)).expect("there is a grain")
}

#[test]
fn a_grain_is_assumed_behind_the_limit_that_is_used_most() {
    let grain = grain(&refused());
    assert_eq!(
        (grain.dimension, grain.limit, grain.window.as_millis()),
        (Dimension::TotalTokens, 100, 1_003)
    );
}

#[test]
fn a_grain_follows_the_limit_that_it_was_found_behind() {
    let mut account = refused();
    let id = call(&mut account);
    account.observe(id, &answer(12_000));
    let grain = grain(&account);
    assert_eq!((grain.limit, grain.window.as_millis()), (200, 1_003));
}

#[test]
fn what_was_learned_of_a_grain_goes_on_in_another_engine_and_is_charged_as_its_limit_is() {
    let before = refused();
    let learned = before.engine.learned(before.now);
    let LearnedGrain { dimension, burst, .. } = learned.lanes[0].grains[0];
    assert_eq!((dimension, burst), (Dimension::TotalTokens, 100));
    let mut after = Account::learning();
    after.engine.restore(&learned, after.now);
    assert_eq!((grain(&after).limit, grain(&after).used), (100, 0));
    call(&mut after);
    assert_eq!(grain(&after).used, 100, "the input alone");
}
