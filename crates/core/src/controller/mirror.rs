//! The mirror: brings a learned limit's bucket in line with what an answer says is left.
//!
//! A header tells what was left at some instant between the call's arrival and its answer, and it is not said which
//! calls under way it already counts. So the level is predicted for both ends of that interval, and only a value
//! outside of what they allow moves the bucket, by as much as it lies outside: at once where less is left, and where
//! more is, once answers agree on it (`surplus.rs`). Calls under way are thus never subtracted twice, and a missing
//! header changes nothing. An answer to a call older than the one that last moved the level is old news.

use core::time::Duration;

use crate::bucket::{Bucket, Edges};
use crate::ledger::Charge;
use crate::shape::calendar_of;
use crate::time::nanos_of;
use crate::ward::Ward;
use crate::{ChargedAt, Enforcement, Observation, Quota, Refill, Timestamp};

/// The period of a limit whose header names none: providers that leave it out mean a minute.
const USUAL_PERIOD: Duration = Duration::from_secs(60);
/// How far a window's edge that was told in whole or fractional seconds may lie from the provider's.
const EDGE_MARGIN: Duration = Duration::from_millis(50);
/// Least difference between a reset and the bucket's own formula that speaks against a bucket.
const RESET_TOLERANCE: Duration = Duration::from_millis(1_100);
/// How long a call or an answer may be on its way; the level moves meanwhile.
const ON_THE_WAY: Duration = Duration::from_millis(100);
/// How many answers in a row must contradict a shape before it is given up.
const CONTRADICTIONS: u8 = 3;

/// The quota that a first observation of a limit describes.
pub(crate) fn quota_of(observation: &Observation) -> Option<Quota> {
    let amount = observation.limit?;
    let period = observation.window.filter(|window| !window.is_zero()).unwrap_or(USUAL_PERIOD);
    let refill = refill_of(observation, amount, period);
    Some(Quota::every(amount, period).burst(amount).refill(refill))
}

/// How a limit refills, by what the adapter knows and else by what `reset` says.
fn refill_of(observation: &Observation, amount: u64, period: Duration) -> Refill {
    match observation.enforcement {
        Enforcement::FixedWindow if observation.reset.is_some() => Refill::FixedWindow,
        Enforcement::FixedWindow => Refill::CalendarWindow(calendar_of(period)),
        Enforcement::SlidingWindow => Refill::SlidingWindow,
        Enforcement::WeightedCounter => Refill::WeightedCounter(calendar_of(period)),
        Enforcement::Bucket | Enforcement::Unknown => {
            if speaks_against_bucket(observation, amount, period) == Some(true) {
                Refill::FixedWindow
            } else {
                Refill::Continuous
            }
        }
    }
}

/// Whether `reset` differs from used / limit x period, the formula of a bucket; `None` where they cannot be
/// compared.
fn speaks_against_bucket(observation: &Observation, amount: u64, period: Duration) -> Option<bool> {
    let (remaining, reset) = (observation.remaining?, observation.reset?);
    let used = amount.checked_sub(remaining)?;
    // A `remaining` of zero hides debt, and rounded figures hide their own grain.
    if remaining == 0 || observation.rounding > 1 || amount == 0 {
        return None;
    }
    let expected =
        u128::from(used).saturating_mul(u128::from(nanos_of(period))).checked_div(u128::from(amount))?;
    let expected = Duration::from_nanos(u64::try_from(expected).unwrap_or(u64::MAX));
    let slack = period.checked_div(20).unwrap_or(period).min(Duration::from_secs(3)).max(RESET_TOLERANCE);
    Some(expected.abs_diff(reset) > slack)
}

/// The call whose answer tells.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told<'a> {
    /// What the ward counted for it.
    pub(crate) charge: Option<&'a Charge>,
    /// When it was granted: an answer to an earlier call than the one that last moved the level is old news.
    pub(crate) granted: Timestamp,
    /// What the calls cost that the provider may not have seen yet.
    pub(crate) recent: u64,
}

/// Brings the ward in line with one observation.
pub(crate) fn reconcile(ward: &mut Ward, told: &Told<'_>, seen: &Observation, now: Timestamp) {
    ward.charged_at = seen.charged_at;
    follow_limit(ward, seen, now);
    follow_shape(ward, seen, now);
    if let Some(remaining) = remaining_of(ward, seen) {
        follow_remaining(ward, told, remaining, seen, now);
    }
    if let (Refill::FixedWindow, Some(reset)) = (ward.quota.refill, seen.reset) {
        // A window whose reset runs ahead with every call is a sliding one; following it empties that too.
        let end = now.after(reset);
        let start = end.before(ward.quota.period);
        ward.bucket.set_edges(Edges { start, end, margin: EDGE_MARGIN }, now);
    }
}

