//! What the engine learns from answers: limits, bursts, refusals, and that it begins with one call alone.

use std::time::Duration;

use tidegate_core::{
    Charging, Class, Decision, Dimension, Enforcement, EngineConfig, Feedback, LEARNED_VERSION, Learned,
    Learning, Limit, Observation, Quota, Reason, Request, ReservationId, Timestamp, Usage,
};

use crate::harness::{Account, one};

fn answer(limit: u64, remaining: u64, reset: Option<Duration>) -> Feedback {
    Feedback { limits: vec![seen(limit, remaining, reset)], ..Feedback::of(Class::Ok) }
}

fn seen(limit: u64, remaining: u64, reset: Option<Duration>) -> Observation {
    Observation {
        limit: Some(limit),
        remaining: Some(remaining),
        reset,
        charging: Charging::Admission,
        enforcement: Enforcement::Bucket,
        ..Observation::of(Dimension::Requests)
    }
}

fn call(account: &mut Account) -> ReservationId {
    let id = account.ask(Request::new(one()).lane("m"));
    account.sent(id);
    id
}

fn finish(account: &mut Account, id: ReservationId, feedback: &Feedback) {
    account.observe(id, feedback);
    account.settle(id, one());
}

#[test]
fn the_first_call_goes_alone_until_its_answer_comes() {
    let mut account = Account::learning();
    let first = call(&mut account);
    let (second, decision) = account.decide(Request::new(one()).lane("m"));
    assert!(matches!(decision, Decision::Wait { reason: Reason::Probe, .. }), "{decision:?}");
    account.run(Duration::from_millis(100));
    assert_eq!(account.granted(second), None);
    finish(&mut account, first, &answer(300, 299, Some(Duration::from_millis(200))));
    assert_eq!(account.granted(second), Some(Timestamp::from_millis(100)));
}

#[test]
fn never_more_goes_than_remains() {
    let mut account = Account::learning();
    let first = call(&mut account);
    account.run(Duration::from_millis(50));
    let waiting: Vec<_> = (0..40).map(|_| call(&mut account)).collect();
    finish(&mut account, first, &answer(60, 9, Some(Duration::from_secs(51))));
    account.run(Duration::from_millis(900));
    let gone = waiting.iter().filter(|id| account.granted(**id).is_some()).count();
    assert_eq!(gone, 9);
    account.run(Duration::from_secs(10));
    let gone = waiting.iter().filter(|id| account.granted(**id).is_some()).count();
    assert!((18..=20).contains(&gone), "one more a second, {gone}");
}

#[test]
fn a_given_limit_is_a_ceiling_beside_the_learned_one() {
    let config = EngineConfig { learning: Learning::On, ..EngineConfig::default() };
    let given = Limit::new(Dimension::Requests, Quota::per_minute(6));
    let mut account = Account::of(config, vec![given]);
    let first = call(&mut account);
    finish(&mut account, first, &answer(300, 299, Some(Duration::from_millis(200))));
    let ids: Vec<_> = (0..20).map(|_| call(&mut account)).collect();
    account.run(Duration::from_secs(9));
    let gone = ids.iter().filter(|id| account.granted(**id).is_some()).count();
    assert_eq!(gone, 5, "the rest of six, the burst that the provider allows");
}

#[test]
fn a_provisional_limit_holds_until_the_provider_speaks() {
    let config = EngineConfig { learning: Learning::On, ..EngineConfig::default() };
    let given = Limit { provisional: true, ..Limit::new(Dimension::Requests, Quota::per_minute(1)) };
    let mut account = Account::of(config, vec![given]);
    let first = call(&mut account);
    let second = call(&mut account);
    account.run(Duration::from_secs(5));
    assert_eq!(account.granted(second), None);
    finish(&mut account, first, &answer(300, 299, Some(Duration::from_millis(200))));
    assert_eq!(account.granted(second), Some(Timestamp::from_secs(5)));
}

#[test]
fn a_refusal_holds_only_the_model_that_was_refused() {
    let mut account = Account::learning();
    let first = call(&mut account);
    let refusal = Feedback { retry_after: Some(Duration::from_secs(4)), ..Feedback::of(Class::Throttled) };
    finish(&mut account, first, &refusal);
    let held = call(&mut account);
    let other = account.ask(Request::new(one()).lane("other"));
    assert_eq!(account.granted(other), Some(Timestamp::ZERO));
    account.run(Duration::from_secs(5));
    assert_eq!(account.granted(held), Some(Timestamp::from_secs(4)));
}

