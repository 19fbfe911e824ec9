//! `Cushion`: what is kept free of a limit on estimates, because a call was refused that seemed to fit.
//!
//! What estimates miss adds up until an answer corrects it. So after a refusal a whole call is kept free, which melts
//! soon, and a part of one for long: were that to melt too, the next refusal would only be a few hundred calls away.

/// What is kept free at first, in thousandths of the limit.
const ESTIMATE_ERROR_PERMILLE: u64 = 10;
/// What each answer leaves of that, in hundredths: it shows what estimates miss, and half of it is gone after 70.
const UNPROVEN_MELTS_TO: u64 = 99;
/// The share of a limit that may be kept free at most.
const MOST_SHARE: u64 = 50;
/// The part of a refused call that is kept free for long.
const NEEDED_SHARE: u64 = 4;
/// What each answer leaves of a whole call and of what is kept for long, in hundred thousandths: half of them are gone
/// after 350 and after 17 000 answers.
const MELTS_TO: u64 = 99_800;
const NEEDED_MELTS_TO: u64 = 99_996;

/// What is kept free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cushion {
    /// Since nobody knows yet by how much estimates miss, in thousandths of the limit's own unit.
    unproven_milli: u64,
    /// After refusals, in thousandths too.
    milli: u64,
    /// Millionths of it, as little of so little melts with one answer.
    needed_micro: u64,
}

impl Cushion {
    /// Of a limit of `amount` on estimates, before anything is known of how much they miss.
    pub(super) const fn of_estimates(amount: u64) -> Self {
        Self { unproven_milli: amount.saturating_mul(ESTIMATE_ERROR_PERMILLE), milli: 0, needed_micro: 0 }
    }

    /// What an earlier engine kept free of a limit of `amount`.
    pub(super) fn restored(milli: u64, amount: u64) -> Self {
        Self { unproven_milli: 0, milli: milli.min(most(amount)), needed_micro: 0 }
    }

    /// What is kept free.
    pub(crate) const fn milli(self) -> u64 {
        self.milli.saturating_add(self.unproven_milli)
    }

    /// A call of this size was refused by a limit of `amount`.
    pub(super) fn refused(&mut self, need: u64, amount: u64) {
        let (need, most) = (need.saturating_mul(1_000), most(amount));
        let most_now = most.saturating_sub(self.unproven_milli);
        self.milli = self.milli.saturating_add(need).min(most_now);
        let part = need.saturating_mul(1_000).checked_div(NEEDED_SHARE).unwrap_or(0);
        self.needed_micro = self.needed_micro.saturating_add(part).min(most.saturating_mul(1_000));
    }

    /// A call was answered.
    pub(super) fn answered(&mut self) {
        let melted = |milli: u64, to: u64| milli.saturating_mul(to).checked_div(100_000).unwrap_or(0);
        self.unproven_milli =
            self.unproven_milli.saturating_mul(UNPROVEN_MELTS_TO).checked_div(100).unwrap_or(0);
        self.needed_micro = melted(self.needed_micro, NEEDED_MELTS_TO);
        self.milli = melted(self.milli, MELTS_TO).max(self.needed_micro.checked_div(1_000).unwrap_or(0));
    }
}

fn most(amount: u64) -> u64 {
    amount.checked_div(MOST_SHARE).unwrap_or(0).saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_call_melts_soon_and_a_part_of_it_stays() {
        let mut cushion = Cushion::default();
        cushion.refused(60, 15_000);
        assert_eq!(cushion.milli(), 60_000);
        let after = |cushion: &mut Cushion, answers: usize| {
            (0..answers).for_each(|_| cushion.answered());
            cushion.milli() / 1_000
        };
        assert_eq!(after(&mut cushion, 347), 29);
        assert_eq!(after(&mut cushion, 1_000), 14);
        assert_eq!(after(&mut cushion, 17_300), 7);
    }

    #[test]
    fn a_fiftieth_of_the_limit_is_the_most() {
        let mut cushion = Cushion::of_estimates(15_000);
        assert_eq!(cushion.milli(), 150_000);
        (0..10).for_each(|_| cushion.refused(1_000, 15_000));
        assert_eq!((cushion.milli(), cushion.needed_micro), (300_000, 300_000_000));
        assert_eq!(Cushion::restored(u64::MAX, 15_000).milli(), 300_000);
    }
}