/// Whether a window's reset leads to the very edge that is known: then it is a window, even where a bucket as full
/// would need as long.
fn confirms_edge(ward: &Ward, seen: &Observation, now: Timestamp) -> bool {
    let (Refill::FixedWindow, Some(reset), Some(edge)) = (ward.quota.refill, seen.reset, ward.bucket.edge())
    else {
        return false;
    };
    let told = now.after(reset);
    told.since(edge).max(edge.since(told)) <= RESET_TOLERANCE
}

/// Gives the ward a bucket of another kind that has as much left.
fn reshape(ward: &mut Ward, refill: Refill, now: Timestamp) {
    ward.contradictions = 0;
    let left = ward.bucket.available(now);
    ward.quota.refill = refill;
    ward.bucket = Bucket::new(&ward.quota, now);
    ward.follow();
    ward.bucket.adjust(left.saturating_sub(ward.bucket.available(now)), now);
}

/// The limit itself may have changed; what was used stays used.
fn follow_limit(ward: &mut Ward, seen: &Observation, now: Timestamp) {
    let Some(limit) = seen.limit else { return };
    let period = seen.window.filter(|window| !window.is_zero()).unwrap_or(ward.quota.period);
    ward.assumed_period = ward.assumed_period && seen.window.is_none();
    if limit != ward.quota.amount || period != ward.quota.period {
        let before = ward.bucket.available(now);
        ward.quota = Quota { amount: limit, period, burst: Some(limit), refill: ward.quota.refill };
        ward.bucket.resize(&ward.quota, now);
        ward.correction = ward.correction.saturating_add(ward.bucket.available(now).saturating_sub(before));
    }
}

/// A bucket whose resets never follow the bucket's formula is a window, and the other way round.
fn follow_shape(ward: &mut Ward, seen: &Observation, now: Timestamp) {
    if !matches!(ward.quota.refill, Refill::Continuous | Refill::FixedWindow)
        || seen.enforcement == Enforcement::FixedWindow
    {
        return;
    }
    if confirms_edge(ward, seen, now) {
        ward.contradictions = 0;
        return;
    }
    let Some(against_bucket) = speaks_against_bucket(seen, ward.quota.amount, ward.quota.period) else {
        return;
    };
    if against_bucket == (ward.quota.refill == Refill::FixedWindow) {
        ward.contradictions = 0;
        return;
    }
    ward.contradictions = ward.contradictions.saturating_add(1);
    if ward.contradictions >= CONTRADICTIONS {
        reshape(ward, if against_bucket { Refill::FixedWindow } else { Refill::Continuous }, now);
    }
}

/// What is left, as the provider means it: `remaining: 0` hides debt that a bucket's reset reveals.
pub(crate) fn remaining_of(ward: &Ward, seen: &Observation) -> Option<i128> {
    let remaining = seen.remaining?.min(ward.quota.amount);
    match (remaining, seen.reset, ward.quota.refill) {
        (0, Some(reset), Refill::Continuous) => {
            let amount = i128::from(ward.quota.amount);
            let missing = i128::from(nanos_of(reset)).saturating_mul(amount);
            let period = i128::from(nanos_of(ward.quota.period).max(1));
            let missing = missing.saturating_add(period.saturating_sub(1)).checked_div(period).unwrap_or(0);
            Some(amount.saturating_sub(missing).min(0))
        }
        _ => Some(i128::from(remaining)),
    }
}

fn follow_remaining(ward: &mut Ward, told: &Told<'_>, remaining: i128, seen: &Observation, now: Timestamp) {
    let at_answer = ward.bucket.available(now);
    let at_arrival = told.charge.map_or(at_answer, |charge| charge.left.saturating_add(ward.correction));
    let uncounted = match ward.charged_at {
        ChargedAt::Admission => told.recent,
        ChargedAt::Completion | ChargedAt::Unknown => ward.outstanding.max(told.recent),
    };
    let rounding = i128::from(seen.rounding.checked_div(2).unwrap_or(0));
    let low = at_answer.min(at_arrival).saturating_sub(rounding);
    let slack = rounding.saturating_add(in_between(ward)).saturating_add(i128::from(uncounted));
    let high = at_answer.max(at_arrival).saturating_add(slack);
    let delta = remaining.saturating_sub(remaining.clamp(low, high));
    if told.granted < ward.anchored {
        return;
    }
    let own = told.charge.map_or(0, |charge| charge.amount);
    let last = ward.outstanding <= own;
    let delta =
        if delta > 0 { ward.surplus.confirmed(delta, last, now) } else { ward.surplus.settled(delta) };
    if delta != 0 {
        ward.anchored = told.granted;
        ward.bucket.adjust(delta, now);
        ward.correction = ward.correction.saturating_add(delta);
    }
}

