//! How calls end: settled, refunded or expired, once, with over-use as debt.

use std::time::Duration;

use tidegate_core::{
    Cost, Decision, Dimension, EngineConfig, Limit, Quota, Refill, Rejection, Request, Timestamp, Usage,
};

use crate::harness::{Account, one};

fn tokens() -> Vec<Limit> {
    vec![Limit::new(Dimension::TotalTokens, Quota::per_second(100).burst(1_000))]
}

fn used(account: &Account) -> u64 {
    account.engine.snapshot(account.now).limits[0].used
}

#[test]
fn what_was_not_used_comes_back_and_wakes_the_next() {
    let mut account = Account::with(tokens());
    let first = account.ask(one().input_tokens(900));
    let next = account.ask(one().input_tokens(900));
    account.settle(first, one().input_tokens(50));
    assert_eq!(account.granted(next), Some(Timestamp::ZERO));
    assert_eq!(used(&account), 950);
}

#[test]
fn over_use_is_debt_that_later_calls_wait_for() {
    let mut account = Account::with(tokens());
    let first = account.ask(one().input_tokens(1_000));
    account.settle(first, one().input_tokens(1_500));
    let next = account.ask(one().input_tokens(1));
    account.run(Duration::from_secs(10));
    assert_eq!(account.granted(next), Some(Timestamp::from_millis(5_010)));
}

#[test]
fn a_granted_call_that_was_never_sent_costs_nothing_and_a_sent_one_its_estimate() {
    let mut account = Account::with(tokens());
    let unsent = account.ask(one().input_tokens(400));
    let sent = account.ask(one().input_tokens(300));
    account.sent(sent);
    account.cancel(unsent);
    account.cancel(sent);
    assert_eq!(used(&account), 300);
    let tally = account.engine.snapshot(account.now).tally;
    assert_eq!((tally.granted, tally.refunded, tally.settled), (2, 1, 1));
}

#[test]
fn ending_twice_changes_nothing() {
    let mut account = Account::with(tokens());
    let id = account.ask(one().input_tokens(400));
    account.settle(id, one().input_tokens(100));
    account.settle(id, one().input_tokens(900));
    account.cancel(id);
    assert_eq!(used(&account), 100);
    assert_eq!(account.engine.snapshot(account.now).tally.settled, 1);
}

#[test]
fn a_silent_reservation_expires_and_a_living_one_does_not() {
    let config = EngineConfig { reservation_age: Duration::from_secs(60), ..EngineConfig::default() };
    let limits = vec![Limit::new(Dimension::Concurrency, Quota::concurrency(2))];
    let mut account = Account::of(config, limits);
    let silent = account.ask(one());
    let living = account.ask(one());
    let waiting = account.ask(one());
    account.run(Duration::from_secs(40));
    account.engine.progress(living, &Usage::new(10, 10), account.now);
    account.run(Duration::from_secs(30));
    assert_eq!(account.expired, [silent]);
    assert_eq!(account.granted(waiting), Some(Timestamp::from_secs(60)));
}

#[test]
fn progress_charges_what_goes_beyond_the_estimate_at_once() {
    let mut account = Account::with(tokens());
    let id = account.ask(one().input_tokens(100));
    account.engine.progress(id, &Usage::new(100, 500), account.now);
    assert_eq!(used(&account), 600);
    account.settle(id, one().input_tokens(100).output_tokens(550));
    assert_eq!(used(&account), 650);
}

#[test]
fn expected_output_is_learned_from_what_calls_used() {
    let mut account =
        Account::with(vec![Limit::new(Dimension::TotalTokens, Quota::per_minute(60_000).burst(60_000))]);
    let call = || Request::new(one().input_tokens(10)).lane("m").expect_output(Some(1_000));
    let first = account.ask(call());
    assert_eq!(used(&account), 1_010);
    account.settle_used(first, Usage::new(10, 20));
    for _ in 0..40 {
        let id = account.ask(call());
        account.settle_used(id, Usage::new(10, 20));
    }
    let before = used(&account);
    account.ask(call());
    assert_eq!(used(&account) - before, 30);
}

#[test]
fn a_refund_reaches_no_later_window() {
    let quota = Quota::per_minute(100).refill(tidegate_core::Refill::FixedWindow);
    let mut account = Account::with(vec![Limit::new(Dimension::TotalTokens, quota)]);
    let old = account.ask(one().input_tokens(100));
    account.run(Duration::from_secs(61));
    account.ask(one().input_tokens(60));
    account.settle(old, Cost::ZERO);
    assert_eq!(used(&account), 60);
}

#[test]
fn a_call_without_an_estimate_is_charged_what_it_turns_out_to_cost() {
    let mut account = Account::with(tokens());
    let id = account.ask(one());
    account.settle(id, one().input_tokens(1_300));
    assert_eq!(used(&account), 1_300);
    let streamed = account.ask(one());
    account.engine.progress(streamed, &Usage::new(0, 50), account.now);
    assert_eq!(used(&account), 1_350);
}

#[test]
fn what_a_long_call_used_meanwhile_stays_charged_when_it_is_dropped() {
    let mut account = Account::with(tokens());
    let id = account.ask(one().input_tokens(100));
    account.sent(id);
    account.engine.progress(id, &Usage::new(100, 400), account.now);
    account.engine.progress(id, &Usage::new(100, 300), account.now);
    account.cancel(id);
    assert_eq!(used(&account), 500);
}

