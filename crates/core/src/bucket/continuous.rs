//! `Continuous`: a bucket that refills evenly, exact to the nanosecond and without drift.
//!
//! Kept is the one instant at which the bucket is full again, in units in which nothing is ever rounded: time x
//! amount, of which a unit of the limit is one period. What is missing at an instant is the distance to it. A charge
//! moves it later, a refund earlier; time itself moves nothing, so there is no drift, and a clock that steps back
//! only makes the distance longer. Only a waiting time is divided, upwards. (The idea of one theoretical arrival time
//! is that of the generic cell rate algorithm, ITU-T I.371; here in integers, with amounts, debt and refunds.)

use core::time::Duration;

use super::{Fit, Stamp};
use crate::notes::noted;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

/// More than this of anything is taken for this, so that products of two stay far inside their range.
const AMOUNT_MAX: u64 = 1 << 62;
/// No debt reaches further than this, so that one more product can be added without a look.
const FULL_AT_MAX: u128 = 1 << 127;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Continuous {
    /// When the bucket is full again, as that instant's nanoseconds times the amount.
    full_at: u128,
    amount: u64,
    period_ns: u64,
    burst: u64,
    /// What a full bucket holds, scaled: burst x period.
    full: u128,
    /// How long the level must have sufficed before an amount fits, in nanoseconds: another's clock and wire are
    /// never quite ours.
    margin_ns: u64,
    /// By how much later than others a call may arrive.
    spread: Duration,
}

noted!(Continuous { full_at } without { amount, period_ns, burst, full, margin_ns, spread });

impl Continuous {
    /// A full bucket.
    pub(super) fn new(quota: &Quota) -> Self {
        let mut bucket = Self {
            full_at: 0,
            amount: 0,
            period_ns: 1,
            burst: 0,
            full: 0,
            margin_ns: 0,
            spread: Duration::ZERO,
        };
        bucket.follow(quota);
        bucket
    }

    fn follow(&mut self, quota: &Quota) {
        self.amount = quota.amount.min(AMOUNT_MAX);
        self.period_ns = nanos_of(quota.period).clamp(1, AMOUNT_MAX);
        self.burst = quota.capacity().min(AMOUNT_MAX);
        self.full = product(self.burst, self.period_ns);
    }

