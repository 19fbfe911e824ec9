//! Deadlines: a call that cannot be granted in time is told so at once, with a true time to come back.

use tidegate::{Clock, Rejection, Request, Timestamp};

use crate::harness::{Asker, Crew, limiter, ms, one};

#[test]
fn a_deadline_that_cannot_be_met_is_refused_at_once_with_a_true_retry_after() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let _waiting = [Asker::queued(&limiter), Asker::queued(&limiter)];
    let request = Request::new(one()).deadline(clock.now().after(ms(2_500)));
    let rejection = limiter.acquire_blocking(request).unwrap_err();
    let Rejection::Deadline { retry_after, .. } = rejection else { panic!("{rejection:?}") };
    assert_eq!(retry_after, ms(3_000));
}

#[test]
fn whoever_comes_back_after_the_retry_after_is_granted_at_once() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(0.5));
    limiter.try_acquire(one()).unwrap().sent();
    let hurried = || Request::new(one()).deadline(clock.now().after(ms(1)));
    let Err(Rejection::Deadline { retry_after, .. }) = limiter.acquire_blocking(hurried()) else {
        panic!("the deadline cannot be met");
    };
    clock.advance(retry_after);
    assert!(limiter.acquire_blocking(hurried()).is_ok());
}

#[test]
fn a_deadline_that_can_be_met_is_met() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut crew = Crew::new(&clock);
    let call = limiter.acquire(Request::new(one()).deadline(Timestamp::from_millis(1_000)));
    let at = clock.clone();
    crew.spawn(async move {
        call.await.unwrap().sent();
        assert_eq!(at.now(), Timestamp::from_millis(1_000));
    });
    crew.run();
}

#[test]
fn a_queued_call_whose_deadline_passes_is_refused_then_and_not_later() {
    let (limiter, clock) = limiter(|builder| builder.concurrency(1));
    let held = limiter.try_acquire(one()).unwrap();
    held.sent();
    let mut crew = Crew::new(&clock);
    let call = limiter.acquire(Request::new(one()).deadline(Timestamp::from_millis(700)));
    let at = clock.clone();
    crew.spawn(async move {
        let rejection = call.await.unwrap_err();
        assert!(matches!(rejection, Rejection::Deadline { .. }), "{rejection:?}");
        assert_eq!(at.now(), Timestamp::from_millis(700));
    });
    crew.run();
    drop(held);
    assert_eq!(limiter.snapshot().waiting, 0);
}
