//! `Concurrency`: how many calls of a lane may be under way at a provider that has no more capacity.
//!
//! Off until a provider refuses for want of capacity again, not just here and there; then additive increase and
//! multiplicative decrease (Chiu and Jain, 1989) with a gradient on the time to the first byte, as in Netflix's
//! concurrency-limits (`Gradient2Limit`, 0.5.4): a limit may grow while first bytes come as soon as they can, and shrinks
//! by as much as they come later than half as soon. Answers of models take as long as their prompts are, so times are
//! compared within classes of prompts. The first byte of an answer in one piece comes when all of it is made: there the
//! time a token is compared. Rates are left alone: a slower rate would not shorten the provider's queue.

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;

/// A second refusal within this time turns it on: one alone is answered by a pause.
const PATTERN: Duration = Duration::from_secs(60);
/// What the first refusal leaves of the calls that were under way, and each later one of the limit, in hundredths.
const FIRST_KEEPS: u64 = 70;
const LATER_KEEPS: u64 = 85;
/// Below this part of the calls at which it was refused, in hundredths, the limit grows by one an answer; above it by one
/// a round of answers, and from the refused number on by one in so many rounds.
const NEAR: u64 = 80;
const BEYOND: u64 = 4;
/// After so long without a refusal a limit that is used by half at most is off again.
const CALM: Duration = Duration::from_secs(60);
/// How many classes of prompts there are, and the first ones' tokens: each has four times as many as the one before.
const CLASSES: usize = 6;
const CLASS_TOKENS: u64 = 256;
/// A first byte is late from this multiple of the soonest on, and takes up to this part of one call off the limit, in
/// thousandths.
const LATE: u64 = 2;
const LATE_MILLI: u64 = 200;
/// As many tokens of output as the time before the first of them is worth, in an answer that comes in one piece: half a
/// second, at sixty tokens a second.
const BEGINNING: u64 = 32;
/// How slowly the soonest first byte is forgotten: a class's provider may have become slower for good.
const FORGETS: u32 = 64;

/// How many calls of a lane may be under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Concurrency {
    /// In thousandths of a call; `None` while it is off.
    milli: Option<u64>,
    /// How many calls were under way when the provider last refused one.
    wall: u64,
    /// When the limit was last cut. Refusals of calls that had left by then tell nothing new.
    cut_at: Timestamp,
    refused_at: Timestamp,
    /// The last refusal while it is off.
    sign: Option<Timestamp>,
    /// The soonest first byte of each class of prompts, in microseconds; zero before the first.
    soonest: [u32; CLASSES],
    /// The least time a token of answers that came in one piece, likewise.
    soonest_token: [u32; CLASSES],
}

noted!(Concurrency { milli, wall, cut_at, refused_at, sign, soonest, soonest_token });

