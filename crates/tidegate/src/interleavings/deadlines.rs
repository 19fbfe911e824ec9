//! Deadlines: the driver meets the earliest of several limiters, whenever it is told of it, and however time jumps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tidegate_core::{Rejection, Request, Timestamp};

use super::world::{
    Callers, TrialClock, assert_nothing_left, check, limiter, one, poll_and_leave, roll, step_wall,
};
use crate::Clock;
use crate::clock::Sleep;

/// No trial's time reaches the deadline of the slow one, so a driver that sleeps on towards it serves nobody.
#[test]
fn an_earlier_deadline_is_met_though_the_driver_sleeps_towards_a_later_one() {
    check(|| {
        let slow = limiter(|builder| builder.requests_per_minute(0.1));
        slow.try_acquire(one()).unwrap().sent();
        let mut late = Callers::new();
        let waiting = slow.clone();
        late.thread(move || {
            assert!(waiting.acquire_blocking(one()).is_err_and(|no| no == Rejection::Closed))
        });
        let mut callers = Callers::new();
        for rate in [1, 10] {
            let quick = limiter(|builder| builder.requests_per_second(rate).burst(1));
            for _ in 0..2 {
                let quick = quick.clone();
                callers.thread(move || quick.acquire_blocking(one()).unwrap().sent());
            }
        }
        callers.finish();
        slow.close();
        late.finish();
        assert_nothing_left(&slow);
    });
}

/// Whatever time does, no more is granted than was earned.
#[test]
fn a_rate_holds_however_time_jumps() {
    check(|| {
        let limiter = limiter(|builder| builder.requests_per_second(5).burst(2));
        let granted = Arc::new(AtomicU64::new(0));
        let mut callers = Callers::new();
        for number in 0..5 {
            let (limiter, granted) = (limiter.clone(), granted.clone());
            let grant = move |permit: crate::Permit| {
                permit.sent();
                let count = granted.fetch_add(1, Ordering::SeqCst) + 1;
                let earned = TrialClock.now().since(Timestamp::ZERO).as_millis() / 200 + 2;
                assert!(u128::from(count) <= earned, "{count} granted, {earned} earned");
            };
            if number % 2 == 0 {
                callers.thread(move || grant(limiter.acquire_blocking(one()).unwrap()));
            } else {
                callers.task(async move { grant(limiter.acquire(one()).await.unwrap()) });
            }
        }
        callers.finish();
        assert_nothing_left(&limiter);
    });
}

/// Calls that may not wait for long end in time, one way or the other.
#[test]
fn a_call_with_a_deadline_is_granted_or_refused() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1).requests_per_second(2).burst(1));
        let mut callers = Callers::new();
        for number in 0..4 {
            let limiter = limiter.clone();
            let deadline = Timestamp::ZERO.after(Duration::from_millis(400 * number));
            callers.thread(move || match limiter.acquire_blocking(Request::new(one()).deadline(deadline)) {
                Ok(permit) => permit.cancel(),
                Err(Rejection::Deadline { .. }) => {}
                Err(other) => panic!("{other}"),
            });
        }
        callers.finish();
        assert_nothing_left(&limiter);
    });
}

/// A window of the calendar, while the wall clock is set forth and back.
#[test]
fn a_wall_clock_that_is_set_wakes_whoever_has_room_now() {
    check(|| {
        let limiter = limiter(|builder| {
            builder.requests_per_minute(1).enforcement(tidegate_core::Enforcement::FixedWindow)
        });
        let mut callers = Callers::new();
        for _ in 0..3 {
            let limiter = limiter.clone();
            callers.thread(move || limiter.acquire_blocking(one()).unwrap().sent());
        }
        callers.thread(|| {
            for _ in 0..2 {
                shuttle::thread::yield_now();
                step_wall([-40, -5, 7, 50][roll(4) as usize]);
            }
        });
        callers.finish();
        assert_nothing_left(&limiter);
    });
}

/// Sleeps end, those that are moved from one thread to another too, and a dropped one disturbs nobody.
#[test]
fn a_sleep_ends_whoever_waits_for_it() {
    check(|| {
        let mut callers = Callers::new();
        for millis in [200, 100, 300] {
            let until = Timestamp::from_millis(millis);
            let sleep = move || Sleep::until(TrialClock.into(), until);
            callers.thread(move || {
                let mut moved = Box::pin(sleep());
                if poll_and_leave(moved.as_mut(), roll(2)).is_none() {
                    crate::block_on(moved);
                }
                assert!(TrialClock.now() >= until);
            });
            callers.thread(move || {
                let _ended = poll_and_leave(sleep(), roll(3));
            });
        }
        callers.finish();
    });
}
