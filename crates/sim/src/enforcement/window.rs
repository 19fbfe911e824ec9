//! The short window: one count a second or ten, which starts anew at each whole one.

use super::{Fit, Grain};
use crate::wall::WallTime;

/// A window of civil time that holds the limit's share of it, `limit / 60` a second, at least one.
///
/// An amount above what the window holds passes when the window is empty, and what is too much counts against the
/// windows after it: a large call is slow and not impossible.
#[derive(Clone, Debug)]
pub(super) struct ShortWindow {
    limit: u64,
    grain: u64,
    capacity: u64,
    used: u64,
    /// Which window since the epoch is counted.
    window: u64,
}

impl ShortWindow {
    /// An empty window.
    pub(super) fn new(limit: u64, grain: Grain, at: WallTime) -> Self {
        let grain_ns = grain.secs() * 1_000_000_000;
        let window = at.as_unix_nanos() / grain_ns;
        Self { limit, grain: grain_ns, capacity: grain.holds(limit), used: 0, window }
    }

    pub(super) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        self.turn(at);
        let room = self.capacity.saturating_sub(amount);
        if amount > self.limit {
            return Fit::Never;
        }
        if self.used <= room {
            return Fit::Now;
        }
        let windows = (self.used - room).div_ceil(self.capacity);
        Fit::At(self.edge(windows))
    }

    pub(super) fn charge(&mut self, amount: u64, at: WallTime) {
        self.turn(at);
        self.used = self.used.saturating_add(amount);
    }

    pub(super) fn used(&mut self, at: WallTime) -> u64 {
        self.turn(at);
        self.used
    }

    /// When the count starts anew.
    pub(super) fn full_at(&mut self, at: WallTime) -> WallTime {
        self.turn(at);
        self.edge(self.used.div_ceil(self.capacity).max(1))
    }

    /// The limit becomes another; what is used stays used.
    pub(super) fn change(&mut self, limit: u64) {
        let grain = if self.grain > 1_000_000_000 { Grain::TenSeconds } else { Grain::Second };
        (self.limit, self.capacity) = (limit, grain.holds(limit));
    }

    fn edge(&self, windows: u64) -> WallTime {
        WallTime::from_unix_nanos(self.window.saturating_add(windows).saturating_mul(self.grain))
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
    fn a_second_holds_a_sixtieth_and_begins_anew_at_each_edge() {
        let mut window = ShortWindow::new(300, Grain::Second, millis(400));
        window.charge(5, millis(400));
        assert_eq!(window.fit(1, millis(900)), Fit::At(millis(1_000)));
        assert_eq!(window.fit(5, millis(1_000)), Fit::Now);
        assert_eq!(window.full_at(millis(1_000)), millis(2_000));
    }

    #[test]
    fn a_changed_limit_keeps_what_was_used() {
        let mut window = ShortWindow::new(300, Grain::TenSeconds, millis(0));
        window.charge(50, millis(0));
        window.change(150);
        assert_eq!(window.used(millis(10_000)), 25);
    }
}
