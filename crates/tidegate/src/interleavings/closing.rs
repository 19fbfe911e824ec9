//! Closing: a limiter is closed or dropped while calls ask, wait and end, and while the driver meets its deadline.

use tidegate_core::Rejection;

use super::world::{Callers, assert_nothing_left, check, limiter, one};

#[test]
fn everybody_hears_of_a_limiter_that_closes() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1).requests_per_second(1).burst(1));
        let mut callers = Callers::new();
        for number in 0..4 {
            let limiter = limiter.clone();
            let served = |outcome: Result<crate::Permit, Rejection>| match outcome {
                Ok(permit) => permit.sent(),
                Err(rejection) => assert_eq!(rejection, Rejection::Closed),
            };
            if number % 2 == 0 {
                callers.thread(move || served(limiter.acquire_blocking(one())));
            } else {
                callers.task(async move { served(limiter.acquire(one()).await) });
            }
        }
        let closing = limiter.clone();
        callers.thread(move || {
            shuttle::thread::yield_now();
            closing.close();
        });
        callers.finish();
        assert_nothing_left(&limiter);
    });
}

/// The last handle goes while the driver may be on its way to the account, and calls that wait outlive it.
#[test]
fn a_limiter_that_is_dropped_takes_nothing_from_calls_that_wait() {
    check(|| {
        let mut callers = Callers::new();
        for _ in 0..2 {
            let limiter = limiter(|builder| builder.requests_per_second(10).burst(1));
            limiter.try_acquire(one()).unwrap().sent();
            let waiting = limiter.acquire(one());
            callers.thread(move || drop(limiter));
            callers.task(async move { waiting.await.unwrap().sent() });
        }
        callers.finish();
    });
}
