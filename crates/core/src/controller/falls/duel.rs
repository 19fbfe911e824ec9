//! `Duel`: one rule of charging beside the one that is believed, over pairs of answers.

use super::REMEMBERED;

/// How much better a rule must explain the falls, in hundredths of what the two rules differ by.
const BETTER_PERCENT: u64 = 40;
/// How far off it may still be.
const OFF_PERCENT: u64 = 40;
/// What a pair of answers says counts for no more than so many usual ones, once so many are known: between two answers
/// hundreds of calls may leave of which none arrives, and a rule is thought to be off by all of them.
const OUTLIER: u64 = 16;
const USUAL_PAIRS: u32 = 8;

/// What the pairs of answers say of one rule beside the believed one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Duel {
    pub(super) pairs: u32,
    /// By how much the two differed.
    apart: u64,
    /// By how much each was off, at most what they differed by.
    off: u64,
    off_believed: u64,
}

impl Duel {
    /// Adds one pair, where the two differ by `least` at least.
    pub(super) fn fought(&mut self, off: i64, believed: i64, least: u64) {
        let apart = off.wrapping_sub(believed).unsigned_abs();
        if apart < least {
            return;
        }
        if self.pairs >= REMEMBERED {
            *self = Self {
                pairs: self.pairs / 2,
                apart: self.apart / 2,
                off: self.off / 2,
                off_believed: self.off_believed / 2,
            };
        }
        let usual = self.apart.checked_div(self.pairs.into()).unwrap_or(0);
        let most = if self.pairs < USUAL_PAIRS { u64::MAX } else { usual.saturating_mul(OUTLIER) };
        let apart = apart.min(most);
        self.pairs = self.pairs.saturating_add(1);
        self.apart = self.apart.saturating_add(apart);
        self.off = self.off.saturating_add(off.unsigned_abs().min(apart));
        self.off_believed = self.off_believed.saturating_add(believed.unsigned_abs().min(apart));
    }

    /// Whether so many pairs tell that the rule is better.
    pub(super) fn is_won(&self, pairs: u32) -> bool {
        let share = |percent: u64| self.apart.saturating_mul(percent) / 100;
        self.pairs >= pairs
            && self.off <= share(OFF_PERCENT)
            && self.off_believed.saturating_sub(self.off) >= share(BETTER_PERCENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pair_of_answers_does_not_decide_however_much_it_says() {
        let mut duel = Duel::default();
        (0..20).for_each(|_| duel.fought(100, 0, 1));
        duel.fought(0, 15_000, 1);
        assert_eq!((duel.apart, duel.off, duel.off_believed), (20 * 100 + 1_600, 20 * 100, 1_600));
        assert!(!duel.is_won(12));
        let mut duel = Duel::default();
        (0..7).for_each(|_| duel.fought(1, 0, 1));
        (0..20).for_each(|_| duel.fought(0, 100, 1));
        assert!(duel.is_won(12), "a few small ones at first do not make large ones unusual for ever");
    }
}
