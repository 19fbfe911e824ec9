//! The fixed window: one count a calendar minute, which starts anew at second zero.

use super::Fit;
use crate::wall::{MINUTE, WallTime};

/// A count of the present calendar minute. What is charged above the limit is forgotten at the next edge.
#[derive(Clone, Debug)]
pub(super) struct FixedWindow {
    limit: u64,
    used: u64,
    /// Which minute since the epoch is counted.
    minute: u64,
}

impl FixedWindow {
    /// An empty window.
    pub(super) fn new(limit: u64, at: WallTime) -> Self {
        Self { limit, used: 0, minute: at.as_unix_nanos() / MINUTE }
    }

    pub(super) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        self.turn(at);
        if amount > self.limit {
            Fit::Never
        } else if self.used.saturating_add(amount) <= self.limit {
            Fit::Now
        } else {
            Fit::At(self.edge())
        }
    }

    pub(super) fn charge(&mut self, amount: u64, at: WallTime) {
        self.turn(at);
        self.used = self.used.saturating_add(amount);
    }

    pub(super) fn used(&mut self, at: WallTime) -> u64 {
        self.turn(at);
        self.used
    }

    /// The limit becomes another; what is used stays used.
    pub(super) fn change(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// When the count starts anew.
    pub(super) fn full_at(&mut self, at: WallTime) -> WallTime {
        self.turn(at);
        self.edge()
    }

    fn turn(&mut self, at: WallTime) {
        let minute = at.as_unix_nanos() / MINUTE;
        if minute > self.minute {
            self.minute = minute;
            self.used = 0;
        }
    }

    fn edge(&self) -> WallTime {
        WallTime::from_unix_nanos((self.minute + 1).saturating_mul(MINUTE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_of_eight_at_once_pass_and_the_rest_waits_for_second_zero() {
        let at = WallTime::from_unix_secs(WallTime::DEFAULT_ORIGIN.as_unix_secs() + 41);
        let mut window = FixedWindow::new(4, at);
        let edge = WallTime::from_unix_secs(WallTime::DEFAULT_ORIGIN.as_unix_secs() + 60);
        for _ in 0..4 {
            assert_eq!(window.fit(1, at), Fit::Now);
            window.charge(1, at);
        }
        assert_eq!(window.fit(1, at), Fit::At(edge));
        assert_eq!(window.fit(1, WallTime::from_unix_nanos(edge.as_unix_nanos() - 1)), Fit::At(edge));
        assert_eq!(window.fit(4, edge), Fit::Now);
        assert_eq!(window.fit(5, edge), Fit::Never);
    }
}
