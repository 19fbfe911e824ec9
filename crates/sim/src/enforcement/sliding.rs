//! The sliding window: an exact log of what was charged in the last 60 seconds.

use std::collections::VecDeque;

use super::Fit;
use crate::wall::{MINUTE, WallTime};

/// A log of the last minute. It holds one entry an instant at which something was charged: at most as many as the
/// limit admits in a minute.
#[derive(Clone, Debug)]
pub(super) struct SlidingWindow {
    limit: u64,
    used: u64,
    /// When each amount leaves the window, oldest first.
    log: VecDeque<(WallTime, u64)>,
}

impl SlidingWindow {
    /// An empty log.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, used: 0, log: VecDeque::new() }
    }

    pub(super) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        self.forget(at);
        if amount > self.limit {
            return Fit::Never;
        }
        let mut left = self.used.saturating_add(amount);
        if left <= self.limit {
            return Fit::Now;
        }
        for &(leaves, charged) in &self.log {
            left = left.saturating_sub(charged);
            if left <= self.limit {
                return Fit::At(leaves);
            }
        }
        Fit::Never
    }

    pub(super) fn charge(&mut self, amount: u64, at: WallTime) {
        self.forget(at);
        let leaves = WallTime::from_unix_nanos(at.as_unix_nanos().saturating_add(MINUTE));
        self.used = self.used.saturating_add(amount);
        match self.log.back_mut() {
            Some((last, charged)) if *last == leaves => *charged = charged.saturating_add(amount),
            _ if amount > 0 => self.log.push_back((leaves, amount)),
            _ => {}
        }
    }

    pub(super) fn used(&mut self, at: WallTime) -> u64 {
        self.forget(at);
        self.used
    }

    /// The limit becomes another; what is used stays used.
    pub(super) fn change(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// When the log is empty again.
    pub(super) fn full_at(&mut self, at: WallTime) -> WallTime {
        self.forget(at);
        self.log.back().map_or(at, |&(leaves, _)| leaves)
    }

    fn forget(&mut self, at: WallTime) {
        while let Some(&(leaves, charged)) = self.log.front() {
            if leaves > at {
                break;
            }
            self.used = self.used.saturating_sub(charged);
            self.log.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_comes_back_sixty_seconds_after_each_charge() {
        let start = WallTime::DEFAULT_ORIGIN;
        let second = |secs: u64| WallTime::from_unix_secs(start.as_unix_secs() + secs);
        let mut window = SlidingWindow::new(10);
        window.charge(6, second(0));
        window.charge(3, second(20));
        assert_eq!(window.fit(1, second(30)), Fit::Now);
        assert_eq!(window.fit(2, second(30)), Fit::At(second(60)));
        assert_eq!(window.fit(8, second(30)), Fit::At(second(80)));
        assert_eq!(window.fit(11, second(30)), Fit::Never);
        assert_eq!(window.used(second(59)), 9);
        assert_eq!(window.used(second(60)), 3);
        assert_eq!(window.full_at(second(60)), second(80));
    }
}
