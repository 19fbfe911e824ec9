//! `Kept`: how much of what is reserved of a limit is charged in the end, so that predictions go by what will be and
//! not by what was set aside.

use crate::notes::noted;

/// After so many settlements the older half of them counts half.
const REMEMBERED: u8 = 64;
/// So many are enough to go by: the mean of sixteen is off by a sixth at most, nineteen times out of twenty, where
/// answers are between nothing and twice their mean.
const SEASONED: u8 = 16;

/// What was reserved of a limit lately, and what was kept of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    reserved: u64,
    charged: u64,
    calls: u8,
}

noted!(Kept { reserved, charged, calls });

impl Kept {
    /// A call that had reserved so much was charged so much.
    #[inline]
    pub(crate) fn record(&mut self, reserved: u64, charged: u64) {
        if self.calls >= REMEMBERED {
            self.fade();
        }
        self.reserved = self.reserved.saturating_add(reserved);
        self.charged = self.charged.saturating_add(charged);
        self.calls = self.calls.saturating_add(1);
    }

    #[cold]
    fn fade(&mut self) {
        *self = Self { reserved: self.reserved / 2, charged: self.charged / 2, calls: self.calls / 2 };
    }

    /// Whether enough was seen to go by it.
    pub(crate) fn is_seasoned(&self) -> bool {
        self.calls >= SEASONED
    }

    /// What reservations of this amount will probably be charged: all of it, until something is known.
    pub(crate) fn expected(&self, amount: u64) -> u64 {
        if self.reserved == self.charged {
            return amount;
        }
        let product = u128::from(amount).saturating_mul(u128::from(self.charged));
        let expected = product.div_ceil(u128::from(self.reserved.max(1)));
        u64::try_from(expected).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_lately_is_expected_again() {
        let mut kept = Kept::default();
        assert_eq!(kept.expected(900), 900);
        for _ in 0..10 {
            kept.record(100, 40);
        }
        assert_eq!(kept.expected(900), 360);
        assert_eq!(kept.expected(1), 1, "in doubt the larger");
        for _ in 0..1_000 {
            kept.record(100, 120);
        }
        assert!((1_070..=1_080).contains(&kept.expected(900)), "{}", kept.expected(900));
    }

    #[test]
    fn a_call_that_reserved_nothing_and_cost_something_tells_no_ratio() {
        let mut kept = Kept::default();
        kept.record(0, 7);
        assert_eq!(kept.expected(10), 70);
        kept.record(u64::MAX, 0);
        assert_eq!(kept.expected(10), 1);
    }
}
