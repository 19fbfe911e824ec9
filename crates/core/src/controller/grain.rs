//! The grain: a finer limit than the stated one, assumed after a refusal that the headers do not explain.
//!
//! Many providers state a limit per minute and enforce it per second. The stated rate still holds, only less may go at
//! once: in no second more than a second's worth. What else is wrong then, further refusals tell:
//!
//! * One that comes right after another says that a second is too long. As much comes back, in smaller pieces.
//! * One that comes later, where calls weigh by their tokens, says that others take their part, or that calls arrive
//!   closer together than they left: less goes in a second. What is left free between calls of different sizes is lost
//!   anyhow, so that this costs less than anything else.
//! * One that comes later where all calls count alike says only the latter: a second becomes longer. Behind others, even
//!   pacing is as good as room for them, and costs less.

use alloc::string::String;
use core::time::Duration;

use crate::ward::{Origin, Ward, WardReach};
use crate::{Dimension, Quota, Refill, Timestamp};

/// The grain's rate beside the stated one: a little below, so that calls which arrive a moment closer together than they
/// left are not refused for it.
const RATE_PERMILLE: u64 = 997;
/// A grain's rate is over so many thousand periods of the stated limit, whose amount alone is too coarse for small steps.
const PERIODS: u32 = 1_000;
/// What is left of the burst where it has to be had in smaller pieces.
const PIECES_PERMILLE: u64 = 600;
/// What is left of the burst, and of the rate with it, where tokens are counted.
const LESS_PERMILLE: u64 = 900;
/// What is left of the rate for a while, and for long, where calls go one after the other.
const RATE_KEPT_PERMILLE: u64 = 950;
const MOST_KEPT_PERMILLE: u64 = 965;
/// What a refusal that stands alone leaves of the latter, and what all of them together leave: some are refused by
/// chance. Where tokens are counted more is had anyhow than calls one after the other would have.
const NUDGED_PERMILLE: u64 = 975;
const NUDGED_TOKENS_PERMILLE: u64 = 950;
const LEAST_KEPT_PERMILLE: u64 = 900;
/// What each answer gives back of the rate, and of what the rate may come back to: a hundredth in sixty thousand answers,
/// since each time that it is too much again costs refusals.
const RATE_BACK: u64 = 2_000;
const MOST_BACK: u64 = 6_000_000;
/// How soon after the one before a refusal says that the time is too long: where calls are counted, and, where others
/// may just have taken much, how many in a row within how many times the grain's own time.
const SOON: Duration = Duration::from_secs(10);
const SOON_PERIODS: u32 = 2;
const SOON_IN_A_ROW: u32 = 2;
/// How long without an unexplained refusal until twice as much is tried at once, and the grain is given up at last:
/// providers do not change how they count every day, and finding it out costs a refusal. Each time that it was
/// too much, it takes so many times as long, up to the most.
const LASTS: Duration = Duration::from_secs(4 * 3_600);
const LASTS_LONGER: u32 = 4;
const LASTS_MOST: Duration = Duration::from_secs(86_400);
/// Each call makes the largest one a little older, by such a part: a single one does not decide for ever.
const LARGEST_PART: u64 = 32;

/// No grain is as coarse as the limits behind which one may hide.
const COARSEST: Duration = Duration::from_secs(60);

/// What is known of a ward that is a grain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grain {
    /// How long it is believed, and until when.
    lasts: Duration,
    until: Timestamp,
    /// When it was last made finer: calls that had left by then were refused by what was thought before.
    since: Timestamp,
    /// How many refusals came right after one another.
    in_a_row: u32,
    /// Whether twice as much goes at once as was good before.
    is_tried: bool,
    /// How fast it comes back, and how much may go at once.
    rate: Quota,
    /// The most that the rate's amount grows back to, for now and in the long run.
    most: u64,
    whole: u64,
    /// What refusals that stand alone leave of the most at least.
    least: u64,
    /// The largest call lately: whatever limit it is, that much passes.
    largest: u64,
}

/// What a further refusal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// What was good before.
    Back,
    /// Smaller pieces, at the same rate.
    Finer,
    /// Less in the same time.
    Less,
    /// As much in a longer time.
    Slower,
}