#[test]
fn after_a_hold_exactly_one_goes_first() {
    let mut account = Account::learning();
    let first = call(&mut account);
    account.run(Duration::from_millis(30));
    let refusal = Feedback { retry_after: Some(Duration::from_secs(1)), ..Feedback::of(Class::Throttled) };
    finish(&mut account, first, &refusal);
    let waiting: Vec<_> = (0..10).map(|_| call(&mut account)).collect();
    account.run(Duration::from_millis(1_015));
    assert_eq!(waiting.iter().filter(|id| account.granted(**id).is_some()).count(), 1);
}

#[test]
fn refusals_without_a_hint_are_spaced_ever_further() {
    let mut account = Account::learning();
    let mut starts = Vec::new();
    for _ in 0..4 {
        let id = call(&mut account);
        account.run(Duration::from_secs(10));
        let at = account.granted(id).expect("ten seconds are enough");
        starts.push(at);
        account.now = at.after(Duration::from_millis(5)).max(account.now);
        finish(&mut account, id, &Feedback::of(Class::Throttled));
    }
    let gaps: Vec<_> = starts.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert!(gaps.is_sorted(), "{gaps:?}");
}

#[test]
fn a_drop_that_is_not_ours_is_allowed_for() {
    let mut account = Account::learning();
    let first = call(&mut account);
    finish(&mut account, first, &answer(60, 59, Some(Duration::from_secs(1))));
    let second = call(&mut account);
    finish(&mut account, second, &answer(60, 0, Some(Duration::from_secs(60))));
    let third = call(&mut account);
    account.run(Duration::from_secs(3));
    assert_eq!(
        account.granted(third),
        Some(Timestamp::from_millis(1_100)),
        "a second, and the margin of the wire"
    );
}

#[test]
fn a_missing_header_changes_nothing() {
    let mut account = Account::learning();
    let first = call(&mut account);
    finish(&mut account, first, &answer(60, 30, Some(Duration::from_secs(30))));
    let before = account.engine.snapshot(account.now).limits;
    account.run(Duration::from_millis(10));
    let second = call(&mut account);
    account.observe(second, &Feedback::of(Class::Ok));
    let after = account.engine.snapshot(account.now).limits;
    assert_eq!((before[0].used + 1, before[0].limit), (after[0].used, after[0].limit));
}

#[test]
fn a_second_refusal_that_no_header_explains_makes_a_finer_grain() {
    let mut account = Account::learning();
    let first = call(&mut account);
    finish(&mut account, first, &answer(300, 299, Some(Duration::from_millis(200))));
    for expected in [1, 2] {
        let id = call(&mut account);
        account.run(Duration::from_secs(2));
        finish(&mut account, id, &Feedback::of(Class::Throttled));
        assert_eq!(account.engine.snapshot(account.now).limits.len(), expected);
    }
    let grain = &account.engine.snapshot(account.now).limits[1];
    assert_eq!((grain.limit, grain.window.as_millis(), grain.learned), (5, 1_003, true));
}

#[test]
fn one_refusal_is_enough_where_the_provider_is_said_to_judge_by_a_finer_period() {
    let mut account = Account::learning();
    let said = Observation { grain: Some(Duration::from_secs(10)), ..seen(300, 300, None) };
    let first = call(&mut account);
    finish(&mut account, first, &Feedback { limits: vec![said], ..Feedback::of(Class::Ok) });
    let limits = |account: &Account| account.engine.snapshot(account.now).limits.len();
    assert_eq!(limits(&account), 1, "what is said is no limit yet");
    let ids: Vec<_> = (0..80).map(|_| call(&mut account)).collect();
    account.run(Duration::from_millis(900));
    finish(&mut account, ids[0], &Feedback::of(Class::Throttled));
    assert_eq!(limits(&account), 2);
    let grain = account.engine.learned(account.now).lanes[0].grains[0];
    assert_eq!(grain.burst, 50, "ten seconds' worth: {grain:?}");
}

#[test]
fn overload_pauses_the_model_and_leaves_its_limits_alone() {
    let mut account = Account::learning();
    let first = call(&mut account);
    finish(&mut account, first, &answer(60, 59, Some(Duration::from_secs(1))));
    let second = call(&mut account);
    finish(&mut account, second, &Feedback::of(Class::Overloaded));
    let third = call(&mut account);
    account.run(Duration::from_secs(2));
    assert_eq!(account.granted(third), Some(Timestamp::from_millis(500)));
    let limits = account.engine.snapshot(account.now).limits;
    assert_eq!(limits.len(), 1);
    assert_eq!(limits[0].limit, 60);
}

