//! Events: live views see grants, refusals, lost permits and learned limits, in order.

use tidegate::call::{CallPolicy, CircuitScope, Outcome};
use tidegate::events::Happening;
use tidegate::{
    Band, Class, Clock, Compared, Comparison, Cost, Dimension, Enforcement, Events, Feedback, Learning,
    Limiter, Observation, Reason, Rejection, Request, Timestamp, Usage,
};

use crate::harness::{Asker, limiter, ms, one};

fn heard(events: &mut Events) -> Vec<(Timestamp, Happening)> {
    std::iter::from_fn(|| events.try_recv()).map(|event| (event.at, event.what)).collect()
}

#[test]
fn grants_and_refusals_are_told_in_order() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    let mut events = limiter.events();
    limiter.try_acquire(one()).unwrap().sent();
    let mut waiting = Asker::queued(&limiter);
    let hurried = Request::new(one()).deadline(Timestamp::from_millis(10));
    assert!(limiter.acquire_blocking(hurried).is_err());
    clock.advance(ms(1_000));
    waiting.granted().sent();
    let mut heard = heard(&mut events);
    heard.retain(|(_, what)| !matches!(what, Happening::GivenUp { .. }));
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert_eq!(heard[0], (Timestamp::ZERO, Happening::Granted { waited: ms(0), limited_by: None }));
    assert!(matches!(heard[1].1, Happening::Refused { rejection: Rejection::Deadline { .. } }));
    let limited_by = Some(Reason::Limit { dimension: Dimension::Requests, window: ms(1_000) });
    let granted = Happening::Granted { waited: ms(1_000), limited_by };
    assert_eq!(heard[2], (Timestamp::from_secs(1), granted));
}

#[test]
fn a_lost_permit_is_told_when_it_expires() {
    let (limiter, clock) = limiter(|builder| builder.concurrency(1).reservation_age(ms(5_000)));
    let _lost = limiter.try_acquire(one()).unwrap();
    let mut events = limiter.events();
    clock.advance(ms(5_000));
    assert_eq!(heard(&mut events), [(Timestamp::from_secs(5), Happening::Expired)]);
}

#[test]
fn a_learned_limit_is_told_once_and_again_when_it_changes() {
    let (limiter, clock) = limiter(|builder| builder.learning(Learning::On));
    let mut events = limiter.events();
    let mut told = Vec::new();
    for limit in [500, 500, 250] {
        let permit = limiter.try_acquire(one()).unwrap();
        permit.sent();
        permit.observe(&Feedback { limits: vec![requests_a_minute(limit)], ..Feedback::of(Class::Ok) });
        permit.settle(tidegate::Usage::new(1, 1));
        // Calls that find out how much goes at once keep a little apart.
        clock.advance(ms(10));
        told.extend(heard(&mut events).into_iter().filter_map(|(_, what)| match what {
            Happening::Learned { limit } => Some((None, limit.dimension, limit.limit)),
            Happening::LimitChanged { before, limit } => Some((Some(before), limit.dimension, limit.limit)),
            _ => None,
        }));
    }
    assert_eq!(told, [(None, Dimension::Requests, 500), (Some(500), Dimension::Requests, 250)]);
}

fn requests_a_minute(limit: u64) -> Observation {
    Observation {
        window: Some(ms(60_000)),
        limit: Some(limit),
        remaining: Some(limit - 1),
        enforcement: Enforcement::Bucket,
        ..Observation::of(Dimension::Requests)
    }
}