impl Grain {
    /// A grain of that rate and burst, which came up just `now`.
    fn new(rate: Quota, now: Timestamp) -> Self {
        Self {
            lasts: LASTS,
            until: now.after(LASTS),
            since: now,
            in_a_row: 0,
            is_tried: false,
            rate,
            most: rate.amount,
            whole: rate.amount,
            least: part(rate.amount, LEAST_KEPT_PERMILLE),
            largest: 1,
        }
    }

    /// As another engine may take it over: the rate that it comes back to, and what may go at once.
    pub(crate) fn learned(&self) -> Quota {
        Quota { amount: self.most, ..self.rate }
    }

    /// What may go at once, and not again before it came back: however a provider lays its seconds, it sees no more in one.
    fn quota(&self) -> Quota {
        let burst = self.rate.capacity().max(self.largest);
        let nanos = u128::from(burst).saturating_mul(self.rate.period.as_nanos());
        let nanos = nanos.checked_div(self.rate.amount.into()).unwrap_or(0);
        let period = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        Quota::every(burst, period).burst(burst).refill(Refill::SlidingWindow)
    }

    fn is_one_call(&self) -> bool {
        self.rate.capacity() <= self.largest
    }

    /// What a refusal asks for that came `passed` after the one before, of a grain that lets its burst go each `period`.
    fn step(&self, dimension: Dimension, passed: Duration) -> Step {
        let is_soon = match dimension {
            Dimension::Requests => passed < SOON,
            _ => self.in_a_row >= SOON_IN_A_ROW,
        };
        match dimension {
            _ if self.is_tried => Step::Back,
            _ if self.is_one_call() => Step::Slower,
            _ if is_soon => Step::Finer,
            Dimension::Requests => Step::Slower,
            _ => Step::Less,
        }
    }

    fn take(&mut self, step: Step) {
        let burst = self.rate.capacity();
        match step {
            Step::Back => {
                self.rate.burst = Some(burst.checked_div(2).unwrap_or(1).max(1));
                self.is_tried = false;
                self.lasts = self.lasts.saturating_mul(LASTS_LONGER).min(LASTS_MOST);
            }
            Step::Finer => {
                self.rate.burst = Some(part(burst, PIECES_PERMILLE));
                self.in_a_row = 0;
            }
            Step::Less => {
                self.rate.burst = Some(part(burst, LESS_PERMILLE));
                self.slow_down(LESS_PERMILLE, LESS_PERMILLE);
            }
            Step::Slower => self.slow_down(RATE_KEPT_PERMILLE, MOST_KEPT_PERMILLE),
        }
    }

    fn slow_down(&mut self, kept: u64, most_kept: u64) {
        self.most = part(self.most.min(self.rate.amount), most_kept);
        self.rate.amount = part(self.rate.amount, kept);
        self.least = part(self.most, LEAST_KEPT_PERMILLE);
    }
}

/// Whether a finer grain may stand behind this limit: one of calls or tokens that the provider stated.
pub(crate) fn can_hide_behind(ward: &Ward) -> bool {
    let counted = matches!(
        ward.dimension,
        Dimension::Requests | Dimension::TotalTokens | Dimension::InputTokens | Dimension::OutputTokens
    );
    ward.origin == Origin::Learned
        && !ward.is_grain()
        && counted
        && ward.quota.period <= COARSEST
        && ward.quota.amount > 0
}

/// A grain behind a stated limit, used up now: a call was refused that costs `need`.
pub(crate) fn behind(stated: &Ward, model: &str, need: u64, now: Timestamp) -> Ward {
    let burst = stated.finer.map_or_else(|| stated.quota.default_burst(), |finer| stated.quota.within(finer));
    let amount = stated.quota.amount.saturating_mul(RATE_PERMILLE).saturating_mul(PERIODS.into());
    let period = stated.quota.period.saturating_mul(PERIODS).saturating_mul(1_000);
    let rate = Quota::every(amount, period).burst(burst.max(1));
    let mut ward = of(stated.dimension, rate, WardReach::Model(String::from(model)), now);
    ward.told(stated.charging);
    meet(&mut ward, need, now);
    empty(&mut ward, now);
    ward
}

/// A grain of that rate and burst.
pub(crate) fn of(dimension: Dimension, rate: Quota, reach: WardReach, now: Timestamp) -> Ward {
    let grain = Grain::new(rate, now);
    let mut ward = Ward::new(dimension, grain.quota(), Origin::Learned, reach, now);
    ward.grain = Some(grain);
    ward
}

