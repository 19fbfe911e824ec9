//! `Shape`: one way in which a provider may count a limit.

use core::time::Duration;

use crate::time::nanos_of;
use crate::{Calendar, Quota, Refill};

/// One way in which a provider may count a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Shape {
    /// A bucket that refills evenly and holds one: nothing but even pacing passes.
    BucketOfOne,
    /// A bucket that refills evenly and holds a second's worth.
    BucketOfSecond,
    /// A bucket that refills evenly and holds ten seconds' worth.
    BucketOfTenSeconds,
    /// A bucket that refills evenly and holds a whole period's worth.
    Bucket,
    /// Windows of a second, each with its share of the limit.
    WindowOfSecond,
    /// Windows of ten seconds, each with its share of the limit.
    WindowOfTenSeconds,
    /// Windows of a whole period, empty again at their edges.
    Window,
    /// The last period, at any moment.
    Sliding,
    /// This window and the one before, weighed by how much of it the last period still covers.
    Counter,
}

impl Shape {
    /// Every shape that is reckoned with where nothing is known.
    pub const ALL: [Self; 9] = [
        Self::BucketOfOne,
        Self::BucketOfSecond,
        Self::BucketOfTenSeconds,
        Self::Bucket,
        Self::WindowOfSecond,
        Self::WindowOfTenSeconds,
        Self::Window,
        Self::Sliding,
        Self::Counter,
    ];

    /// The name that output and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BucketOfOne => "bucket_of_one",
            Self::BucketOfSecond => "bucket_1s",
            Self::BucketOfTenSeconds => "bucket_10s",
            Self::Bucket => "bucket",
            Self::WindowOfSecond => "window_1s",
            Self::WindowOfTenSeconds => "window_10s",
            Self::Window => "window",
            Self::Sliding => "sliding",
            Self::Counter => "counter",
        }
    }

    /// The shape of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }

    /// The shape as a quota of `amount` a `period`. A grain that is no finer than the period is the period's own
    /// shape and gives `None`.
    pub(crate) fn quota(self, amount: u64, period: Duration) -> Option<Quota> {
        let whole = Quota::every(amount, period);
        let worth = |span: Duration| share(amount, span, period);
        match self {
            Self::BucketOfOne if amount > 1 => Some(whole.burst(1)),
            Self::BucketOfSecond => worth(SECOND).map(|burst| whole.burst(burst)),
            Self::BucketOfTenSeconds => worth(TEN_SECONDS).map(|burst| whole.burst(burst)),
            Self::Bucket => Some(whole.burst(amount)),
            Self::WindowOfSecond => worth(SECOND).map(|part| window(part, SECOND)),
            Self::WindowOfTenSeconds => worth(TEN_SECONDS).map(|part| window(part, TEN_SECONDS)),
            Self::Window => Some(window(amount, period)),
            Self::Sliding => Some(whole.refill(Refill::SlidingWindow)),
            Self::Counter => Some(whole.refill(Refill::WeightedCounter(calendar_of(period)))),
            Self::BucketOfOne => None,
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const TEN_SECONDS: Duration = Duration::from_secs(10);

fn window(amount: u64, period: Duration) -> Quota {
    Quota::every(amount, period).refill(Refill::FixedWindow)
}

/// The part of `amount` a `period` that falls to `span`, at least one; `None` where `span` is no part of it.
fn share(amount: u64, span: Duration, period: Duration) -> Option<u64> {
    if span >= period {
        return None;
    }
    let part = u128::from(amount).saturating_mul(u128::from(nanos_of(span)));
    let part = part.checked_div(u128::from(nanos_of(period)))?;
    Some(u64::try_from(part).unwrap_or(u64::MAX).max(1))
}

/// The calendar window of that length.
pub(crate) fn calendar_of(period: Duration) -> Calendar {
    match period.as_secs() {
        0..=60 => Calendar::Minute,
        61..=3_600 => Calendar::Hour,
        3_601..=86_400 => Calendar::Day,
        _ => Calendar::Month,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_shapes() {
        for shape in Shape::ALL {
            assert_eq!(Shape::from_name(shape.name()), Some(shape));
        }
        assert_eq!(Shape::from_name("leaky"), None);
    }

    #[test]
    fn grains_hold_their_share_and_a_second_has_no_finer_ones() {
        let minute = Duration::from_secs(60);
        let holds = |shape: Shape| shape.quota(300, minute).map(|quota| (quota.capacity(), quota.period));
        assert_eq!(holds(Shape::BucketOfSecond), Some((5, minute)));
        assert_eq!(holds(Shape::WindowOfTenSeconds), Some((50, TEN_SECONDS)));
        assert_eq!(holds(Shape::Sliding), Some((300, minute)));
        assert_eq!(Shape::WindowOfSecond.quota(5, SECOND), None);
        assert_eq!(Shape::BucketOfSecond.quota(7, minute).map(|quota| quota.capacity()), Some(1));
    }
}
