//! `Slots`: a bound on calls under way at once.

use super::{Fit, Stamp};
use crate::notes::noted;
use crate::{Quota, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    amount: u64,
    used: u64,
}

noted!(Slots { used } without { amount });

impl Slots {
    pub(super) fn new(quota: &Quota) -> Self {
        Self { amount: quota.amount, used: 0 }
    }

    pub(super) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        if amount > self.amount {
            Fit::Never
        } else if self.used.saturating_add(amount) <= self.amount {
            Fit::At(from)
        } else {
            Fit::OnRelease
        }
    }

    /// The level after `amount` was taken, where it fits.
    #[inline(always)]
    pub(super) fn level_after(&self, amount: u64) -> Option<u64> {
        self.used.checked_add(amount).filter(|used| *used <= self.amount || amount == 0)
    }

    #[inline(always)]
    pub(super) fn level(&self) -> u64 {
        self.used
    }

    #[inline(always)]
    pub(super) fn set_level(&mut self, level: u64) {
        self.used = level;
    }

    pub(super) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        if self.used.saturating_add(ahead).saturating_add(amount) <= self.amount {
            Fit::At(from)
        } else {
            self.fit(amount, from).max_release()
        }
    }

    pub(super) fn charge(&mut self, amount: u64, _at: Timestamp) -> Stamp {
        self.used = self.used.saturating_add(amount);
        Stamp::default()
    }

    pub(super) fn refund(&mut self, amount: u64) {
        self.used = self.used.saturating_sub(amount);
    }

    pub(super) fn available(&self, _now: Timestamp) -> i128 {
        i128::from(self.amount).saturating_sub(i128::from(self.used))
    }

    pub(super) fn adjust(&mut self, delta: i128, _now: Timestamp) {
        let used = i128::from(self.used).saturating_sub(delta).max(0);
        self.used = u64::try_from(used).unwrap_or(u64::MAX);
    }

    pub(super) fn resize(&mut self, quota: &Quota, _now: Timestamp) {
        self.amount = quota.amount;
    }
}

impl Fit {
    /// The same fit, or the release of a call where others go first.
    fn max_release(self) -> Self {
        match self {
            Self::At(_) => Self::OnRelease,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_house_waits_for_somebody_to_leave() {
        let mut slots = Slots::new(&Quota::concurrency(2));
        slots.charge(2, Timestamp::ZERO);
        assert_eq!(slots.fit(1, Timestamp::ZERO), Fit::OnRelease);
        slots.refund(1);
        assert_eq!(slots.fit(1, Timestamp::ZERO), Fit::At(Timestamp::ZERO));
        assert_eq!(slots.fit(3, Timestamp::ZERO), Fit::Never);
    }

    #[test]
    fn what_is_left_follows_charges_corrections_and_changes() {
        let mut slots = Slots::new(&Quota::concurrency(5));
        slots.charge(2, Timestamp::ZERO);
        assert_eq!(slots.available(Timestamp::ZERO), 3);
        slots.adjust(-2, Timestamp::ZERO);
        assert_eq!(slots.available(Timestamp::ZERO), 1);
        slots.resize(&Quota::concurrency(3), Timestamp::ZERO);
        assert_eq!(slots.available(Timestamp::ZERO), -1);
    }

    #[test]
    fn those_who_go_first_take_their_slots() {
        let mut slots = Slots::new(&Quota::concurrency(5));
        slots.charge(2, Timestamp::ZERO);
        assert_eq!(slots.fit_after(2, 1, Timestamp::ZERO), Fit::At(Timestamp::ZERO));
        assert_eq!(slots.fit_after(3, 1, Timestamp::ZERO), Fit::OnRelease);
        assert_eq!(slots.fit_after(3, 6, Timestamp::ZERO), Fit::Never);
    }

    #[test]
    fn a_level_is_what_is_in_use_and_can_be_put_back() {
        let mut slots = Slots::new(&Quota::concurrency(5));
        slots.charge(2, Timestamp::ZERO);
        assert_eq!((slots.level(), slots.level_after(3), slots.level_after(4)), (2, Some(5), None));
        let before = slots.level();
        slots.set_level(5);
        slots.set_level(before);
        assert_eq!(slots.available(Timestamp::ZERO), 3);
    }
}
