//! Events: live views see grants, refusals, lost permits and learned limits, in order.

use tidegate::events::Happening;
use tidegate::{
    Class, Dimension, Enforcement, Events, Feedback, Learning, Limiter, Observation, Rejection, Request,
    Timestamp,
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
    let heard = heard(&mut events);
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert_eq!(heard[0], (Timestamp::ZERO, Happening::Granted { waited: ms(0) }));
    assert!(matches!(heard[1].1, Happening::Refused { rejection: Rejection::Deadline { .. } }));
    assert_eq!(heard[2], (Timestamp::from_secs(1), Happening::Granted { waited: ms(1_000) }));
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
    let (limiter, _clock) = limiter(|builder| builder.learning(Learning::On));
    let mut events = limiter.events();
    let mut told = Vec::new();
    for limit in [500, 500, 250] {
        let permit = limiter.try_acquire(one()).unwrap();
        permit.sent();
        permit.observe(&Feedback { limits: vec![requests_a_minute(limit)], ..Feedback::of(Class::Ok) });
        permit.settle(tidegate::Usage::new(1, 1));
        told.extend(heard(&mut events).into_iter().filter_map(|(_, what)| match what {
            Happening::Learned { limit } => Some((limit.dimension, limit.limit)),
            _ => None,
        }));
    }
    assert_eq!(told, [(Dimension::Requests, 500), (Dimension::Requests, 250)]);
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
fn the_stream_ends_with_its_limiter() {
    let limiter = Limiter::builder().build().unwrap();
    let mut events = limiter.events();
    let listener = std::thread::spawn(move || std::iter::from_fn(|| events.recv_blocking()).count());
    limiter.try_acquire(one()).unwrap().sent();
    drop(limiter);
    assert_eq!(listener.join().unwrap(), 1);
}
