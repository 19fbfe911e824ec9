//! `Cushion`: what is kept free of a limit, because a call was refused that seemed to fit.
//!
//! What estimates miss adds up until an answer corrects it. So after a refusal a whole call is kept free, and melts over
//! tens of thousands of answers: were it gone after hundreds, the next refusal would only be so many calls away.
//!
//! Calls of unlike sizes fill a limit to the last token by chance, and the call that does so is refused by chance. The longer
//! the work, the more likely that is, and the less a call costs that is kept free from the beginning: so it is kept free
//! bit by bit, over a thousand calls.

/// What is kept free at first, in thousandths of the limit.
const ESTIMATE_ERROR_PERMILLE: u64 = 10;
/// What each answer leaves of that, in hundredths: it shows what estimates miss, and half of it is gone after 70.
const UNPROVEN_MELTS_TO: u64 = 99;
/// The share of a limit that may be kept free at most.
const MOST_SHARE: u64 = 50;
/// What each answer leaves of what is kept after refusals, in hundred thousandths: half of it is gone after 17 000.
const REFUSED_MELTS_TO: u64 = 99_996;
/// The share of a limit that may be kept free at most without refusals.
const USUAL_SHARE: u64 = 200;
/// The part of what is missing of a usual call that each call adds: half of it is kept free after 700.
const USUAL_PART: u64 = 1_000;

/// What is kept free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cushion {
    /// Since nobody knows yet by how much estimates miss, in thousandths of the limit's own unit.
    unproven_milli: u64,
    /// After refusals, in millionths of it, as little of so little melts with one answer.
    refused_micro: u64,
    /// Without any, as much of a usual call as the work is long, in millionths too.
    usual_micro: u64,
    /// How many refusals pass without anything being kept.
    pardons: u8,
}

impl Cushion {
    /// Of a limit of `amount` on estimates, before anything is known of how much they miss.
    pub(super) const fn of_estimates(amount: u64) -> Self {
        let unproven_milli = amount.saturating_mul(ESTIMATE_ERROR_PERMILLE);
        Self { unproven_milli, refused_micro: 0, usual_micro: 0, pardons: 0 }
    }

    /// Of a limit on what is counted exactly. One refusal there may be chance, and work that fills so many windows to the
    /// last call would need another for what is kept.
    pub(super) const fn of_counts() -> Self {
        Self { unproven_milli: 0, refused_micro: 0, usual_micro: 0, pardons: 1 }
    }

    /// No refusal passes: what is kept free of a counter comes back bit by bit, and costs no work a window of its own.
    pub(super) fn pardon_nobody(&mut self) {
        self.pardons = 0;
    }

    /// What an earlier engine kept free of a limit of `amount`.
    pub(super) fn restored(milli: u64, amount: u64) -> Self {
        Self { refused_micro: milli.min(most(amount)).saturating_mul(1_000), ..Self::default() }
    }

    /// What is kept free.
    pub(crate) fn milli(self) -> u64 {
        self.learned_milli().saturating_add(self.usual_micro.checked_div(1_000).unwrap_or(0))
    }

    /// What is kept free for what was learned, and not for the length of the work.
    pub(crate) fn learned_milli(self) -> u64 {
        self.unproven_milli.saturating_add(self.refused_micro.checked_div(1_000).unwrap_or(0))
    }

    /// Estimates are made by another rule now, and by how much they miss of a limit of `amount` is unknown once more.
    pub(super) fn begin_anew(&mut self, amount: u64) {
        self.unproven_milli = amount.saturating_mul(ESTIMATE_ERROR_PERMILLE);
    }

    /// A call of this size was refused by a limit of `amount`.
    pub(super) fn refused(&mut self, need: u64, amount: u64) {
        if self.pardons > 0 {
            self.pardons = self.pardons.saturating_sub(1);
            return;
        }
        let most = most(amount).saturating_sub(self.unproven_milli).saturating_mul(1_000);
        self.refused_micro = self.refused_micro.saturating_add(need.saturating_mul(1_000_000)).min(most);
    }

