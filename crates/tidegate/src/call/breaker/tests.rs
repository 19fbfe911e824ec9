//! Tests of the breaker: what opens which circuit, and how a probe closes it.

use std::time::Duration;

use tidegate_core::{Class, Reach};

use super::*;

const NOW: Timestamp = Timestamp::from_secs(100);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn aim(lane: &str, endpoint: &str) -> Aim {
    Aim { lane: lane.into(), endpoint: endpoint.into() }
}

/// Sends one call and gives it an outcome; what changed by it.
fn end(breaker: &Breaker, aim: &Aim, outcome: Outcome, now: Timestamp) -> Vec<CircuitChange> {
    breaker.pass(aim, now).expect("no circuit stops the call").answered(&outcome, now)
}

/// Sends so many calls that all end alike; how many circuits opened.
fn repeat(breaker: &Breaker, aim: &Aim, class: Class, times: u32) -> usize {
    (0..times).map(|_| end(breaker, aim, Outcome::of(class), NOW).len()).sum()
}

fn scopes(breaker: &Breaker) -> Vec<CircuitScope> {
    breaker.circuits().into_iter().map(|circuit| circuit.scope).collect()
}

#[test]
fn what_no_retry_can_fix_opens_the_lane_at_once_and_no_neighbour() {
    for class in [Class::Auth, Class::QuotaExhausted] {
        let breaker = Breaker::default();
        let chat = aim("large", "/chat");
        let changes = end(&breaker, &chat, Outcome::of(class), NOW);
        let (scope, why) = (CircuitScope::Lane("large".into()), Trip::Permanent(class));
        let circuit = Circuit { scope, why, probe_at: Some(NOW.after(secs(5))) };
        assert_eq!(changes, [CircuitChange::Opened(circuit.clone())]);
        assert_eq!(breaker.circuits(), [circuit]);
        assert_eq!(breaker.stops(&chat, NOW).map(|stopped| (stopped.until, stopped.why)), {
            Some((NOW.after(secs(5)), why))
        });
        assert!(breaker.pass(&aim("small", "/chat"), NOW).is_ok());
    }
}

#[test]
fn a_failure_of_the_whole_account_stops_every_lane() {
    let breaker = Breaker::default();
    end(&breaker, &aim("large", "/chat"), Outcome::of(Class::Auth).reach(Reach::Account), NOW);
    assert_eq!(scopes(&breaker), [CircuitScope::Account]);
    assert!(breaker.pass(&aim("small", "/embeddings"), NOW).is_err());
}

#[test]
fn failures_open_a_circuit_only_as_a_large_share_of_enough_calls() {
    let breaker = Breaker::default();
    let chat = aim("large", "/chat");
    assert_eq!(repeat(&breaker, &chat, Class::ServerError, 19), 0);
    assert_eq!(repeat(&breaker, &chat, Class::Ok, 7), 0);
    // 19 of 26 have failed, then 20 of 27, 21 of 28: that is three quarters.
    assert_eq!(repeat(&breaker, &chat, Class::Timeout, 1), 0);
    assert_eq!(repeat(&breaker, &chat, Class::Timeout, 1), 1);
    let why = Trip::Failing { class: Class::Timeout, failed: 21, calls: 28 };
    assert_eq!(breaker.circuits()[0].why, why);
    assert_eq!(scopes(&breaker), [CircuitScope::Lane("large".into())]);
}

#[test]
fn failures_of_a_minute_ago_do_not_count() {
    let breaker = Breaker::default();
    let chat = aim("large", "/chat");
    repeat(&breaker, &chat, Class::ServerError, 19);
    let later = NOW.after(secs(61));
    assert_eq!(end(&breaker, &chat, Outcome::of(Class::ServerError), later), []);
}

#[test]
fn a_wider_circuit_opens_only_when_more_than_one_part_fails() {
    let breaker = Breaker::new(BreakerPolicy::default().calls_min(8));
    repeat(&breaker, &aim("a", "/chat"), Class::ServerError, 4);
    repeat(&breaker, &aim("b", "/chat"), Class::ServerError, 4);
    // Two models of one endpoint: the endpoint, not the account.
    assert_eq!(scopes(&breaker), [CircuitScope::Endpoint("/chat".into())]);
    repeat(&breaker, &aim("c", "/embeddings"), Class::ServerError, 1);
    assert!(scopes(&breaker).contains(&CircuitScope::Account));
}

