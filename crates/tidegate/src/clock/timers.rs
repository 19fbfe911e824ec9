//! `Timers`: deadlines in order, one for each timer. What a clock needs to keep the contract of the seam.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};

use tidegate_core::Timestamp;

use crate::clock::Due;

/// Names one timer; unique in the process, ordered by making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(u64);

impl TimerId {
    /// A timer that no one else has.
    #[must_use]
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Deadlines in order, at most one for each timer.
///
/// An ordered map and not a binary heap: moving a deadline replaces its entry, so nothing stale is ever kept, and
/// the size is bounded by the number of timers however often they move.
#[derive(Default)]
pub struct Timers {
    queue: BTreeMap<(Timestamp, TimerId), Weak<dyn Due>>,
    deadlines: BTreeMap<TimerId, Timestamp>,
}

impl Timers {
    /// No deadline at all.
    #[must_use]
    pub const fn new() -> Self {
        Self { queue: BTreeMap::new(), deadlines: BTreeMap::new() }
    }

    /// Gives the timer a deadline in place of the one that it had.
    pub fn set(&mut self, timer: TimerId, at: Timestamp, due: Weak<dyn Due>) {
        self.remove(timer);
        self.deadlines.insert(timer, at);
        self.queue.insert((at, timer), due);
    }

    /// Takes the timer's deadline away.
    pub fn remove(&mut self, timer: TimerId) {
        if let Some(at) = self.deadlines.remove(&timer) {
            self.queue.remove(&(at, timer));
        }
    }

    /// The earliest deadline.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.queue.first_key_value().map(|(&(at, _), _)| at)
    }

    /// Takes out the earliest deadline, if it is not after `now`.
    pub fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, Weak<dyn Due>)> {
        if self.next()? > now {
            return None;
        }
        let ((at, timer), due) = self.queue.pop_first()?;
        self.deadlines.remove(&timer);
        Some((at, due))
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").field("deadlines", &self.deadlines).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nobody;

    impl Due for Nobody {
        fn due(&self, _now: Timestamp) {}
    }

    fn nobody() -> Weak<dyn Due> {
        Weak::<Nobody>::new()
    }

    #[test]
    fn deadlines_come_in_order_and_only_when_they_are_due() {
        let mut timers = Timers::new();
        let (early, late) = (Timestamp::from_secs(1), Timestamp::from_secs(2));
        timers.set(TimerId::unique(), late, nobody());
        timers.set(TimerId::unique(), early, nobody());
        assert_eq!(timers.next(), Some(early));
        assert!(timers.pop(Timestamp::from_millis(999)).is_none());
        assert_eq!(timers.pop(late).map(|(at, _)| at), Some(early));
        assert_eq!(timers.pop(late).map(|(at, _)| at), Some(late));
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_timer_that_moves_ten_thousand_times_keeps_one_entry() {
        let mut timers = Timers::new();
        let timer = TimerId::unique();
        for at in (0..10_000).rev() {
            timers.set(timer, Timestamp::from_millis(at), nobody());
        }
        assert_eq!(timers.queue.len(), 1);
        timers.remove(timer);
        assert_eq!(timers.next(), None);
    }
}