#[test]
fn a_refund_of_a_long_call_reaches_each_window_with_what_was_charged_to_it() {
    let quota = Quota::per_minute(100).refill(tidegate_core::Refill::FixedWindow);
    let mut account = Account::with(vec![Limit::new(Dimension::TotalTokens, quota)]);
    let long = account.ask(one().input_tokens(80));
    account.run(Duration::from_secs(61));
    let other = account.ask(one().input_tokens(30));
    account.engine.progress(long, &Usage::new(80, 40), account.now);
    assert_eq!(used(&account), 70, "the forty beyond the estimate belong to this window");
    account.settle(long, one().input_tokens(60));
    assert_eq!(used(&account), 30, "they come back, and the estimate of the last window does not");
    account.settle(other, one().input_tokens(30));
    assert_eq!(used(&account), 30);
}

#[test]
fn a_deadline_goes_by_what_calls_are_charged_and_not_by_what_they_reserve() {
    let limits = vec![Limit::new(Dimension::TotalTokens, Quota::per_second(10).burst(1_000))];
    let mut account = Account::with(limits);
    for _ in 0..20 {
        let id = account.ask(one().input_tokens(100));
        account.settle(id, one().input_tokens(10));
        account.run(Duration::from_secs(1));
    }
    // All is reserved, and as experience has it nine tenths of it come back.
    let running: Vec<_> = (0..10).map(|_| account.ask(one().input_tokens(100))).collect();
    let soon = account.now.after(Duration::from_secs(2));
    let waiting = account.ask(Request::new(one().input_tokens(100)).deadline(soon));
    assert!(account.refused(waiting).is_none());
    for id in running {
        account.settle(id, one().input_tokens(10));
    }
    assert_eq!(account.granted(waiting), Some(account.now));
    // What experience does not give is still refused at once.
    for _ in 0..9 {
        account.ask(one().input_tokens(100));
    }
    let late = Request::new(one().input_tokens(1_000)).deadline(account.now.after(Duration::from_secs(1)));
    assert!(matches!(account.decide(late).1, Decision::Reject(Rejection::Deadline { .. })));
}

#[test]
fn what_new_limits_can_never_hold_is_refused_and_the_rest_goes_on_waiting() {
    let limit = |burst| vec![Limit::new(Dimension::TotalTokens, Quota::per_second(10).burst(burst))];
    let mut account = Account::with(limit(1_000));
    account.ask(one().input_tokens(1_000));
    let large = account.ask(one().input_tokens(600));
    let small = account.ask(one().input_tokens(400));
    let expected = account.ask(Request::new(one().input_tokens(300)).expect_output(Some(500)));
    account.engine.configure(limit(500), account.now);
    account.run(Duration::from_secs(300));
    let never = Rejection::Never { dimension: Dimension::TotalTokens, cost: 600, capacity: 500 };
    assert_eq!(account.refused(large), Some(&never));
    assert!(account.granted(small).is_some() && account.granted(expected).is_some());
}

/// Found by the oracle: a call that was estimated at nothing was charged nothing, whatever it used.
#[test]
fn what_was_not_foreseen_is_charged_all_the_same() {
    let limit = Limit::new(Dimension::OutputTokens, Quota::per_second(10).burst(50));
    for progress in [false, true] {
        let mut account = Account::with(vec![limit.clone()]);
        let id = account.ask(one());
        if progress {
            account.engine.progress(id, &Usage::new(0, 30), account.now);
            assert_eq!(account.engine.snapshot(account.now).limits[0].used, 30);
        }
        account.settle(id, one().output_tokens(40));
        assert_eq!(account.engine.snapshot(account.now).limits[0].used, 40);
    }
}

#[test]
fn a_call_that_was_sent_and_is_given_up_keeps_what_its_progress_was_charged() {
    let window = Quota::per_minute(100).refill(Refill::FixedWindow);
    let mut account = Account::with(vec![
        Limit::new(Dimension::TotalTokens, Quota::per_hour(1_000).burst(1_000)),
        Limit::new(Dimension::OutputTokens, window),
    ]);
    let used = |account: &Account| -> Vec<u64> {
        account.engine.snapshot(account.now).limits.iter().map(|limit| limit.used).collect()
    };
    let call = Cost::requests(1).output_tokens(10);
    let (sent, unsent) = (account.ask(call), account.ask(call));
    account.sent(sent);
    account.engine.progress(sent, &Usage::new(0, 30), account.now);
    account.engine.progress(unsent, &Usage::new(0, 25), account.now);
    assert_eq!(used(&account), [55, 55]);
    account.now = Timestamp::from_secs(60);
    account.engine.progress(sent, &Usage::new(0, 45), account.now);
    assert_eq!(used(&account)[1], 15, "the later part belongs to the later window");
    account.cancel(unsent);
    account.cancel(sent);
    // The hour gave back what was never sent, and refilled by a sixtieth meanwhile; what was sent stays.
    assert_eq!(used(&account), [45_u64.saturating_sub(16), 15]);
    let tally = account.engine.snapshot(account.now).tally;
    assert_eq!((tally.granted, tally.settled, tally.refunded), (2, 1, 1));
}
