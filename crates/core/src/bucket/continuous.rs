//! `Continuous`: a bucket that refills evenly, exact to the nanosecond and without drift.
//!
//! The level is kept in amount x period, so that a refill is one multiplication and nothing is ever rounded; only
//! a waiting time is divided, upwards. (The idea of scaling the level instead of the rate is that of the generic
//! cell rate algorithm, ITU-T I.371, in integers.)

use core::time::Duration;

use super::{Fit, Stamp, scale_up};
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Continuous {
    /// What is left at `updated`, times the period in nanoseconds. Negative is debt.
    level: i128,
    updated: Timestamp,
    amount: u64,
    period_ns: u64,
    burst: u64,
    /// How long the level must have sufficed before an amount fits: another's clock and wire are never quite ours.
    margin: Duration,
}

impl Continuous {
    pub(super) fn new(quota: &Quota, now: Timestamp) -> Self {
        let period_ns = nanos_of(quota.period).max(1);
        let burst = quota.capacity();
        let level = i128::from(burst).saturating_mul(i128::from(period_ns));
        Self { level, updated: now, amount: quota.amount, period_ns, burst, margin: Duration::ZERO }
    }

    pub(super) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        if amount > self.burst { Fit::Never } else { self.fit_after(0, amount, from) }
    }

    pub(super) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        let base = from.max(self.updated);
        let need = self.scaled(i128::from(ahead).saturating_add(i128::from(amount)));
        let margin = i128::from(nanos_of(self.margin)).saturating_mul(i128::from(self.amount));
        // A full bucket has no more to wait for.
        let need = need.saturating_add(margin).min(need.max(self.full()));
        let missing = need.saturating_sub(self.level_at(base));
        if missing <= 0 {
            return Fit::At(base);
        }
        if self.amount == 0 {
            return Fit::Never;
        }
        let wait = scale_up(missing.unsigned_abs(), 1, u128::from(self.amount));
        Fit::At(Timestamp::from_nanos(base.as_nanos().saturating_add(wait)))
    }

    pub(super) fn charge(&mut self, amount: u64, at: Timestamp) -> Stamp {
        self.refresh(at);
        self.level = self.level.saturating_sub(self.scaled(i128::from(amount)));
        Stamp::default()
    }

    pub(super) fn refund(&mut self, amount: u64, _stamp: Stamp, now: Timestamp) {
        self.adjust(i128::from(amount), now);
    }

    pub(super) fn available(&self, now: Timestamp) -> i128 {
        self.level_at(now.max(self.updated)).div_euclid(i128::from(self.period_ns.max(1)))
    }

    pub(super) fn adjust(&mut self, delta: i128, now: Timestamp) {
        self.refresh(now);
        self.level = self.level.saturating_add(self.scaled(delta)).min(self.full());
    }

    pub(super) fn set_margin(&mut self, margin: Duration) {
        self.margin = margin;
    }

    pub(super) fn resize(&mut self, quota: &Quota, now: Timestamp) {
        self.refresh(now);
        let used = self.full().saturating_sub(self.level);
        let old_period = i128::from(self.period_ns.max(1));
        self.amount = quota.amount;
        self.period_ns = nanos_of(quota.period).max(1);
        self.burst = quota.capacity();
        let new_period = i128::from(self.period_ns);
        let used = if old_period == new_period {
            used
        } else {
            used.div_euclid(old_period).saturating_add(1).saturating_mul(new_period)
        };
        self.level = self.full().saturating_sub(used).min(self.full());
    }

    /// The level at `at`, which is not before the last update.
    fn level_at(&self, at: Timestamp) -> i128 {
        let passed = i128::from(nanos_of(at.since(self.updated)));
        self.level
            .saturating_add(passed.saturating_mul(i128::from(self.amount)))
            .min(self.full().max(self.level))
    }

    fn refresh(&mut self, at: Timestamp) {
        if at > self.updated {
            self.level = self.level_at(at);
            self.updated = at;
        }
    }

    fn full(&self) -> i128 {
        self.scaled(i128::from(self.burst))
    }

    fn scaled(&self, amount: i128) -> i128 {
        amount.saturating_mul(i128::from(self.period_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(bucket: &Continuous, amount: u64, from: Timestamp) -> Timestamp {
        match bucket.fit(amount, from) {
            Fit::At(at) => at,
            other => panic!("expected an instant, got {other:?}"),
        }
    }

    #[test]
    fn half_a_request_a_second_starts_at_0_2_4_6_seconds() {
        let mut bucket = Continuous::new(&Quota::every(5, Duration::from_secs(10)), Timestamp::ZERO);
        let mut now = Timestamp::ZERO;
        for expected in [0, 2, 4, 6] {
            now = at(&bucket, 1, now);
            assert_eq!(now, Timestamp::from_secs(expected));
            bucket.charge(1, now);
        }
    }

    #[test]
    fn a_year_at_seven_million_a_minute_has_no_drift() {
        let minute = Duration::from_secs(60);
        let mut bucket = Continuous::new(&Quota::every(7_000_000, minute).burst(7_000_000), Timestamp::ZERO);
        bucket.charge(7_000_000, Timestamp::ZERO);
        let mut now = Timestamp::ZERO;
        for _ in 0..525_600 {
            now = now.after(minute);
            assert_eq!(bucket.fit(7_000_000, now), Fit::At(now));
            bucket.charge(7_000_000, now);
        }
        assert_eq!(bucket.available(now), 0);
        assert_eq!(now, Timestamp::from_secs(525_600 * 60));
    }

    #[test]
    fn a_charge_at_its_scheduled_instant_is_not_moved_by_a_late_wake_up() {
        let mut bucket = Continuous::new(&Quota::per_second(1), Timestamp::ZERO);
        bucket.charge(1, Timestamp::ZERO);
        let due = at(&bucket, 1, Timestamp::ZERO);
        // The driver woke 300 ms late; the charge still counts from the scheduled instant.
        bucket.charge(1, due);
        assert_eq!(at(&bucket, 1, Timestamp::from_millis(1_300)), Timestamp::from_secs(2));
    }

    #[test]
    fn a_margin_delays_each_call_and_costs_no_throughput() {
        let mut bucket = Continuous::new(&Quota::per_second(10).burst(2), Timestamp::ZERO);
        bucket.set_margin(Duration::from_millis(25));
        let mut now = Timestamp::ZERO;
        let mut starts = alloc::vec::Vec::new();
        for _ in 0..5 {
            now = at(&bucket, 1, now);
            bucket.charge(1, now);
            starts.push(now.as_nanos() / 1_000_000);
        }
        assert_eq!(starts, [0, 25, 125, 225, 325]);
    }

    #[test]
    fn over_use_is_debt_and_a_refund_stops_at_the_burst() {
        let mut bucket = Continuous::new(&Quota::per_second(10), Timestamp::ZERO);
        bucket.charge(30, Timestamp::ZERO);
        assert_eq!(bucket.available(Timestamp::ZERO), -20);
        assert_eq!(at(&bucket, 1, Timestamp::ZERO), Timestamp::from_millis(2_100));
        bucket.refund(500, Stamp::default(), Timestamp::ZERO);
        assert_eq!(bucket.available(Timestamp::ZERO), 10);
    }

    #[test]
    fn more_than_the_burst_is_never_and_a_zero_limit_holds_nothing() {
        let bucket = Continuous::new(&Quota::per_second(10), Timestamp::ZERO);
        assert_eq!(bucket.fit(11, Timestamp::ZERO), Fit::Never);
        assert_eq!(
            Continuous::new(&Quota::per_second(0), Timestamp::ZERO).fit(1, Timestamp::ZERO),
            Fit::Never
        );
    }

    #[test]
    fn a_changed_limit_keeps_what_was_used() {
        let mut bucket = Continuous::new(&Quota::per_minute(600).burst(600), Timestamp::ZERO);
        bucket.charge(500, Timestamp::ZERO);
        bucket.resize(&Quota::per_minute(300).burst(300), Timestamp::ZERO);
        assert_eq!(bucket.available(Timestamp::ZERO), -200);
        bucket.resize(&Quota::per_minute(600).burst(600), Timestamp::ZERO);
        assert_eq!(bucket.available(Timestamp::ZERO), 100);
    }

    #[test]
    fn a_clock_that_steps_back_adds_nothing() {
        let mut bucket = Continuous::new(&Quota::per_second(1), Timestamp::from_secs(10));
        bucket.charge(1, Timestamp::from_secs(10));
        assert_eq!(bucket.fit(1, Timestamp::from_secs(3)), Fit::At(Timestamp::from_secs(11)));
    }
}
