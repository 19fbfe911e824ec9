//! When calls are granted: exactly when they fit, by every limit at once, and never never.

use std::time::Duration;

use tidegate_core::{
    Cost, Decision, Dimension, EngineConfig, Limit, Price, Quota, Reason, Refill, Rejection, Request, Scope,
    Timestamp,
};

use crate::harness::{Account, one};

fn requests(quota: Quota) -> Limit {
    Limit::new(Dimension::Requests, quota)
}

fn tokens(quota: Quota) -> Limit {
    Limit::new(Dimension::TotalTokens, quota)
}

#[test]
fn half_a_request_a_second_starts_at_0_2_4_6() {
    let mut account = Account::with(vec![requests(Quota::every(1, Duration::from_secs(2)))]);
    let ids: Vec<_> = (0..4).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(10));
    assert_eq!(account.seconds(&ids), [0.0, 2.0, 4.0, 6.0]);
}

#[test]
fn of_ten_parallel_calls_the_tenth_starts_at_nine_over_the_rate() {
    let mut account = Account::with(vec![requests(Quota::every(2, Duration::from_secs(25)))]);
    let ids: Vec<_> = (0..10).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(200));
    assert_eq!(account.seconds(&ids)[9], 9.0 * 12.5);
}

#[test]
fn one_a_minute_admits_one_at_once() {
    let mut account = Account::with(vec![requests(Quota::per_minute(1))]);
    let ids: Vec<_> = (0..2).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(61));
    assert_eq!(account.seconds(&ids), [0.0, 60.0]);
}

#[test]
fn every_limit_must_agree_and_all_are_charged_at_once() {
    let mut account = Account::with(vec![
        requests(Quota::per_second(10).burst(10)),
        tokens(Quota::per_second(100).burst(100)),
    ]);
    let ids: Vec<_> = (0..3).map(|_| account.ask(one().input_tokens(80))).collect();
    account.run(Duration::from_secs(5));
    assert_eq!(account.seconds(&ids), [0.0, 0.6, 1.4]);
    let snapshot = account.engine.snapshot(Timestamp::from_secs(5));
    assert_eq!(snapshot.limits[0].used, 0, "three requests have long been refilled");
}

#[test]
fn the_prediction_at_enqueue_is_the_instant_of_the_grant() {
    let mut account = Account::with(vec![requests(Quota::per_minute(30).burst(1))]);
    let mut told = Vec::new();
    for _ in 0..5 {
        let (id, decision) = account.decide(one());
        if let Decision::Wait { until, reason } = decision {
            assert!(matches!(reason, Reason::Limit { dimension: Dimension::Requests, .. }));
            told.push((id, until));
        }
    }
    account.run(Duration::from_secs(20));
    assert_eq!(told.len(), 4);
    for (id, until) in told {
        assert_eq!(account.granted(id), Some(until));
    }
}

#[test]
fn a_quote_waits_as_long_as_a_call_would_and_queues_nothing() {
    let mut account = Account::with(vec![requests(Quota::per_second(1))]);
    account.ask(one());
    account.ask(one());
    let quoted = account.engine.quote(&Request::new(one()), account.now);
    assert!(matches!(quoted, Decision::Wait { until, .. } if until == Timestamp::from_secs(2)), "{quoted:?}");
    assert_eq!(account.engine.snapshot(account.now).waiting, 1);
}

#[test]
fn more_than_a_limit_can_hold_is_refused_at_once_and_blocks_nobody() {
    let mut account = Account::with(vec![tokens(Quota::per_minute(1_000).burst(1_000))]);
    let (_, decision) = account.decide(one().input_tokens(1_001));
    let never = Rejection::Never { dimension: Dimension::TotalTokens, cost: 1_001, capacity: 1_000 };
    assert_eq!(decision, Decision::Reject(never));
    let (_, whole) = account.decide(one().input_tokens(1_000));
    assert_eq!(whole, Decision::Grant);
}

#[test]
fn a_limit_of_zero_is_a_never() {
    let mut account = Account::with(vec![requests(Quota::per_minute(0))]);
    assert!(matches!(account.decide(one()).1, Decision::Reject(Rejection::Never { capacity: 0, .. })));
}