    pub(super) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        if amount > self.burst { Fit::Never } else { self.fit_after(0, amount, from) }
    }

    /// Whether `amount` fits at `now`: the same answer without a division.
    #[inline(always)]
    pub(super) fn has_room(&self, amount: u64, now: Timestamp) -> bool {
        let Some(spare) = self.burst.checked_sub(amount) else { return false };
        if self.margin_ns > 0 {
            return matches!(self.fit(amount, now), Fit::At(at) if at <= now);
        }
        self.missing(now) <= product(spare, self.period_ns)
    }

    /// The level after `amount` was taken at `now`, where it fits and nobody's wire matters.
    #[inline(always)]
    pub(super) fn level_after(&self, amount: u64, now: Timestamp) -> Option<u128> {
        if amount == 0 {
            return Some(self.full_at);
        }
        let time = self.scaled_time(now);
        let level = self.full_at.max(time).wrapping_add(product(amount, self.period_ns));
        (level <= time.wrapping_add(self.full)).then_some(level)
    }

    #[inline(always)]
    pub(super) fn level(&self) -> u128 {
        self.full_at
    }

    #[inline(always)]
    pub(super) fn set_level(&mut self, level: u128) {
        self.full_at = level;
    }

    /// Whether the level must neither have sufficed for a while nor reckons with calls that arrive late.
    pub(super) fn is_plain(&self) -> bool {
        self.margin_ns == 0 && self.spread.is_zero()
    }

    pub(super) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        let beyond = self.missing(from).saturating_add(self.wanted(ahead, amount)).saturating_sub(self.full);
        if beyond == 0 {
            return Fit::At(from);
        }
        if self.amount == 0 {
            return Fit::Never;
        }
        // Nearly always one word is enough, and one word is divided in a third of the time.
        let wait = match u64::try_from(beyond) {
            Ok(beyond) => beyond.div_ceil(self.amount),
            Err(_) => u64::try_from(beyond.div_ceil(u128::from(self.amount))).unwrap_or(u64::MAX),
        };
        Fit::At(from.after(Duration::from_nanos(wait)))
    }

    /// Whether `amount` would fit by the instant `by` if `taken` were charged at `at`: without a division, and without a
    /// copy of the bucket.
    pub(super) fn fits_behind(&self, taken: u64, at: Timestamp, amount: u64, by: Timestamp) -> bool {
        let full_at = self.charged(taken, at);
        let level = |at: Timestamp| full_at.saturating_sub(self.scaled_time(at));
        let spare = self.full.saturating_sub(self.wanted(0, amount));
        let fits = amount <= self.burst && at <= by;
        fits && (level(by) <= spare && self.amount > 0 || level(at) <= spare)
    }

    #[inline(always)]
    pub(super) fn charge(&mut self, amount: u64, at: Timestamp) -> Stamp {
        self.full_at = self.charged(amount, at);
        Stamp::default()
    }

    /// When the bucket is full again once `amount` is taken at `at`.
    #[inline(always)]
    fn charged(&self, amount: u64, at: Timestamp) -> u128 {
        // A call that arrives late leaves a full bucket full until then, and what would have come in is lost.
        let arrived = self.scaled_time(at.after(self.spread));
        self.full_at.max(arrived).wrapping_add(self.scaled(amount)).min(FULL_AT_MAX)
    }

    /// What goes beyond a full bucket is gone: an instant in the past is as good as any other.
    #[inline(always)]
    pub(super) fn refund(&mut self, amount: u64) {
        self.full_at = self.full_at.saturating_sub(self.scaled(amount));
    }

    /// As [`Continuous::refund`], of what [`Continuous::level_after`] let through: never more than a burst.
    #[inline(always)]
    pub(super) fn give_back(&mut self, amount: u64) {
        self.full_at = self.full_at.saturating_sub(product(amount, self.period_ns));
    }

    pub(super) fn available(&self, now: Timestamp) -> i128 {
        let (missing, period) = (self.missing(now), u128::from(self.period_ns.max(1)));
        match self.full.checked_sub(missing) {
            Some(left) => signed(left.checked_div(period).unwrap_or(0)),
            None => signed(missing.saturating_sub(self.full).div_ceil(period)).saturating_neg(),
        }
    }

    pub(super) fn adjust(&mut self, delta: i128, now: Timestamp) {
        let size = u64::try_from(delta.unsigned_abs()).unwrap_or(AMOUNT_MAX);
        if delta < 0 {
            self.charge(size, now);
        } else {
            self.refund(size);
        }
    }

    pub(super) fn set_margin(&mut self, margin: Duration) {
        self.margin_ns = nanos_of(margin);
    }

    pub(super) fn set_spread(&mut self, spread: Duration) {
        self.spread = spread;
    }

    pub(super) fn resize(&mut self, quota: &Quota, now: Timestamp) {
        let (missing, period) = (self.missing(now), u128::from(self.period_ns.max(1)));
        self.follow(quota);
        let missing = if period == u128::from(self.period_ns) {
            missing
        } else {
            missing.div_ceil(period).saturating_mul(u128::from(self.period_ns))
        };
        self.full_at = self.scaled_time(now).saturating_add(missing).min(FULL_AT_MAX);
    }

    /// What is missing for a full bucket.
    #[inline(always)]
    fn missing(&self, at: Timestamp) -> u128 {
        self.full_at.saturating_sub(self.scaled_time(at))
    }

    /// What must be there for `amount` to fit, with what the margin asks for: half of what the bucket holds beyond it at
    /// most. Whoever waits for a full bucket loses what would have come in, and most of it to others where there are any.
    #[inline(always)]
    fn wanted(&self, ahead: u64, amount: u64) -> u128 {
        let need = self.scaled(ahead).saturating_add(self.scaled(amount));
        if self.margin_ns == 0 {
            return need;
        }
        let margin = product(self.margin_ns.min(AMOUNT_MAX), self.amount);
        let half = self.full.saturating_sub(need) >> 1;
        need.saturating_add(margin.min(half))
    }

    #[inline(always)]
    fn scaled(&self, amount: u64) -> u128 {
        product(amount.min(AMOUNT_MAX), self.period_ns)
    }

    #[inline(always)]
    fn scaled_time(&self, at: Timestamp) -> u128 {
        product(at.as_nanos(), self.amount)
    }
}

/// The product of two words, which always fits two words.
#[inline(always)]
fn product(one: u64, other: u64) -> u128 {
    u128::from(one).wrapping_mul(u128::from(other))
}

