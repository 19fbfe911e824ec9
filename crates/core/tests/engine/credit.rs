//! Credit: a limit in money that no time fills again.

use std::time::Duration;

use tidegate_core::{
    Class, Cost, Decision, Dimension, EngineConfig, Feedback, Learning, Limit, Observation, Price, Quota,
    Rejection, Request,
};

use crate::harness::{Account, one};

/// A dollar for a million tokens of input, two for as many of output.
const PRICE: Price = Price::per_million(1_000_000, 2_000_000);
const YEAR: Duration = Duration::from_secs(31_536_000);

/// An account with so many millionths of a dollar.
fn with(left: u64) -> Account {
    Account::with(vec![Limit::new(Dimension::Money, Quota::credit(left))])
}

/// A call of so many tokens each way.
fn call(input: u64, output: u64) -> Request {
    Request::new(one().input_tokens(input).output_tokens(output)).price(Some(PRICE))
}

fn paid(amount: u64) -> Cost {
    one().with(Dimension::Money, amount)
}

fn left(account: &Account) -> i128 {
    let limit = &account.engine.snapshot(account.now).limits[0];
    i128::from(limit.limit) - i128::from(limit.used)
}

#[test]
fn a_call_that_credit_can_never_pay_is_refused_at_once_and_blocks_nobody() {
    let mut account = with(1_000);
    let (_, decision) = account.decide(call(1_001, 0));
    assert_eq!(decision, Decision::Reject(Rejection::Unaffordable { cost: 1_001, left: 1_000 }));
    assert_eq!(account.decide(call(400, 300)).1, Decision::Grant);
    assert_eq!(left(&account), 0);
}

#[test]
fn no_time_brings_credit_back_but_a_call_that_cost_less_does() {
    let mut account = with(1_000);
    let first = account.ask(call(1_000, 0));
    let waiting = account.ask(call(300, 0));
    account.run(Duration::from_secs(500));
    assert_eq!(account.granted(waiting), None);
    account.settle(first, paid(600));
    assert_eq!(account.granted(waiting), Some(account.now));
    assert_eq!(left(&account), 100);
    account.settle(waiting, paid(300));
    account.run(YEAR);
    assert_eq!(left(&account), 100);
}

#[test]
fn who_waits_for_credit_that_does_not_come_back_is_refused_and_the_next_one_goes() {
    let mut account = with(1_000);
    let first = account.ask(call(900, 0));
    let large = account.ask(call(500, 0));
    let small = account.ask(call(100, 0));
    account.settle(first, paid(900));
    assert_eq!(account.refused(large), Some(&Rejection::Unaffordable { cost: 500, left: 100 }));
    assert_eq!(account.granted(small), Some(account.now));
}

#[test]
fn over_use_is_debt_and_with_debt_nothing_goes_that_costs_anything() {
    let mut account = with(1_000);
    let first = account.ask(call(900, 0));
    account.settle(first, paid(1_500));
    let (_, decision) = account.decide(call(1, 0));
    assert_eq!(decision, Decision::Reject(Rejection::Unaffordable { cost: 1, left: 0 }));
    let free = Request::new(one().input_tokens(5_000)).price(Some(Price::default()));
    assert_eq!(account.decide(free).1, Decision::Grant, "a model that costs nothing needs no credit");
    assert_eq!(account.decide(one().input_tokens(5_000)).1, Decision::Grant, "of no known price");
    account.credit(Some(200));
    assert_eq!(account.decide(call(200, 0)).1, Decision::Grant);
}

#[test]
fn an_expected_output_refuses_nobody_and_a_maximum_only_where_the_provider_minds_it() {
    let expecting =
        |price| Request::new(one().input_tokens(100)).expect_output(Some(10_000)).price(Some(price));
    let mut account = with(5_000);
    assert_eq!(account.decide(expecting(PRICE)).1, Decision::Grant, "it may turn out short");
    let mut account = with(5_000);
    let minds = Price { needs_maximum: true, ..PRICE };
    let never = Rejection::Unaffordable { cost: 20_100, left: 5_000 };
    assert_eq!(account.decide(expecting(minds)).1, Decision::Reject(never));
}

