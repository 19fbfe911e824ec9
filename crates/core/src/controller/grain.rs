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
/// What a further unexplained refusal leaves of the rate and of the burst.
const RATE_KEPT_PERCENT: u64 = 95;
const BURST_KEPT_PERCENT: u64 = 70;
/// What each answer gives back of the rate.
const RATE_BACK: u64 = 2_000;
/// How long without an unexplained refusal until the grain is given up and the burst found anew.
const LASTS: Duration = Duration::from_secs(600);

/// What is known of a ward that is a grain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grain {
    /// Until when it is believed.
    until: Timestamp,
    /// The most that its amount grows back to.
    pub(crate) most: u64,
}

/// Whether a finer grain may stand behind this limit: one of requests that the provider stated.
pub(crate) fn can_hide_behind(ward: &Ward) -> bool {
    ward.origin == Origin::Learned
        && !ward.is_grain()
        && ward.dimension == Dimension::Requests
        && ward.quota.period <= Duration::from_secs(60)
        && ward.quota.amount > 0
}

/// A grain behind a stated limit, empty now.
pub(crate) fn behind(stated: &Ward, lane: &Lane, now: Timestamp) -> Ward {
    let accepted = lane.sent_within(Duration::from_secs(1), Dimension::Requests, now).saturating_sub(1);
    let burst = accepted.clamp(1, stated.quota.default_burst().max(1));
    let amount = stated.quota.amount.saturating_mul(RATE_PERMILLE);
    let quota = Quota::every(amount, stated.quota.period.saturating_mul(1_000)).burst(burst);
    let mut ward = of(quota, WardReach::Model(lane.model.clone()), now);
    empty(&mut ward, now);
    ward
}

/// A grain of that quota.
pub(crate) fn of(quota: Quota, reach: WardReach, now: Timestamp) -> Ward {
    let mut ward =
        Ward::new(Dimension::Requests, quota.refill(Refill::Continuous), Origin::Learned, reach, now);
    ward.grain = Some(Grain { until: now.after(LASTS), most: quota.amount });
    ward
}

/// A further refusal: less at once, and a little slower.
pub(crate) fn tighten(ward: &mut Ward, now: Timestamp) {
    let part =
        |amount: u64, percent: u64| amount.saturating_mul(percent).checked_div(100).unwrap_or(0).max(1);
    ward.quota.burst = ward.quota.burst.map(|burst| part(burst, BURST_KEPT_PERCENT));
    ward.quota.amount = part(ward.quota.amount, RATE_KEPT_PERCENT);
    ward.bucket.resize(&ward.quota, now);
    if let Some(grain) = &mut ward.grain {
        grain.until = now.after(LASTS);
    }
    empty(ward, now);
}

/// An answer came: a little of the rate comes back, and an old grain is given up. Most refusals tell of too many at
/// once and not of the rate; of that too little is soon too much.
pub(crate) fn answered(ward: &mut Ward, now: Timestamp) {
    let Some(grain) = ward.grain else { return };
    ward.retired |= grain.until <= now;
    let back = ward.quota.amount.checked_div(RATE_BACK).unwrap_or(0).max(1);
    let amount = ward.quota.amount.saturating_add(back).min(grain.most);
    if amount != ward.quota.amount {
        ward.quota.amount = amount;
        ward.bucket.resize(&ward.quota, now);
    }
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
        tighten(&mut ward, Timestamp::ZERO);
        assert_eq!(ward.quota.capacity(), 3);
        let slowed = ward.quota.amount;
        answered(&mut ward, Timestamp::ZERO);
        assert!(ward.quota.amount > slowed && !ward.retired);
        for _ in 0..1_000 {
            answered(&mut ward, Timestamp::ZERO);
        }
        assert_eq!(ward.quota.amount, 298_500, "all of the rate comes back");
        assert!(!can_hide_behind(&ward));
    }
}
