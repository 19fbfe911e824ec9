//! Tests of the call machine: each class of outcome, and each bound.

use std::time::Duration;

use tidegate_core::Reach;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(100);

fn policy() -> CallPolicy {
    CallPolicy::default()
}

fn next(call: &mut Call, class: Class) -> Next {
    call.outcome(&Outcome::of(class), 0, NOW)
}

fn stopped(why: StopReason) -> Next {
    Next::Stop { why }
}

#[test]
fn an_answer_ends_the_call() {
    assert_eq!(next(&mut Call::new(policy(), NOW), Class::Ok), Next::Done);
}

#[test]
fn refusals_go_back_to_the_engine_at_once() {
    for class in [Class::Throttled, Class::Overloaded] {
        let mut call = Call::new(policy(), NOW);
        let asked = Outcome::of(class).retry_after(Some(Duration::from_secs(600)));
        assert_eq!(call.outcome(&asked, 9, NOW), Next::Retry { until: NOW, attempt: 2 }, "{class}");
    }
}

#[test]
fn refusals_of_what_no_limit_governs_pause_as_failures_do() {
    for class in [Class::Throttled, Class::Overloaded] {
        let mut call = Call::new(policy(), NOW);
        for (attempt, half_ms) in [(2, 250), (3, 500)] {
            let until = NOW.after(Duration::from_millis(half_ms));
            let next = call.outcome(&Outcome::of(class).ungoverned(), 0, NOW);
            assert_eq!(next, Next::Retry { until, attempt }, "{class}");
        }
        let asked = Outcome::of(class).ungoverned().retry_after(Some(Duration::from_secs(7)));
        let until = NOW.after(Duration::from_secs(7));
        assert_eq!(Call::new(policy(), NOW).outcome(&asked, 9, NOW), Next::Retry { until, attempt: 2 });
    }
}

#[test]
fn permanent_outcomes_stop_at_once() {
    for class in [Class::QuotaExhausted, Class::RequestRejected, Class::Auth, Class::Invalid] {
        let mut call = Call::new(policy(), NOW);
        assert_eq!(next(&mut call, class), stopped(StopReason::Permanent(class)));
    }
}

#[test]
fn failures_back_off_twice_as_long_each_time() {
    let mut call = Call::new(policy(), NOW);
    for (attempt, half_ms) in [(2, 250), (3, 500), (4, 1_000)] {
        let until = NOW.after(Duration::from_millis(half_ms));
        assert_eq!(next(&mut call, Class::ServerError), Next::Retry { until, attempt });
    }
}

#[test]
fn a_throttle_between_failures_does_not_lengthen_the_pause() {
    let mut call = Call::new(policy(), NOW);
    assert!(matches!(next(&mut call, Class::Throttled), Next::Retry { .. }));
    let until = NOW.after(Duration::from_millis(250));
    assert_eq!(next(&mut call, Class::Timeout), Next::Retry { until, attempt: 3 });
}

#[test]
fn retry_after_of_a_failure_is_honoured_up_to_its_clamp() {
    for (asked, honoured) in [(0, 0), (7, 7), (3_600, 60)] {
        let mut call = Call::new(policy(), NOW);
        let outcome = Outcome::of(Class::ServerError).retry_after(Some(Duration::from_secs(asked)));
        let until = NOW.after(Duration::from_secs(honoured));
        assert_eq!(call.outcome(&outcome, 5, NOW), Next::Retry { until, attempt: 2 });
    }
}

#[test]
fn attempts_are_bounded_for_every_class() {
    for class in [Class::Throttled, Class::Overloaded, Class::ServerError, Class::Timeout] {
        let mut call = Call::new(policy().max_attempts(3), NOW);
        assert!(matches!(next(&mut call, class), Next::Retry { attempt: 2, .. }));
        assert!(matches!(next(&mut call, class), Next::Retry { attempt: 3, .. }));
        assert_eq!(next(&mut call, class), stopped(StopReason::Attempts { made: 3 }));
        assert_eq!(call.attempts(), 3);
    }
}

#[test]
fn a_used_up_budget_stops_failures_and_overloads_but_not_throttles() {
    let spent = policy().retry_budget(RetryBudget::new(0, 0));
    for class in [Class::ServerError, Class::Timeout, Class::Overloaded] {
        let mut call = Call::new(spent.clone(), NOW);
        assert_eq!(next(&mut call, class), stopped(StopReason::RetryBudget), "{class}");
    }
    assert!(matches!(next(&mut Call::new(spent, NOW), Class::Throttled), Next::Retry { .. }));
}

#[test]
fn no_attempt_begins_after_the_deadline() {
    let deadline = NOW.after(Duration::from_millis(300));
    let mut call = Call::new(policy(), NOW).deadline(deadline);
    assert!(matches!(next(&mut call, Class::ServerError), Next::Retry { .. }));
    let retry_after = Duration::from_millis(500);
    assert_eq!(next(&mut call, Class::ServerError), stopped(StopReason::Deadline { retry_after }));
}

#[test]
fn a_used_up_quota_falls_back_through_the_list_and_then_stops() {
    let mut call = Call::new(policy().fallbacks(["small", "smaller"]), NOW);
    assert_eq!(call.model(), None);
    for (model, attempt) in [("small", 2), ("smaller", 3)] {
        let expected = Next::Fallback { model: model.into(), attempt };
        assert_eq!(next(&mut call, Class::QuotaExhausted), expected);
        assert_eq!(call.model(), Some(model));
    }
    assert_eq!(next(&mut call, Class::QuotaExhausted), stopped(StopReason::Permanent(Class::QuotaExhausted)));
}

