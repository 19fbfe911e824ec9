//! `Late`: what left a sliding window lately, and may be late in leaving the provider's.
//!
//! A call is counted when it arrives, and so leaves a period after that; when it arrived nobody here knows. Those of a
//! burst that keeps both ends busy arrive up to a second late. If less is left than was thought right after much of it
//! left, then it has not left there yet. Taken for what others used, it would be missing for a whole period.

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;
use crate::recent::Recent;

/// What left lately, and who else was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Late {
    /// What left.
    gone: Recent,
    /// Until when what is missing was used by others: they were seen.
    others_until: Timestamp,
}

noted!(Late { gone, others_until });

impl Late {
    /// An amount left at `at`.
    pub(super) fn left(&mut self, amount: u64, at: Timestamp, grace: Duration) {
        self.gone.add(amount, at, grace);
    }

    /// Of `missing` what may merely be late, and comes back, where so much is `back` already. What is more than that was
    /// used by others, who then will have used what is missing during the next period, too.
    pub(super) fn come_back(&mut self, missing: u64, back: u64, now: Timestamp, spans: Spans) -> u64 {
        self.gone.turn(now, spans.grace);
        let gone = self.gone.sum();
        let late = if now < self.others_until { 0 } else { missing.min(gone.saturating_sub(back)) };
        if gone > 0 && late < missing {
            self.others_until = now.after(spans.period);
        }
        late
    }
}

/// For how long something may be late, and how long the window is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    pub(super) grace: Duration,
    pub(super) period: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: Spans = Spans { grace: Duration::from_secs(1), period: Duration::from_secs(60) };

    fn left(late: &mut Late, amount: u64, now_ms: u64) {
        late.left(amount, Timestamp::from_millis(now_ms), SPANS.grace);
    }

    fn come_back(late: &mut Late, missing: u64, back: u64, now_ms: u64) -> u64 {
        late.come_back(missing, back, Timestamp::from_millis(now_ms), SPANS)
    }

    #[test]
    fn as_much_comes_back_as_left_lately_and_is_not_back_already() {
        let mut late = Late::default();
        left(&mut late, 10, 60_000);
        assert_eq!(come_back(&mut late, 4, 0, 60_300), 4);
        assert_eq!(come_back(&mut late, 6, 4, 60_400), 6);
        assert_eq!(come_back(&mut late, 3, 6, 60_700), 3);
    }

    #[test]
    fn what_left_long_ago_has_left_there_too() {
        let mut late = Late::default();
        left(&mut late, 10, 60_000);
        assert_eq!(come_back(&mut late, 4, 0, 62_500), 0);
    }

    #[test]
    fn who_uses_more_than_left_is_another_and_is_remembered_for_a_period() {
        let mut late = Late::default();
        left(&mut late, 10, 60_000);
        assert_eq!(come_back(&mut late, 11, 0, 60_300), 10);
        left(&mut late, 10, 100_000);
        assert_eq!(come_back(&mut late, 1, 0, 100_000), 0);
        left(&mut late, 10, 161_000);
        assert_eq!(come_back(&mut late, 1, 0, 161_000), 1);
    }

    #[test]
    fn what_is_missing_before_anything_left_says_nothing_of_others() {
        let mut late = Late::default();
        assert_eq!(come_back(&mut late, 5, 0, 1_000), 0);
        left(&mut late, 10, 60_000);
        assert_eq!(come_back(&mut late, 5, 0, 60_000), 5);
    }

    #[test]
    fn others_are_remembered_until_a_period_is_over_and_not_longer() {
        let mut late = Late::default();
        left(&mut late, 10, 60_000);
        come_back(&mut late, 11, 0, 60_300);
        left(&mut late, 10, 120_200);
        assert_eq!([120_299, 120_300].map(|at| come_back(&mut late.clone(), 1, 0, at)), [0, 1]);
    }
}
