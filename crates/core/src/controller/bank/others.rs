//! `Others`: what others use of a limit with the same key where its level jumps, and what is left free for them.
//!
//! An answer tells of others only what they used before it was written. Where a level rises evenly, what they use until
//! the next one comes off the refill ([`Drain`](super::drain::Drain)). Off a level that jumps it would be missing until
//! the jump, long after an answer told better; so it is not taken off, but left free by whoever goes.

use core::time::Duration;

use super::drain::most_milli;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

/// Over how long others are watched at least before they count as so fast, and after how long what was seen counts half.
const LEAST: Duration = Duration::from_secs(1);
const SPAN: Duration = Duration::from_secs(10);
/// How many calls of others are left free for beyond the expected: they do not come evenly.
const SPARE_CALLS: u64 = 2;
/// The part of a limit that is left free in that way at most.
const SPARE_SHARE: u64 = 20;
/// How quickly the size of their calls is learned: a fourth of each.
const SIZE_SHARE: u64 = 4;

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
}

impl Others {
    /// The answer to a call that left at `left`, in a window that began at `began`, showed so much to be missing.
    pub(super) fn hear(&mut self, missing: u64, left: Timestamp, began: Timestamp) {
        // It arrived in another window than it left in, and so did others of ours.
        if left < began {
            return;
        }
        self.over = self.over.saturating_add(left.since(self.heard.max(began)));
        self.heard = self.heard.max(left);
        let missing = missing.saturating_mul(1_000);
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

    /// What to leave free for them at `at`, in a window that began at `began`.
    pub(super) fn share(&self, quota: &Quota, at: Timestamp, began: Timestamp) -> u64 {
        self.used_by(quota, at, began).saturating_add(self.spare(quota)).checked_div(1_000).unwrap_or(0)
    }

    /// What is left free beyond what they are expected to use, in thousandths.
    fn spare(&self, quota: &Quota) -> u64 {
        let most = quota.amount.saturating_mul(1_000).checked_div(SPARE_SHARE).unwrap_or(0);
        self.size_milli.saturating_mul(SPARE_CALLS).min(self.used_milli).min(most)
    }

    /// What they have probably used by `at` that nobody has heard of, in thousandths.
    fn used_by(&self, quota: &Quota, at: Timestamp, began: Timestamp) -> u64 {
        if self.used_milli == 0 {
            return 0;
        }
        let second = Duration::from_secs(1).as_nanos();
        let over = u128::from(nanos_of(self.over.max(LEAST)));
        let rate = u128::from(self.used_milli).saturating_mul(second);
        let rate = rate.checked_div(over).unwrap_or(0).min(u128::from(most_milli(quota)));
        let unknown = u128::from(nanos_of(at.since(self.heard.max(began))));
        let used = rate.saturating_mul(unknown).checked_div(second).unwrap_or(0);
        u64::try_from(used).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota::per_minute(300);

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// Others who used one call in each of ten answers, half a second apart, in a window that began at zero.
    fn seen() -> Others {
        let mut others = Others::default();
        (1..=10).for_each(|answer| others.hear(1, at(answer * 500), Timestamp::ZERO));
        others
    }

    #[test]
    fn what_they_will_have_used_is_left_free_and_two_calls_more() {
        let others = seen();
        assert_eq!([5_000, 6_000, 15_000].map(|millis| others.share(&QUOTA, at(millis), at(0))), [2, 4, 22]);
    }

    #[test]
    fn in_a_new_window_only_the_time_since_it_began_counts() {
        assert_eq!(seen().share(&QUOTA, at(60_500), at(60_000)), 3);
    }

    #[test]
    fn answers_to_calls_of_an_earlier_window_say_nothing() {
        let mut others = Others::default();
        others.hear(5, at(59_950), at(60_000));
        assert_eq!(others, Others::default());
    }

    #[test]
    fn without_others_nothing_is_left_free_and_they_are_forgotten() {
        let mut others = Others::default();
        others.hear(0, at(500), at(0));
        assert_eq!(others.share(&QUOTA, at(30_000), at(0)), 0);
        let mut others = seen();
        (0..60).for_each(|second| others.hear(0, at(6_000 + second * 1_000), at(0)));
        assert_eq!(others.share(&QUOTA, at(66_000), at(0)), 0);
    }

    #[test]
    fn they_never_get_more_than_their_most() {
        let mut others = Others::default();
        others.hear(200, at(100), at(0));
        assert_eq!(others.share(&QUOTA, at(1_100), at(0)), 18, "3 a second, and a twentieth of the limit");
    }
}