#[test]
fn a_host_that_cannot_be_reached_opens_the_account() {
    let breaker = Breaker::new(BreakerPolicy::default().calls_min(3));
    let outcome = Outcome::of(Class::ServerError).reach(Reach::Account);
    for lane in ["a", "b", "c"] {
        end(&breaker, &aim(lane, "/chat"), outcome, NOW);
    }
    assert!(scopes(&breaker).contains(&CircuitScope::Account));
}

#[test]
fn being_refused_for_now_opens_nothing() {
    let breaker = Breaker::default();
    for class in [Class::Throttled, Class::Overloaded, Class::Invalid, Class::RequestRejected] {
        assert_eq!(repeat(&breaker, &aim("large", "/chat"), class, 100), 0, "{class}");
    }
}

#[test]
fn exactly_one_call_probes_and_its_answer_closes_the_circuit() {
    let breaker = Breaker::default();
    let chat = aim("large", "/chat");
    end(&breaker, &chat, Outcome::of(Class::Auth), NOW);
    let just_before = NOW.after(secs(5)).before(Duration::from_nanos(1));
    assert!(breaker.pass(&chat, just_before).is_err());
    let at = NOW.after(secs(5));
    assert_eq!(breaker.stops(&chat, at), None);
    let probe = breaker.pass(&chat, at).expect("the time of the probe has come");
    assert_eq!(breaker.circuits()[0].probe_at, None);
    let stopped = breaker.pass(&chat, at).map(|_| ()).unwrap_err();
    assert_eq!((stopped.until, stopped.lane_only), (at.after(secs(1)), true));
    let changes = probe.answered(&Outcome::of(Class::Ok), at);
    assert_eq!(changes, [CircuitChange::Closed(CircuitScope::Lane("large".into()))]);
    assert_eq!(breaker.circuits(), []);
    assert!(breaker.pass(&chat, at).is_ok() && breaker.pass(&chat, at).is_ok());
}

#[test]
fn each_failed_probe_doubles_the_pause_up_to_a_minute() {
    let breaker = Breaker::default();
    let chat = aim("large", "/chat");
    end(&breaker, &chat, Outcome::of(Class::QuotaExhausted), NOW);
    let mut now = NOW.after(secs(5));
    for pause in [10, 20, 40, 60, 60] {
        let changes = end(&breaker, &chat, Outcome::of(Class::QuotaExhausted), now);
        let [CircuitChange::Opened(circuit)] = &changes[..] else { panic!("{changes:?}") };
        assert_eq!(circuit.probe_at, Some(now.after(secs(pause))));
        now = now.after(secs(pause));
    }
}

#[test]
fn a_probe_that_goes_away_leaves_its_place_to_the_next() {
    let breaker = Breaker::default();
    let chat = aim("large", "/chat");
    end(&breaker, &chat, Outcome::of(Class::Auth), NOW);
    let at = NOW.after(secs(5));
    drop(breaker.pass(&chat, at));
    assert!(breaker.pass(&chat, at).is_ok());
}

#[test]
fn calls_that_left_before_do_not_answer_for_the_probe() {
    let breaker = Breaker::default();
    let chat = aim("large", "/chat");
    let early = breaker.pass(&chat, NOW).expect("nothing is open");
    end(&breaker, &chat, Outcome::of(Class::Auth), NOW);
    assert_eq!(early.answered(&Outcome::of(Class::Ok), NOW), []);
    assert_eq!(breaker.circuits().len(), 1);
}

#[test]
fn a_provider_that_names_a_time_is_heard_up_to_the_longest_pause() {
    for (asked, pause) in [(1, 5), (30, 30), (86_400, 60)] {
        let breaker = Breaker::default();
        let outcome = Outcome::of(Class::QuotaExhausted).retry_after(Some(secs(asked)));
        end(&breaker, &aim("large", "/chat"), outcome, NOW);
        assert_eq!(breaker.circuits()[0].probe_at, Some(NOW.after(secs(pause))));
    }
}

#[test]
fn circuits_are_bounded_and_the_oldest_makes_room() {
    let policy = BreakerPolicy { circuits_max: 3, ..BreakerPolicy::default() };
    let breaker = Breaker::new(policy);
    for second in 0..10 {
        let aim = aim(&format!("model-{second}"), "/chat");
        end(&breaker, &aim, Outcome::of(Class::Auth), NOW.after(secs(second)));
    }
    let lanes = ["model-7", "model-8", "model-9"].map(|lane| CircuitScope::Lane(lane.into()));
    assert_eq!(scopes(&breaker), lanes);
}
