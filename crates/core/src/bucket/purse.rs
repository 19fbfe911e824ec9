//! `Purse`: an amount that does not come back with time. What was reserved and not used comes back when its call ends.

use super::{Fit, Stamp};
use crate::notes::{Noted, Notes, Reader};
use crate::{Quota, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purse {
    amount: u64,
    /// Negative is debt: more was spent than there was.
    left: i128,
}

/// The amount is the rule's.
impl Noted for Purse {
    fn note(&self, notes: &mut Notes) {
        self.left.is_negative().note(notes);
        self.left.unsigned_abs().note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        let is_debt = notes.read::<bool>();
        let size = i128::try_from(notes.read::<u128>()).unwrap_or(i128::MAX);
        self.left = if is_debt { size.saturating_neg() } else { size };
    }
}

impl Purse {
    pub(super) fn new(quota: &Quota) -> Self {
        Self { amount: quota.amount, left: i128::from(quota.amount) }
    }

    pub(super) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        self.fit_after(0, amount, from)
    }

    /// What does not fit may do so when a call ends. That nothing will come back only the limit knows, which counts
    /// what is reserved.
    pub(super) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        let wanted = i128::from(ahead).saturating_add(i128::from(amount));
        if wanted <= self.left { Fit::At(from) } else { Fit::OnRelease }
    }

    pub(super) fn charge(&mut self, amount: u64, _at: Timestamp) -> Stamp {
        self.left = self.left.saturating_sub(i128::from(amount));
        Stamp::default()
    }

    pub(super) fn refund(&mut self, amount: u64) {
        self.left = self.left.saturating_add(i128::from(amount));
    }

    pub(super) fn available(&self, _now: Timestamp) -> i128 {
        self.left
    }

    pub(super) fn adjust(&mut self, delta: i128, _now: Timestamp) {
        self.left = self.left.saturating_add(delta);
    }

    /// More or less is given; what was spent stays spent.
    pub(super) fn resize(&mut self, quota: &Quota, now: Timestamp) {
        self.adjust(i128::from(quota.amount).saturating_sub(i128::from(self.amount)), now);
        self.amount = quota.amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone_however_long_one_waits() {
        let mut purse = Purse::new(&Quota::credit(10));
        purse.charge(7, Timestamp::ZERO);
        let later = Timestamp::from_secs(31_536_000);
        assert_eq!((purse.available(later), purse.fit(4, later)), (3, Fit::OnRelease));
        purse.refund(1);
        assert_eq!(purse.fit(4, later), Fit::At(later));
        assert_eq!(purse.fit_after(1, 4, later), Fit::OnRelease);
    }

    #[test]
    fn notes_bring_debt_back_as_it_was() {
        for spent in [0, 4, 25] {
            let mut purse = Purse::new(&Quota::credit(10));
            purse.charge(spent, Timestamp::ZERO);
            let mut notes = Notes::default();
            purse.note(&mut notes);
            let mut again = Purse::new(&Quota::credit(10));
            again.recall(&mut notes.reader());
            assert_eq!(again, purse);
        }
    }

    #[test]
    fn over_use_is_debt_and_more_credit_pays_it_first() {
        let mut purse = Purse::new(&Quota::credit(10));
        purse.charge(12, Timestamp::ZERO);
        purse.resize(&Quota::credit(15), Timestamp::ZERO);
        assert_eq!(purse.available(Timestamp::ZERO), 3);
        purse.adjust(-4, Timestamp::ZERO);
        assert_eq!(purse.available(Timestamp::ZERO), -1);
    }
}