#[test]
fn a_model_that_keeps_refusing_is_left_for_the_next() {
    let mut call = Call::new(policy().fallbacks(["small"]), NOW);
    assert!(matches!(next(&mut call, Class::Throttled), Next::Retry { .. }));
    assert!(matches!(next(&mut call, Class::Overloaded), Next::Retry { .. }));
    assert_eq!(next(&mut call, Class::Throttled), Next::Fallback { model: "small".into(), attempt: 4 });
    assert!(
        matches!(next(&mut call, Class::Throttled), Next::Retry { attempt: 5, .. }),
        "the count begins anew"
    );
}

#[test]
fn fallbacks_are_attempts_too() {
    let mut call = Call::new(policy().max_attempts(1).fallbacks(["small"]), NOW);
    assert_eq!(next(&mut call, Class::QuotaExhausted), stopped(StopReason::Permanent(Class::QuotaExhausted)));
}

/// A call to the model `large` under a breaker that opens at the third failure.
fn stopped_call(policy: CallPolicy, breaker: &Breaker) -> Call {
    Call::new(policy, NOW).breaker(breaker.clone()).aim("large", "/chat")
}

#[test]
fn a_call_whose_circuit_opens_stops_with_the_instant_of_the_probe() {
    let breaker = Breaker::new(BreakerPolicy::default().calls_min(3));
    let mut call = stopped_call(policy(), &breaker);
    for _ in 0..2 {
        assert_eq!(call.may_send(NOW), Ok(()));
        assert!(matches!(next(&mut call, Class::ServerError), Next::Retry { .. }));
    }
    assert_eq!(call.may_send(NOW), Ok(()));
    let why = Trip::Failing { class: Class::ServerError, failed: 3, calls: 3 };
    let open = StopReason::CircuitOpen { until: NOW.after(Duration::from_secs(5)), why };
    assert_eq!(next(&mut call, Class::ServerError), stopped(open));
    assert_eq!(open.retry_after(NOW), Some(Duration::from_secs(5)));
    let mut other = stopped_call(policy(), &breaker);
    assert_eq!(other.may_queue(NOW), Err(stopped(open)));
    assert_eq!(other.may_send(NOW), Err(stopped(open)));
    assert_eq!(other.attempts(), 0, "the provider has seen nothing of it");
}

#[test]
fn an_open_lane_is_left_for_a_fallback_and_an_open_account_is_not() {
    let breaker = Breaker::default();
    let quota = || CallPolicy::default().fallbacks(["small"]);
    let mut first = stopped_call(quota(), &breaker);
    assert_eq!(first.may_send(NOW), Ok(()));
    assert!(matches!(next(&mut first, Class::QuotaExhausted), Next::Fallback { .. }));
    assert_eq!(first.may_send(NOW), Ok(()), "the fallback has a circuit of its own");
    let mut second = stopped_call(quota(), &breaker);
    let fallback = Next::Fallback { model: "small".into(), attempt: 1 };
    assert_eq!(second.may_queue(NOW), Err(fallback));
    assert_eq!(second.may_queue(NOW), Ok(()));

    let breaker = Breaker::default();
    let mut call = stopped_call(quota(), &breaker);
    assert_eq!(call.may_send(NOW), Ok(()));
    let outcome = Outcome::of(Class::Auth).reach(Reach::Account);
    assert_eq!(call.outcome(&outcome, 0, NOW), stopped(StopReason::Permanent(Class::Auth)));
    assert!(matches!(stopped_call(quota(), &breaker).may_queue(NOW), Err(Next::Stop { .. })));
}

#[test]
fn an_answer_that_begins_well_closes_the_circuit_before_its_end() {
    let breaker = Breaker::default();
    let mut call = stopped_call(policy(), &breaker);
    assert_eq!(call.may_send(NOW), Ok(()));
    next(&mut call, Class::Auth);
    let later = NOW.after(Duration::from_secs(5));
    let mut probe = stopped_call(policy(), &breaker);
    assert_eq!(probe.may_send(later), Ok(()));
    probe.seen(&Outcome::of(Class::Ok), later);
    assert_eq!(breaker.circuits(), []);
    assert_eq!((probe.attempts(), probe.outcome(&Outcome::of(Class::Ok), 0, later)), (0, Next::Done));
}

#[test]
fn a_long_predicted_wait_is_left_for_the_first_fallback_that_can_go_sooner() {
    let secs = Duration::from_secs;
    let patient = policy().fallbacks(["busy", "idle", "idler"]);
    let mut call = Call::new(patient.clone(), NOW);
    assert_eq!(call.predicted(secs(3_600), |_| secs(0)), None, "no bound is set");
    let mut call = Call::new(patient.clone().fallback_wait(secs(10)), NOW).aim("large", "/chat");
    let quote = |model: &str| if model == "busy" { secs(60) } else { secs(1) };
    assert_eq!(call.predicted(secs(10), quote), None, "the bound itself is no reason to leave");
    let fallback = Next::Fallback { model: "idle".into(), attempt: 1 };
    assert_eq!(call.predicted(secs(11), quote), Some(fallback));
    assert_eq!(call.model(), Some("idle"));
    assert_eq!(call.predicted(secs(11), |_| secs(60)), None, "where all are busy it stays");
}
