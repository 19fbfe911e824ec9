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
//!
//! What goes in a second goes together, if it can. Where calls drift apart on their way, the one of a lot that arrives first
//! is hardly ever late, while a call that goes alone is as late as may be. So beyond a second lots need half the distance
//! that single calls do.

use alloc::string::String;
use core::ops::Range;
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
/// What is left of the rate for a while where calls go one after the other.
const RATE_KEPT_PERMILLE: u64 = 950;
/// What refusals leave of it for long, where calls are counted and where tokens are, of which more is had anyhow than calls
/// one after the other would have. A wire on which calls drift apart by a few hundredths of a second is met by the first
/// step. One on which they do so by tenths takes more than twice as much, and smaller steps would cost a refusal each: so
/// the second step, one that finds the rate in this range of thousandths of the whole, is as large.
const CALLS_KEPT: Kept = Kept { first: 965, second: 915 };
const TOKENS_KEPT: Kept = Kept { first: 930, second: 830 };
const SLOWED_ONCE: Range<u64> = 900..990;
/// What refusals that stand alone leave of it together: some are refused by chance.
const LEAST_KEPT_PERMILLE: u64 = 800;
/// What each answer gives back of the rate, and of what the rate may come back to: a hundredth in sixty thousand answers,
/// since each time that it is too much again costs refusals.
const RATE_BACK: u64 = 2_000;
const MOST_BACK: u64 = 6_000_000;
/// How soon after the one before a refusal says that the time is too long, in times that the grain takes: where calls are
/// counted, at least what it takes to be refused once more; where tokens are, and others may just have taken much, only so
/// many in a row say so.
const SOON_PERIODS: u32 = 2;
const SOON_LEAST: Duration = Duration::from_millis(1_600);
const SOON_IN_A_ROW: u32 = 2;
/// How long without an unexplained refusal until twice as much is tried at once, and the grain is given up at last:
/// providers do not change how they count every day, and finding it out costs a refusal. Each time that it was
/// too much, it takes so many times as long, up to the most.
const LASTS: Duration = Duration::from_secs(4 * 3_600);
const LASTS_LONGER: u32 = 4;
const LASTS_MOST: Duration = Duration::from_secs(86_400);
/// Each call makes the largest one a little older, by such a part: a single one does not decide for ever.
const LARGEST_PART: u64 = 32;
/// For how many times that the grain takes its calls are not gathered again: where another limit drives them apart, that
/// costs up to one of them.
const GATHERED_FOR: u32 = 64;
/// A grain that takes less is as short as calls drift apart, and as what other limits on calls at once leave of a lot.
const GATHERED_LEAST: Duration = Duration::from_millis(400);

/// No grain is as coarse as the limits behind which one may hide.
const COARSEST: Duration = Duration::from_secs(60);

/// What the second refusal leaves, and what the first and all later ones do, in thousandths.
#[derive(Clone, Copy, Debug)]
struct Kept {
    first: u64,
    second: u64,
}

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
    /// From when on its calls may be gathered, so that they go together.
    gathers: Timestamp,
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
            gathers: now,
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

    /// What a refusal asks for, which may have come right after the one before.
    fn step(&self, dimension: Dimension, is_next: bool) -> Step {
        let is_soon = match dimension {
            Dimension::Requests => is_next,
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
            Step::Slower => self.slow_down(RATE_KEPT_PERMILLE, self.kept(CALLS_KEPT)),
        }
    }

    /// Which of both a further refusal leaves.
    fn kept(&self, kept: Kept) -> u64 {
        let left = u128::from(self.most).saturating_mul(1_000).checked_div(self.whole.into()).unwrap_or(0);
        let is_second = u64::try_from(left).is_ok_and(|left| SLOWED_ONCE.contains(&left));
        if is_second { kept.second } else { kept.first }
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
    let least = if dimension == Dimension::Requests { SOON_LEAST } else { Duration::ZERO };
    let is_next = now.since(grain.since) < period.saturating_mul(SOON_PERIODS).max(least);
    grain.in_a_row = if is_next { grain.in_a_row.saturating_add(1) } else { 0 };
    grain.take(grain.step(dimension, is_next));
    (grain.until, grain.since, grain.gathers) = (now.after(grain.lasts), now, now);
    follow(ward, now);
    empty(ward, now);
}

/// A refusal that stands alone, of a call that left at `granted`: what the rate may grow back to was a little too much, or
/// what was just tried.
pub(crate) fn nudge(ward: &mut Ward, granted: Timestamp, now: Timestamp) {
    let kept = if ward.dimension == Dimension::Requests { CALLS_KEPT } else { TOKENS_KEPT };
    let Some(grain) = ward.grain.as_mut().filter(|grain| granted > grain.since) else { return };
    if grain.is_tried {
        grain.take(Step::Back);
        grain.until = now.after(grain.lasts);
    } else {
        grain.most = part(grain.most, grain.kept(kept)).max(grain.least).min(grain.most);
    }
    (grain.since, grain.gathers) = (now, now);
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

/// A call went at `at`. Where all of what may go has gone, but for less than most calls need, and not together, it goes
/// together from now on: a probe after a refusal sends calls one by one, and as they went they come back.
pub(crate) fn gather(ward: &mut Ward, at: Timestamp) {
    let period = ward.quota.period;
    let Some(grain) = ward.grain.as_mut().filter(|grain| grain.gathers <= at) else { return };
    let spare = i128::from(grain.largest.checked_div(2).unwrap_or(0));
    let is_used_up = ward.bucket.available(at) <= spare;
    if period >= GATHERED_LEAST && is_used_up && ward.bucket.gather(at) {
        grain.gathers = at.after(period.saturating_mul(GATHERED_FOR));
    }
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
mod tests;