/// A call that costs `need` meets the limit.
pub(crate) fn meet(ward: &mut Ward, need: u64, now: Timestamp) {
    let Some(grain) = &mut ward.grain else { return };
    let aged = grain.largest.saturating_sub(grain.largest.checked_div(LARGEST_PART).unwrap_or(0));
    grain.largest = aged.max(need).max(1);
    follow(ward, now);
}

/// The stated limit is charged in another way, or became another one of so much: what was found behind it holds in
/// proportion.
pub(crate) fn restated(ward: &mut Ward, (before, amount): (u64, u64), now: Timestamp) {
    let Some(grain) = &mut ward.grain else { return };
    let scaled = |own: u64| {
        let scaled = u128::from(own).saturating_mul(amount.into()).checked_div(before.into()).unwrap_or(1);
        u64::try_from(scaled).unwrap_or(u64::MAX).max(1)
    };
    grain.rate =
        Quota { amount: scaled(grain.rate.amount), ..grain.rate }.burst(scaled(grain.rate.capacity()));
    (grain.most, grain.whole, grain.least) = (scaled(grain.most), scaled(grain.whole), scaled(grain.least));
    grain.largest = 1;
    follow(ward, now);
}

/// Whether the refusal of a call that left at `granted` says that a grain is too coarse still.
pub(crate) fn is_too_coarse(ward: &Ward, granted: Timestamp) -> bool {
    ward.grain.is_some_and(|grain| granted > grain.since)
}

/// A further refusal.
pub(crate) fn tighten(ward: &mut Ward, now: Timestamp) {
    let (dimension, period) = (ward.dimension, ward.quota.period);
    let Some(grain) = &mut ward.grain else { return };
    let passed = now.since(grain.since);
    let is_next = passed < period.saturating_mul(SOON_PERIODS);
    grain.in_a_row = if is_next { grain.in_a_row.saturating_add(1) } else { 0 };
    grain.take(grain.step(dimension, passed));
    (grain.until, grain.since) = (now.after(grain.lasts), now);
    follow(ward, now);
    empty(ward, now);
}

/// A refusal that stands alone, of a call that left at `granted`: what the rate may grow back to was a little too much, or
/// what was just tried.
pub(crate) fn nudge(ward: &mut Ward, granted: Timestamp, now: Timestamp) {
    let kept = if ward.dimension == Dimension::Requests { NUDGED_PERMILLE } else { NUDGED_TOKENS_PERMILLE };
    let Some(grain) = ward.grain.as_mut().filter(|grain| granted > grain.since) else { return };
    if grain.is_tried {
        grain.take(Step::Back);
        grain.until = now.after(grain.lasts);
    } else {
        grain.most = part(grain.most, kept).max(grain.least).min(grain.most);
    }
    grain.since = now;
    grain.rate.amount = grain.rate.amount.min(grain.most);
    follow(ward, now);
}

/// An answer came: a little of the rate comes back, and an old grain is made coarser. Most refusals tell of too many at
/// once and not of the rate; of that too little is soon too much. Where calls overtake one another the whole rate is
/// refused again and again: what it may come back to follows much more slowly.
pub(crate) fn answered(ward: &mut Ward, now: Timestamp) {
    let Some(grain) = &mut ward.grain else { return };
    let back = |amount: u64, share: u64| amount.checked_div(share).unwrap_or(0).max(1);
    grain.most = grain.most.saturating_add(back(grain.whole, MOST_BACK)).min(grain.whole);
    let amount = grain.rate.amount;
    grain.rate.amount = amount.saturating_add(back(amount, RATE_BACK)).min(grain.most);
    if grain.until <= now {
        // All at once would be refused at once, where a second is still what counts.
        let burst = grain.rate.capacity().saturating_mul(2);
        (grain.until, grain.is_tried) = (now.after(grain.lasts), true);
        ward.retired |= refills_at_leisure(burst, &grain.rate);
        grain.rate.burst = Some(burst);
    }
    follow(ward, now);
}

/// The level follows what the grain became.
fn follow(ward: &mut Ward, now: Timestamp) {
    let Some(quota) = ward.grain.map(|grain| grain.quota()).filter(|quota| *quota != ward.quota) else {
        return;
    };
    ward.quota = quota;
    ward.bucket.resize(&quota, now);
}

