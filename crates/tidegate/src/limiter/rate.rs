//! `Rate`: an amount per period as a caller writes it, whole or fractional, made exact.

use std::time::Duration;

use tidegate_core::Quota;

/// The finest part of a fractional rate: a millionth. Finer ones are better given as a [`Quota`] of their own.
const PARTS: u64 = 1_000_000;

/// The largest fractional rate. Up to here a rate in millionths fits a `u64` many times over.
const FRACTION_MAX: f64 = 1e12;

/// An amount per period, such as `300` or `0.5`.
///
/// Fractions become exact ratios at once (0.08 a second is 2 in 25 seconds), so no rounding error grows with time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(Written);

/// A rate as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Whole(u64),
    Fraction(f64),
}

impl From<u64> for Rate {
    fn from(amount: u64) -> Self {
        Self(Written::Whole(amount))
    }
}

impl From<f64> for Rate {
    fn from(amount: f64) -> Self {
        Self(Written::Fraction(amount))
    }
}

/// In how many parts a whole is counted: 1, or a million for money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts(pub(crate) u64);

impl Rate {
    /// The whole amount per period, if it is one.
    pub(crate) fn whole(self, parts: Parts) -> Option<u64> {
        match self.ratio(parts)? {
            (amount, 1) => Some(amount),
            _ => None,
        }
    }

    /// The rate as a quota that refills evenly; `None` if it is not a number of things per time.
    pub(crate) fn every(self, period: Duration, parts: Parts) -> Option<Quota> {
        let (amount, periods) = self.ratio(parts)?;
        let periods = u32::try_from(periods).ok()?;
        Some(Quota::every(amount, period.checked_mul(periods)?))
    }

    /// The rate as (amount, periods), in lowest terms.
    fn ratio(self, parts: Parts) -> Option<(u64, u64)> {
        let (amount, periods) = self.written()?;
        let common = gcd(parts.0, periods);
        Some((amount.checked_mul(parts.0 / common)?, periods / common))
    }

    /// The rate as it was written, as (amount, periods) in lowest terms.
    fn written(self) -> Option<(u64, u64)> {
        let rate = match self.0 {
            Written::Whole(amount) => return Some((amount, 1)),
            Written::Fraction(rate) => rate,
        };
        if !(0.0..=FRACTION_MAX).contains(&rate) {
            return None;
        }
        let parts = parts_of(rate);
        if parts == 0 && rate > 0.0 {
            return None;
        }
        let common = gcd(parts, PARTS);
        Some((parts / common, PARTS / common))
    }
}

/// A fractional rate in millionths. The caller has checked that it is neither negative nor too large.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the caller checked the range")]
fn parts_of(rate: f64) -> u64 {
    (rate * 1e6).round() as u64
}

/// The greatest common divisor, at least one.
const fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    if a == 0 { 1 } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_become_exact_ratios() {
        let second = Duration::from_secs(1);
        for (rate, amount, secs) in [(0.5, 1, 2), (0.08, 2, 25), (2.5, 5, 2), (3.0, 3, 1)] {
            let expected = Quota::every(amount, Duration::from_secs(secs));
            assert_eq!(Rate::from(rate).every(second, Parts(1)), Some(expected), "{rate}");
        }
        assert_eq!(Rate::from(300).every(second, Parts(1)), Some(Quota::every(300, second)));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for rate in [f64::NAN, f64::INFINITY, -1.0, 1e-9, 1e13] {
            assert_eq!(Rate::from(rate).every(Duration::from_secs(1), Parts(1)), None, "{rate}");
        }
    }

    #[test]
    fn money_is_counted_in_millionths() {
        let dollar = Parts(1_000_000);
        assert_eq!(Rate::from(0.25).whole(dollar), Some(250_000));
        assert_eq!(Rate::from(12).whole(dollar), Some(12_000_000));
        assert_eq!(Rate::from(u64::MAX).whole(dollar), None);
    }

    #[test]
    fn zero_is_a_rate() {
        assert_eq!(Rate::from(0.0).whole(Parts(1)), Some(0));
        assert_eq!(Rate::from(0.5).whole(Parts(1)), None);
    }
}
