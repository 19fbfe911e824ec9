//! What each shape's `reset` is: the time until nothing of the limit is used any more. That of windows is in `edge`.

use core::time::Duration;

use super::candidate::MISFIT_MAX;
use super::told::{Reading, Told};
use crate::bucket::Bucket;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

/// A reset that is no further off than this fits: values are cut off to milliseconds, and clocks differ.
pub(super) const EXACT: Duration = Duration::from_millis(30);
/// One that is no further off than this may be exact and merely stated in whole seconds.
const NEAR: Duration = Duration::from_millis(1_100);
/// What a reset that is merely near counts, and one that is far off.
const POINTS_NEAR: u32 = 60;
const POINTS_FAR: u32 = 400;

/// The score after one more reset that was off by `error`; earlier ones fade.
pub(super) fn score(before: u32, error: Duration) -> u32 {
    let kept = before.saturating_sub(before.div_ceil(8));
    let points = match error {
        error if error <= EXACT => 0,
        error if error <= NEAR => POINTS_NEAR,
        _ => POINTS_FAR,
    };
    kept.saturating_add(points).min(MISFIT_MAX)
}

/// A bucket's: used / rate, and less by what came back while the answer was up to `late` on its way. `None` where it
/// cannot be told: a `remaining` of zero hides debt, and rounded figures hide their own grain.
pub(super) fn of_bucket(quota: &Quota, reading: &Reading, late: Duration) -> Option<Duration> {
    let (remaining, reset) = (reading.remaining?, reading.reset?);
    if remaining == 0 || reading.rounding > 1 || quota.amount == 0 {
        return None;
    }
    let used = quota.capacity().checked_sub(remaining)?;
    // What remains is cut off, so that up to one less may be used.
    let low = time_of(quota, used.saturating_sub(1)).saturating_sub(late);
    Some(outside(reset, low, time_of(quota, used)))
}

/// Whether a bucket may have stated this reset. One that is used up states its whole time and that of its debt.
pub(super) fn may_be_a_buckets(quota: &Quota, reading: &Reading, late: Duration) -> bool {
    match (reading.remaining, reading.reset) {
        (Some(0), Some(reset)) => {
            let least = time_of(quota, quota.capacity().saturating_sub(1));
            reset.saturating_add(EXACT).saturating_add(late) >= least
        }
        _ => of_bucket(quota, reading, late).is_some_and(|error| error <= EXACT),
    }
}

/// How long a bucket takes to get back what was used.
fn time_of(quota: &Quota, used: u64) -> Duration {
    let nanos = u128::from(used).saturating_mul(u128::from(nanos_of(quota.period)));
    let nanos = nanos.checked_div(u128::from(quota.amount)).unwrap_or(0);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// A sliding window's: a period after the latest call, or after the oldest that still counts.
pub(super) fn of_sliding(
    bucket: &Bucket,
    period: Duration,
    reset: Duration,
    told: &Told,
    now: Timestamp,
) -> Duration {
    let latest = outside(reset, period.saturating_sub(now.since(told.left)), period);
    let oldest = bucket.leaves().map_or(latest, |leaves| {
        outside(reset, leaves.since(now).saturating_sub(EXACT), leaves.since(told.left))
    });
    latest.min(oldest)
}

/// How far a value lies outside of an interval.
fn outside(value: Duration, low: Duration, high: Duration) -> Duration {
    low.saturating_sub(value).max(value.saturating_sub(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(remaining: u64, reset_ms: u64) -> Reading {
        Reading { remaining: Some(remaining), reset: Some(Duration::from_millis(reset_ms)), rounding: 1 }
    }

    #[test]
    fn a_buckets_reset_is_used_by_rate() {
        let quota = Quota::per_minute(300).burst(300);
        assert_eq!(of_bucket(&quota, &reading(299, 200), Duration::ZERO), Some(Duration::ZERO));
        assert_eq!(
            of_bucket(&quota, &reading(299, 150), Duration::ZERO),
            Some(Duration::ZERO),
            "a begun unit"
        );
        assert_eq!(
            of_bucket(&quota, &reading(299, 41_000), Duration::ZERO),
            Some(Duration::from_millis(40_800))
        );
        assert_eq!(of_bucket(&quota, &reading(0, 41_000), Duration::ZERO), None);
        let late = Duration::from_secs(1);
        assert_eq!(of_bucket(&quota, &reading(290, 1_000), late), Some(Duration::ZERO), "it was read late");
        assert_eq!(of_bucket(&quota.burst(5), &reading(3, 400), Duration::ZERO), Some(Duration::ZERO));
    }

    #[test]
    fn a_bucket_that_is_used_up_states_its_whole_time_or_more() {
        let quota = Quota::per_minute(300).burst(300);
        let may =
            |remaining, reset_ms| may_be_a_buckets(&quota, &reading(remaining, reset_ms), Duration::ZERO);
        assert!(may(0, 59_850) && may(0, 75_000) && may(3, 59_350));
        assert!(!may(0, 41_000) && !may(3, 57_000));
    }

    #[test]
    fn one_reset_that_is_far_off_outweighs_many_that_are_near() {
        assert_eq!(score(0, Duration::from_millis(10)), 0);
        assert_eq!(score(0, Duration::from_secs(20)), 400);
        assert_eq!(score(400, Duration::ZERO), 350);
        let near = (0..100).fold(0, |sum, _| score(sum, Duration::from_millis(500)));
        let far = (0..100).fold(0, |sum, _| score(sum, Duration::from_secs(5)));
        assert!(far > near + 2_000, "{near} and {far}");
    }
}
