//! `Spread`: how far apart calls are kept where a bucket holds only one.
//!
//! There is no level to keep back there: two calls that left just as far apart as one comes back may arrive closer, and the
//! second is refused. How much closer is found by refusals: kept apart by all that calls may overtake one another, none is.

use core::time::Duration;

/// The jitter of a good wire, which is kept at first.
const FIRST: Duration = Duration::from_millis(5);
/// What each answer leaves of that, in ten thousandths: half of it is gone after 1 400 that were not refused. Gone after a
/// hundred, the jitter of a good wire was found by refusals.
const UNPROVEN_MELTS_TO: u32 = 9_995;
/// The largest part of what is kept that a refusal adds: larger steps often end so far beyond the jitter that it costs more
/// than the refusals.
const STEP_PART: u32 = 4;
/// How much of what is missing it adds, in sixteenths of one part in the root of the calls since the last one: eight tenths
/// of it. Seven left 1.2 refusals in ten thousand calls where calls are up to 200 ms late, and nine cost a hundredth where
/// they are 50.
const STEP_SIXTEENTHS: u32 = 18;
/// The least, as a part of the whole distance of two calls: a hundredth is cheaper than the refusals of finding it.
const LEAST_PART: u32 = 96;
/// After how many answers without one a refusal is rare.
const RARE: u32 = 24;
/// For how many answers nothing is added where it did not help: others take the one call, and who goes slower is refused as
/// often.
const FUTILE: u32 = 10_000;
/// The part of the most that is kept then: what others leave comes unevenly.
const KEPT_PART: u32 = 5;
/// What an answer takes of what refusals added: one part in so many, a hundredth in twenty thousand answers. Were it more,
/// the jitter would be found anew every few thousand calls.
const MELTS_PART: u32 = 2_000_000;

/// How far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    unproven: Duration,
    refused: Duration,
    /// How many answers came since the last refusal, and between that and the one before.
    answers: u32,
    answers_before: u32,
    /// For how many answers more nothing is added.
    futile: u32,
}

impl Spread {
    /// Where nothing is known.
    pub(super) const fn first() -> Self {
        Self { unproven: FIRST, refused: Duration::ZERO, answers: 0, answers_before: 0, futile: 0 }
    }

    /// Where an earlier engine had found so much by refusals, and it takes `most` until a bucket holds one again.
    pub(super) fn restored(apart: Duration, most: Duration) -> Self {
        match apart.min(most) {
            Duration::ZERO => Self::first(),
            found => Self { unproven: Duration::ZERO, refused: found, ..Self::first() },
        }
    }

    /// How far apart calls are kept.
    pub(super) fn get(self) -> Duration {
        self.unproven.saturating_add(self.refused)
    }

    /// How far apart refusals showed that they must be.
    pub(super) fn found(self) -> Duration {
        self.refused
    }

    /// A call was refused although it seemed to fit, of a bucket that takes `most` to hold one again: so far apart, calls
    /// arrive in the order in which they left, or the jitter is beyond all help.
    ///
    /// Of two calls that are each late by anything up to the jitter, the second comes too early in half the square of the
    /// part of the jitter that they are not kept apart. So one refusal in `n` calls tells that `sqrt(2 / n)` is missing, of
    /// which eight tenths are added: too much is kept for long, too little only until the next refusal.
    /// Chance makes the calls between two refusals few now and then, so the more of the last two counts of them is believed.
    pub(super) fn refused(&mut self, most: Duration) {
        let is_rare = self.answers >= RARE;
        let calls = self.answers.max(self.answers_before);
        self.answers_before = core::mem::take(&mut self.answers);
        if self.futile > 0 || most <= FIRST {
            return;
        }
        if self.refused >= most && !is_rare {
            self.refused = most.checked_div(KEPT_PART).unwrap_or(FIRST);
            self.futile = FUTILE;
            return;
        }
        // The root of whole numbers is coarse where they are small: sixteen times the divisor.
        let part = calls.saturating_mul(256).isqrt().max(STEP_PART.saturating_mul(STEP_SIXTEENTHS));
        let step = self.get().saturating_mul(STEP_SIXTEENTHS).checked_div(part).unwrap_or(FIRST);
        let least = most.saturating_add(self.get()).checked_div(LEAST_PART).unwrap_or(FIRST);
        self.refused = self.get().saturating_add(step.max(least)).min(most);
        self.unproven = Duration::ZERO;
    }

