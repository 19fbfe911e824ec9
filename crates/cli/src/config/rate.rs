//! `Exact` and `Per`: how much per how long, exactly as it was written in decimal.

use std::time::Duration;

use tidegate_core::{Calendar, Quota, Refill};

use super::mistake::Wrong;

/// Digits after the point that a number may have: enough for a millionth of a dollar or of a request.
const PLACES: usize = 6;

/// A number as it was written, `units / scale`, in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact {
    /// The numerator.
    pub(crate) units: u64,
    /// The denominator, a power of ten before it was cancelled.
    pub(crate) scale: u64,
}

impl Exact {
    /// Reads a decimal number that is not negative.
    pub(crate) fn read(text: &str) -> Result<Self, Wrong> {
        let wrong = || {
            Wrong::new(
                format!("`{text}` is out of range"),
                format!("write a number of zero or more with at most {PLACES} digits after the point"),
            )
        };
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let part = part.trim_end_matches('0');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > PLACES {
            return Err(wrong());
        }
        let scale = 10_u64.pow(u32::try_from(part.len()).unwrap_or(0));
        let units = format!("{whole}{part}").parse().map_err(|_| wrong())?;
        let common = gcd(units, scale);
        Ok(Self { units: units / common, scale: scale / common })
    }

    /// The number times `factor`, where that is whole.
    pub(crate) fn times(self, factor: u64) -> Option<u64> {
        let product = u128::from(self.units) * u128::from(factor);
        let scale = u128::from(self.scale);
        product.is_multiple_of(scale).then(|| u64::try_from(product / scale).ok()).flatten()
    }
}

/// The greatest common divisor; of zero and `b`, `b`.
const fn gcd(a: u64, b: u64) -> u64 {
    if a == 0 { b } else { gcd(b % a, a) }
}

/// The period of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Per {
    /// `_per_second`.
    Second,
    /// `_per_minute`.
    Minute,
    /// `_per_hour`.
    Hour,
    /// `_per_day`.
    Day,
    /// `_per_month`.
    Month,
}

impl Per {
    /// Every period, the shortest first.
    pub(crate) const ALL: [Self; 5] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Month];

    /// The end of the key's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The calendar's window of this length; seconds have none.
    pub(crate) const fn calendar(self) -> Option<Calendar> {
        match self {
            Self::Second => None,
            Self::Minute => Some(Calendar::Minute),
            Self::Hour => Some(Calendar::Hour),
            Self::Day => Some(Calendar::Day),
            Self::Month => Some(Calendar::Month),
        }
    }

    /// Whether the window depends on a time zone.
    pub(crate) const fn is_civil(self) -> bool {
        matches!(self, Self::Day | Self::Month)
    }

    /// `amount` of this period: a fraction becomes whole over a longer period, 0.5 a second one in two seconds.
    pub(crate) fn quota(self, amount: Exact) -> Result<Quota, Wrong> {
        let quota = match self {
            Self::Second => Quota::per_second(amount.units),
            Self::Minute => Quota::per_minute(amount.units),
            Self::Hour => Quota::per_hour(amount.units),
            Self::Day => Quota::per_day(amount.units),
            Self::Month => Quota::per_month(amount.units),
        };
        let stretch = u32::try_from(amount.scale).unwrap_or(u32::MAX);
        match quota.refill {
            Refill::Continuous => Ok(Quota { period: quota.period.saturating_mul(stretch), ..quota }),
            _ if stretch == 1 => Ok(quota),
            _ => Err(Wrong::new(
                format!("a part of one a {} never comes whole", self.name()),
                "write a whole number, or the rate of a shorter period",
            )),
        }
    }

    /// The quota's period in full, for windows that are none of the calendar.
    pub(crate) fn length(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(3_600),
            Self::Day => Duration::from_secs(86_400),
            Self::Month => Duration::from_secs(2_678_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_become_whole_over_a_longer_period() {
        let quota = |text, per: Per| per.quota(Exact::read(text).unwrap()).unwrap();
        assert_eq!(quota("0.5", Per::Second), Quota::every(1, Duration::from_secs(2)));
        assert_eq!(quota("0.08", Per::Second), Quota::every(2, Duration::from_secs(25)));
        assert_eq!(quota("1.50", Per::Minute), Quota::every(3, Duration::from_secs(120)));
        assert_eq!(quota("500", Per::Minute), Quota::per_minute(500));
        assert_eq!(quota("0", Per::Minute), Quota::per_minute(0));
    }

    #[test]
    fn a_part_of_a_call_a_day_is_a_mistake() {
        assert!(Per::Day.quota(Exact::read("0.5").unwrap()).is_err());
        assert!(Per::Day.quota(Exact::read("5.0").unwrap()).is_ok());
    }

    #[test]
    fn money_is_whole_in_millionths() {
        assert_eq!(Exact::read("10.5").unwrap().times(1_000_000), Some(10_500_000));
        assert_eq!(Exact::read("0.000001").unwrap().times(1_000_000), Some(1));
        assert_eq!(Exact::read("0.5").unwrap().times(1), None);
    }

    #[test]
    fn what_is_no_plain_number_is_a_mistake() {
        for text in ["-1", "1e3", "inf", "nan", "0.0000001", "", "99999999999999999999"] {
            assert!(Exact::read(text).is_err(), "{text}");
        }
    }
}
