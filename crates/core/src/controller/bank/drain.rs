//! `Drain`: what others use of a limit with the same key, as a slow average of what nobody here can explain.
//!
//! An answer tells of others only what they used before it was written. What they use until the next one comes off the
//! refill: it is charged as it is expected, and corrected like everything else once an answer tells.

use core::time::Duration;

use crate::bucket::OTHERS_PERCENT;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

/// What an unexplained unit adds to the average a second, in thousandths: one in ten seconds.
const UNIT_MILLI: i128 = 100;
/// What an answer takes off it that speaks of more than was thought, but too little more to be believed: a tenth of a
/// unit that is believed. Without it an average that is too high stays so, since the level that it keeps low is never so
/// far off that an answer corrects it.
const LEAK_MILLI: u64 = 10;
/// So much of the refill is more than what estimates miss.
const LARGE_PERCENT: u64 = 2;

/// What others use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Drain {
    /// Thousandths of a unit a second.
    rate_milli: u64,
    /// Until when it was taken off the level, and the thousandths of a unit that were too little to take.
    until: Timestamp,
    rest_milli: u64,
}

impl Drain {
    /// An answer moved the level by `moved`: down by what others used, up by what they were wrongly thought to use.
    pub(super) fn note(&mut self, moved: i128, quota: &Quota) {
        let rate = i128::from(self.rate_milli).saturating_sub(moved.saturating_mul(UNIT_MILLI));
        self.rate_milli = u64::try_from(rate.max(0)).unwrap_or(u64::MAX).min(most_milli(quota));
    }

    /// They are known to have used so much in a period.
    pub(super) fn know(&mut self, used: u64, quota: &Quota) {
        let milli = u128::from(used).saturating_mul(1_000).saturating_mul(Duration::from_secs(1).as_nanos());
        let rate = milli.checked_div(quota.period.as_nanos()).unwrap_or(0);
        self.rate_milli = u64::try_from(rate).unwrap_or(u64::MAX).min(most_milli(quota));
    }

    /// An answer spoke of more than was thought, which is too little more to be believed.
    pub(super) fn doubted(&mut self) {
        self.rate_milli = self.rate_milli.saturating_sub(LEAK_MILLI);
    }

    /// Whether it is more than what estimates miss.
    pub(super) fn is_large(&self, quota: &Quota) -> bool {
        self.rate_milli.saturating_mul(OTHERS_PERCENT) >= most_milli(quota).saturating_mul(LARGE_PERCENT)
    }

    /// What others will have used by `at` since it was last taken.
    pub(super) fn due(&self, at: Timestamp) -> u64 {
        self.due_milli(at).checked_div(1_000).unwrap_or(0)
    }

    /// Takes what is due now.
    pub(super) fn take(&mut self, now: Timestamp) -> u64 {
        let due = self.due_milli(now);
        (self.until, self.rest_milli) = (self.until.max(now), due.checked_rem(1_000).unwrap_or(0));
        due.checked_div(1_000).unwrap_or(0)
    }

    fn due_milli(&self, at: Timestamp) -> u64 {
        if self.rate_milli == 0 {
            return self.rest_milli;
        }
        let passed = u128::from(nanos_of(at.since(self.until))).saturating_mul(u128::from(self.rate_milli));
        let due = passed.checked_div(Duration::from_secs(1).as_nanos()).unwrap_or(0);
        self.rest_milli.saturating_add(u64::try_from(due).unwrap_or(u64::MAX))
    }
}

/// The most that others may be thought to use, in thousandths a second.
pub(super) fn most_milli(quota: &Quota) -> u64 {
    let amount = u128::from(quota.amount).saturating_mul(u128::from(OTHERS_PERCENT)).saturating_mul(10);
    let nanos = amount.saturating_mul(Duration::from_secs(1).as_nanos());
    u64::try_from(nanos.checked_div(quota.period.as_nanos().max(1)).unwrap_or(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_used_is_expected_again_and_forgotten_when_it_fails_to_come() {
        let quota = Quota::per_minute(300);
        let mut drain = Drain::default();
        assert_eq!(drain.take(Timestamp::from_secs(7)), 0);
        drain.note(-10, &quota);
        assert_eq!(drain.due(Timestamp::from_millis(8_500)), 1);
        assert_eq!(drain.take(Timestamp::from_millis(8_500)), 1);
        assert_eq!(drain.take(Timestamp::from_secs(9)), 1, "the half before and the half since");
        drain.note(10, &quota);
        assert_eq!(drain.due(Timestamp::from_secs(1_000)), 0);
    }

    #[test]
    fn what_others_are_known_to_have_used_they_use_again() {
        let quota = Quota::per_minute(300);
        let mut drain = Drain::default();
        drain.know(60, &quota);
        assert_eq!(drain.due(Timestamp::from_secs(10)), 10);
        drain.know(300, &quota);
        assert_eq!(drain.due(Timestamp::from_secs(10)), 30, "six tenths at most");
    }

    #[test]
    fn a_fiftieth_of_the_refill_is_large() {
        let quota = Quota::per_minute(300);
        let mut drain = Drain::default();
        assert!(!drain.is_large(&quota));
        drain.note(-1, &quota);
        assert!(drain.is_large(&quota), "a tenth of a unit a second, of five");
        drain.doubted();
        assert!(!drain.is_large(&quota));
    }

    #[test]
    fn an_average_that_is_too_high_comes_down_by_little_surpluses() {
        let quota = Quota::per_minute(300);
        let mut drain = Drain::default();
        drain.note(-10, &quota);
        (0..60).for_each(|_| drain.doubted());
        assert_eq!(drain.due(Timestamp::from_secs(10)), 4, "1 a second, less 0.6");
        (0..60).for_each(|_| drain.doubted());
        assert_eq!(drain.due(Timestamp::from_secs(10)), 0);
    }

    #[test]
    fn two_fifths_of_the_refill_are_always_ones_own() {
        let mut drain = Drain::default();
        drain.note(-1_000_000, &Quota::per_minute(300));
        assert_eq!(drain.due(Timestamp::from_secs(60)), 180);
    }
}
