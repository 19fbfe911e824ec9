//! `Late`: what left a sliding window lately, and may be late in leaving the provider's.
//!
//! A call is counted when it arrives, and so leaves a period after that; when it arrived nobody here knows. Those of a
//! burst that keeps both ends busy arrive up to a second late. If less is left than was thought right after much of it
//! left, then it has not left there yet. Taken for what others used, it would be missing for a whole period.

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;

/// What left lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Late {
    /// What left in the present span of grace, and in the one before.
    began: Timestamp,
    present: u64,
    before: u64,
    /// What came back of it, and has yet to leave again.
    back: u64,
    /// Until when what is missing was used by others: they were seen.
    others_until: Timestamp,
}

noted!(Late { began, present, before, back, others_until });

impl Late {
    /// An amount left at `at`.
    pub(super) fn left(&mut self, amount: u64, at: Timestamp, grace: Duration) {
        self.turn(at, grace);
        self.present = self.present.saturating_add(amount);
    }

    /// An amount that had come back left.
    pub(super) fn left_again(&mut self, amount: u64) {
        self.back = self.back.saturating_sub(amount);
    }

    /// Of `missing` what may merely be late, and comes back. What is more than that was used by others, who then will
    /// have used what is missing during the next period, too.
    pub(super) fn come_back(
        &mut self,
        missing: u64,
        now: Timestamp,
        grace: Duration,
        period: Duration,
    ) -> u64 {
        self.turn(now, grace);
        let gone = self.present.saturating_add(self.before);
        let late = if now < self.others_until { 0 } else { missing.min(gone.saturating_sub(self.back)) };
        if gone > 0 && late < missing {
            self.others_until = now.after(period);
        }
        self.back = self.back.saturating_add(late);
        late
    }

    fn turn(&mut self, at: Timestamp, grace: Duration) {
        let age = at.since(self.began);
        if age >= grace {
            self.before = if age < grace.saturating_mul(2) { self.present } else { 0 };
            (self.began, self.present) = (at, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(1);
    const PERIOD: Duration = Duration::from_secs(60);

    fn come_back(late: &mut Late, missing: u64, now_ms: u64) -> u64 {
        late.come_back(missing, Timestamp::from_millis(now_ms), GRACE, PERIOD)
    }

    #[test]
    fn as_much_comes_back_as_left_lately_and_once_at_a_time() {
        let mut late = Late::default();
        late.left(10, Timestamp::from_millis(60_000), GRACE);
        assert_eq!(come_back(&mut late, 4, 60_300), 4);
        assert_eq!(come_back(&mut late, 6, 60_400), 6);
        late.left_again(4);
        assert_eq!(come_back(&mut late, 3, 60_700), 3);
    }

    #[test]
    fn what_left_long_ago_has_left_there_too() {
        let mut late = Late::default();
        late.left(10, Timestamp::from_millis(60_000), GRACE);
        assert_eq!(come_back(&mut late, 4, 62_500), 0);
    }

    #[test]
    fn who_uses_more_than_left_is_another_and_is_remembered_for_a_period() {
        let mut late = Late::default();
        late.left(10, Timestamp::from_millis(60_000), GRACE);
        assert_eq!(come_back(&mut late, 11, 60_300), 10);
        late.left_again(10);
        late.left(10, Timestamp::from_millis(100_000), GRACE);
        assert_eq!(come_back(&mut late, 1, 100_000), 0);
        late.left(10, Timestamp::from_millis(161_000), GRACE);
        assert_eq!(come_back(&mut late, 1, 161_000), 1);
    }

    #[test]
    fn what_is_missing_before_anything_left_says_nothing_of_others() {
        let mut late = Late::default();
        assert_eq!(come_back(&mut late, 5, 1_000), 0);
        late.left(10, Timestamp::from_millis(60_000), GRACE);
        assert_eq!(come_back(&mut late, 5, 60_000), 5);
    }
}
