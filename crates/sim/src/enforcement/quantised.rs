//! The quantised limit: headers speak of a minute's bucket, and a hidden window of a second or ten decides too.

use super::{Fit, Grain, bucket::Bucket, window::ShortWindow};
use crate::wall::WallTime;

/// A bucket of a minute behind a hidden [`ShortWindow`].
#[derive(Clone, Debug)]
pub(super) struct Quantised {
    shown: Bucket,
    hidden: ShortWindow,
}

impl Quantised {
    /// A full bucket and an empty window.
    pub(super) fn new(limit: u64, grain: Grain, at: WallTime) -> Self {
        Self { shown: Bucket::new(limit, at), hidden: ShortWindow::new(limit, grain, at) }
    }

    pub(super) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        self.shown.fit(amount, at).max(self.hidden.fit(amount, at))
    }

    pub(super) fn charge(&mut self, amount: u64, at: WallTime) {
        self.shown.charge(amount, at);
        self.hidden.charge(amount, at);
    }

    /// What is used of the minute, which is all that headers show.
    pub(super) fn used(&mut self, at: WallTime) -> u64 {
        self.shown.used(at)
    }

    /// When the minute's bucket is full again.
    pub(super) fn full_at(&mut self, at: WallTime) -> WallTime {
        self.shown.full_at(at)
    }

    /// The limit becomes another; what is used stays used.
    pub(super) fn change(&mut self, limit: u64, at: WallTime) {
        self.shown.change(limit, limit, at);
        self.hidden.change(limit);
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