fn signed(amount: u128) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
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
        let mut bucket = Continuous::new(&Quota::every(5, Duration::from_secs(10)));
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
        let mut bucket = Continuous::new(&Quota::every(7_000_000, minute).burst(7_000_000));
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
        let mut bucket = Continuous::new(&Quota::per_second(1));
        bucket.charge(1, Timestamp::ZERO);
        let due = at(&bucket, 1, Timestamp::ZERO);
        // The driver woke 300 ms late; the charge still counts from the scheduled instant.
        bucket.charge(1, due);
        assert_eq!(at(&bucket, 1, Timestamp::from_millis(1_300)), Timestamp::from_secs(2));
    }

    #[test]
    fn a_margin_delays_each_call_and_costs_no_throughput() {
        let mut bucket = Continuous::new(&Quota::per_second(10).burst(2));
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
    fn a_margin_asks_for_half_of_a_bucket_at_most() {
        let mut bucket = Continuous::new(&Quota::per_second(5));
        bucket.set_margin(Duration::from_secs(10));
        assert_eq!(at(&bucket, 1, Timestamp::ZERO), Timestamp::ZERO);
        bucket.charge(2, Timestamp::ZERO);
        // One and half of the four beside it.
        assert_eq!(at(&bucket, 1, Timestamp::ZERO), Timestamp::ZERO);
        bucket.charge(1, Timestamp::ZERO);
        assert_eq!(at(&bucket, 1, Timestamp::ZERO), Timestamp::from_millis(200));
        assert_eq!(at(&bucket, 5, Timestamp::ZERO), Timestamp::from_millis(600), "and none beside all of it");
    }

    #[test]
    fn a_bucket_of_one_keeps_late_and_early_arrivals_apart() {
        let mut bucket = Continuous::new(&Quota::per_second(5).burst(1));
        bucket.set_margin(Duration::from_millis(100));
        bucket.set_spread(Duration::from_millis(20));
        bucket.charge(1, Timestamp::ZERO);
        assert_eq!(at(&bucket, 1, Timestamp::ZERO), Timestamp::from_millis(220));
        // What is not full loses nothing.
        let mut bucket = Continuous::new(&Quota::per_second(5));
        bucket.set_spread(Duration::from_millis(20));
        bucket.charge(4, Timestamp::ZERO);
        bucket.charge(1, Timestamp::from_secs(0));
        assert_eq!(at(&bucket, 1, Timestamp::ZERO), Timestamp::from_millis(220));
    }

    #[test]
    fn over_use_is_debt_and_a_refund_stops_at_the_burst() {
        let mut bucket = Continuous::new(&Quota::per_second(10));
        bucket.charge(30, Timestamp::ZERO);
        assert_eq!(bucket.available(Timestamp::ZERO), -20);
        assert_eq!(at(&bucket, 1, Timestamp::ZERO), Timestamp::from_millis(2_100));
        bucket.refund(500);
        assert_eq!(bucket.available(Timestamp::ZERO), 10);
    }

    #[test]
    fn more_than_the_burst_is_never_and_a_zero_limit_holds_nothing() {
        let bucket = Continuous::new(&Quota::per_second(10));
        assert_eq!(bucket.fit(11, Timestamp::ZERO), Fit::Never);
        assert_eq!(Continuous::new(&Quota::per_second(0)).fit(1, Timestamp::ZERO), Fit::Never);
    }

    #[test]
    fn another_period_leaves_missing_what_was() {
        let mut bucket = Continuous::new(&Quota::per_minute(60).burst(60));
        bucket.charge(30, Timestamp::ZERO);
        let slower = Quota::every(60, Duration::from_secs(120)).burst(60);
        bucket.resize(&slower, Timestamp::ZERO);
        let left = [0, 2, 60].map(|second| bucket.available(Timestamp::from_secs(second)));
        assert_eq!(left, [30, 31, 60]);
    }

    #[test]
    fn a_changed_limit_keeps_what_was_used() {
        let mut bucket = Continuous::new(&Quota::per_minute(600).burst(600));
        bucket.charge(500, Timestamp::ZERO);
        bucket.resize(&Quota::per_minute(300).burst(300), Timestamp::ZERO);
        assert_eq!(bucket.available(Timestamp::ZERO), -200);
        bucket.resize(&Quota::per_minute(600).burst(600), Timestamp::ZERO);
        assert_eq!(bucket.available(Timestamp::ZERO), 100);
    }

    #[test]
    fn having_room_is_what_fitting_now_is() {
        for margin in [0, 900] {
            let mut bucket = Continuous::new(&Quota::every(3, Duration::from_secs(7)).burst(5));
            bucket.charge(4, Timestamp::ZERO);
            bucket.set_margin(Duration::from_millis(margin));
            for tick in 0..200_u64 {
                let now = Timestamp::from_millis(tick * 83);
                for amount in 0..8 {
                    let fits = matches!(bucket.fit(amount, now), Fit::At(at) if at <= now);
                    assert_eq!(
                        bucket.clone().has_room(amount, now),
                        fits,
                        "{amount} at {now}, margin {margin}"
                    );
                    if margin == 0 && amount > 0 {
                        let level = bucket.level_after(amount, now);
                        let mut charged = bucket.clone();
                        charged.charge(amount, now);
                        assert_eq!(level, fits.then_some(charged.level()), "{amount} at {now}");
                    }
                }
                if tick % 40 == 0 {
                    bucket.charge(2, now);
                }
            }
        }
    }

    #[test]
    fn fitting_behind_another_is_fitting_after_its_charge() {
        let mut bucket = Continuous::new(&Quota::every(3, Duration::from_secs(7)).burst(5));
        bucket.charge(4, Timestamp::ZERO);
        let mut told = [0; 2];
        for (margin, spread) in [(0, 0), (900, 0), (0, 400), (900, 400)] {
            bucket.set_margin(Duration::from_millis(margin));
            bucket.set_spread(Duration::from_millis(spread));
            for case in 0..20_000_u64 {
                let at = Timestamp::from_millis(case % 7 * 2_111);
                let by = Timestamp::from_nanos(case % 11 * 2_333_333_333 + case % 3);
                let (taken, amount) = (case % 5, case % 6 + 1);
                let mut then = bucket.clone();
                then.charge(taken, at);
                let fits = matches!(then.fit(amount, at), Fit::At(then) if then <= by);
                assert_eq!(
                    bucket.fits_behind(taken, at, amount, by),
                    fits,
                    "{taken} at {at}, {amount} by {by}"
                );
                told[usize::from(fits)] += 1;
            }
        }
        assert!(told.iter().all(|times| *times > 10_000), "both answers are met: {told:?}");
        let nothing = Continuous::new(&Quota::per_second(0));
        assert!(!nothing.fits_behind(0, Timestamp::ZERO, 1, Timestamp::MAX));
    }

    #[test]
    fn the_largest_amounts_and_periods_stay_in_range() {
        let quota = Quota::every(u64::MAX, Duration::MAX).burst(u64::MAX);
        let mut bucket = Continuous::new(&quota);
        assert_eq!(bucket.available(Timestamp::ZERO), i128::from(AMOUNT_MAX));
        for _ in 0..9 {
            bucket.charge(u64::MAX, Timestamp::ZERO);
        }
        assert!(bucket.available(Timestamp::ZERO) < 0);
        assert!(matches!(bucket.fit(1, Timestamp::ZERO), Fit::At(at) if at > Timestamp::from_secs(1)));
        bucket.adjust(i128::MAX, Timestamp::MAX);
        assert!(bucket.available(Timestamp::MAX) <= i128::from(AMOUNT_MAX));
        bucket.adjust(i128::MIN, Timestamp::MAX);
    }

    #[test]
    fn a_level_alone_is_all_there_is_to_it_unless_the_wire_matters() {
        let mut bucket = Continuous::new(&Quota::per_second(10));
        assert!(bucket.is_plain());
        bucket.set_margin(Duration::from_nanos(1));
        assert!(!bucket.is_plain());
        bucket.set_spread(Duration::from_nanos(1));
        assert!(!bucket.is_plain());
        bucket.set_margin(Duration::ZERO);
        assert!(!bucket.is_plain());
    }

    #[test]
    fn a_clock_that_steps_back_adds_nothing() {
        let mut bucket = Continuous::new(&Quota::per_second(1));
        bucket.charge(1, Timestamp::from_secs(10));
        assert_eq!(bucket.fit(1, Timestamp::from_secs(3)), Fit::At(Timestamp::from_secs(11)));
    }
}
