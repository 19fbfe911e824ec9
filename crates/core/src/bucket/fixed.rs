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

/// What part of a window its late charges may go in at most, because of how far apart calls are assumed to arrive.
const JITTER_SHARE: u32 = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FixedWindow {
    amount: u64,
    period: Duration,
    margin: Duration,
    /// How far apart from one another calls may arrive that left together, as was assumed after refusals.
    jitter: Duration,
    /// The same as answers show it.
    spread: Duration,
    /// The present window; `None` until the first charge.
    window: Option<Window>,
}

noted!(FixedWindow { margin, window } without { amount, period, jitter, spread });

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
            spread: Duration::ZERO,
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

    pub(super) fn set_spread(&mut self, spread: Duration) {
        self.spread = spread;
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
        let apart = self.jitter.min(most).max(self.margin.saturating_add(self.spread));
        at >= end.before(self.margin.saturating_mul(2).max(apart))
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
mod tests;