impl Concurrency {
    /// The limit, while there is one. Never below one: who may not call cannot find out that he may.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.milli.map(|milli| (milli / 1_000).max(1))
    }

    /// Starts from the limit that an earlier engine had found.
    pub(crate) fn restore(&mut self, limit: u32, now: Timestamp) {
        let limit = u64::from(limit.max(1));
        (self.milli, self.wall, self.cut_at, self.refused_at) =
            (Some(limit.saturating_mul(1_000)), limit, now, now);
    }

    /// The provider refused a call, granted at `granted`, for want of capacity, while so many were under way; not a
    /// `stray` call among many answers. Says whether the limit answers for it.
    pub(crate) fn overloaded(
        &mut self,
        under_way: u64,
        granted: Timestamp,
        stray: bool,
        now: Timestamp,
    ) -> bool {
        let Some(milli) = self.milli else {
            let again = self.sign.is_some_and(|sign| now.since(sign) <= PATTERN);
            if stray {
                return false;
            }
            self.sign = Some(now);
            if again {
                self.cut(under_way.saturating_mul(FIRST_KEEPS).saturating_mul(10), under_way, now);
            }
            return again;
        };
        if !stray {
            self.refused_at = now;
            if granted > self.cut_at {
                let most = milli.min(under_way.saturating_mul(1_000));
                self.cut(most.saturating_mul(LATER_KEEPS) / 100, under_way, now);
            }
        }
        true
    }

    fn cut(&mut self, milli: u64, under_way: u64, now: Timestamp) {
        self.milli = Some(milli.max(1_000));
        (self.wall, self.cut_at, self.refused_at) = (under_way, now, now);
        self.sign = None;
    }

    /// A call was answered while so many were under way: the limit grows if it is in use, or is off again.
    pub(crate) fn answered(&mut self, under_way: u64, granted: Timestamp, now: Timestamp) {
        let (Some(milli), Some(limit)) = (self.milli, self.limit()) else { return };
        let in_use = under_way.saturating_mul(2) >= limit;
        if !in_use && now.since(self.refused_at) >= CALM {
            let (soonest, soonest_token) = (self.soonest, self.soonest_token);
            *self = Self { soonest, soonest_token, ..Self::default() };
        } else if in_use && granted >= self.cut_at {
            let near = limit.saturating_mul(100) >= self.wall.saturating_mul(NEAR);
            let rounds = if limit >= self.wall { BEYOND } else { 1 };
            let step = if near { 1_000_u64.div_ceil(limit.saturating_mul(rounds)) } else { 1_000 };
            self.milli = Some(milli.saturating_add(step));
        }
    }

    /// The first byte of a streamed answer came after so long: the limit shrinks if that is late for prompts of its class.
    pub(crate) fn first_byte(&mut self, input: u64, after: Duration) {
        if let Some(soonest) = self.soonest.get_mut(class_of(input)) {
            let late = lateness(soonest, micros(after));
            self.shrink(late);
        }
    }

    /// An answer with so much output came in one piece after so long: likewise by its time a token.
    pub(crate) fn in_one_piece(&mut self, input: u64, output: u64, after: Duration) {
        let tokens = output.saturating_add(BEGINNING);
        let took = u64::from(micros(after)).checked_div(tokens).unwrap_or(0);
        if let Some(soonest) = self.soonest_token.get_mut(class_of(input)).filter(|_| output > 0) {
            let late = lateness(soonest, u32::try_from(took).unwrap_or(u32::MAX).max(1));
            self.shrink(late);
        }
    }

    /// Takes a part of one call off the limit, by how late an answer was.
    fn shrink(&mut self, late: u64) {
        if let Some(milli) = &mut self.milli {
            *milli = milli.saturating_sub(late.saturating_mul(LATE_MILLI) / 500).max(1_000);
        }
    }
}

/// In which class of prompts one of so many tokens is.
fn class_of(input: u64) -> usize {
    let class = (input / CLASS_TOKENS).checked_ilog2().map_or(0, |log| (log / 2).saturating_add(1));
    usize::try_from(class).unwrap_or(CLASSES).min(CLASSES - 1)
}

/// At least one: zero stands for none.
fn micros(span: Duration) -> u32 {
    u32::try_from(span.as_micros()).unwrap_or(u32::MAX).max(1)
}