/// Whether so much comes back no faster than the coarsest limit behind which a grain may hide.
fn refills_at_leisure(burst: u64, quota: &Quota) -> bool {
    let product = |amount: u64, span: Duration| u128::from(amount).saturating_mul(span.as_nanos());
    product(burst, quota.period) >= product(quota.amount, COARSEST)
}

fn part(amount: u64, permille: u64) -> u64 {
    amount.saturating_mul(permille).checked_div(1_000).unwrap_or(0).max(1)
}

fn empty(ward: &mut Ward, now: Timestamp) {
    let left = ward.bucket.available(now);
    ward.bucket.adjust(left.saturating_neg().min(0), now);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::Fit;

    const TEN_MINUTES: Timestamp = Timestamp::from_secs(600);

    fn stated(dimension: Dimension, per_minute: u64) -> Ward {
        let quota = Quota::per_minute(per_minute).burst(per_minute);
        Ward::new(dimension, quota, Origin::Learned, WardReach::Account, Timestamp::ZERO)
    }

    /// A grain behind 300 calls, or behind 15 000 tokens of which a call has sixty, a minute.
    fn grain(dimension: Dimension) -> Ward {
        let (amount, need) = if dimension == Dimension::Requests { (300, 1) } else { (15_000, 60) };
        behind(&stated(dimension, amount), "m", need, Timestamp::ZERO)
    }

    /// What may go at once, in how many milliseconds.
    fn shape(ward: &Ward) -> (u64, u128) {
        (ward.quota.amount, ward.quota.period.as_millis())
    }

    fn fit(ward: &Ward, need: u64) -> Timestamp {
        let Fit::At(at) = ward.fit(0, need, Timestamp::ZERO) else { panic!("it fits at some instant") };
        at
    }

    #[test]
    fn a_grain_is_a_seconds_worth_in_any_second_and_used_up_at_first() {
        let mut ward = grain(Dimension::Requests);
        assert_eq!((shape(&ward), fit(&ward, 1).as_nanos() / 1_000_000), ((5, 1_003), 1_003));
        assert_eq!(shape(&grain(Dimension::TotalTokens)), (250, 1_003));
        assert!(!can_hide_behind(&ward) && can_hide_behind(&stated(Dimension::TotalTokens, 1)));
        assert!(!can_hide_behind(&stated(Dimension::Money, 1)));
        assert!(!is_too_coarse(&ward, Timestamp::ZERO), "the call had left before");
        assert!(is_too_coarse(&ward, Timestamp::from_millis(1)));
        ward.take_all_back();
        let at = Timestamp::from_secs(9);
        (0..5).for_each(|_| assert_eq!(ward.take_one(at), at));
        assert_eq!(ward.take_one(at).as_nanos() / 1_000_000, 10_003, "the sixth");
    }

    impl Ward {
        fn take_all_back(&mut self) {
            self.bucket = crate::bucket::Bucket::new(&self.quota, Timestamp::ZERO);
        }

        /// When a call may go, which then does.
        fn take_one(&mut self, from: Timestamp) -> Timestamp {
            let Fit::At(at) = self.fit(0, 1, from) else { panic!("it fits at some instant") };
            self.bucket.charge(1, at);
            at
        }
    }

    #[test]
    fn refusals_right_after_one_another_make_smaller_pieces_and_then_slower_ones() {
        let mut ward = grain(Dimension::Requests);
        let at = Timestamp::from_secs;
        let shapes = [2, 4, 6].map(|second| {
            tighten(&mut ward, at(second));
            shape(&ward)
        });
        assert_eq!(shapes, [(3, 601), (1, 200), (1, 211)]);
        (0..1_000).for_each(|_| answered(&mut ward, at(6)));
        assert_eq!(shape(&ward), (1, 207), "nearly all of the rate comes back");
        (0..250_000).for_each(|_| answered(&mut ward, at(6)));
        assert_eq!(shape(&ward), (1, 200), "and the rest in the long run");
    }

    #[test]
    fn later_ones_make_a_second_longer_where_calls_are_counted() {
        let mut ward = grain(Dimension::Requests);
        tighten(&mut ward, TEN_MINUTES);
        assert_eq!(shape(&ward), (5, 1_055));
        (0..200).for_each(|_| answered(&mut ward, TEN_MINUTES));
        assert_eq!(shape(&ward), (5, 1_039));
    }

    #[test]
    fn later_ones_leave_more_free_where_tokens_are_counted() {
        let mut ward = grain(Dimension::TotalTokens);
        tighten(&mut ward, TEN_MINUTES);
        assert_eq!(shape(&ward), (225, 1_003));
        let soon = |times: u64| TEN_MINUTES.after(Duration::from_millis(1_500 * times));
        tighten(&mut ward, soon(1));
        assert_eq!(shape(&ward), (202, 1_000), "others may have taken much just then");
        tighten(&mut ward, soon(2));
        assert_eq!(shape(&ward), (121, 599), "three in a row are no chance");
        (3..12).for_each(|times| tighten(&mut ward, soon(times)));
        assert_eq!(ward.quota.amount, 60, "and one call always passes");
        assert!(ward.quota.period > Duration::from_millis(500), "only ever slower: {:?}", ward.quota.period);
    }

    #[test]
    fn the_largest_call_passes_and_is_forgotten_after_a_while() {
        let mut ward = grain(Dimension::TotalTokens);
        meet(&mut ward, 2_500, Timestamp::ZERO);
        assert_eq!(shape(&ward), (2_500, 10_030));
        (0..100).for_each(|_| meet(&mut ward, 60, Timestamp::ZERO));
        assert_eq!(shape(&ward), (250, 1_003));
    }

    #[test]
    fn another_stated_limit_changes_its_grain_in_proportion() {
        let mut ward = grain(Dimension::Requests);
        restated(&mut ward, (300, 600), Timestamp::ZERO);
        assert_eq!(shape(&ward), (10, 1_003));
        restated(&mut ward, (600, 60), Timestamp::ZERO);
        assert_eq!(shape(&ward), (1, 1_003));
    }

    #[test]
    fn refusals_that_stand_alone_make_a_second_a_little_longer_and_do_not_stop_it() {
        let at = Timestamp::from_secs;
        let mut ward = grain(Dimension::Requests);
        nudge(&mut ward, at(0), at(4));
        assert_eq!(shape(&ward), (5, 1_003), "the call had left before");
        nudge(&mut ward, at(4), at(5));
        assert_eq!(shape(&ward), (5, 1_028));
        (5..100).for_each(|second| nudge(&mut ward, at(second + 1), at(second + 2)));
        assert_eq!(shape(&ward), (5, 1_114), "all of them may be chance");
        let mut tokens = grain(Dimension::TotalTokens);
        nudge(&mut tokens, at(4), at(5));
        assert_eq!(shape(&tokens), (250, 1_055));
    }

    #[test]
    fn an_old_grain_becomes_coarser_and_is_given_up_at_last() {
        let mut ward = grain(Dimension::Requests);
        let nth = |turn: u64| Timestamp::from_secs(14_400 * turn);
        let bursts: [u64; 6] = core::array::from_fn(|past| {
            answered(&mut ward, nth(past as u64 + 1).before(Duration::from_secs(1)));
            let before = ward.quota.amount;
            assert!(!ward.retired, "turn {past}");
            answered(&mut ward, nth(past as u64 + 1));
            before
        });
        assert_eq!(bursts, [5, 10, 20, 40, 80, 160]);
        assert!(ward.retired, "all of a minute at once needs no grain");
    }

    #[test]
    fn what_was_too_coarse_again_is_taken_back_and_tried_less_often() {
        let mut ward = grain(Dimension::Requests);
        let nth = |turn: u64| Timestamp::from_secs(14_400 * turn);
        let soon = Duration::from_secs(1);
        answered(&mut ward, nth(1));
        assert_eq!(ward.quota.amount, 10);
        tighten(&mut ward, nth(1).after(soon));
        assert_eq!(shape(&ward), (5, 1_003), "neither finer nor slower than it was");
        answered(&mut ward, nth(4));
        assert_eq!(ward.quota.amount, 5);
        answered(&mut ward, nth(5).after(soon));
        assert_eq!(ward.quota.amount, 10);
        nudge(&mut ward, nth(6), nth(6));
        assert_eq!(shape(&ward), (5, 1_003));
        answered(&mut ward, nth(11));
        assert_eq!(ward.quota.amount, 5, "a day is the most");
        answered(&mut ward, nth(12));
        assert_eq!(ward.quota.amount, 10);
    }
}