#[test]
fn a_per_minute_limit_without_burst_begins_with_one_and_takes_a_large_call_as_debt() {
    let mut account = Account::with(vec![tokens(Quota::per_minute(6_000))]);
    let ids: Vec<_> = (0..3).map(|_| account.ask(one().input_tokens(100))).collect();
    account.run(Duration::from_secs(5));
    let seconds = account.seconds(&ids);
    assert_eq!(seconds[0], 0.0);
    assert!((seconds[1] - 1.0).abs() < 0.02 && (seconds[2] - 2.0).abs() < 0.02, "{seconds:?}");
}

#[test]
fn a_deadline_that_cannot_be_met_is_refused_at_once_with_a_true_retry_after() {
    let mut account = Account::with(vec![requests(Quota::per_second(1))]);
    account.ask(one());
    account.ask(one());
    let late = Request::new(one()).deadline(Timestamp::from_millis(1_500));
    let (_, decision) = account.decide(late);
    let Decision::Reject(Rejection::Deadline { retry_after, .. }) = decision else { panic!("{decision:?}") };
    assert_eq!(retry_after, Duration::from_secs(2));
    let (_, in_time) = account.decide(Request::new(one()).deadline(Timestamp::from_secs(2)));
    assert!(matches!(in_time, Decision::Wait { .. }));
}

#[test]
fn a_deadline_that_turns_out_too_early_ends_the_wait_then() {
    let mut account = Account::with(vec![Limit::new(Dimension::Concurrency, Quota::concurrency(1))]);
    account.ask(one());
    let waiting = account.ask(Request::new(one()).deadline(Timestamp::from_secs(3)));
    account.run(Duration::from_secs(2));
    assert!(account.refused(waiting).is_none());
    account.run(Duration::from_secs(2));
    assert!(matches!(account.refused(waiting), Some(Rejection::Deadline { .. })));
    assert_eq!(account.engine.snapshot(account.now).waiting, 0);
}

#[test]
fn who_may_go_at_the_very_instant_of_the_deadline_goes() {
    let window = Quota::every(2, Duration::from_secs(10)).refill(Refill::FixedWindow);
    let mut account = Account::with(vec![requests(window)]);
    let edge = Timestamp::from_secs(10);
    account.ask(one());
    account.ask(one());
    // Behind one that minds no deadline, two at once go at the edge, and a third does not.
    let calls: Vec<_> = [Timestamp::MAX, edge].map(|at| account.ask(Request::new(one()).deadline(at))).into();
    let third = account.ask(Request::new(one()).deadline(Timestamp::from_secs(20)));
    let fourth = account.ask(Request::new(one()).deadline(Timestamp::from_secs(20)));
    let fifth = account.ask(Request::new(one()).deadline(Timestamp::from_secs(30)));
    account.run(Duration::from_secs(15));
    assert_eq!(account.seconds(&calls), [10.0, 10.0]);
    // A window of one leaves the fourth without the room that it was told of.
    account.configure(vec![requests(Quota { amount: 1, ..window })]);
    account.run(Duration::from_secs(30));
    assert_eq!(account.granted(third), None, "the debt of the window before went first");
    assert!([third, fourth].iter().all(|id| account.refused(*id).is_some()));
    assert!(account.granted(fifth).is_some_and(|at| at <= Timestamp::from_secs(30)));
}

#[test]
fn concurrency_is_freed_by_endings_only() {
    let mut account = Account::with(vec![Limit::new(Dimension::Concurrency, Quota::concurrency(2))]);
    let ids: Vec<_> = (0..3).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(60));
    assert_eq!(account.granted(ids[2]), None);
    account.settle(ids[0], one());
    assert_eq!(account.granted(ids[2]), Some(Timestamp::from_secs(60)));
}

#[test]
fn a_late_wake_up_does_not_shift_the_schedule() {
    let mut account = Account::with(vec![requests(Quota::per_second(10).burst(1))]);
    let ids: Vec<_> = (0..5).map(|_| account.ask(one())).collect();
    // Every wake-up comes 7 ms late.
    while account.granted(ids[4]).is_none() {
        let due = account.engine.next_deadline().expect("somebody waits");
        account.now = due.after(Duration::from_millis(7));
        account.run_to(account.now);
    }
    assert_eq!(account.seconds(&ids), [0.0, 0.1, 0.2, 0.3, 0.4]);
}

