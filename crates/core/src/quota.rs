//! `Quota`: how much per how long, with its burst and how it refills. A value; the level lives in a bucket.

use core::time::Duration;

/// A window of the calendar. The engine knows no calendar: it asks the driver for the window's edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Calendar {
    /// From :00 to :00.
    Minute,
    /// From the full hour.
    Hour,
    /// From midnight.
    Day,
    /// From midnight of Monday.
    Week,
    /// From midnight of the first.
    Month,
}

/// How a quota becomes available again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refill {
    /// Evenly, up to the burst.
    Continuous,
    /// All at once at the window's edge; the first window starts with the first call.
    FixedWindow,
    /// All at once at the edge of a calendar window.
    CalendarWindow(Calendar),
    /// Each part a period after it was used.
    SlidingWindow,
    /// Like a sliding window that is reckoned from two counters: this window's and the previous one's, weighed
    /// by how much of it a sliding window would still cover. The windows are the calendar's.
    WeightedCounter(Calendar),
    /// When a call ends: a bound on calls under way.
    Release,
    /// Not with time: what is used is gone, until the provider tells of more.
    Never,
}

/// How much per how long.
///
/// Fractional rates are ratios: one in two seconds is `Quota::every(1, Duration::from_secs(2))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The amount that a period allows.
    pub amount: u64,
    /// The period; zero for concurrency and credit.
    pub period: Duration,
    /// The most that may go at once; `None` is [`Quota::default_burst`].
    pub burst: Option<u64>,
    /// How it becomes available again.
    pub refill: Refill,
}

impl Quota {
    /// `amount` every `period`, refilled evenly.
    #[must_use]
    pub const fn every(amount: u64, period: Duration) -> Self {
        Self { amount, period, burst: None, refill: Refill::Continuous }
    }

    /// `amount` a second.
    #[must_use]
    pub const fn per_second(amount: u64) -> Self {
        Self::every(amount, Duration::from_secs(1))
    }

    /// `amount` a minute.
    #[must_use]
    pub const fn per_minute(amount: u64) -> Self {
        Self::every(amount, Duration::from_secs(60))
    }

    /// `amount` an hour.
    #[must_use]
    pub const fn per_hour(amount: u64) -> Self {
        Self::every(amount, Duration::from_secs(3_600))
    }

    /// `amount` a calendar day: daily quotas of providers begin at a midnight.
    #[must_use]
    pub const fn per_day(amount: u64) -> Self {
        Self::every(amount, Duration::from_secs(86_400)).refill(Refill::CalendarWindow(Calendar::Day))
    }

    /// `amount` a calendar month.
    #[must_use]
    pub const fn per_month(amount: u64) -> Self {
        Self::every(amount, Duration::from_secs(2_678_400)).refill(Refill::CalendarWindow(Calendar::Month))
    }

    /// `amount` a calendar week.
    #[must_use]
    pub const fn per_week(amount: u64) -> Self {
        Self::every(amount, Duration::from_secs(604_800)).refill(Refill::CalendarWindow(Calendar::Week))
    }

    /// `amount` once: credit, which does not come back with time.
    #[must_use]
    pub const fn credit(amount: u64) -> Self {
        Self { amount, period: Duration::ZERO, burst: None, refill: Refill::Never }
    }

    /// At most `slots` calls under way at once.
    #[must_use]
    pub const fn concurrency(slots: u64) -> Self {
        Self { amount: slots, period: Duration::ZERO, burst: None, refill: Refill::Release }
    }

    /// The same quota with a burst.
    #[must_use]
    pub const fn burst(mut self, burst: u64) -> Self {
        self.burst = Some(burst);
        self
    }

    /// The same quota with another refill.
    #[must_use]
    pub const fn refill(mut self, refill: Refill) -> Self {
        self.refill = refill;
        self
    }

    /// What may go at once where no burst is given: one second's worth, at least one.
    ///
    /// Providers that state a limit a minute often enforce it by the second, so a full minute's worth at once
    /// would be refused; a second's worth never is.
    #[must_use]
    pub fn default_burst(&self) -> u64 {
        self.within(Duration::from_secs(1)).max(1)
    }

    /// What the rate comes to in a span.
    pub(crate) fn within(&self, span: Duration) -> u64 {
        let amount = u128::from(self.amount).saturating_mul(span.as_nanos());
        let amount = amount.checked_div(self.period.as_nanos().max(1)).unwrap_or(0);
        u64::try_from(amount).unwrap_or(u64::MAX)
    }

    /// The same quota with its burst worked out, so that nobody has to do it again.
    pub(crate) fn with_its_burst(self) -> Self {
        match self.refill {
            Refill::Continuous if self.burst.is_none() => self.burst(self.default_burst()),
            _ => self,
        }
    }

    /// The most that the quota can ever hold at once.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        match self.refill {
            Refill::Continuous if self.amount == 0 => 0,
            Refill::Continuous => self.burst.unwrap_or_else(|| self.default_burst()),
            _ => self.amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_without_burst_allows_one_seconds_worth() {
        assert_eq!(Quota::per_minute(300).capacity(), 5);
        assert_eq!(Quota::per_minute(1).capacity(), 1);
        assert_eq!(Quota::per_second(7).capacity(), 7);
        assert_eq!(Quota::every(8, Duration::from_secs(100)).capacity(), 1);
        assert_eq!(Quota::per_minute(300).burst(40).capacity(), 40);
    }

    #[test]
    fn a_limit_of_zero_holds_nothing() {
        assert_eq!(Quota::per_minute(0).capacity(), 0);
        assert_eq!(Quota::per_minute(0).burst(9).capacity(), 0);
    }
}
