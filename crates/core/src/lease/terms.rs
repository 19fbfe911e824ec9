//! `Terms`: the rule of a shared limit as the allocator reckons with it, in whole numbers small enough for a double.

use crate::{Quota, Refill};

/// The largest period after reduction. With [`BURST_MAX`] the full level stays below 2^52.
const PERIOD_MAX: u64 = 1 << 20;
/// The largest amount after reduction: times the longest gap that is reckoned with it stays below 2^52.
const AMOUNT_MAX: u64 = 1 << 32;
/// The largest burst.
const BURST_MAX: u64 = 1 << 32;
/// Windows that slide, or whose edges nobody knows, are kept by an even refill: this part of the amount is its burst,
/// and the rest its rate, so that no window whatever holds more than the amount.
const SLIDING_BURST_PART: u64 = 50;

/// The rule of a shared limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// `amount` comes back every `period_ms`, evenly, up to `burst`.
    Even {
        /// How much, in lowest terms.
        amount: u64,
        /// How long, in lowest terms.
        period_ms: u64,
        /// The most that may go at once.
        burst: u64,
    },
    /// `amount` in each window; instances say when the present one ends.
    Window {
        /// How much.
        amount: u64,
    },
    /// `amount` at once: slots that come back when they are returned.
    Slots {
        /// How many.
        amount: u64,
    },
}

impl Terms {
    /// `amount` every `period_ms`, in lowest terms. Numbers that are too large are halved together until they fit;
    /// the rate is then lower by less than a millionth.
    #[must_use]
    pub fn even(amount: u64, period_ms: u64, burst: u64) -> Self {
        let divisor = greatest_common_divisor(amount, period_ms.max(1)).max(1);
        let mut amount = amount.checked_div(divisor).unwrap_or(0);
        let mut period_ms = period_ms.max(1).checked_div(divisor).unwrap_or(1);
        while amount > AMOUNT_MAX || period_ms > PERIOD_MAX {
            amount >>= 1;
            period_ms = period_ms.saturating_add(1) >> 1;
        }
        Self::Even { amount, period_ms, burst: burst.min(BURST_MAX) }
    }

    /// The terms of a quota.
    #[must_use]
    pub fn of(quota: &Quota) -> Self {
        let period_ms = u64::try_from(quota.period.as_millis()).unwrap_or(u64::MAX);
        match quota.refill {
            Refill::Continuous => Self::even(quota.amount, period_ms, quota.capacity()),
            // Credit is never shared by leases; were it, all of it would be one window's.
            Refill::CalendarWindow(_) | Refill::Never => Self::Window { amount: quota.amount.min(BURST_MAX) },
            Refill::Release => Self::Slots { amount: quota.amount.min(BURST_MAX) },
            Refill::FixedWindow | Refill::SlidingWindow | Refill::WeightedCounter(_) => {
                let burst =
                    quota.amount.checked_div(SLIDING_BURST_PART).unwrap_or(0).max(quota.amount.min(1));
                // A limit of one has no rest: then one goes each period, and the period begins when it went.
                let rate = quota.amount.saturating_sub(burst).max(quota.amount.min(1));
                Self::even(rate, period_ms, burst)
            }
        }
    }

    /// The most that is ever there at once.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        match *self {
            Self::Even { burst, .. } => burst,
            Self::Window { amount } | Self::Slots { amount } => amount,
        }
    }

    /// What a unit weighs in the level: the period of an even refill, else one.
    pub(super) const fn weight(&self) -> i64 {
        match *self {
            Self::Even { period_ms, .. } => period_ms.cast_signed(),
            Self::Window { .. } | Self::Slots { .. } => 1,
        }
    }

    /// What comes back in a span, rounded down; nothing where nothing comes back evenly.
    pub(crate) fn within(&self, span_ms: u64) -> u64 {
        match *self {
            Self::Even { amount, period_ms, .. } => {
                amount.saturating_mul(span_ms).checked_div(period_ms).unwrap_or(0)
            }
            Self::Window { .. } | Self::Slots { .. } => 0,
        }
    }
}

fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn rates_are_kept_in_lowest_terms() {
        assert_eq!(Terms::even(600, 60_000, 1), Terms::Even { amount: 1, period_ms: 100, burst: 1 });
        assert_eq!(
            Terms::of(&Quota::per_minute(7_000_000).burst(9)),
            Terms::Even { amount: 350, period_ms: 3, burst: 9 }
        );
        assert_eq!(Terms::of(&Quota::per_minute(0)), Terms::Even { amount: 0, period_ms: 1, burst: 0 });
    }

    #[test]
    fn numbers_that_are_too_large_lose_less_than_a_millionth() {
        let Terms::Even { amount, period_ms, .. } = Terms::even(999_999_999_989, 2_678_400_001, 5) else {
            panic!("an even refill stays one");
        };
        assert!(amount <= AMOUNT_MAX && period_ms <= PERIOD_MAX);
        let (exact, kept) = (999_999_999_989.0 / 2_678_400_001.0, amount as f64 / period_ms as f64);
        assert!(kept <= exact && kept > exact * (1.0 - 4e-6), "{kept} of {exact}");
    }

    #[test]
    fn an_amount_alone_may_be_too_large_and_so_may_a_period() {
        assert_eq!(Terms::even(1 << 40, 1, 5), Terms::Even { amount: AMOUNT_MAX, period_ms: 1, burst: 5 });
        assert_eq!(Terms::even(AMOUNT_MAX, 1, 5), Terms::Even { amount: AMOUNT_MAX, period_ms: 1, burst: 5 });
        let long = Terms::even(3 << 20, PERIOD_MAX + 1, 5);
        assert_eq!(long, Terms::Even { amount: 3 << 19, period_ms: PERIOD_MAX / 2 + 1, burst: 5 });
    }

    #[test]
    fn a_sliding_window_never_holds_more_than_its_amount() {
        for amount in [1, 2, 7, 49, 50, 100, 6_000] {
            let quota = Quota::every(amount, Duration::from_secs(60)).refill(Refill::SlidingWindow);
            let terms = Terms::of(&quota);
            let most = terms.capacity() + terms.within(59_999);
            assert!(most <= amount, "{most} of {amount}");
        }
    }

    #[test]
    fn windows_and_slots_have_no_refill() {
        assert_eq!(Terms::of(&Quota::per_day(9)), Terms::Window { amount: 9 });
        assert_eq!(Terms::of(&Quota::concurrency(4)), Terms::Slots { amount: 4 });
        assert_eq!(Terms::of(&Quota::concurrency(4)).within(1_000), 0);
        assert_eq!(Terms::of(&Quota::per_day(9)).capacity(), 9);
    }

    #[test]
    fn the_longest_period_is_kept_as_it_is() {
        let longest = Terms::Even { amount: 3, period_ms: PERIOD_MAX, burst: 1 };
        assert_eq!(Terms::even(3, PERIOD_MAX, 1), longest);
    }
}