/// How far a value may lie above the prediction and mean nothing: both sides cut off a fraction, and the level
/// rises while a call is on its way. Below the prediction every difference is followed, to the safe side.
fn in_between(ward: &Ward) -> i128 {
    let way = u128::from(ward.quota.amount).saturating_mul(ON_THE_WAY.as_nanos());
    let refilled = way.checked_div(ward.quota.period.as_nanos().max(1)).unwrap_or(0);
    i128::try_from(refilled).unwrap_or(i128::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dimension;
    use crate::ward::{Origin, WardReach};

    fn seen(limit: u64, remaining: u64, reset_ms: Option<u64>) -> Observation {
        Observation {
            limit: Some(limit),
            remaining: Some(remaining),
            reset: reset_ms.map(Duration::from_millis),
            charged_at: ChargedAt::Admission,
            ..Observation::of(Dimension::Requests)
        }
    }

    fn ward(observation: &Observation) -> Ward {
        let quota = quota_of(observation).unwrap();
        Ward::new(Dimension::Requests, quota, Origin::Learned, WardReach::Account, Timestamp::ZERO)
    }

    fn by(charge: &Charge) -> Told<'_> {
        Told { charge: Some(charge), ..Told::default() }
    }

    #[test]
    fn the_first_reset_tells_a_bucket_from_a_window() {
        assert_eq!(quota_of(&seen(300, 299, Some(200))).unwrap().refill, Refill::Continuous);
        assert_eq!(quota_of(&seen(300, 299, Some(41_000))).unwrap().refill, Refill::FixedWindow);
        assert_eq!(quota_of(&seen(300, 299, None)).unwrap().refill, Refill::Continuous);
    }

    #[test]
    fn calls_under_way_are_not_subtracted_twice() {
        let mut ward = ward(&seen(300, 300, None));
        let first = ward.charge(0, 1, Timestamp::ZERO, Timestamp::ZERO);
        for _ in 0..9 {
            ward.charge(0, 1, Timestamp::ZERO, Timestamp::ZERO);
        }
        // Whether the header counted the nine later calls or not, ten are gone.
        for remaining in [299, 290] {
            reconcile(&mut ward, &by(&first), &seen(300, remaining, None), Timestamp::ZERO);
            assert_eq!(ward.bucket.available(Timestamp::ZERO), 290);
        }
    }

    #[test]
    fn a_drop_that_is_not_ours_is_followed_down() {
        let mut ward = ward(&seen(300, 300, None));
        let charge = ward.charge(0, 1, Timestamp::ZERO, Timestamp::ZERO);
        reconcile(&mut ward, &by(&charge), &seen(300, 200, None), Timestamp::ZERO);
        assert_eq!(ward.bucket.available(Timestamp::ZERO), 200);
    }

    #[test]
    fn an_old_header_does_not_undo_a_newer_one() {
        let mut ward = ward(&seen(300, 300, None));
        let old = ward.charge(0, 1, Timestamp::ZERO, Timestamp::ZERO);
        let new = ward.charge(0, 1, Timestamp::ZERO, Timestamp::ZERO);
        let later = Told { granted: Timestamp::from_millis(1), ..by(&new) };
        reconcile(&mut ward, &later, &seen(300, 100, None), Timestamp::ZERO);
        reconcile(&mut ward, &by(&old), &seen(300, 299, None), Timestamp::ZERO);
        assert_eq!(ward.bucket.available(Timestamp::ZERO), 100);
    }

    #[test]
    fn remaining_zero_hides_debt_that_reset_reveals() {
        let ward = ward(&seen(60, 60, None));
        assert_eq!(remaining_of(&ward, &seen(60, 0, Some(75_000))), Some(-15));
        assert_eq!(remaining_of(&ward, &seen(60, 0, None)), Some(0));
        assert_eq!(remaining_of(&ward, &seen(60, 99, None)), Some(60));
    }

    #[test]
    fn a_changed_limit_keeps_what_was_used() {
        let mut ward = ward(&seen(300, 300, None));
        let charge = ward.charge(0, 100, Timestamp::ZERO, Timestamp::ZERO);
        reconcile(&mut ward, &by(&charge), &seen(150, 50, None), Timestamp::ZERO);
        assert_eq!(ward.bucket.available(Timestamp::ZERO), 50);
        assert_eq!(ward.quota.amount, 150);
    }
}
