//! Calendar windows: a day's limit is whole again at midnight in its time zone, however the wall clock moves.

use std::time::{Duration, SystemTime};

use tidegate::{Clock, Limiter, ManualClock};

use crate::harness::{Asker, one};

const HOUR: Duration = Duration::from_secs(3_600);

/// A clock whose wall says so many hours after midnight of 1 January 2026, UTC.
fn clock_at_hour(hour: u32) -> ManualClock {
    let midnight = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    ManualClock::at_wall(midnight + HOUR * hour)
}

fn daily(clock: &ManualClock, zone: &str) -> Limiter {
    Limiter::builder().requests_per_day(2).time_zone(zone).clock(clock.clone()).build().unwrap()
}

/// How long a call waits once the day's two are used.
fn wait_for_the_third(limiter: &Limiter, clock: &ManualClock) -> Duration {
    for _ in 0..2 {
        limiter.try_acquire(one()).unwrap().sent();
    }
    let mut third = Asker::queued(limiter);
    let start = clock.now();
    while third.wakes() == 0 {
        assert!(clock.now().since(start) < 48 * HOUR, "midnight brought nothing");
        assert!(clock.advance_to_next(), "the third call waits for what never comes");
    }
    third.granted().sent();
    clock.now().since(start)
}

/// The engine keeps clear of an edge that it knows from the wall clock only, by less than a second.
fn assert_about(waited: Duration, expected: Duration) {
    assert!(expected <= waited && waited < expected + Duration::from_secs(1), "{waited:?}, not {expected:?}");
}

#[test]
fn a_day_begins_anew_at_midnight() {
    let clock = clock_at_hour(20);
    assert_about(wait_for_the_third(&daily(&clock, "UTC"), &clock), 4 * HOUR);
}

#[test]
fn a_day_begins_anew_at_midnight_of_its_time_zone() {
    let clock = clock_at_hour(20);
    // 20:00 in Greenwich is noon in Los Angeles.
    assert_about(wait_for_the_third(&daily(&clock, "America/Los_Angeles"), &clock), 12 * HOUR);
}

#[test]
fn each_day_has_its_own_two_calls() {
    let clock = clock_at_hour(23);
    let limiter = daily(&clock, "UTC");
    for _day in 0..3 {
        let waited = wait_for_the_third(&limiter, &clock);
        assert!(waited <= 24 * HOUR + Duration::from_secs(1), "{waited:?}");
        limiter.try_acquire(one()).unwrap().sent();
        assert!(limiter.try_acquire(one()).is_err(), "the third call was the first of two");
        clock.advance(25 * HOUR);
    }
}

#[test]
fn a_wall_clock_that_is_set_moves_the_edge_with_it() {
    let clock = clock_at_hour(12);
    let limiter = daily(&clock, "UTC");
    for _ in 0..2 {
        limiter.try_acquire(one()).unwrap().sent();
    }
    let mut third = Asker::queued(&limiter);
    // The machine slept for eleven hours: its own time stood still, the wall clock did not.
    clock.set_wall(clock.wall() + 11 * HOUR);
    clock.advance(HOUR - Duration::from_secs(1));
    assert!(third.poll().is_pending());
    clock.advance(Duration::from_secs(2));
    third.granted().sent();
}