#[test]
fn experience_of_short_answers_does_not_make_an_unaffordable_maximum_affordable() {
    let minds = Price { needs_maximum: true, ..PRICE };
    let asks = |max| Request::new(one().input_tokens(100)).expect_output(Some(max)).price(Some(minds));
    let mut account = with(50_000);
    for _ in 0..40 {
        let call = account.ask(asks(1_000));
        account.settle(call, paid(200));
    }
    assert_eq!(left(&account), 42_000);
    assert!(matches!(account.decide(asks(30_000)).1, Decision::Reject(Rejection::Unaffordable { .. })));
    let (_, first) = account.decide(asks(20_000));
    assert_eq!(first, Decision::Grant);
    assert!(matches!(account.decide(asks(20_000)).1, Decision::Wait { .. }), "the other's rest comes back");
}

#[test]
fn what_the_provider_tells_is_less_what_is_under_way() {
    let config = EngineConfig { learning: Learning::On, ..EngineConfig::default() };
    let mut account = Account::of(config, Vec::new());
    let first = account.ask(call(300, 0));
    let told = Observation { remaining: Some(1_000), ..Observation::of(Dimension::Money) };
    account.observe(first, &Feedback { limits: vec![told], ..Feedback::of(Class::QuotaExhausted) });
    assert_eq!(left(&account), 700, "it had not been charged yet");
    account.settle(first, paid(0));
    assert_eq!(left(&account), 1_000);
    assert!(matches!(account.decide(call(1_001, 0)).1, Decision::Reject(Rejection::Unaffordable { .. })));
    account.credit(None);
    assert!(!matches!(account.decide(call(1_001, 0)).1, Decision::Reject(_)), "nobody knows any more");
}

#[test]
fn more_credit_lets_those_go_that_wait_for_it() {
    let mut account = with(1_000);
    account.ask(call(1_000, 0));
    let waiting = account.ask(call(900, 0));
    account.credit(Some(2_500));
    assert_eq!(account.granted(waiting), Some(account.now));
}

#[test]
fn credit_that_comes_back_every_day_is_waited_for() {
    let quota = Quota::per_day(1_000);
    let limit = Limit { used: 800, ..Limit::new(Dimension::Money, quota) };
    let mut account = Account::with(vec![limit]);
    assert_eq!(account.decide(call(200, 0)).1, Decision::Grant);
    let waiting = account.ask(call(500, 0));
    account.run(Duration::from_secs(86_000));
    assert_eq!(account.granted(waiting), None);
    account.run(Duration::from_secs(500));
    assert!(account.granted(waiting).is_some());
}

#[test]
fn a_free_model_is_never_held_up_by_calls_that_wait_for_credit() {
    let mut account = with(1_000);
    account.ask(call(1_000, 0).lane("dear"));
    let waiting = account.ask(call(500, 0).lane("dear"));
    let free = account.ask(Request::new(one().input_tokens(9)).price(Some(Price::default())).lane("a:free"));
    assert_eq!((account.granted(waiting), account.granted(free)), (None, Some(account.now)));
}

#[test]
fn a_waiting_calls_price_follows_what_experience_says_of_its_output() {
    let config = EngineConfig { learning: Learning::On, ..EngineConfig::default() };
    let mut account = Account::of(config, vec![Limit::new(Dimension::Money, Quota::credit(20_000))]);
    let request = || Request::new(one().input_tokens(10)).expect_output(Some(5_000)).price(Some(PRICE));
    let ids: Vec<_> = (0..40).map(|_| account.ask(request())).collect();
    for id in ids {
        account.run(Duration::from_secs(2));
        assert!(account.granted(id).is_some(), "{id:?}");
        account.observe(id, &Feedback::of(Class::Ok));
        let usage = tidegate_core::Usage::new(10, 20);
        account.engine.settle(id, &Cost::from(usage).with(Dimension::Money, 50), Some(&usage), account.now);
        account.run(Duration::from_millis(1));
    }
    assert_eq!(left(&account), 20_000 - 40 * 50);
}