#[test]
fn a_limit_applies_to_the_models_and_endpoints_of_its_scope_only() {
    let scope = Scope::model("fast-2*").endpoint("/v1/chat/*");
    let mut account = Account::with(vec![requests(Quota::per_minute(1)).scope(scope)]);
    let call = |lane: &str, endpoint: &str| Request::new(one()).lane(lane).endpoint(endpoint);
    let first = account.ask(call("fast-2-mini", "/v1/chat/completions"));
    let same = account.ask(call("fast-2-mini", "/v1/chat/completions"));
    let other_endpoint = account.ask(call("fast-2-mini", "/v1/embeddings"));
    let other_model = account.ask(call("o3", "/v1/chat/completions"));
    for free in [first, other_endpoint, other_model] {
        assert_eq!(account.granted(free), Some(Timestamp::ZERO));
    }
    assert_eq!(account.granted(same), None);
}

#[test]
fn a_daily_limit_follows_the_calendar() {
    let mut account = Account::with(vec![requests(Quota::per_day(2))]);
    account.now = Timestamp::from_secs(80_000);
    let ids: Vec<_> = (0..3).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(10_000));
    let third = account.granted(ids[2]).expect("the next day has come");
    assert!(third >= Timestamp::from_secs(86_400) && third < Timestamp::from_secs(86_401), "{third}");
}

#[test]
fn the_queue_is_bounded_and_a_closed_engine_refuses_everybody() {
    let config = EngineConfig { max_queue: 1, ..EngineConfig::default() };
    let mut account = Account::of(config, vec![requests(Quota::per_second(1))]);
    account.ask(one());
    let waiting = account.ask(one());
    assert_eq!(account.decide(one()).1, Decision::Reject(Rejection::QueueFull { capacity: 1 }));
    account.engine.close(account.now);
    account.run(Duration::ZERO);
    assert_eq!(account.decide(one()).1, Decision::Reject(Rejection::Closed));
    assert_eq!(account.refused(waiting), Some(&Rejection::Closed));
}

#[test]
fn a_changed_limit_keeps_its_history() {
    let mut account = Account::with(vec![requests(Quota::per_minute(60).burst(60))]);
    for _ in 0..50 {
        account.ask(one());
    }
    account.engine.configure(vec![requests(Quota::per_minute(60).burst(40))], account.now);
    let waiting = account.ask(one());
    account.run(Duration::from_secs(60));
    assert_eq!(account.granted(waiting), Some(Timestamp::from_secs(11)), "ten too many and one of its own");
}

#[test]
fn a_call_that_costs_nothing_of_a_limit_does_not_wait_for_it() {
    let mut account = Account::with(vec![tokens(Quota::per_minute(10).burst(10))]);
    account.ask(one().input_tokens(10));
    assert_eq!(account.decide(Cost::requests(1)).1, Decision::Grant);
}

#[test]
fn a_late_wake_up_makes_up_for_no_more_than_the_burst() {
    let mut account = Account::with(vec![requests(Quota::per_second(1_000).burst(2))]);
    let ids: Vec<_> = (0..200).map(|_| account.ask(one())).collect();
    let mut before = 2;
    while account.granted(ids[199]).is_none() {
        let due = account.engine.next_deadline().expect("somebody waits");
        account.now = due.after(Duration::from_millis(9));
        account.run_to(account.now);
        let sent = account.order.len() - before;
        assert!((1..=4).contains(&sent), "the burst of two, and as much made up for: {sent}");
        before = account.order.len();
    }
}

#[test]
fn a_stall_moves_the_schedule_beyond_what_is_usual() {
    let mut account = Account::with(vec![requests(Quota::per_second(100).burst(100))]);
    let ids: Vec<_> = (0..400).map(|_| account.ask(one())).collect();
    account.run(Duration::from_millis(500));
    assert_eq!(account.order.len(), 150);
    // The machine slept for ten seconds.
    account.now = account.now.after(Duration::from_secs(10));
    account.engine.advance(account.now);
    account.run(Duration::ZERO);
    let sent = account.order.len() - 150;
    assert!(sent <= 26, "{sent} at once, a quarter of a second's worth");
    account.run(Duration::from_secs(3));
    assert!(account.granted(ids[399]).is_some());
}

