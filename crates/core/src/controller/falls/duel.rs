//! `Duel`: one rule of charging beside the one that is believed, over pairs of answers.

/// How much better a rule must explain the falls, in hundredths of what the two rules differ by.
const BETTER_PERCENT: u64 = 40;
/// How far off it may still be.
const OFF_PERCENT: u64 = 40;
/// After so many pairs of the short run, and of the long one, the older ones count half.
pub(super) const SHORT: u32 = 128;
pub(super) const LONG: u32 = 2_048;
/// How many pairs of the long run tell that a rule is ahead, and by how much it is, in hundredths of what the two differ by.
/// On wires with 200 ms of jitter and with others on the key, what is true is ahead of what is wrong by 16 to 40, and what
/// is wrong is behind what is true by 20 to 50; by one order of headers, since by the other it may as well be neither.
const PAIRS_LONG: u32 = 256;
const AHEAD_PERCENT: i64 = 16;
const BEHIND_PERCENT: i64 = -10;
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
    /// Adds one pair, where the two differ by `least` at least; of more than `remembered` the older ones fade.
    pub(super) fn fought(&mut self, off: i64, believed: i64, least: u64, remembered: u32) {
        let apart = off.wrapping_sub(believed).unsigned_abs();
        if apart < least {
            return;
        }
        if self.pairs >= remembered {
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

    /// By how much the rule is ahead in the long run, in hundredths of what the two differ by, by one of two orders of
    /// headers; `None` where it is not.
    pub(super) fn ahead(&self, other: &Self) -> Option<i64> {
        let (one, other) = (self.lead()?, other.lead()?);
        let ahead = one.max(other);
        (ahead >= AHEAD_PERCENT && one.min(other) >= BEHIND_PERCENT).then_some(ahead)
    }

    fn lead(&self) -> Option<i64> {
        let better = i128::from(self.off_believed).saturating_sub(i128::from(self.off));
        let percent = better.saturating_mul(100).checked_div(i128::from(self.apart))?;
        i64::try_from(percent).ok().filter(|_| self.pairs >= PAIRS_LONG)
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
    use super::super::PAIRS_UNKNOWN;
    use super::*;

    #[test]
    fn one_pair_of_answers_does_not_decide_however_much_it_says() {
        let mut duel = Duel::default();
        (0..20).for_each(|_| duel.fought(100, 0, 1, SHORT));
        duel.fought(0, 15_000, 1, SHORT);
        assert_eq!((duel.apart, duel.off, duel.off_believed), (20 * 100 + 1_600, 20 * 100, 1_600));
        assert!(!duel.is_won(PAIRS_UNKNOWN));
        let mut duel = Duel::default();
        (0..7).for_each(|_| duel.fought(1, 0, 1, SHORT));
        (0..20).for_each(|_| duel.fought(0, 100, 1, SHORT));
        assert!(
            duel.is_won(PAIRS_UNKNOWN),
            "a few small ones at first do not make large ones unusual for ever"
        );
    }

    #[test]
    fn a_rule_is_ahead_by_many_pairs_of_one_order_where_the_other_does_not_speak_against_it() {
        // Of four pairs, so many speak for the rule and the others against it.
        let duel = |pairs: u32, good: u32| {
            let mut duel = Duel::default();
            for pair in 0..pairs {
                let (off, believed) = if pair % 4 < good { (0, 100) } else { (100, 0) };
                duel.fought(off, believed, 1, LONG);
            }
            duel
        };
        assert_eq!(duel(256, 3).ahead(&duel(256, 2)), Some(50));
        assert_eq!(duel(256, 2).ahead(&duel(256, 3)), Some(50), "by either order");
        assert_eq!(duel(252, 3).ahead(&duel(256, 2)), None, "too few");
        assert_eq!(duel(256, 3).ahead(&duel(256, 1)), None, "the other order speaks against it");
        assert_eq!(duel(256, 2).ahead(&duel(256, 2)), None, "neither is better");
        assert_eq!(Duel::default().ahead(&Duel::default()), None);
        assert!(duel(20_000, 3).pairs <= LONG, "what is remembered has a bound");
    }
}
