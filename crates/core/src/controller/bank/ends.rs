//! `Ends`: what calls under way will be charged when they are complete, how much of it is likely, and how soon it comes.

use core::time::Duration;

use super::candidate::Ended;
use crate::Timestamp;
use crate::kept::Kept;
use crate::soonest::Soonest;
use crate::time::nanos_of;

/// By which part the usual duration follows a new one.
const FOLLOWS_BY: u32 = 16;
/// A level is slow if it takes so many times as long to come back as a call takes.
const SLOW: u32 = 4;
/// How far ahead a fast level is looked at, in usual durations: as many calls end in that time as were under way.
const FAST_REACH: u32 = 2;

/// How far ahead the ends of calls are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) by: Duration,
    /// Whether that is short beside the time in which the level comes back.
    pub(super) is_short: bool,
}

/// What the ends of calls under way will bring.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends {
    /// What was set aside for them.
    pending: u64,
    /// How much of what was set aside was charged then.
    kept: Kept,
    /// How soon after its beginning a call ended lately, at the least.
    soonest: Soonest,
    /// How soon it ended usually.
    usual: Duration,
}

impl Ends {
    /// A call went, and `late` was set aside for its end.
    pub(super) fn reserve(&mut self, late: u64) {
        self.pending = self.pending.saturating_add(late);
    }

    /// A call ended, and was charged so much for it.
    pub(super) fn ended(&mut self, ended: &Ended, charged: u64, now: Timestamp) {
        self.pending = self.pending.saturating_sub(ended.late);
        if ended.late == 0 {
            return;
        }
        self.kept.record(ended.late, charged);
        let took = ended.stamp.age(now);
        self.usual = match self.soonest.get() {
            None => took,
            Some(_) => {
                let parts = self.usual.saturating_mul(FOLLOWS_BY - 1).saturating_add(took);
                parts.checked_div(FOLLOWS_BY).unwrap_or(took)
            }
        };
        self.soonest.took(took);
    }

    /// What was kept before says nothing any more.
    pub(super) fn forget_kept(&mut self) {
        self.kept = Kept::default();
    }

    /// What the ends will probably be charged, by what others were charged of what was set aside: the first of them set
    /// the most aside that they may put out.
    pub(super) fn expected(&self) -> u64 {
        self.kept.careful(self.pending)
    }

    /// How far ahead ends are looked at where a level takes so long to come back: to the soonest that a call which goes
    /// now may end, or, where all comes back while calls are under way, until about as many have ended. `None` until an
    /// end was seen.
    pub(super) fn reach(&self, refills_in: Duration) -> Option<Reach> {
        let soonest = self.soonest.get()?;
        let is_short = refills_in >= self.usual.saturating_mul(SLOW);
        let by = if is_short { soonest } else { self.usual.saturating_mul(FAST_REACH) };
        Some(Reach { by, is_short })
    }

    /// How much of `kept`, which is kept free for ends, may be charged before anybody hears of it, if that takes `blind`.
    pub(super) fn unheard(&self, kept: u64, blind: Duration) -> u64 {
        let soonest = self.soonest.get().unwrap_or(Duration::ZERO);
        if soonest <= blind {
            return kept;
        }
        let part = u128::from(kept).saturating_mul(u128::from(nanos_of(blind)));
        let part = part.div_ceil(u128::from(nanos_of(soonest)));
        u64::try_from(part).unwrap_or(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::Stamp;

    fn ended(ends: &mut Ends, begun_ms: u64, took_ms: u64) {
        let stamp = Stamp::at(Timestamp::from_millis(begun_ms));
        let ended = Ended { charged: 10, late: 100, actual: 40, stamp };
        ends.ended(&ended, 30, Timestamp::from_millis(begun_ms + took_ms));
    }

    #[test]
    fn nothing_is_looked_ahead_to_before_an_end_was_seen() {
        let mut ends = Ends::default();
        ends.reserve(100);
        assert_eq!((ends.expected(), ends.reach(Duration::from_secs(60))), (100, None));
        assert_eq!(ends.unheard(100, Duration::from_millis(100)), 100);
    }

    #[test]
    fn a_slow_level_is_looked_at_to_the_soonest_end_and_a_fast_one_until_all_have_ended() {
        let mut ends = Ends::default();
        ended(&mut ends, 0, 4_000);
        ended(&mut ends, 1_000, 2_000);
        let reach = |seconds| ends.reach(Duration::from_secs(seconds)).expect("an end was seen");
        assert_eq!(reach(60), Reach { by: Duration::from_secs(2), is_short: true });
        let fast = reach(1);
        assert!(!fast.is_short && fast.by > Duration::from_secs(7), "{fast:?}");
    }

    #[test]
    fn of_what_is_kept_as_much_may_be_unheard_of_as_ends_in_that_time() {
        let mut ends = Ends::default();
        ended(&mut ends, 0, 2_000);
        assert_eq!(ends.unheard(1_000, Duration::from_millis(100)), 50);
        assert_eq!(ends.unheard(1_000, Duration::from_secs(3)), 1_000);
    }
}