#[test]
fn a_call_that_leaves_late_counts_for_the_window_in_which_it_leaves() {
    let quota = Quota::per_minute(2).refill(Refill::FixedWindow);
    let mut account = Account::with(vec![requests(quota), requests(Quota::per_second(1).burst(1))]);
    account.ask(one());
    let second = account.ask(one());
    account.now = Timestamp::from_millis(1_010);
    account.run_to(account.now);
    assert_eq!(account.granted(second), Some(Timestamp::from_secs(1)), "by schedule");
    let ids: Vec<_> = (0..3).map(|_| account.ask(one())).collect();
    account.run(Duration::from_secs(64));
    assert_eq!(account.seconds(&ids[..2]), [60.0, 61.0]);
    assert_eq!(account.granted(ids[2]), None, "two a window");
}

#[test]
fn a_retry_after_is_true() {
    let mut account = Account::with(vec![requests(Quota::per_minute(30).burst(1))]);
    for _ in 0..5 {
        account.ask(one());
    }
    let hasty = Request::new(one()).deadline(account.now.after(Duration::from_secs(3)));
    let Decision::Reject(Rejection::Deadline { retry_after, .. }) = account.decide(hasty.clone()).1 else {
        panic!("eight seconds of calls wait");
    };
    account.run(retry_after);
    let (again, _) = account.decide(one());
    assert_eq!(account.granted(again), Some(account.now));
}

#[test]
fn a_quote_is_what_a_call_would_be_told() {
    let mut account = Account::with(vec![
        requests(Quota::per_second(2)),
        tokens(Quota::per_minute(600).burst(100)),
        Limit::new(Dimension::Requests, Quota::per_minute(1)).scope(Scope::model("rare")),
    ]);
    for round in 0..40_u64 {
        for lane in ["rare", "m", ""] {
            let request = Request::new(one().input_tokens(round * 7 % 130)).lane(lane);
            let quoted = account.engine.quote(&request, account.now);
            let (id, decided) = account.decide(request);
            assert_eq!(quoted, decided, "round {round}, {lane}");
            if round % 3 == 0 {
                account.cancel(id);
            }
        }
        account.run(Duration::from_millis(400));
    }
}

#[test]
fn a_quote_for_a_model_that_nobody_asked_before_reckons_with_its_answer() {
    let mut account = Account::with(vec![
        tokens(Quota::per_minute(600).burst(3_000)),
        Limit::new(Dimension::Money, Quota::credit(1_000)),
    ]);
    let price = Price::per_million(0, 1_000_000);
    for round in 0..20_u64 {
        let minds = Price { needs_maximum: round % 2 == 0, ..price };
        let request = Request::new(one().input_tokens(50)).lane(format!("m{round}")).price(Some(minds));
        let request = request.expect_output(Some(100 * round));
        let quoted = account.engine.quote(&request, account.now);
        let (id, decided) = account.decide(request);
        assert_eq!(quoted, decided, "round {round}");
        account.cancel(id);
    }
}

#[test]
fn a_lane_that_was_resolved_is_the_one_of_that_name() {
    let mut account = Account::with(vec![requests(Quota::per_minute(1)).scope(Scope::model("m"))]);
    let lane = account.engine.lane("m", "/v1/chat");
    let call = || Request::new(one()).lane("m").endpoint("/v1/chat").resolved(lane);
    assert_eq!(account.decide(call()).1, Decision::Grant);
    let waiting = account.ask(Request::new(one()).lane("m"));
    assert_eq!(account.granted(waiting), None, "it is the same lane");
    // Once endpoints matter, an earlier handle is looked up anew.
    let by_endpoint = Scope::model("m").endpoint("/v1/chat");
    account.engine.configure(vec![requests(Quota::per_minute(0)).scope(by_endpoint)], account.now);
    assert!(matches!(account.decide(call()).1, Decision::Reject(Rejection::Never { .. })));
}
