//! `FixedWindow`: an amount per window that is whole again at the window's edge.
//!
//! The provider's edge is known only to a margin. The window here therefore begins a margin after the edge, and
//! what is charged in its last two margins counts for the next window as well, and so does what goes so late that it may
//! arrive after the edge: the provider may see it there.

use core::time::Duration;

use super::{Edges, Fit, Stamp};
use crate::notes::noted;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

/// What part of a window its late charges may go in at most, because of how far apart calls arrive.
const JITTER_SHARE: u32 = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FixedWindow {
    amount: u64,
    period: Duration,
    margin: Duration,
    /// How far apart from one another calls may arrive that left together.
    jitter: Duration,
    /// The present window; `None` until the first charge.
    window: Option<Window>,
}

noted!(FixedWindow { margin, window } without { amount, period, jitter });

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Window {
    start: Timestamp,
    end: Timestamp,
    used: u64,
    /// What was charged so late that the provider may count it to the next window.
    late: u64,
}

noted!(Window { start, end, used, late });

impl FixedWindow {
    pub(super) fn new(quota: &Quota) -> Self {
        Self {
            amount: quota.amount,
            period: quota.period,
            margin: Duration::ZERO,
            jitter: Duration::ZERO,
            window: None,
        }
    }

    pub(super) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        self.fit_after(0, amount, from)
    }

    pub(super) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        if amount > self.amount {
            return Fit::Never;
        }
        let Some(window) = self.view(from) else {
            let whole_windows = ahead.saturating_add(amount).saturating_sub(1).checked_div(self.amount);
            return Fit::At(from.after(self.periods(whole_windows.unwrap_or(0))));
        };
        let wanted = ahead.saturating_add(amount);
        let total = window.used.saturating_add(wanted);
        if total <= self.amount {
            return Fit::At(from);
        }
        // What does not fit into this window goes into the following ones, whole windows of it.
        let beyond = self.carried(&window).saturating_add(if ahead == 0 {
            wanted
        } else {
            total.saturating_sub(self.amount)
        });
        let skipped = beyond.saturating_sub(1).checked_div(self.amount).unwrap_or(0);
        Fit::At(window.end.after(self.periods(skipped)))
    }

    pub(super) fn charge(&mut self, amount: u64, at: Timestamp) -> Stamp {
        let fresh = Window { start: at, end: at.after(self.period), used: 0, late: 0 };
        let mut window = self.view(at).unwrap_or(fresh);
        window.used = window.used.saturating_add(amount);
        if self.is_late(at, window.end) {
            window.late = window.late.saturating_add(amount);
        }
        self.window = Some(window);
        // A clock may step back: the stamp lies in this window all the same.
        Stamp(at.max(window.start))
    }

    pub(super) fn refund(&mut self, amount: u64, stamp: Stamp, now: Timestamp) {
        if let Some(mut window) = self.view(now).filter(|window| window.start <= stamp.0) {
            window.used = window.used.saturating_sub(amount);
            window.late = window.late.min(window.used);
            self.window = Some(window);
        }
    }

    /// What was charged with `stamp` went only `at` a later instant, and counts in the window of that.
    pub(super) fn depart(&mut self, amount: u64, stamp: Stamp, at: Timestamp) -> Stamp {
        let Some(mut window) = self.view(at) else { return self.charge(amount, at) };
        if stamp.0 < window.start {
            // What was late for its own window counts in this one already.
            if !self.is_late(stamp.0, window.start) {
                return self.charge(amount, at);
            }
        } else if self.is_late(at, window.end) && !self.is_late(stamp.0, window.end) {
            window.late = window.late.saturating_add(amount).min(window.used);
        }
        self.window = Some(window);
        Stamp(at.max(window.start))
    }

    pub(super) fn available(&self, now: Timestamp) -> i128 {
        let used = self.view(now).map_or(0, |window| window.used);
        i128::from(self.amount).saturating_sub(i128::from(used))
    }

    pub(super) fn adjust(&mut self, delta: i128, now: Timestamp) {
        let fresh = Window { start: now, end: now.after(self.period), used: 0, late: 0 };
        let mut window = self.view(now).unwrap_or(fresh);
        let used = i128::from(window.used).saturating_sub(delta).max(0);
        window.used = u64::try_from(used).unwrap_or(u64::MAX);
        window.late = window.late.min(window.used);
        self.window = Some(window);
    }

    pub(super) fn resize(&mut self, quota: &Quota, now: Timestamp) {
        self.window = self.view(now);
        self.amount = quota.amount;
        self.period = quota.period;
    }

    pub(super) fn set_edges(&mut self, edges: Edges, now: Timestamp) {
        let kept = self.view(now);
        self.margin = edges.margin;
        let (start, end) = edges.sure();
        let fresh = Window { start, end, used: 0, late: 0 };
        self.window = Some(match kept {
            None => fresh,
            // The calendar's next window has begun, but for its margin: until then the present one goes on.
            Some(kept) if now < start && Edges::is_before(start, kept.start, kept.end) => {
                Window { end: start, ..kept }
            }
            // It has begun here already, and its edge is known less well than was thought.
            Some(kept) if now < start => Window { end, ..kept },
            // Another window than the one known, because the wall clock was set or the machine slept.
            Some(kept) if kept.end.since(start) < start.since(kept.start) => {
                Window { used: self.carried(&kept), ..fresh }
            }
            Some(kept) => Window { used: kept.used, late: kept.late, ..fresh },
        });
    }

    /// Sets how far apart calls may arrive that left together.
    pub(super) fn set_jitter(&mut self, jitter: Duration) {
        self.jitter = jitter;
    }

    pub(super) fn edge(&self) -> Option<Timestamp> {
        self.window.map(|window| window.end)
    }

    /// When the window at `now` ends; `None` before the first.
    pub(super) fn window_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.view(now).map(|window| window.end)
    }

    /// When the window at `now` began; `None` before the first.
    pub(super) fn began(&self, now: Timestamp) -> Option<Timestamp> {
        self.view(now).map(|window| window.start)
    }

    /// Whether what was charged with `stamp` was charged to the window at `now`.
    pub(super) fn is_present(&self, stamp: Stamp, now: Timestamp) -> bool {
        self.view(now).is_some_and(|window| window.start <= stamp.0)
    }

    /// The window at `at`: the present one, or a later one that begins with what carries over.
    fn view(&self, at: Timestamp) -> Option<Window> {
        let window = self.window?;
        if at < window.end {
            return Some(window);
        }
        let period = nanos_of(self.period).max(1);
        let passed = nanos_of(at.since(window.end)).checked_div(period).unwrap_or(0);
        let start = window.end.after(self.periods(passed));
        let forgiven = self.amount.saturating_mul(passed);
        let used = self.carried(&window).saturating_sub(forgiven);
        Some(Window { start, end: start.after(self.period), used, late: 0 })
    }

    /// Whether what goes at an instant may be counted to the window behind the one that ends at `end`.
    fn is_late(&self, at: Timestamp, end: Timestamp) -> bool {
        let most = self.period.checked_div(JITTER_SHARE).unwrap_or(self.period);
        at >= end.before(self.margin.saturating_mul(2).max(self.jitter.min(most)))
    }

    /// What the next window begins with: late charges, or debt.
    fn carried(&self, window: &Window) -> u64 {
        window.late.max(window.used.saturating_sub(self.amount))
    }

    fn periods(&self, count: u64) -> Duration {
        Duration::from_nanos(nanos_of(self.period).saturating_mul(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(amount: u64) -> FixedWindow {
        FixedWindow::new(&Quota::per_minute(amount))
    }

    /// A calendar's minute, whose edges are known to a margin.
    fn calendar(amount: u64, margin: Duration) -> FixedWindow {
        let mut bucket = minute(amount);
        let edges = Edges { start: Timestamp::ZERO, end: Timestamp::from_secs(60), margin };
        bucket.set_edges(edges, Timestamp::from_secs(1));
        bucket
    }

    #[test]
    fn edges_that_are_told_anew_move_the_present_window_or_begin_another() {
        let at = Timestamp::from_millis;
        let edges = |start, margin| Edges {
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(start + 60),
            margin: Duration::from_millis(margin),
        };
        let used = || {
            let mut bucket = FixedWindow::new(&Quota::per_minute(100));
            bucket.set_edges(edges(60, 10), at(60_050));
            bucket.charge(100, at(100_000));
            bucket
        };
        let mut bucket = used();
        bucket.set_edges(edges(120, 500), at(119_990));
        let left = [120_200, 120_500].map(|millis| bucket.available(at(millis)));
        assert_eq!(left, [0, 100], "it goes on until the next one has surely begun");
        let moved = [70, 100].map(|start| {
            let mut bucket = used();
            bucket.set_edges(edges(start, 10), at(110_000));
            bucket.available(at(110_000))
        });
        assert_eq!(moved, [0, 100], "the same window nearly, and another one");
    }

    #[test]
    fn a_window_that_has_begun_does_not_begin_again_where_its_edge_turns_out_later() {
        let mut bucket = FixedWindow::new(&Quota::per_minute(100));
        let edges = |margin| Edges {
            start: Timestamp::from_secs(60),
            end: Timestamp::from_secs(120),
            margin: Duration::from_millis(margin),
        };
        let now = Timestamp::from_millis(60_050);
        bucket.set_edges(edges(10), now);
        let stamp = bucket.charge(100, now);
        bucket.set_edges(edges(100), now);
        assert_eq!(bucket.available(Timestamp::from_millis(60_200)), 0);
        assert!(bucket.is_present(stamp, Timestamp::from_millis(60_200)), "it began when it did");
        assert_eq!(bucket.edge(), Some(Timestamp::from_millis(120_100)));
        assert_eq!(bucket.available(Timestamp::from_millis(120_100)), 100);
    }

    #[test]
    fn a_full_window_waits_for_its_edge() {
        let mut bucket = minute(2);
        bucket.charge(2, Timestamp::from_secs(10));
        assert_eq!(bucket.fit(1, Timestamp::from_secs(20)), Fit::At(Timestamp::from_secs(70)));
        assert_eq!(bucket.fit(1, Timestamp::from_secs(71)), Fit::At(Timestamp::from_secs(71)));
    }

    #[test]
    fn late_charges_count_for_both_windows() {
        let mut bucket = calendar(3, Duration::from_millis(300));
        bucket.charge(1, Timestamp::from_secs(30));
        bucket.charge(2, Timestamp::from_millis(60_100));
        assert_eq!(bucket.available(Timestamp::from_millis(60_300)), 1);
    }

    #[test]
    fn what_may_arrive_after_the_edge_counts_for_both_windows() {
        let mut bucket = calendar(3, Duration::from_millis(5));
        bucket.set_jitter(Duration::from_millis(200));
        bucket.charge(1, Timestamp::from_millis(59_700));
        bucket.charge(1, Timestamp::from_millis(59_900));
        assert_eq!(bucket.available(Timestamp::from_millis(60_005)), 2);
    }

    #[test]
    fn what_goes_in_a_later_window_than_it_was_charged_to_counts_there_once() {
        let mut bucket = calendar(10, Duration::from_millis(100));
        let (early, last) = (Timestamp::from_secs(59), Timestamp::from_millis(60_000));
        let stamps = [(1, early), (2, early), (4, last)].map(|(amount, at)| bucket.charge(amount, at));
        bucket.depart(1, stamps[0], last);
        bucket.depart(1, Stamp(last), last);
        let next = Timestamp::from_millis(60_150);
        assert_eq!(bucket.available(next), 5, "what went late counts for both windows");
        let moved = bucket.depart(2, stamps[1], next);
        assert_eq!(bucket.available(next), 3);
        bucket.depart(4, stamps[2], next);
        assert_eq!(bucket.available(next), 3, "it counted there already");
        bucket.refund(2, moved, next);
        assert_eq!(bucket.available(next), 5);
    }

    #[test]
    fn edges_told_inside_the_margin_leave_the_new_window_whole() {
        let mut bucket = minute(2);
        let edges = |start, end| Edges {
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(end),
            margin: Duration::from_millis(300),
        };
        bucket.set_edges(edges(0, 60), Timestamp::from_secs(1));
        bucket.charge(2, Timestamp::from_secs(30));
        bucket.set_edges(edges(60, 120), Timestamp::from_millis(60_100));
        assert_eq!(bucket.available(Timestamp::from_millis(60_299)), 0);
        assert_eq!(bucket.available(Timestamp::from_millis(60_300)), 2);
    }

    #[test]
    fn a_window_that_began_before_the_clock_goes_on() {
        let mut bucket = minute(3);
        let margin = Duration::from_millis(300);
        bucket.charge(2, Timestamp::from_millis(100));
        let edges = Edges { start: Timestamp::ZERO, end: Timestamp::from_secs(20), margin };
        bucket.set_edges(edges, Timestamp::from_millis(200));
        assert_eq!(bucket.available(Timestamp::from_secs(1)), 1);
    }

    #[test]
    fn edges_told_after_a_sleep_open_the_new_window() {
        let mut bucket = minute(2);
        let edges = |start, end| Edges {
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(end),
            margin: Duration::from_millis(300),
        };
        bucket.set_edges(edges(10, 70), Timestamp::from_secs(20));
        bucket.charge(2, Timestamp::from_secs(30));
        // The machine slept for 45 s that its own clock did not count.
        bucket.set_edges(edges(25, 85), Timestamp::from_secs(31));
        assert_eq!(bucket.available(Timestamp::from_secs(31)), 0, "the same window, moved");
        bucket.set_edges(edges(60, 120), Timestamp::from_secs(61));
        assert_eq!(bucket.available(Timestamp::from_secs(61)), 2);
    }

    #[test]
    fn edges_end_the_present_window_open_the_next_or_move_it() {
        let told = |start, end, margin, now: u64| {
            let mut bucket = minute(2);
            bucket.charge(2, Timestamp::from_secs(10));
            let (start, end) = (Timestamp::from_secs(start), Timestamp::from_secs(end));
            bucket.set_edges(
                Edges { start, end, margin: Duration::from_secs(margin) },
                Timestamp::from_secs(now),
            );
            bucket
        };
        let soon = told(60, 120, 5, 61);
        assert_eq!([64, 65].map(|at| soon.available(Timestamp::from_secs(at))), [0, 2], "at the sure edge");
        let short = told(60, 110, 0, 60);
        assert_eq!(short.edge(), Some(Timestamp::from_secs(110)), "a window of another length");
        assert_eq!(short.available(Timestamp::from_secs(60)), 2);
        let half = told(40, 100, 0, 41);
        assert_eq!(half.available(Timestamp::from_secs(41)), 0, "half a window off, it is the same one");
    }

    #[test]
    fn debt_goes_along_into_the_window_that_is_told_after_a_sleep() {
        let mut bucket = minute(2);
        let margin = Duration::ZERO;
        bucket.charge(5, Timestamp::from_secs(10));
        let edges = Edges { start: Timestamp::from_secs(50), end: Timestamp::from_secs(110), margin };
        bucket.set_edges(edges, Timestamp::from_secs(51));
        assert_eq!(
            bucket.available(Timestamp::from_secs(51)),
            -1,
            "three beyond the two of the window before"
        );
    }

    #[test]
    fn over_use_carries_into_the_next_windows() {
        let mut bucket = minute(10);
        bucket.charge(25, Timestamp::ZERO);
        assert_eq!(bucket.fit(1, Timestamp::ZERO), Fit::At(Timestamp::from_secs(120)));
        assert_eq!(bucket.available(Timestamp::from_secs(60)), -5);
        assert_eq!(bucket.available(Timestamp::from_secs(120)), 5);
    }

    #[test]
    fn a_refund_does_not_reach_a_later_window() {
        let mut bucket = minute(5);
        let stamp = bucket.charge(5, Timestamp::ZERO);
        bucket.charge(2, Timestamp::from_secs(61));
        bucket.refund(5, stamp, Timestamp::from_secs(62));
        assert_eq!(bucket.available(Timestamp::from_secs(62)), 3);
    }

    #[test]
    fn the_prediction_counts_whole_windows_ahead() {
        let mut bucket = minute(10);
        bucket.charge(10, Timestamp::ZERO);
        assert_eq!(bucket.fit_after(25, 1, Timestamp::ZERO), Fit::At(Timestamp::from_secs(180)));
    }

    #[test]
    fn more_than_the_limit_is_never_and_exactly_the_limit_fits() {
        assert_eq!(minute(5).fit(6, Timestamp::ZERO), Fit::Never);
        assert_eq!(minute(5).fit(5, Timestamp::ZERO), Fit::At(Timestamp::ZERO));
    }

    #[test]
    fn a_refund_and_a_correction_reach_the_present_window() {
        let now = Timestamp::from_secs(1);
        let mut bucket = minute(5);
        let stamp = bucket.charge(4, Timestamp::ZERO);
        assert!(bucket.is_present(stamp, now) && !bucket.is_present(stamp, Timestamp::from_secs(60)));
        bucket.refund(3, stamp, now);
        assert_eq!(bucket.available(now), 4);
        bucket.adjust(-2, now);
        assert_eq!(bucket.available(now), 2);
        bucket.adjust(9, now);
        assert_eq!(bucket.available(now), 5);
    }

    #[test]
    fn a_changed_limit_keeps_what_was_used_and_its_window() {
        let now = Timestamp::from_secs(1);
        let mut bucket = minute(5);
        bucket.charge(4, Timestamp::ZERO);
        bucket.resize(&Quota::per_hour(9), now);
        assert_eq!((bucket.available(now), bucket.edge()), (5, Some(Timestamp::from_secs(60))));
        assert_eq!(bucket.window_end(Timestamp::from_secs(61)), Some(Timestamp::from_secs(3_660)));
        assert_eq!(minute(5).window_end(now), None);
    }

    #[test]
    fn the_same_window_told_again_keeps_what_was_used_and_what_was_late() {
        let edges = Edges {
            start: Timestamp::ZERO,
            end: Timestamp::from_secs(60),
            margin: Duration::from_millis(300),
        };
        let mut bucket = minute(5);
        bucket.set_edges(edges, Timestamp::from_secs(1));
        bucket.charge(1, Timestamp::from_secs(30));
        bucket.charge(2, Timestamp::from_millis(60_000));
        bucket.set_edges(edges, Timestamp::from_millis(60_100));
        assert_eq!(bucket.available(Timestamp::from_millis(60_200)), 2);
        assert_eq!(bucket.available(Timestamp::from_millis(60_300)), 3, "what was late counts for both");
    }

    #[test]
    fn what_was_charged_in_time_and_goes_late_counts_for_both_windows_once() {
        let next = Timestamp::from_millis(60_150);
        let left = |charged: Timestamp, went: Timestamp| {
            let mut bucket = calendar(10, Duration::from_millis(100));
            let stamp = bucket.charge(4, charged);
            bucket.depart(4, stamp, went);
            bucket.available(next)
        };
        let [early, late, last] = [30_000, 59_950, 60_000].map(Timestamp::from_millis);
        assert_eq!([left(early, early), left(early, last), left(late, last)], [10, 6, 6]);
        let mut bucket = calendar(10, Duration::from_millis(100));
        bucket.charge(1, early);
        let stamps = [bucket.charge(4, late), bucket.charge(1, Timestamp::ZERO)];
        bucket.depart(4, stamps[0], last);
        assert_eq!(bucket.available(next), 6, "it was late already");
        bucket.depart(1, stamps[1], last);
        assert_eq!(bucket.available(next), 5, "charged as the window began, it goes as it ends");
    }
}
