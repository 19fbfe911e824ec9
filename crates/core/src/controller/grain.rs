//! The grain: a bucket finer than the stated limit, assumed after a refusal that the headers do not explain.
//!
//! Many providers state a limit per minute and enforce it per second. The stated limit's rate still holds, only
//! less may go at once: what was accepted within the last second, less one.

use core::time::Duration;

use crate::lane::Lane;
use crate::ward::{Origin, Ward, WardReach};
use crate::{Dimension, Quota, Refill, Timestamp};

/// The grain's rate beside the stated one: a little below, so that rounding at the provider never adds up.
const RATE_PERMILLE: u64 = 995;
/// A grain's quota is over so many thousand periods of the stated limit, whose amount alone is too coarse for small steps.
const PERIODS: u32 = 1_000;
/// What a further unexplained refusal leaves of the burst; of one call, it takes from the rate for a while, and a little
/// of it for long.
const BURST_KEPT_PERMILLE: u64 = 600;
const RATE_KEPT_PERMILLE: u64 = 950;
const MOST_KEPT_PERMILLE: u64 = 975;
/// What a refusal that stands alone leaves of the latter, and what all of them together leave: some are refused by chance.
const NUDGED_PERMILLE: u64 = 990;
const LEAST_KEPT_PERMILLE: u64 = 900;
/// What each answer gives back of the rate, and of what the rate may come back to: a hundredth in sixty thousand answers,
/// since each time that it is too much again costs refusals.
const RATE_BACK: u64 = 2_000;
const MOST_BACK: u64 = 6_000_000;
/// How long without an unexplained refusal until twice as much may go at once, and the grain is given up at last:
/// providers do not change how they count every few minutes, and finding it out costs refusals.
const LASTS: Duration = Duration::from_secs(3_600);

/// No grain is as coarse as the limits behind which one may hide.
const COARSEST: Duration = Duration::from_secs(60);

/// What is known of a ward that is a grain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grain {
    /// Until when it is believed.
    until: Timestamp,
    /// When it was last made finer: calls that had left by then were refused by what was thought before.
    since: Timestamp,
    /// The most that its amount grows back to, for now and in the long run.
    pub(crate) most: u64,
    whole: u64,
    /// What refusals that stand alone leave of the most at least.
    least: u64,
}

/// Whether a finer grain may stand behind this limit: one of requests that the provider stated.
pub(crate) fn can_hide_behind(ward: &Ward) -> bool {
    ward.origin == Origin::Learned
        && !ward.is_grain()
        && ward.dimension == Dimension::Requests
        && ward.quota.period <= COARSEST
        && ward.quota.amount > 0
}

/// A grain behind a stated limit, empty now.
pub(crate) fn behind(stated: &Ward, lane: &Lane, now: Timestamp) -> Ward {
    let accepted = lane.sent_within(Duration::from_secs(1), Dimension::Requests, now).saturating_sub(1);
    let whole = stated.finer.map_or_else(|| stated.quota.default_burst(), |finer| stated.quota.within(finer));
    let burst = accepted.clamp(1, whole.max(1));
    let amount = stated.quota.amount.saturating_mul(RATE_PERMILLE).saturating_mul(PERIODS.into());
    let period = stated.quota.period.saturating_mul(PERIODS).saturating_mul(1_000);
    let quota = Quota::every(amount, period).burst(burst);
    let mut ward = of(quota, WardReach::Model(lane.model.clone()), now);
    empty(&mut ward, now);
    ward
}

/// A grain of that quota.
pub(crate) fn of(quota: Quota, reach: WardReach, now: Timestamp) -> Ward {
    let mut ward =
        Ward::new(Dimension::Requests, quota.refill(Refill::Continuous), Origin::Learned, reach, now);
    let Quota { amount, .. } = quota;
    ward.grain = Some(Grain {
        until: now.after(LASTS),
        since: now,
        most: amount,
        whole: amount,
        least: part(amount, LEAST_KEPT_PERMILLE),
    });
    ward
}

/// Whether the refusal of a call that left at `granted` says that a grain is too coarse still.
pub(crate) fn is_too_coarse(ward: &Ward, granted: Timestamp) -> bool {
    ward.grain.is_some_and(|grain| granted > grain.since)
}

/// A further refusal: less at once, and where that is one call already, slower.
pub(crate) fn tighten(ward: &mut Ward, now: Timestamp) {
    let Some(grain) = &mut ward.grain else { return };
    (grain.until, grain.since) = (now.after(LASTS), now);
    let burst = ward.quota.capacity();
    if burst <= 1 {
        grain.most = part(grain.most.min(ward.quota.amount), MOST_KEPT_PERMILLE);
        ward.quota.amount = part(ward.quota.amount, RATE_KEPT_PERMILLE);
        grain.least = part(grain.most, LEAST_KEPT_PERMILLE);
    }
    ward.quota.burst = Some(part(burst, BURST_KEPT_PERMILLE));
    ward.bucket.resize(&ward.quota, now);
    empty(ward, now);
}

