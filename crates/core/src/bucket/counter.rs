//! `WeightedCounter`: two counters that stand for a sliding window.
//!
//! used = this window's + the previous one's x the share of it that a sliding window would still cover. A window
//! that begins a margin late is to the safe side, since the previous one's share is then reckoned too high.

use core::time::Duration;

use super::{Edges, Fit, Stamp, scale_up};
use crate::notes::noted;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WeightedCounter {
    amount: u64,
    period: Duration,
    windows: Windows,
}

noted!(WeightedCounter { windows } without { amount, period });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Windows {
    /// Where the present window ends; its beginning may lie before the clock's.
    end: Timestamp,
    current: u64,
    previous: u64,
}

noted!(Windows { end, current, previous });

impl WeightedCounter {
    pub(super) fn new(quota: &Quota, now: Timestamp) -> Self {
        let windows = Windows { end: now.after(quota.period), current: 0, previous: 0 };
        Self { amount: quota.amount, period: quota.period, windows }
    }

    pub(super) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        if amount > self.amount {
            return Fit::Never;
        }
        let mut windows = self.view(from);
        let mut from = from;
        // Debt of several windows leaves one window at a time; three reach any level below four limits.
        for _ in 0..3 {
            if let Some(at) = self.fit_within(&windows, amount, from) {
                return Fit::At(at);
            }
            from = windows.end;
            windows = self.rolled(&windows, from);
        }
        Fit::At(from)
    }

    pub(super) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        if ahead == 0 {
            return self.fit(amount, from);
        }
        if amount > self.amount {
            return Fit::Never;
        }
        let wanted = i128::from(ahead).saturating_add(i128::from(amount));
        let missing = wanted.saturating_sub(self.available(from)).max(0).unsigned_abs();
        let wait = scale_up(missing, u128::from(nanos_of(self.period)), u128::from(self.amount));
        Fit::At(from.after(Duration::from_nanos(wait)))
    }

    pub(super) fn charge(&mut self, amount: u64, at: Timestamp) -> Stamp {
        self.windows = self.view(at);
        self.windows.current = self.windows.current.saturating_add(amount);
        // The first window may be longer than a period, and a clock may step back: the stamp lies in this window all
        // the same, so that a refund finds it.
        Stamp(at.max(self.windows.end.before(self.period)))
    }

    pub(super) fn refund(&mut self, amount: u64, stamp: Stamp, now: Timestamp) {
        self.windows = self.view(now);
        if self.windows.end.before(self.period) <= stamp.0 {
            self.windows.current = self.windows.current.saturating_sub(amount);
        }
    }

    /// What was charged with `stamp` went only `at` a later instant, and counts in the window of that.
    pub(super) fn depart(&mut self, amount: u64, stamp: Stamp, at: Timestamp) -> Stamp {
        self.windows = self.view(at);
        let start = self.windows.end.before(self.period);
        if stamp.0 >= start {
            return stamp;
        }
        if stamp.0 >= start.before(self.period) {
            self.windows.previous = self.windows.previous.saturating_sub(amount);
        }
        self.charge(amount, at)
    }

    pub(super) fn available(&self, now: Timestamp) -> i128 {
        let windows = self.view(now);
        let left = nanos_of(windows.end.since(now)).min(nanos_of(self.period));
        let carry =
            scale_up(u128::from(windows.previous), u128::from(left), u128::from(nanos_of(self.period)));
        i128::from(self.amount).saturating_sub(i128::from(windows.current)).saturating_sub(i128::from(carry))
    }

    pub(super) fn adjust(&mut self, delta: i128, now: Timestamp) {
        self.windows = self.view(now);
        let current = i128::from(self.windows.current).saturating_sub(delta);
        // More was given than this window used: the rest was the previous window's.
        let spare = u64::try_from(current.min(0).unsigned_abs()).unwrap_or(u64::MAX);
        self.windows.previous = self.windows.previous.saturating_sub(spare);
        self.windows.current = u64::try_from(current.max(0)).unwrap_or(u64::MAX);
    }

    pub(super) fn resize(&mut self, quota: &Quota, now: Timestamp) {
        self.windows = self.view(now);
        self.amount = quota.amount;
        self.period = quota.period;
    }

    pub(super) fn set_edges(&mut self, edges: Edges, now: Timestamp) {
        let (start, end) = edges.sure();
        let kept = self.view(now);
        let began = kept.end.before(self.period);
        self.windows = if now < start && Edges::is_before(start, began, kept.end) {
            // The next window has begun, but for its margin: until then the present one goes on.
            Windows { end: start, ..kept }
        } else if kept.end.since(start) < end.since(kept.end) {
            // The present one was thought to end later than it did.
            Windows { end, ..self.rolled(&kept, kept.end) }
        } else {
            // The same window, though its edge may be known less well than was thought.
            Windows { end, ..kept }
        };
    }

    pub(super) fn edge(&self) -> Timestamp {
        self.windows.end
    }

    /// When `amount` fits inside this pair of windows, if it does.
    fn fit_within(&self, windows: &Windows, amount: u64, from: Timestamp) -> Option<Timestamp> {
        let room = self.amount.checked_sub(windows.current.checked_add(amount)?)?;
        if windows.previous <= room {
            return Some(from);
        }
        // previous x left / period <= room, solved for the time that is left, rounded down.
        let left = u128::from(room)
            .saturating_mul(u128::from(nanos_of(self.period)))
            .checked_div(u128::from(windows.previous))?;
        let left = Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX));
        Some(windows.end.before(left).max(from))
    }

    fn view(&self, at: Timestamp) -> Windows {
        if at < self.windows.end { self.windows } else { self.rolled(&self.windows, at) }
    }

    /// The windows at `at`, which is not before the end of `windows`.
    fn rolled(&self, windows: &Windows, at: Timestamp) -> Windows {
        let period = nanos_of(self.period).max(1);
        let skipped = nanos_of(at.since(windows.end)).checked_div(period).unwrap_or(0);
        let end = windows.end.after(Duration::from_nanos(period.saturating_mul(skipped.saturating_add(1))));
        let previous = if skipped == 0 { windows.current } else { 0 };
        Windows { end, current: 0, previous }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter() -> WeightedCounter {
        WeightedCounter::new(&Quota::per_minute(100), Timestamp::ZERO)
    }

    #[test]
    fn what_goes_in_a_later_window_than_it_was_charged_to_counts_there_once() {
        let mut bucket = WeightedCounter::new(&Quota::per_minute(10), Timestamp::ZERO);
        let (early, next) = (Timestamp::from_secs(59), Timestamp::from_secs(60));
        let stamp = bucket.charge(6, early);
        assert_eq!(bucket.depart(6, stamp, early), stamp);
        assert_eq!(bucket.available(next), 4);
        let moved = bucket.depart(5, stamp, next);
        assert_eq!(bucket.available(Timestamp::from_secs(90)), 4, "five, and half of one");
        bucket.refund(5, moved, Timestamp::from_secs(90));
        bucket.depart(1, stamp, Timestamp::from_secs(200));
        assert_eq!(bucket.available(Timestamp::from_secs(200)), 9);
    }

    #[test]
    fn a_window_that_has_begun_does_not_begin_again_where_its_edge_turns_out_later() {
        let mut bucket = WeightedCounter::new(&Quota::per_minute(100), Timestamp::ZERO);
        bucket.charge(100, Timestamp::from_secs(30));
        let now = Timestamp::from_millis(60_050);
        let edges = |start, end, margin| Edges {
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(end),
            margin: Duration::from_millis(margin),
        };
        bucket.set_edges(edges(60, 120, 10), now);
        bucket.set_edges(edges(60, 120, 100), now);
        assert_eq!(bucket.available(now), 0);
        let later = Timestamp::from_millis(60_200);
        assert_eq!(bucket.available(later), 0, "all of it is the window's before");
        // Before it had begun here, the present window goes on until it surely has.
        bucket.set_edges(edges(120, 180, 500), Timestamp::from_millis(120_050));
        assert_eq!(bucket.edge(), Timestamp::from_millis(120_500));
    }

    #[test]
    fn the_previous_window_fades_evenly() {
        let mut counter = counter();
        counter.charge(80, Timestamp::from_secs(10));
        assert_eq!(counter.available(Timestamp::from_secs(60)), 20);
        assert_eq!(counter.available(Timestamp::from_secs(75)), 40);
        assert_eq!(counter.available(Timestamp::from_secs(120)), 100);
    }

    #[test]
    fn an_amount_fits_when_enough_has_faded() {
        let mut counter = counter();
        counter.charge(80, Timestamp::from_secs(10));
        // 60 fit when 80 x left / 60 s <= 40, which is 30 s before the second window's end.
        assert_eq!(counter.fit(60, Timestamp::from_secs(20)), Fit::At(Timestamp::from_secs(90)));
        counter.charge(60, Timestamp::from_secs(90));
        assert_eq!(counter.available(Timestamp::from_secs(90)), 0);
    }

    #[test]
    fn a_fit_is_never_early() {
        let mut counter = counter();
        counter.charge(97, Timestamp::from_secs(1));
        for amount in 1..=100 {
            let Fit::At(at) = counter.fit(amount, Timestamp::from_secs(2)) else { panic!("it fits") };
            assert!(counter.available(at) >= i128::from(amount), "{amount} at {at}");
        }
        assert_eq!(counter.fit(101, Timestamp::ZERO), Fit::Never);
    }

    #[test]
    fn a_refund_reaches_its_own_window_only() {
        let mut counter = counter();
        let stamp = counter.charge(80, Timestamp::from_secs(10));
        counter.refund(30, stamp, Timestamp::from_secs(20));
        assert_eq!(counter.available(Timestamp::from_secs(20)), 50);
        counter.refund(30, stamp, Timestamp::from_secs(60));
        assert_eq!(counter.available(Timestamp::from_secs(60)), 50);
    }

    #[test]
    fn a_refund_reaches_what_was_charged_before_the_windows_last_period() {
        let mut counter = counter();
        let margin = Duration::from_millis(300);
        let edges = Edges { start: Timestamp::ZERO, end: Timestamp::from_secs(60), margin };
        counter.set_edges(edges, Timestamp::ZERO);
        let early = counter.charge(40, Timestamp::from_millis(100));
        counter.refund(30, early, Timestamp::from_secs(1));
        assert_eq!(counter.available(Timestamp::from_secs(1)), 90);
        counter.charge(20, Timestamp::from_secs(61));
        let stepped_back = counter.charge(20, Timestamp::from_secs(59));
        counter.refund(20, stepped_back, Timestamp::from_secs(61));
        assert_eq!(counter.windows.current, 20);
    }

    #[test]
    fn a_correction_takes_or_gives_the_present_window_first() {
        let mut counter = counter();
        counter.charge(60, Timestamp::from_secs(10));
        counter.charge(20, Timestamp::from_secs(60));
        counter.adjust(-5, Timestamp::from_secs(60));
        assert_eq!(counter.available(Timestamp::from_secs(60)), 15);
        counter.adjust(35, Timestamp::from_secs(60));
        assert_eq!(counter.available(Timestamp::from_secs(60)), 50);
        counter.resize(&Quota::per_minute(200), Timestamp::from_secs(60));
        assert_eq!(counter.available(Timestamp::from_secs(60)), 150);
    }

    #[test]
    fn the_windows_edge_is_where_it_was_told_and_a_margin_later() {
        let mut counter = counter();
        counter.charge(80, Timestamp::from_secs(10));
        let margin = Duration::from_millis(300);
        let edges = Edges { start: Timestamp::ZERO, end: Timestamp::from_secs(30), margin };
        counter.set_edges(edges, Timestamp::from_secs(11));
        assert_eq!(counter.edge(), Timestamp::from_millis(30_300));
        assert_eq!(counter.available(Timestamp::from_millis(60_300)), 60, "half of it has faded");
    }

    #[test]
    fn edges_that_lie_nearer_to_the_next_window_open_it() {
        let told = |start, end| {
            let mut counter = counter();
            counter.charge(80, Timestamp::from_secs(10));
            let (start, end) = (Timestamp::from_secs(start), Timestamp::from_secs(end));
            let edges = Edges { start, end, margin: Duration::ZERO };
            counter.set_edges(edges, Timestamp::from_secs(40));
            (counter.edge(), counter.available(Timestamp::from_secs(40)))
        };
        // The window had begun at 35 s: of the one before 55 s in 60 are still covered.
        assert_eq!(told(35, 95), (Timestamp::from_secs(95), 26));
        assert_eq!(told(30, 90), (Timestamp::from_secs(90), 20), "half a window off, it is the same one");
        assert_eq!(told(41, 101), (Timestamp::from_secs(41), 20), "it has not begun yet");
    }

    #[test]
    fn the_prediction_counts_what_goes_first_at_the_limits_rate() {
        let mut counter = counter();
        counter.charge(50, Timestamp::ZERO);
        assert_eq!(counter.fit_after(49, 1, Timestamp::ZERO), Fit::At(Timestamp::ZERO));
        assert_eq!(counter.fit_after(99, 1, Timestamp::ZERO), Fit::At(Timestamp::from_secs(30)));
        assert_eq!(counter.fit_after(0, 60, Timestamp::ZERO), counter.fit(60, Timestamp::ZERO));
        assert_eq!(counter.fit_after(1, 101, Timestamp::ZERO), Fit::Never);
        assert_eq!(counter.fit_after(1, 100, Timestamp::ZERO), Fit::At(Timestamp::from_millis(30_600)));
    }
}