#[test]
fn the_end_of_a_call_tells_what_was_estimated_and_what_it_took() {
    let (limiter, clock) = limiter(|builder| builder);
    let mut events = limiter.events();
    let estimate = Cost::requests(1).input_tokens(100);
    let request = || Request::new(estimate).lane("large").band(Band::Batch).tenant("ours");
    let permit = limiter.try_acquire(request()).unwrap();
    permit.sent();
    clock.advance(ms(250));
    permit.settle(Usage::new(130, 0));
    let unsent = limiter.try_acquire(request()).unwrap();
    drop(unsent);
    let sent = limiter.try_acquire(request()).unwrap();
    sent.sent();
    sent.cancel();
    let all: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
    assert!(all.iter().all(|event| {
        event
            .call
            .as_ref()
            .is_some_and(|call| (&*call.lane, call.band, &*call.tenant) == ("large", Band::Batch, "ours"))
    }));
    let ends: Vec<_> = all.into_iter().map(|event| event.what).filter(|what| !is_granted(what)).collect();
    let charge = estimate.input_tokens(130).output_tokens(0).total_tokens(130);
    let settled =
        Happening::Settled { estimate, charge, usage: Some(Usage::new(130, 0)), took: ms(250), class: None };
    let given_up = |refunded| Happening::GivenUp { estimate, refunded };
    let compared = Compared { estimated: 100, used: 130 };
    let comparison = Comparison { input: Some(compared), output: None };
    assert_eq!(ends, [settled, Happening::Estimated { comparison }, given_up(true), given_up(false)]);
}

fn is_granted(what: &Happening) -> bool {
    matches!(what, Happening::Granted { .. })
}

#[test]
fn refusals_of_the_provider_retries_fallbacks_and_circuits_are_told() {
    let (limiter, clock) = limiter(|builder| builder);
    let mut events = limiter.events();
    let permit = limiter.try_acquire(one()).unwrap();
    let retry_after = Some(ms(7_000));
    permit.observe(&Feedback { retry_after, ..Feedback::of(Class::Throttled) });
    drop(permit);
    let mut call = limiter.call(CallPolicy::default().fallbacks(["small"])).aim("large", "/chat");
    for class in [Class::Throttled, Class::QuotaExhausted, Class::Ok] {
        assert_eq!(call.may_send(clock.now()), Ok(()));
        call.outcome(&Outcome::of(class), 0, clock.now());
    }
    clock.advance(ms(5_000));
    let mut probe = limiter.call(CallPolicy::default()).aim("large", "/chat");
    assert_eq!(probe.may_send(clock.now()), Ok(()));
    probe.outcome(&Outcome::of(Class::Ok), 0, clock.now());
    let told: Vec<_> = heard(&mut events).into_iter().map(|(_, what)| what).collect();
    assert_eq!(told[1], Happening::Throttled { class: Class::Throttled, retry_after });
    assert_eq!(told[3], Happening::Retried { class: Class::Throttled, attempt: 2 });
    let Happening::CircuitOpened { circuit } = &told[4] else { panic!("{told:?}") };
    assert_eq!(circuit.probe_at, Some(Timestamp::from_secs(5)));
    assert_eq!(told[5], Happening::FellBack { from: "large".into(), to: "small".into() });
    assert_eq!(told[6], Happening::CircuitClosed { scope: CircuitScope::Lane("large".into()) });
    assert_eq!(told.len(), 7);
}

#[test]
fn an_expired_permit_that_is_settled_all_the_same_tells_nothing_more() {
    let (limiter, clock) = limiter(|builder| builder.reservation_age(ms(5_000)));
    let lost = limiter.try_acquire(one()).unwrap();
    clock.advance(ms(5_000));
    let mut events = limiter.events();
    lost.settle(Usage::new(1, 1));
    assert_eq!(events.try_recv(), None);
}

#[test]
fn the_stream_ends_with_its_limiter() {
    let limiter = Limiter::builder().build().unwrap();
    let mut events = limiter.events();
    let listener = std::thread::spawn(move || std::iter::from_fn(|| events.recv_blocking()).count());
    limiter.try_acquire(one()).unwrap().sent();
    drop(limiter);
    // The grant, and the permit that is dropped.
    assert_eq!(listener.join().unwrap(), 2);
}