/// A refusal that stands alone, of a call that left at `granted`: what one call at a time may grow back to was a little
/// too much.
pub(crate) fn nudge(ward: &mut Ward, granted: Timestamp, now: Timestamp) {
    let is_one = ward.quota.capacity() <= 1;
    let Some(grain) = ward.grain.as_mut().filter(|grain| is_one && granted > grain.since) else { return };
    grain.most = part(grain.most, NUDGED_PERMILLE).max(grain.least).min(grain.most);
    grain.since = now;
    if ward.quota.amount > grain.most {
        ward.quota.amount = grain.most;
        ward.bucket.resize(&ward.quota, now);
    }
}

/// An answer came: a little of the rate comes back, and an old grain is made coarser. Most refusals tell of too many at
/// once and not of the rate; of that too little is soon too much. Where calls overtake one another the whole rate is
/// refused again and again: what it may come back to follows much more slowly.
pub(crate) fn answered(ward: &mut Ward, now: Timestamp) {
    let before = ward.quota;
    let Some(grain) = &mut ward.grain else { return };
    let back = |amount: u64, share: u64| amount.checked_div(share).unwrap_or(0).max(1);
    grain.most = grain.most.saturating_add(back(grain.whole, MOST_BACK)).min(grain.whole);
    ward.quota.amount = before.amount.saturating_add(back(before.amount, RATE_BACK)).min(grain.most);
    if grain.until <= now {
        // All at once would be refused at once, where a second is still what counts.
        let burst = before.capacity().saturating_mul(2);
        grain.until = now.after(LASTS);
        ward.quota.burst = Some(burst);
        ward.retired |= refills_at_leisure(burst, &before);
    }
    if ward.quota != before {
        ward.bucket.resize(&ward.quota, now);
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
mod tests {
    use super::*;
    use crate::controller::probe::Probe;
    use crate::{Cost, bucket::Fit};

    #[test]
    fn a_grain_paces_at_the_stated_rate_with_a_second_at_once() {
        let quota = Quota::per_minute(300).burst(300);
        let stated =
            Ward::new(Dimension::Requests, quota, Origin::Learned, WardReach::Account, Timestamp::ZERO);
        let mut lane = Lane::new("m", "", Probe::open());
        for _ in 0..40 {
            lane.granted(&Cost::requests(1), Timestamp::ZERO);
        }
        assert!(can_hide_behind(&stated));
        let mut ward = behind(&stated, &lane, Timestamp::ZERO);
        assert_eq!(ward.quota.capacity(), 5);
        let Fit::At(first) = ward.fit(0, 1, Timestamp::ZERO) else { panic!("it fits at some instant") };
        assert!(first > Timestamp::from_millis(200) && first < Timestamp::from_millis(202), "{first}");
        assert!(!is_too_coarse(&ward, Timestamp::ZERO), "the call had left before");
        assert!(is_too_coarse(&ward, Timestamp::from_millis(1)));
        for burst in [3, 1] {
            tighten(&mut ward, Timestamp::ZERO);
            assert_eq!((ward.quota.capacity(), ward.quota.amount), (burst, 298_500_000));
        }
        tighten(&mut ward, Timestamp::ZERO);
        let slowed = ward.quota.amount;
        answered(&mut ward, Timestamp::ZERO);
        assert!(ward.quota.amount > slowed && !ward.retired);
        for _ in 0..1_000 {
            answered(&mut ward, Timestamp::ZERO);
        }
        assert_eq!(ward.quota.amount, 291_086_549, "nearly all of the rate comes back");
        for _ in 0..160_000 {
            answered(&mut ward, Timestamp::ZERO);
        }
        assert_eq!(ward.quota.amount, 298_500_000, "and the rest in the long run");
        assert!(!can_hide_behind(&ward));
    }

    #[test]
    fn refusals_that_stand_alone_slow_one_call_at_a_time_and_do_not_stop_it() {
        let at = Timestamp::from_secs;
        let mut ward =
            of(Quota::every(1_000_000, Duration::from_secs(60)).burst(2), WardReach::Account, at(0));
        nudge(&mut ward, at(1), at(2));
        assert_eq!(ward.quota.amount, 1_000_000, "two at once may have been one too many");
        tighten(&mut ward, at(3));
        nudge(&mut ward, at(3), at(4));
        assert_eq!(ward.quota.amount, 1_000_000, "the call had left before");
        nudge(&mut ward, at(4), at(5));
        assert_eq!((ward.quota.amount, ward.quota.capacity()), (990_000, 1));
        (5..100).for_each(|second| nudge(&mut ward, at(second + 1), at(second + 2)));
        assert_eq!(ward.quota.amount, 900_000, "all of them may be chance");
    }

    #[test]
    fn an_old_grain_becomes_coarser_and_is_given_up_at_last() {
        let quota = Quota::every(298_500, Duration::from_secs(60_000)).burst(5);
        let mut ward = of(quota, WardReach::Account, Timestamp::ZERO);
        let bursts: [u64; 6] = core::array::from_fn(|hour| {
            answered(&mut ward, Timestamp::from_secs(3_600 * (hour as u64 + 1) - 1));
            let before = ward.quota.capacity();
            assert!(!ward.retired, "hour {hour}");
            answered(&mut ward, Timestamp::from_secs(3_600 * (hour as u64 + 1)));
            before
        });
        assert_eq!(bursts, [5, 10, 20, 40, 80, 160]);
        assert!(ward.retired, "all of a minute at once needs no grain");
    }
}
