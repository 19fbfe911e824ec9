//! `Others`: what others use of a limit with the same key where its level jumps, and what is left free for them.
//!
//! An answer tells of others only what they used before it was written. Where a level rises evenly, what they use until
//! the next one comes off the refill ([`Drain`](super::drain::Drain)). Off a level that jumps it would be missing until
//! the jump, long after an answer told better; so it is not taken off, but left free by whoever goes. Of a sliding window
//! they have a part that stays theirs until an answer gives it back: when something of it leaves is not known, and they
//! use as much again meanwhile.

use core::time::Duration;

use super::drain::most_milli;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

/// Over how long others are watched at least before they count as so fast, and after how long what was seen counts half.
const LEAST: Duration = Duration::from_secs(1);
const SPAN: Duration = Duration::from_secs(10);
/// For how many calls of others room is left beyond the expected: they do not come evenly. Two left up to 8 refusals in
/// ten thousand calls that weigh by their tokens.
const SPARE_CALLS: u64 = 3;
/// The part of a limit that is left free in that way at most. A twentieth is less than three calls of a short window, and was
/// refused twice as often there for a hundredth more of the limit.
const SPARE_SHARE: u64 = 12;
/// The part of a sliding window that is left free beyond what they have of it: a few calls, since they do not use again
/// what leaves at the instant at which it does. A sixtieth costs two hundredths of the limit more, and leaves no fewer
/// refusals.
const ROUGH_SHARE: u64 = 90;
/// How quickly the size of their calls is learned: a fourth of each.
const SIZE_SHARE: u64 = 4;

/// The level that others use some of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commons<'a> {
    pub(super) quota: &'a Quota,
    /// When the present window began, where windows are fixed; else at zero.
    pub(super) began: Timestamp,
    /// What they have of a sliding window, as far as answers told; `None` where windows are fixed.
    pub(super) theirs: Option<u64>,
}

impl Commons<'_> {
    /// Whether it is a sliding window of which others have nothing: what is missing there may be late in leaving.
    fn is_ours(&self) -> bool {
        self.theirs == Some(0)
    }
}

/// What an answer showed of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// What was missing for certain.
    pub(super) missing: u64,
    /// What else may be missing, if the answer has not counted the calls that left after its own.
    pub(super) doubt: u64,
    /// When its call left.
    pub(super) left: Timestamp,
}

/// What others use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    /// What was missing, in thousandths of a unit, and over how long.
    used_milli: u64,
    over: Duration,
    /// How large their calls are, in thousandths of a unit.
    size_milli: u64,
    /// When the latest call left whose answer was heard.
    heard: Timestamp,
    /// What was expected of them until then and its answer left open, in thousandths.
    open_milli: u64,
}

impl Others {
    /// Takes in what an answer showed.
    pub(super) fn hear(&mut self, shown: Shown, of: &Commons<'_>) {
        let Shown { left, .. } = shown;
        // It arrived in another window than it left in, and so did others of ours.
        if left < of.began {
            return;
        }
        if of.is_ours() {
            *self = Self { heard: self.heard.max(left), ..Self::default() };
            return;
        }
        let missing = shown.missing.saturating_mul(1_000);
        if left >= self.heard {
            let expected = self.used_by(of, left).saturating_sub(missing);
            self.open_milli = expected.min(shown.doubt.saturating_mul(1_000));
        }
        self.over = self.over.saturating_add(left.since(self.heard.max(of.began)));
        self.heard = self.heard.max(left);
        self.used_milli = self.used_milli.saturating_add(missing);
        if missing > 0 {
            let kept = self.size_milli.saturating_sub(self.size_milli.checked_div(SIZE_SHARE).unwrap_or(0));
            self.size_milli = match self.size_milli {
                0 => missing,
                _ => kept.saturating_add(missing.checked_div(SIZE_SHARE).unwrap_or(0)),
            };
        }
        if self.over > SPAN {
            self.over = self.over.checked_div(2).unwrap_or(SPAN);
            self.used_milli = self.used_milli.checked_div(2).unwrap_or(0);
        }
    }

    /// When the latest call left whose answer was heard.
    pub(super) fn heard(&self) -> Timestamp {
        self.heard
    }

    /// What to leave free for them at `at`.
    pub(super) fn share(&self, of: &Commons<'_>, at: Timestamp) -> u64 {
        if of.is_ours() {
            return 0;
        }
        self.used_by(of, at).saturating_add(self.spare(of)).checked_div(1_000).unwrap_or(0)
    }

    /// What is left free beyond what they are expected to use, in thousandths.
    fn spare(&self, of: &Commons<'_>) -> u64 {
        let part = |share: u64| of.quota.amount.saturating_mul(1_000).checked_div(share).unwrap_or(0);
        let calls = self.size_milli.saturating_mul(SPARE_CALLS).min(self.used_milli).min(part(SPARE_SHARE));
        calls.max(of.theirs.unwrap_or(0).saturating_mul(1_000).min(part(ROUGH_SHARE)))
    }

    /// What they have probably used by `at` that nobody has heard of, in thousandths.
    fn used_by(&self, of: &Commons<'_>, at: Timestamp) -> u64 {
        let open = if self.heard < of.began { 0 } else { self.open_milli };
        self.more_by(of, at).max(self.again_by(of, at)).saturating_add(open)
    }

