//! `Theirs`: what others have of a sliding window.
//!
//! When something of it leaves is not known, and they use as much again meanwhile: so it stays theirs until answers give
//! it back. Taken to leave a period after it was found missing, all of it was sent for at once, a burst a minute, and
//! others were there still: up to a thousand refusals in ten thousand calls. But what is missing once may be a call of
//! one's own that was not counted; that leaves by itself.

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;

/// How far apart from the last time something has to be missing to be missing once more: a burst and its answers are one.
const APART: Duration = Duration::from_secs(1);
/// How often something has to be missing until it is another's. Calls of one's own that were not counted, or leave late, are
/// missing once or twice at most in work of a few windows, which would need another window for what others do not have.
const OFTEN: u8 = 3;
/// Others are never taken to use more than this of a limit: who has nothing left never learns better, and a window that is always
/// nearly full is no sliding one.
pub(crate) const OTHERS_PERCENT: u64 = 60;
/// For how many periods since the last time it is remembered.
const REMEMBERED: u32 = 4;

/// What others have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Theirs {
    amount: u64,
    /// How often something was missing, and when it last was.
    often: u8,
    last: Timestamp,
}

noted!(Theirs { amount, often, last });

impl Theirs {
    /// They are known to have so much of a window of `whole`.
    pub(super) fn known(amount: u64, whole: u64, now: Timestamp) -> Self {
        let mut theirs = Self::default();
        theirs.take(amount, whole);
        (theirs.often, theirs.last) = if amount > 0 { (OFTEN, now) } else { (0, Timestamp::ZERO) };
        theirs
    }

    /// What they have.
    pub(super) fn amount(self) -> u64 {
        self.amount
    }

    /// Something is missing `now` of a window of `period`; says whether it is theirs.
    pub(super) fn are_here(&mut self, now: Timestamp, period: Duration) -> bool {
        let since = now.since(self.last);
        if self.often == 0 || since > period.saturating_mul(REMEMBERED) {
            self.often = 1;
        } else if since >= APART {
            self.often = self.often.saturating_add(1);
        }
        self.last = now;
        self.amount > 0 || self.often >= OFTEN
    }

    /// So much more of a window of `whole` is theirs; gives what is more than they are taken to have.
    pub(super) fn take(&mut self, missing: u64, whole: u64) -> u64 {
        let most = whole.saturating_mul(OTHERS_PERCENT).checked_div(100).unwrap_or(0);
        let taken = missing.min(most.saturating_sub(self.amount));
        self.amount = self.amount.saturating_add(taken);
        missing.saturating_sub(taken)
    }

    /// So much more is left than was thought; gives what of that was not theirs.
    pub(super) fn give_back(&mut self, more: u64) -> u64 {
        let beyond = more.saturating_sub(self.amount);
        self.amount = self.amount.saturating_sub(more);
        beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(60);

    fn are_here(theirs: &mut Theirs, now_ms: u64) -> bool {
        theirs.are_here(Timestamp::from_millis(now_ms), PERIOD)
    }

    #[test]
    fn what_is_missing_time_and_again_is_theirs() {
        let mut theirs = Theirs::default();
        let here = [1_000, 1_999, 61_000, 61_500, 122_000].map(|now_ms| are_here(&mut theirs, now_ms));
        assert_eq!(here, [false, false, false, false, true], "one burst is one time");
    }

    #[test]
    fn they_are_remembered_for_some_periods_and_as_long_as_they_have_something() {
        let mut theirs = Theirs::default();
        assert_eq!([1_000, 2_000, 3_000].map(|now_ms| are_here(&mut theirs, now_ms)), [false, false, true]);
        assert_eq!(theirs.take(4, 100), 0);
        assert_eq!((theirs.give_back(3), theirs.amount()), (0, 1));
        assert!(are_here(&mut theirs, 900_000));
        assert_eq!((theirs.give_back(3), theirs.amount()), (2, 0));
        assert!(!are_here(&mut theirs, 1_200_000));
        assert_eq!([1_440_000, 1_680_000].map(|now_ms| are_here(&mut theirs, now_ms)), [false, true], "four");
    }

    #[test]
    fn who_is_known_to_have_something_is_here_and_who_has_nothing_was_never_seen() {
        let [mut some, mut none] = [4, 0].map(|amount| Theirs::known(amount, 100, Timestamp::from_secs(100)));
        assert_eq!((some.give_back(4), none.give_back(4)), (0, 4));
        assert!(are_here(&mut some, 101_000) && !are_here(&mut none, 101_000));
    }

    #[test]
    fn two_fifths_of_the_window_are_never_theirs() {
        let mut theirs = Theirs::default();
        assert_eq!((theirs.take(50, 100), theirs.take(50, 100), theirs.amount()), (0, 40, 60));
        assert_eq!(
            (theirs.take(1, 10), theirs.amount()),
            (1, 60),
            "a limit that became smaller takes nothing away"
        );
    }
}
