//! `Recent`: what came to pass lately, summed up over a span of time without a list of it.

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;

/// The sums of the present span and of the one before it: all of the last span, and at most of the last two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recent {
    began: Timestamp,
    present: u64,
    before: u64,
}

noted!(Recent { began, present, before });

impl Recent {
    /// An amount came at `at`; spans are `span` long.
    pub(crate) fn add(&mut self, amount: u64, at: Timestamp, span: Duration) {
        self.turn(at, span);
        self.present = self.present.saturating_add(amount);
    }

    /// Forgets what is longer ago than two spans by `at`.
    pub(crate) fn turn(&mut self, at: Timestamp, span: Duration) {
        let age = at.since(self.began);
        if age >= span {
            let before = if age < span.saturating_mul(2) { self.present } else { 0 };
            *self = Self { began: at, present: 0, before };
        }
    }

    /// What came lately, as of the last turn.
    pub(crate) fn sum(&self) -> u64 {
        self.present.saturating_add(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_the_last_span_counts_and_what_came_two_spans_ago_does_not() {
        let span = Duration::from_secs(1);
        let mut recent = Recent::default();
        recent.add(5, Timestamp::from_millis(10_000), span);
        recent.add(3, Timestamp::from_millis(10_900), span);
        recent.add(2, Timestamp::from_millis(11_100), span);
        assert_eq!(recent.sum(), 10);
        recent.turn(Timestamp::from_millis(12_200), span);
        assert_eq!(recent.sum(), 2);
        recent.turn(Timestamp::from_millis(15_000), span);
        assert_eq!(recent.sum(), 0);
    }
}