#[test]
fn limits_of_models_are_learned_apart() {
    let mut account = Account::learning();
    for (lane, limit) in [("a", 10), ("b", 20)] {
        let id = account.ask(Request::new(one()).lane(lane));
        finish(&mut account, id, &answer(limit, limit - 1, None));
    }
    let limits = account.engine.snapshot(account.now).limits;
    let shown: Vec<_> =
        limits.iter().map(|limit| (limit.scope.as_str(), limit.limit, limit.learned)).collect();
    assert_eq!(shown, [("a", 10, true), ("b", 20, true)]);
}

#[test]
fn a_second_engine_starts_from_what_the_first_learned() {
    let mut account = Account::learning();
    let first = call(&mut account);
    finish(&mut account, first, &answer(300, 299, Some(Duration::from_millis(200))));
    for _ in 0..40 {
        let id = call(&mut account);
        account.run(Duration::from_millis(300));
        account.engine.settle(
            id,
            &one(),
            Some(&Usage { input_tokens: 10, output_tokens: 25, ..Usage::default() }),
            account.now,
        );
    }
    let learned = account.engine.learned(account.now);
    assert_eq!((learned.limits[0].amount, learned.lanes[0].outputs.len()), (300, 40));

    let mut second = Account::learning();
    second.engine.restore(&learned, Timestamp::ZERO);
    let limits = second.engine.snapshot(Timestamp::ZERO).limits;
    assert_eq!((limits.len(), limits[0].limit, limits[0].learned), (1, 300, true));
    assert_eq!(second.engine.learned(Timestamp::ZERO), learned, "nothing is lost on the way");
    let other = Learned { version: LEARNED_VERSION + 1, ..learned };
    let mut third = Account::learning();
    third.engine.restore(&other, Timestamp::ZERO);
    assert!(third.engine.snapshot(Timestamp::ZERO).limits.is_empty(), "another version is not read");
}

#[test]
fn what_was_used_of_a_day_outlives_the_engine() {
    let day = || vec![Limit::new(Dimension::Requests, Quota::per_day(10))];
    let mut account = Account::with(day());
    account.run(Duration::from_secs(3_600));
    for _ in 0..7 {
        let id = call(&mut account);
        account.settle(id, one());
    }
    let learned = account.engine.learned(account.now);
    assert_eq!((learned.counters.len(), learned.counters[0].used), (1, 7));

    let used_after = |elapsed| {
        let mut account = Account::with(day());
        account.run(Duration::from_secs(7_200));
        account.engine.restore(&learned.clone().aged(elapsed), account.now);
        account.engine.snapshot(account.now).limits[0].used
    };
    assert_eq!(used_after(Duration::from_secs(3_600)), 7);
    assert_eq!(used_after(Duration::from_secs(86_400)), 0, "that day is over");
}

/// Each of these calls may put out a thousand tokens; forty of them fit at once by that, and thousands by what they do.
#[test]
fn a_day_that_an_answer_states_begins_at_the_midnight_of_its_own_zone() {
    let pacific = "America/Los_Angeles";
    let day = Observation {
        window: Some(Duration::from_secs(86_400)),
        enforcement: Enforcement::FixedWindow,
        zone: Some(pacific),
        ..seen(50, 40, None)
    };
    let told = |limit| Feedback { limits: vec![limit], ..Feedback::of(Class::Ok) };
    let mut account = Account::learning();
    let id = call(&mut account);
    finish(&mut account, id, &told(day));
    assert_eq!(account.zones.pop().flatten().as_deref(), Some(pacific));
    // What was learned keeps no zone; the next answer that states one brings it back, and one that does not takes nothing.
    let learned = account.engine.learned(account.now);
    let mut again = Account::learning();
    again.engine.restore(&learned, again.now);
    for (limit, asked) in [(day, Some(pacific)), (Observation { zone: None, ..day }, None)] {
        again.zones.clear();
        let id = call(&mut again);
        finish(&mut again, id, &told(limit));
        let id = call(&mut again);
        finish(&mut again, id, &told(limit));
        assert_eq!(again.zones.pop().flatten().as_deref(), asked, "asked again only for another zone");
    }
}

#[test]
fn calls_that_wait_are_estimated_anew_when_their_turn_comes() {
    let limit = Limit::new(Dimension::TotalTokens, Quota::per_minute(40_000).burst(40_000));
    let mut account = Account::with(vec![limit]);
    let chat = || Request::new(one()).expect_output(Some(1_000));
    let first: Vec<_> = (0..40).map(|_| account.ask(chat())).collect();
    let waiting: Vec<_> = (0..100).map(|_| account.ask(chat())).collect();
    assert!(waiting.iter().all(|id| account.granted(*id).is_none()));
    for id in first {
        account.settle_used(id, Usage::new(0, 10));
    }
    let gone = waiting.iter().filter(|id| account.granted(**id).is_some()).count();
    assert!(gone > 95, "only {gone} of them went");
}