    /// A call was charged `need`, of a limit of `amount` on estimates.
    pub(super) fn charged(&mut self, need: u64, amount: u64) {
        let usual = need.min(amount.checked_div(USUAL_SHARE).unwrap_or(0)).saturating_mul(1_000_000);
        let part = |whole: u64| whole.checked_div(USUAL_PART).unwrap_or(0);
        let kept = self.usual_micro.saturating_sub(part(self.usual_micro));
        self.usual_micro = kept.saturating_add(part(usual));
    }

    /// A call was answered.
    pub(super) fn answered(&mut self) {
        let melted = |kept: u64, to: u64, of: u64| kept.saturating_mul(to).checked_div(of).unwrap_or(0);
        self.unproven_milli = melted(self.unproven_milli, UNPROVEN_MELTS_TO, 100);
        self.refused_micro = melted(self.refused_micro, REFUSED_MELTS_TO, 100_000);
    }
}

fn most(amount: u64) -> u64 {
    amount.checked_div(MOST_SHARE).unwrap_or(0).saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_call_is_kept_free_for_tens_of_thousands_of_answers() {
        let mut cushion = Cushion::default();
        cushion.refused(60, 15_000);
        assert_eq!(cushion.milli(), 60_000);
        let after = |cushion: &mut Cushion, answers: usize| {
            (0..answers).for_each(|_| cushion.answered());
            cushion.milli() / 1_000
        };
        assert_eq!([347, 17_000, 17_300].map(|answers| after(&mut cushion, answers)), [59, 29, 14]);
    }

    #[test]
    fn a_fiftieth_of_the_limit_is_the_most() {
        let mut cushion = Cushion::of_estimates(15_000);
        assert_eq!(cushion.milli(), 150_000);
        (0..10).for_each(|_| cushion.refused(1_000, 15_000));
        assert_eq!((cushion.milli(), cushion.refused_micro), (300_000, 150_000_000));
        assert_eq!(Cushion::restored(u64::MAX, 15_000).milli(), 300_000);
    }

    #[test]
    fn where_calls_are_counted_one_refusal_keeps_nothing_free() {
        let mut cushion = Cushion::of_counts();
        cushion.refused(1, 300);
        assert_eq!(cushion.milli(), 0);
        cushion.refused(1, 300);
        cushion.refused(1, 300);
        assert_eq!(cushion.milli(), 2_000);
    }

    #[test]
    fn where_nobody_is_pardoned_the_first_refusal_keeps_a_call_free() {
        let mut cushion = Cushion::of_counts();
        cushion.pardon_nobody();
        cushion.refused(1, 300);
        assert_eq!(cushion.milli(), 1_000);
    }

    #[test]
    fn a_usual_call_is_kept_free_the_longer_the_work() {
        let mut cushion = Cushion::default();
        let mut after = |calls: usize, need: u64| {
            (0..calls).for_each(|_| cushion.charged(need, 15_000));
            cushion.milli()
        };
        assert!((29_000..31_000).contains(&after(693, 60)));
        assert!((59_000..=60_000).contains(&after(5_000, 60)));
        assert!((74_000..=75_000).contains(&after(8_000, 1_000)), "a two hundredth at most");
        assert!((10_000..11_000).contains(&after(8_000, 10)));
        assert_eq!(cushion.learned_milli(), 0, "that is not learned of the provider");
    }

    #[test]
    fn what_nobody_knows_of_estimates_melts_soon() {
        let mut cushion = Cushion::of_estimates(15_000);
        (0..69).for_each(|_| cushion.answered());
        assert!((74_000..=75_000).contains(&cushion.milli()), "{}", cushion.milli());
        cushion.begin_anew(15_000);
        assert_eq!(cushion.milli(), 150_000, "nor of estimates by another rule");
    }
}
