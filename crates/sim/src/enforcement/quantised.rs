//! The quantised limit: headers speak of a minute's bucket, and a hidden window of a second or ten decides too.

use super::{Fit, Grain, bucket::Bucket};
use crate::wall::WallTime;

/// A bucket of a minute behind a hidden window that holds `limit / 60` a second, at least one.
///
/// An amount above what the hidden window holds passes when the window is empty, and what is too much counts
/// against the windows after it: a large call is slow and not impossible.
#[derive(Clone, Debug)]
pub(super) struct Quantised {
    shown: Bucket,
    grain: u64,
    capacity: u64,
    used: u64,
    /// Which window since the epoch is counted.
    window: u64,
}

impl Quantised {
    /// A full bucket and an empty window.
    pub(super) fn new(limit: u64, grain: Grain, at: WallTime) -> Self {
        let secs = match grain {
            Grain::Second => 1,
            Grain::TenSeconds => 10,
        };
        let grain = secs * 1_000_000_000;
        Self {
            shown: Bucket::new(limit, at),
            grain,
            capacity: (limit.saturating_mul(secs) / 60).max(1),
            used: 0,
            window: at.as_unix_nanos() / grain,
        }
    }

    pub(super) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        self.turn(at);
        self.shown.fit(amount, at).max(self.fit_hidden(amount))
    }

    pub(super) fn charge(&mut self, amount: u64, at: WallTime) {
        self.turn(at);
        self.shown.charge(amount, at);
        self.used = self.used.saturating_add(amount);
    }

    /// What is used of the minute, which is all that headers show.
    pub(super) fn used(&mut self, at: WallTime) -> u64 {
        self.shown.used(at)
    }

    /// When the minute's bucket is full again.
    pub(super) fn full_at(&mut self, at: WallTime) -> WallTime {
        self.shown.full_at(at)
    }

    fn fit_hidden(&self, amount: u64) -> Fit {
        let room = self.capacity.saturating_sub(amount);
        if self.used <= room {
            return Fit::Now;
        }
        let windows = (self.used - room).div_ceil(self.capacity);
        Fit::At(WallTime::from_unix_nanos(self.window.saturating_add(windows).saturating_mul(self.grain)))
    }

    fn turn(&mut self, at: WallTime) {
        let window = at.as_unix_nanos() / self.grain;
        if window > self.window {
            self.used = self.used.saturating_sub((window - self.window).saturating_mul(self.capacity));
            self.window = window;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> WallTime {
        WallTime::from_unix_nanos(WallTime::DEFAULT_ORIGIN.as_unix_nanos() + millis * 1_000_000)
    }

    #[test]
    fn three_hundred_a_minute_are_five_a_second_while_the_minute_looks_free() {
        let mut limit = Quantised::new(300, Grain::Second, millis(0));
        for _ in 0..5 {
            assert_eq!(limit.fit(1, millis(100)), Fit::Now);
            limit.charge(1, millis(100));
        }
        assert_eq!(limit.fit(1, millis(100)), Fit::At(millis(1_000)));
        assert_eq!(limit.used(millis(100)), 5);
        assert_eq!(limit.fit(1, millis(1_000)), Fit::Now);
    }

    #[test]
    fn ten_seconds_hold_ten_times_as_much() {
        let mut limit = Quantised::new(300, Grain::TenSeconds, millis(0));
        limit.charge(50, millis(9_000));
        assert_eq!(limit.fit(1, millis(9_000)), Fit::At(millis(10_000)));
    }

    #[test]
    fn a_large_amount_passes_an_empty_window_and_is_paid_off_by_the_next_ones() {
        let mut limit = Quantised::new(60_000, Grain::Second, millis(0));
        assert_eq!(limit.fit(2_500, millis(0)), Fit::Now);
        limit.charge(2_500, millis(0));
        assert_eq!(limit.fit(500, millis(0)), Fit::At(millis(2_000)));
        assert_eq!(limit.fit(2_500, millis(0)), Fit::At(millis(3_000)));
        assert_eq!(limit.fit(60_001, millis(0)), Fit::Never);
    }

    #[test]
    fn less_than_one_a_second_still_keeps_the_minute() {
        let mut limit = Quantised::new(2, Grain::Second, millis(0));
        limit.charge(1, millis(0));
        limit.charge(1, millis(1_000));
        assert_eq!(limit.fit(1, millis(2_000)), Fit::At(millis(30_000)));
    }
}
