//! `Stray`: tells a refusal that stands alone among answers from one that is a sign.
//!
//! A busy provider refuses a call here and there, whatever its limits: pausing everybody for it costs far more than the
//! one call that has to go again. A limit that is exceeded, or a provider that is down, refuses one call after the
//! other, or a good share of them. So a refusal that no header explains is taken for a stray one as long as few of the
//! lane's last calls were refused. Refusals are compared with calls that were sent, not with answers: those take longer.

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;

/// Calls that must have been answered before a lane is known well enough; until then every refusal is a sign, since
/// that is how limits are found.
const KNOWN: u32 = 64;
/// One refusal in so many calls is a sign. One in fifty, or in twenty-five, stays well above it.
const ONE_IN: u32 = 7;
/// One in so many may be chance, where a limit on calls at once is about to answer for it.
const BY_CHANCE: u32 = 20;
/// So many refusals without an answer in between are never a sign; more are, unless many calls just left.
const IN_A_ROW: u32 = 2;
/// How much is counted together: at least a second, so that the refusals of a burst are compared with all of it, and at
/// least so many calls, so that two refusals of slow ones are not a pattern.
const SPAN: Duration = Duration::from_secs(1);
const SPAN_CALLS: u32 = 64;
/// How often a grain is tightened for stray refusals before it is thought not to explain them.
const TIGHTENED: u32 = 4;
/// After so many answers without one a grain may explain the next: where one call in fifty is refused by chance, so many
/// in a row are answered once in thirty thousand.
const CLEAN: u32 = 512;

/// What became of a lane's last calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stray {
    answered: u32,
    in_a_row: u32,
    /// How many calls were answered since the last refusal that nothing explains.
    clean: u32,
    /// The present span, and the one before.
    began: Timestamp,
    now: Count,
    before: Count,
    /// How often a grain was tightened for them.
    tightened: u32,
}

noted!(Stray { answered, in_a_row, clean, began, now, before, tightened });

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    sent: u32,
    refused: u32,
}

noted!(Count { sent, refused });

impl Stray {
    /// A call goes at `at`.
    pub(crate) fn sent(&mut self, at: Timestamp) {
        if self.now.sent >= SPAN_CALLS && at.since(self.began) >= SPAN {
            self.before = core::mem::take(&mut self.now);
            self.began = at;
        }
        self.now.sent = self.now.sent.saturating_add(1);
    }

    /// A call was answered.
    pub(crate) fn answered(&mut self) {
        self.in_a_row = 0;
        self.answered = self.answered.saturating_add(1);
        self.clean = self.clean.saturating_add(1);
        if self.clean >= CLEAN {
            self.tightened = 0;
        }
    }

    /// A call was refused, and nothing says why, while so many were `recent`: sent within the last second. Says whether
    /// it is a stray refusal.
    pub(crate) fn refused(&mut self, recent: u64) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.clean = 0;
        self.now.refused = self.now.refused.saturating_add(1);
        let refused = self.now.refused.saturating_add(self.before.refused);
        let sent = self.now.sent.saturating_add(self.before.sent);
        let burst = recent.checked_div(ONE_IN.into()).unwrap_or(0);
        self.answered >= KNOWN
            && refused.saturating_mul(ONE_IN) <= sent
            && u64::from(self.in_a_row) <= burst.max(IN_A_ROW.into())
    }

    /// Whether more of the last calls were refused than a provider refuses by chance.
    pub(crate) fn is_common(&self) -> bool {
        let refused = self.now.refused.saturating_add(self.before.refused);
        refused.saturating_mul(BY_CHANCE) > self.now.sent.saturating_add(self.before.sent)
    }

    /// A grain is about to be tightened for a stray refusal; says whether that makes sense. Where it was done a few times
    /// and refusals came all the same, they have another reason.
    pub(crate) fn tightens(&mut self) -> bool {
        self.tightened = self.tightened.saturating_add(1);
        self.tightened <= TIGHTENED
    }

    /// Refusals became a sign: a grain may explain those again.
    pub(crate) fn is_over(&mut self) {
        self.tightened = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lane that sent and answered enough calls, a hundred a second.
    fn known() -> Stray {
        let mut stray = Stray::default();
        for call in 0..200 {
            stray.sent(Timestamp::from_millis(call * 10));
            stray.answered();
        }
        stray
    }

    #[test]
    fn one_refusal_in_twenty_five_is_stray() {
        let mut stray = known();
        for call in 200..3_000 {
            stray.sent(Timestamp::from_millis(call * 10));
            match call % 25 {
                7 => assert!(stray.refused(100), "call {call}"),
                _ => stray.answered(),
            }
        }
    }

    #[test]
    fn refusals_in_a_row_are_a_sign_unless_they_are_few_of_a_burst() {
        let seen: [bool; 4] = {
            let mut stray = known();
            core::array::from_fn(|_| stray.refused(5))
        };
        assert_eq!(seen, [true, true, false, false]);
        let mut stray = known();
        (0..500).for_each(|_| stray.sent(Timestamp::from_secs(3)));
        assert!((0..10).all(|_| stray.refused(500)), "refusals are back before answers are");
        assert!(!(0..90).all(|_| stray.refused(500)));
    }

    #[test]
    fn a_good_share_of_refusals_is_a_sign() {
        let mut stray = known();
        let signs = (0..300_u64).filter(|turn| {
            for call in 0..3 {
                stray.sent(Timestamp::from_millis(2_000 + turn * 30 + call * 10));
            }
            stray.answered();
            stray.answered();
            !stray.refused(100)
        });
        assert!(signs.count() > 200);
    }

    #[test]
    fn the_first_refusals_of_a_lane_are_a_sign() {
        let mut stray = Stray::default();
        stray.sent(Timestamp::ZERO);
        stray.answered();
        assert!(!stray.refused(1));
    }

    #[test]
    fn a_grain_that_explains_nothing_is_tightened_a_few_times() {
        let mut stray = known();
        let tightened: [bool; 6] = core::array::from_fn(|_| stray.tightens());
        assert_eq!(tightened, [true, true, true, true, false, false]);
        stray.is_over();
        assert!(stray.tightens());
    }

    #[test]
    fn a_grain_may_explain_refusals_again_after_long_without_one() {
        let mut stray = known();
        assert!((0..=TIGHTENED).map(|_| stray.tightens()).any(|sense| !sense));
        stray.refused(100);
        (1..CLEAN).for_each(|_| stray.answered());
        assert!(!stray.tightens(), "one answer is missing");
        stray.answered();
        assert!(stray.tightens());
    }
}
