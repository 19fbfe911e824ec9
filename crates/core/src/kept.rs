//! `Kept`: how much of what is reserved of a limit is charged in the end, so that predictions go by what will be and
//! not by what was set aside.

use crate::notes::noted;

/// After so many settlements the older half of them counts half.
const REMEMBERED: u8 = 64;
/// How many made-up calls that kept all they had reserved stand among the real ones where care is needed: with eight,
/// four real ones that kept a third of theirs make it seven ninths, and sixteen make it five. (With three, a provider that
/// turned out to count the most that a call allows had refused 9 calls in the mean by then, instead of 5 at most.)
const MADE_UP: u64 = 8;

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

    /// What reservations of this amount are charged at most, in all likelihood: as much as among the calls seen and a
    /// few that kept all, and a quarter more than the mean at least. All of it, until something is known.
    pub(crate) fn careful(&self, amount: u64) -> u64 {
        let made_up = self.reserved.saturating_mul(MADE_UP).checked_div(self.calls.into()).unwrap_or(0);
        let among = Self {
            reserved: self.reserved.saturating_add(made_up),
            charged: self.charged.saturating_add(made_up),
            calls: self.calls,
        };
        let likely = self.expected(amount);
        let more = likely.saturating_add(likely.checked_div(4).unwrap_or(0));
        among.expected(amount).max(more).min(amount)
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
    fn care_gives_way_to_experience() {
        let mut kept = Kept::default();
        assert_eq!(kept.careful(900), 900, "nothing is known");
        let after = |kept: &mut Kept, calls: u8| {
            (0..calls).for_each(|_| kept.record(100, 30));
            kept.careful(900)
        };
        assert_eq!(after(&mut kept, 1), 830);
        assert_eq!(after(&mut kept, 3), 690);
        assert_eq!(after(&mut kept, 12), 480);
        assert_eq!(after(&mut kept, 200), 349, "a few made-up ones still stand among sixty-four");
        (0..64).for_each(|_| kept.record(100, 200));
        assert_eq!(kept.careful(900), 900, "never more than was set aside");
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
