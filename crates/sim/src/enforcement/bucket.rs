//! The continuous token bucket: refilled by the limit each minute, evenly, without grain. Its capacity is the limit,
//! or less where the provider allows only a smaller burst.

use super::Fit;
use crate::wall::{MINUTE, WallTime};

/// A continuous bucket. One unit of the limit is [`MINUTE`] parts, so that a nanosecond refills exactly `limit` parts.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    limit: u64,
    capacity: u64,
    /// Parts left; below zero after more was charged than was left.
    parts: i128,
    at: WallTime,
}

impl Bucket {
    /// A full bucket that holds the limit.
    pub(super) fn new(limit: u64, at: WallTime) -> Self {
        Self::holding(limit, limit, at)
    }

    /// A full bucket that holds `capacity`.
    pub(super) fn holding(capacity: u64, limit: u64, at: WallTime) -> Self {
        Self { limit, capacity, parts: parts(capacity), at }
    }

    /// The limit and the capacity become others; what is used stays used.
    pub(super) fn change(&mut self, capacity: u64, limit: u64, at: WallTime) {
        self.refill(at);
        self.parts += parts(capacity) - parts(self.capacity);
        (self.limit, self.capacity) = (limit, capacity);
    }

    pub(super) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        self.refill(at);
        // An amount above a small capacity passes when the bucket is full, and leaves debt.
        let missing = parts(amount.min(self.capacity)) - self.parts;
        if amount > self.limit {
            Fit::Never
        } else if missing <= 0 {
            Fit::Now
        } else {
            Fit::At(self.later(missing))
        }
    }

    pub(super) fn charge(&mut self, amount: u64, at: WallTime) {
        self.refill(at);
        self.parts -= parts(amount);
    }

    pub(super) fn give_back(&mut self, amount: u64, at: WallTime) {
        self.refill(at);
        self.parts = (self.parts + parts(amount)).min(parts(self.capacity));
    }

    /// What is used up, a begun unit counting as one; above the limit when more was charged than was left.
    pub(super) fn used(&mut self, at: WallTime) -> u64 {
        self.refill(at);
        u64::try_from((parts(self.capacity) - self.parts + parts(1) - 1) / parts(1)).unwrap_or(u64::MAX)
    }

    /// When the bucket is full again. `OpenAI`'s and Anthropic's resets are exactly this (measured, 2026-08).
    pub(super) fn full_at(&mut self, at: WallTime) -> WallTime {
        self.refill(at);
        self.later(parts(self.capacity) - self.parts)
    }

    fn refill(&mut self, at: WallTime) {
        let elapsed = i128::from(at.as_unix_nanos().saturating_sub(self.at.as_unix_nanos()));
        self.parts = (self.parts + elapsed * i128::from(self.limit)).min(parts(self.capacity));
        self.at = self.at.max(at);
    }

    /// The instant at which `missing` more parts have come in.
    fn later(&self, missing: i128) -> WallTime {
        let rate = i128::from(self.limit.max(1));
        let nanos = u64::try_from((missing + rate - 1) / rate).unwrap_or(u64::MAX);
        WallTime::from_unix_nanos(self.at.as_unix_nanos().saturating_add(nanos))
    }
}

fn parts(amount: u64) -> i128 {
    i128::from(amount) * i128::from(MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: WallTime = WallTime::DEFAULT_ORIGIN;

    fn wait_ms(limit: u64, used: u64, requested: u64) -> u64 {
        let mut bucket = Bucket::new(limit, START);
        bucket.charge(used, START);
        match bucket.fit(requested, START) {
            Fit::At(instant) => u64::try_from(instant.since(START).as_nanos().div_ceil(1_000_000)).unwrap(),
            other => panic!("expected a wait, got {other:?}"),
        }
    }

    fn reset_ms(limit: u64, used: u64) -> u128 {
        let mut bucket = Bucket::new(limit, START);
        bucket.charge(used, START);
        bucket.full_at(START).since(START).as_millis()
    }

    #[test]
    fn waits_are_those_that_openai_told() {
        assert_eq!(wait_ms(30_000, 28_039, 3_906), 3_890);
        assert_eq!(wait_ms(30_000, 18_928, 11_159), 174);
        assert_eq!(wait_ms(30_000, 14_567, 24_754), 18_642);
        assert_eq!(wait_ms(500_000, 442_231, 249_686), 23_031, "told as 23.03 s, which is 0.04 ms too short");
    }

    #[test]
    fn resets_are_those_that_openai_and_anthropic_told() {
        assert_eq!(reset_ms(200_000, 1_654), 496);
        assert_eq!(reset_ms(500, 1), 120);
        assert_eq!(reset_ms(10_000, 1), 6);
        assert_eq!(reset_ms(30_000, 1), 2);
        assert_eq!(reset_ms(30_000, 6_000), 12_000);
    }

    #[test]
    fn an_amount_fits_at_the_told_instant_and_not_a_nanosecond_before() {
        let mut bucket = Bucket::new(7, START);
        bucket.charge(7, START);
        let Fit::At(instant) = bucket.fit(3, START) else { panic!("an empty bucket has nothing") };
        let before = WallTime::from_unix_nanos(instant.as_unix_nanos() - 1);
        assert_eq!(bucket.fit(3, before), Fit::At(instant));
        assert_eq!(bucket.fit(3, instant), Fit::Now);
    }

    #[test]
    fn a_year_of_one_call_a_tick_leaves_no_error() {
        let mut bucket = Bucket::new(7_000_000, START);
        let end = WallTime::from_unix_nanos(START.as_unix_nanos() + 365 * 24 * 60 * MINUTE);
        bucket.charge(7_000_000, START);
        for tick in 1..=365_u64 * 24 * 60 {
            bucket.charge(7_000_000, WallTime::from_unix_nanos(START.as_unix_nanos() + tick * MINUTE));
        }
        assert_eq!(bucket.used(end), 7_000_000);
        assert_eq!(bucket.full_at(end).since(end).as_secs(), 60);
    }

    #[test]
    fn more_than_the_limit_never_fits_and_debt_is_waited_for() {
        let mut bucket = Bucket::new(60, START);
        assert_eq!(bucket.fit(61, START), Fit::Never);
        bucket.charge(90, START);
        assert_eq!(bucket.used(START), 90);
        assert_eq!(bucket.fit(1, START), Fit::At(WallTime::from_unix_secs(START.as_unix_secs() + 31)));
    }
}
