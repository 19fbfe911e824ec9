//! The weighted counter: this calendar minute's count plus the previous minute's, which fades evenly over this one.

use super::Fit;
use crate::wall::{MINUTE, WallTime};

/// Two counts: `used = previous x (1 - t/60) + present`. Kong's sliding window, which Mistral shows: 2024 used,
/// 11 s later 1653 predicted and 1647 seen (measured, 2026-08).
#[derive(Clone, Debug)]
pub(super) struct WeightedCounter {
    limit: u64,
    previous: u64,
    present: u64,
    /// Which minute since the epoch is the present one.
    minute: u64,
}

impl WeightedCounter {
    /// Two empty minutes.
    pub(super) fn new(limit: u64, at: WallTime) -> Self {
        Self { limit, previous: 0, present: 0, minute: at.as_unix_nanos() / MINUTE }
    }

    pub(super) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        self.turn(at);
        if amount > self.limit {
            return Fit::Never;
        }
        let mut counter = self.clone();
        // The present minute, the next one and the one after it: by then all that is here now has faded.
        for _ in 0..3 {
            if let Some(instant) = counter.fit_within(amount) {
                return if instant <= at { Fit::Now } else { Fit::At(instant) };
            }
            counter.turn(WallTime::from_unix_nanos((counter.minute + 1).saturating_mul(MINUTE)));
        }
        Fit::Never
    }

    pub(super) fn charge(&mut self, amount: u64, at: WallTime) {
        self.turn(at);
        self.present = self.present.saturating_add(amount);
    }

    /// The weighted count, a begun unit counting as one.
    pub(super) fn used(&mut self, at: WallTime) -> u64 {
        self.turn(at);
        let left = u128::from(MINUTE - at.as_unix_nanos() % MINUTE);
        let carried = (u128::from(self.previous) * left).div_ceil(u128::from(MINUTE));
        self.present.saturating_add(u64::try_from(carried).unwrap_or(u64::MAX))
    }

    /// The limit becomes another; what is used stays used.
    pub(super) fn change(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// When both counts have gone, if nothing more is charged.
    pub(super) fn full_at(&mut self, at: WallTime) -> WallTime {
        self.turn(at);
        let minutes = match (self.previous, self.present) {
            (0, 0) => return at,
            (_, 0) => 1,
            _ => 2,
        };
        WallTime::from_unix_nanos((self.minute + minutes).saturating_mul(MINUTE))
    }

    /// The first instant of the present minute at which `amount` fits, if the minute has one.
    fn fit_within(&self, amount: u64) -> Option<WallTime> {
        let room = self.limit.checked_sub(self.present.checked_add(amount)?)?;
        let start = self.minute.saturating_mul(MINUTE);
        if self.previous <= room {
            return Some(WallTime::from_unix_nanos(start));
        }
        // previous x (MINUTE - t) <= room x MINUTE, solved for the smallest whole t.
        let left = u128::from(room) * u128::from(MINUTE) / u128::from(self.previous);
        let elapsed = MINUTE - u64::try_from(left).unwrap_or(MINUTE);
        (elapsed < MINUTE).then(|| WallTime::from_unix_nanos(start + elapsed))
    }

    fn turn(&mut self, at: WallTime) {
        let minute = at.as_unix_nanos() / MINUTE;
        if minute > self.minute {
            self.previous = if minute == self.minute + 1 { self.present } else { 0 };
            self.present = 0;
            self.minute = minute;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(secs: u64) -> WallTime {
        WallTime::from_unix_secs(WallTime::DEFAULT_ORIGIN.as_unix_secs() + secs)
    }

    #[test]
    fn the_previous_minute_fades_as_mistral_shows() {
        let mut counter = WeightedCounter::new(50_000, second(0));
        counter.charge(2_024, second(59));
        assert_eq!(counter.used(second(59)), 2_024);
        assert_eq!(counter.used(second(71)), 1_653);
        assert_eq!(counter.used(second(120)), 0);
    }

    #[test]
    fn room_comes_back_at_the_told_instant_and_not_a_nanosecond_before() {
        let mut counter = WeightedCounter::new(100, second(0));
        counter.charge(100, second(10));
        assert_eq!(counter.fit(25, second(10)), Fit::At(second(75)));
        let before = WallTime::from_unix_nanos(second(75).as_unix_nanos() - 1);
        assert_eq!(counter.fit(25, before), Fit::At(second(75)));
        assert_eq!(counter.fit(25, second(75)), Fit::Now);
        assert_eq!(counter.fit(100, second(75)), Fit::At(second(120)));
        assert_eq!(counter.fit(101, second(75)), Fit::Never);
    }

    #[test]
    fn a_charge_far_above_the_limit_is_carried_into_the_next_minute_only() {
        let mut counter = WeightedCounter::new(100, second(0));
        counter.charge(1_000, second(5));
        assert_eq!(counter.used(second(60)), 1_000);
        assert_eq!(
            counter.fit(1, second(60)),
            Fit::At(WallTime::from_unix_nanos(second(114).as_unix_nanos() + 60_000_000))
        );
        assert_eq!(counter.fit(100, second(60)), Fit::At(second(120)));
    }
}