    /// What they use beyond what they had, at the rate at which it was missing lately.
    fn more_by(&self, of: &Commons<'_>, at: Timestamp) -> u64 {
        if self.used_milli == 0 {
            return 0;
        }
        let second = Duration::from_secs(1).as_nanos();
        let over = u128::from(nanos_of(self.over.max(LEAST)));
        let rate = u128::from(self.used_milli).saturating_mul(second);
        let rate = rate.checked_div(over).unwrap_or(0).min(u128::from(most_milli(of.quota)));
        let unknown = u128::from(nanos_of(at.since(self.heard.max(of.began))));
        let used = rate.saturating_mul(unknown).checked_div(second).unwrap_or(0);
        u64::try_from(used).unwrap_or(u64::MAX)
    }

    /// What they use of a sliding window as fast as they used what they have of it, if nothing of that leaves meanwhile.
    fn again_by(&self, of: &Commons<'_>, at: Timestamp) -> u64 {
        let period = of.quota.period;
        let again =
            u128::from(of.theirs.unwrap_or(0)).saturating_mul(at.since(self.heard).min(period).as_nanos());
        let again = again.saturating_mul(1_000).checked_div(period.as_nanos()).unwrap_or(0);
        u64::try_from(again).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota::per_minute(300);

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// Fixed windows of a minute, of which the present one began at so many milliseconds.
    const fn window(began_ms: u64) -> Commons<'static> {
        Commons { quota: &QUOTA, began: Timestamp::from_millis(began_ms), theirs: None }
    }

    /// A sliding window of which others have so much.
    const fn sliding(theirs: u64) -> Commons<'static> {
        Commons { quota: &QUOTA, began: Timestamp::ZERO, theirs: Some(theirs) }
    }

    fn shown(missing: u64, left_ms: u64) -> Shown {
        Shown { missing, doubt: 0, left: at(left_ms) }
    }

    /// Others who used one call in each of ten answers, half a second apart, in a window that began at zero.
    fn seen() -> Others {
        let mut others = Others::default();
        (1..=10).for_each(|answer| others.hear(shown(1, answer * 500), &window(0)));
        others
    }

    #[test]
    fn what_they_will_have_used_is_left_free_and_three_calls_more() {
        let others = seen();
        assert_eq!([5_000, 6_000, 15_000].map(|millis| others.share(&window(0), at(millis))), [3, 5, 23]);
    }

    #[test]
    fn in_a_new_window_only_the_time_since_it_began_counts() {
        assert_eq!(seen().share(&window(60_000), at(60_500)), 4);
    }

    #[test]
    fn answers_to_calls_of_an_earlier_window_say_nothing() {
        let mut others = Others::default();
        others.hear(shown(5, 59_950), &window(60_000));
        assert_eq!(others, Others::default());
    }

    #[test]
    fn without_others_nothing_is_left_free_and_they_are_forgotten() {
        let mut others = Others::default();
        others.hear(shown(0, 500), &window(0));
        assert_eq!(others.share(&window(0), at(30_000)), 0);
        let mut others = seen();
        (0..60).for_each(|second| others.hear(shown(0, 6_000 + second * 1_000), &window(0)));
        assert_eq!(others.share(&window(0), at(66_000)), 0);
    }

    #[test]
    fn they_never_get_more_than_their_most() {
        let mut others = Others::default();
        others.hear(shown(200, 100), &window(0));
        assert_eq!(others.share(&window(0), at(1_100)), 28, "3 a second, and a twelfth of the limit");
    }

    #[test]
    fn what_an_answer_leaves_open_is_left_free_until_another_tells() {
        let mut others = seen();
        others.hear(Shown { missing: 0, doubt: 30, left: at(15_000) }, &window(0));
        assert_eq!(others.share(&window(0), at(15_000)), 23, "as much as before");
        others.hear(Shown { missing: 0, doubt: 7, left: at(15_000) }, &window(0));
        assert_eq!(others.share(&window(0), at(15_000)), 10, "no more than may be missing");
        assert_eq!(others.share(&window(60_000), at(60_000)), 3, "and nothing of it in the next window");
        others.hear(shown(7, 15_000), &window(0));
        assert_eq!(others.share(&window(0), at(15_000)), 7, "it was missing: their calls seem to be larger");
    }

    #[test]
    fn what_they_have_of_a_sliding_window_is_used_again() {
        let mut others = Others::default();
        others.hear(shown(0, 1_000), &sliding(60));
        let shares = [1_000, 11_000, 61_000, 200_000].map(|millis| others.share(&sliding(60), at(millis)));
        assert_eq!(shares, [3, 13, 63, 63], "one a second, and an eightieth of the limit");
        assert_eq!(others.share(&sliding(1), at(1_000)), 1, "no more than they have");
        others.hear(shown(5, 2_000), &sliding(0));
        assert_eq!(others.share(&sliding(0), at(9_000)), 0, "who has nothing is not there");
        assert_eq!(others.share(&sliding(60), at(12_000)), 13, "it was heard of them all the same");
    }
}