    /// A call was answered.
    pub(super) fn answered(&mut self) {
        self.answers = self.answers.saturating_add(1);
        self.futile = self.futile.saturating_sub(1);
        self.unproven = self.unproven.saturating_mul(UNPROVEN_MELTS_TO).checked_div(10_000).unwrap_or(FIRST);
        let melted = self.refused.checked_div(MELTS_PART).unwrap_or(Duration::ZERO);
        self.refused = self.refused.saturating_sub(melted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_millis(200);

    #[test]
    fn a_good_wire_needs_none() {
        let mut spread = Spread::first();
        assert_eq!(spread.get(), FIRST);
        (0..40_000).for_each(|_| spread.answered());
        assert!(spread.get() < Duration::from_nanos(100), "{:?}", spread.get());
    }

    #[test]
    fn the_rarer_refusals_are_the_less_they_add() {
        let added = |calls: [usize; 2]| {
            let mut spread = Spread { unproven: Duration::ZERO, refused: MOST / 2, ..Spread::first() };
            for calls in calls {
                (0..calls).for_each(|_| spread.answered());
                spread.refused(MOST);
            }
            let before = spread.get();
            (0..10).for_each(|_| spread.answered());
            spread.refused(MOST);
            before.as_micros() * 1_000 / (spread.get() - before).as_micros().max(1)
        };
        // After ten calls a quarter; the step before counts too, so that a refusal that came early by chance adds little.
        assert!((3_900..4_100).contains(&added([0, 0])), "{}", added([0, 0]));
        assert!((8_800..9_000).contains(&added([0, 100])), "{}", added([0, 100]));
        assert!((17_600..18_000).contains(&added([100, 400])), "{}", added([100, 400]));
        // A hundredth of the whole distance of two calls, which is three times what is kept here, is the least.
        assert!((30_000..34_000).contains(&added([10_000, 10_000])), "{}", added([10_000, 10_000]));
    }

    #[test]
    fn a_refusal_proves_what_was_kept_by_habit() {
        let mut spread = Spread::first();
        spread.refused(MOST);
        let kept = spread.get();
        assert!(kept > FIRST);
        (0..1_000).for_each(|_| spread.answered());
        assert!(spread.get() > kept.mul_f64(0.999), "{:?}", spread.get());
    }

    #[test]
    fn what_is_handed_on_is_kept_as_it_was_found() {
        let mut spread = Spread::restored(Duration::from_millis(50), MOST);
        (0..2_000).for_each(|_| spread.answered());
        assert!((49_900..=50_000).contains(&spread.get().as_micros()), "{:?}", spread.get());
        let unknown = Spread::restored(Spread::first().found(), MOST);
        assert_eq!(unknown, Spread::first(), "what was kept by habit was not found");
        assert_eq!(Spread::restored(Duration::MAX, MOST).get(), MOST);
    }

    #[test]
    fn what_does_not_help_is_given_up_for_long() {
        let mut spread = Spread::first();
        (0..40_000).for_each(|_| spread.answered());
        (0..30).for_each(|_| spread.refused(MOST));
        let kept = MOST / KEPT_PART;
        assert!(spread.get() < kept + FIRST, "{:?}", spread.get());
        (0..FUTILE).for_each(|_| spread.answered());
        spread.refused(MOST);
        assert!(spread.get() >= kept, "{:?}", spread.get());
        // Rare refusals at the most are the jitter's, and it stays.
        for _ in 0..400 {
            (0..RARE).for_each(|_| spread.answered());
            spread.refused(MOST);
        }
        assert!(spread.get() > MOST.mul_f64(0.99), "{:?}", spread.get());
    }

    #[test]
    fn what_refusals_added_lasts() {
        let mut spread = Spread::first();
        (0..40_000).for_each(|_| spread.answered());
        (0..12).for_each(|_| spread.refused(MOST));
        let before = spread.get();
        (0..20_000).for_each(|_| spread.answered());
        let lost = before.saturating_sub(spread.get());
        assert!(lost * 110 > before && lost * 90 < before, "{lost:?} of {before:?}");
    }
}