/// By how much a time is late, up to 500, beside the soonest so far, which follows it.
fn lateness(soonest: &mut u32, took: u32) -> u64 {
    *soonest = match *soonest {
        0 => took,
        known if took < known => took,
        known => known.saturating_add(took.saturating_sub(known) / FORGETS),
    };
    // What a gradient between a half and one leaves; at one the first byte is not late.
    let gradient =
        u64::from(*soonest).saturating_mul(LATE).saturating_mul(1_000).checked_div(u64::from(took));
    1_000_u64.saturating_sub(gradient.unwrap_or(1_000).clamp(500, 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    /// Refused twice at this moment with 100 calls under way.
    fn refused(now: Timestamp) -> Concurrency {
        let mut concurrency = Concurrency::default();
        for _ in 0..2 {
            concurrency.overloaded(100, at(0), false, now);
        }
        concurrency
    }

    #[test]
    fn one_refusal_in_a_minute_turns_nothing_on_and_two_do() {
        let mut concurrency = Concurrency::default();
        for second in [0, 61, 122, 183] {
            assert!(!concurrency.overloaded(100, at(0), false, at(second)));
        }
        for _ in 0..10 {
            assert!(!concurrency.overloaded(100, at(0), true, at(190)), "stray ones never do");
        }
        assert_eq!(concurrency.limit(), None);
        assert_eq!(refused(at(200)).limit(), Some(70));
    }

    #[test]
    fn calls_that_had_left_at_a_cut_do_not_cut_again() {
        let mut concurrency = refused(at(10));
        assert!(concurrency.overloaded(90, at(9), false, at(11)));
        assert_eq!(concurrency.limit(), Some(70));
        assert!(concurrency.overloaded(70, at(11), false, at(12)));
        assert_eq!(concurrency.limit(), Some(59));
        for second in 13..200 {
            concurrency.overloaded(1, at(second - 1), false, at(second));
        }
        assert_eq!(concurrency.limit(), Some(1), "never below one");
    }

    #[test]
    fn it_grows_to_what_was_refused_and_slowly_beyond() {
        let mut concurrency = refused(at(10));
        let mut answers = 0;
        while concurrency.limit() < Some(100) {
            concurrency.answered(concurrency.limit().unwrap(), at(11), at(12));
            answers += 1;
        }
        assert!((1_500..2_500).contains(&answers), "{answers} to get from 70 to 100");
        (0..400).for_each(|_| concurrency.answered(100, at(11), at(12)));
        assert_eq!(concurrency.limit(), Some(101), "one in four rounds");
    }

    #[test]
    fn it_is_off_again_after_a_calm_minute_with_room_to_spare() {
        let mut concurrency = refused(at(10));
        concurrency.answered(60, at(11), at(80));
        assert!(concurrency.limit().is_some(), "it is in use");
        concurrency.answered(10, at(11), at(69));
        assert!(concurrency.limit().is_some(), "not yet");
        concurrency.answered(10, at(11), at(70));
        assert_eq!(concurrency.limit(), None);
    }

    #[test]
    fn a_refusal_now_and_then_takes_nothing_away() {
        let mut concurrency = refused(at(10));
        assert!(concurrency.overloaded(70, at(11), true, at(12)));
        assert_eq!(concurrency.limit(), Some(70));
    }

    #[test]
    fn late_first_bytes_shrink_it_within_their_class_of_prompts() {
        let mut concurrency = refused(at(10));
        let second = Duration::from_secs(1);
        for _ in 0..20 {
            concurrency.first_byte(100, second);
            concurrency.first_byte(30_000, second * 10);
        }
        assert_eq!(concurrency.limit(), Some(70), "long prompts take long");
        for _ in 0..20 {
            concurrency.first_byte(100, second * 5);
        }
        assert!((65..70).contains(&concurrency.limit().unwrap()), "{concurrency:?}");
        concurrency.first_byte(u64::MAX, Duration::MAX);
        concurrency.first_byte(0, Duration::ZERO);
    }

    #[test]
    fn late_answers_in_one_piece_shrink_it_by_their_time_a_token() {
        let mut concurrency = refused(at(10));
        let (millis, second) = (Duration::from_millis(900), Duration::from_secs(1));
        for _ in 0..20 {
            // Fifteen milliseconds a token, whatever their number; nothing is said by what has no output.
            concurrency.in_one_piece(100, 28, millis);
            concurrency.in_one_piece(100, 1_968, second * 30);
            concurrency.in_one_piece(30_000, 28, second * 9);
            concurrency.in_one_piece(100, 0, second * 60);
        }
        assert_eq!(concurrency.limit(), Some(70), "long answers take long");
        for _ in 0..20 {
            concurrency.in_one_piece(100, 1_968, second * 150);
        }
        assert!((65..70).contains(&concurrency.limit().unwrap()), "{concurrency:?}");
        concurrency.first_byte(100, millis);
        assert_eq!(concurrency.soonest[0], 900_000, "streams are another matter");
        concurrency.in_one_piece(u64::MAX, u64::MAX, Duration::MAX);
        concurrency.in_one_piece(0, 1, Duration::ZERO);
    }

    #[test]
    fn an_earlier_limit_holds_at_once_and_goes_like_any_other() {
        let mut concurrency = Concurrency::default();
        concurrency.restore(0, at(5));
        assert_eq!(concurrency.limit(), Some(1));
        concurrency.restore(40, at(5));
        assert_eq!(concurrency.limit(), Some(40));
        concurrency.answered(3, at(5), at(65));
        assert_eq!(concurrency.limit(), None);
    }
}
