//! Cancelling: a call may go away at any point; nothing is lost and the turn passes on.

use tidegate::Clock;

use crate::harness::{Asker, limiter, ms, one};

#[test]
fn a_queued_call_that_goes_away_frees_its_place() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let (first, mut second) = (Asker::queued(&limiter), Asker::queued(&limiter));
    assert_eq!(limiter.snapshot().waiting, 2);
    drop(first);
    assert_eq!(limiter.snapshot().waiting, 1);
    clock.advance(ms(1_000));
    assert_eq!(second.granted().waited(), ms(1_000));
}

#[test]
fn a_grant_that_was_never_seen_passes_to_the_next_at_once() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let (first, mut second) = (Asker::queued(&limiter), Asker::queued(&limiter));
    clock.advance(ms(1_000));
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    drop(first);
    assert_eq!(second.wakes(), 1, "the turn passes on without any time going by");
    second.granted().sent();
}

#[test]
fn a_future_that_was_never_polled_has_taken_nothing() {
    let (limiter, _clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    drop(limiter.acquire(one()));
    let unpolled = limiter.acquire(one());
    assert!(limiter.try_acquire(one()).is_ok());
    drop(unpolled);
    assert_eq!(limiter.snapshot().waiting, 0);
}

/// Lets a call go away after each possible number of looks, before and after its grant, with another call behind
/// it; whatever the point, the other starts exactly when it would have if the first had never asked.
#[test]
fn whatever_the_point_of_cancelling_the_next_call_loses_nothing() {
    for advance_before_drop in [0, 1, 500, 999, 1_000, 1_001, 1_500] {
        for polls in 0..3 {
            let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
            limiter.try_acquire(one()).unwrap().sent();
            let mut leaving = Asker::queued(&limiter);
            let mut staying = Asker::queued(&limiter);
            for _ in 0..polls {
                assert!(leaving.poll().is_pending());
            }
            clock.advance(ms(advance_before_drop));
            drop(leaving);
            let left_at = clock.now();
            clock.advance(ms(1_000_u64.saturating_sub(advance_before_drop)));
            let granted_after = staying.granted().waited();
            assert_eq!(
                granted_after,
                ms(advance_before_drop.max(1_000)),
                "left at {left_at} after {polls} looks"
            );
            let snapshot = limiter.snapshot();
            assert_eq!((snapshot.waiting, snapshot.in_flight), (0, 0));
        }
    }
}

#[test]
fn a_limiter_that_is_gone_leaves_no_deadline_behind() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let waiting = Asker::queued(&limiter);
    drop(limiter);
    assert!(clock.next_deadline().is_some(), "a waiting call keeps its account alive");
    drop(waiting);
    assert_eq!(clock.next_deadline(), None);
}

#[test]
fn a_waiting_call_is_served_though_its_limiter_is_gone() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut waiting = Asker::queued(&limiter);
    drop(limiter);
    clock.advance(ms(1_000));
    waiting.granted().sent();
}
