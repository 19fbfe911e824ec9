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
/// What a refusal adds at least.
const STEP: Duration = Duration::from_millis(1);
/// The part of what is kept that it adds where one came shortly before, and where none did: far from the jitter, one call in
/// ten is refused, near it one in thousands.
const STEP_PART: u32 = 4;
const FINE_PART: u32 = 32;
/// After how many answers without one a refusal is rare.
const RARE: u32 = 24;
/// For how many answers nothing is added where it did not help: others take the one call, and who goes slower is refused as
/// often.
const FUTILE: u32 = 10_000;
/// The part of the most that is kept then: what others leave comes unevenly.
const KEPT_PART: u32 = 5;
/// What an answer takes of what refusals added: one part in so many, a hundredth in four thousand answers. Were it more,
/// the jitter would be found anew every few hundred calls.
const MELTS_PART: u32 = 400_000;

/// How far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    unproven: Duration,
    refused: Duration,
    /// How many answers came since the last refusal.
    answers: u32,
    /// For how many answers more nothing is added.
    futile: u32,
}

impl Spread {
    /// Where nothing is known.
    pub(super) const fn first() -> Self {
        Self { unproven: FIRST, refused: Duration::ZERO, answers: 0, futile: 0 }
    }

    /// How far apart calls are kept.
    pub(super) fn get(self) -> Duration {
        self.unproven.saturating_add(self.refused)
    }

    /// A call was refused although it seemed to fit, of a bucket that takes `most` to hold one again: so far apart, calls
    /// arrive in the order in which they left, or the jitter is beyond all help.
    pub(super) fn refused(&mut self, most: Duration) {
        let is_rare = self.answers >= RARE;
        self.answers = 0;
        if self.futile > 0 {
            return;
        }
        if self.refused >= most && !is_rare {
            self.refused = most.checked_div(KEPT_PART).unwrap_or(STEP);
            self.futile = FUTILE;
            return;
        }
        let part = if is_rare { FINE_PART } else { STEP_PART };
        let step = self.get().checked_div(part).unwrap_or(STEP).max(STEP);
        self.refused = self.refused.saturating_add(step).min(most);
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
    fn refusals_find_the_jitter_by_large_steps_and_then_by_small_ones() {
        let mut spread = Spread::first();
        (0..40_000).for_each(|_| spread.answered());
        (0..16).for_each(|_| spread.refused(MOST));
        let coarse = spread.get().as_micros();
        assert!((58_000..59_000).contains(&coarse), "{coarse}");
        (0..RARE).for_each(|_| spread.answered());
        spread.refused(MOST);
        let fine = spread.get().as_micros() - coarse;
        assert!((coarse / 33..coarse / 31).contains(&fine), "{fine}");
    }

    #[test]
    fn what_does_not_help_is_given_up_for_long() {
        let mut spread = Spread::first();
        (0..40_000).for_each(|_| spread.answered());
        (0..30).for_each(|_| spread.refused(MOST));
        let kept = MOST / KEPT_PART;
        assert!(spread.get() < kept + STEP, "{:?}", spread.get());
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
        (0..4_000).for_each(|_| spread.answered());
        let lost = before.saturating_sub(spread.get());
        assert!(lost * 110 > before && lost * 90 < before, "{lost:?} of {before:?}");
    }
}
