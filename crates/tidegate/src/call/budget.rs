//! `RetryBudget`: what bounds the retries of all calls of an account together.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidegate_core::Timestamp;

/// One retry, in the thousandths in which the budget is kept.
const RETRY: u64 = 1_000;

/// Bounds the retries of an account to a share of its calls, so that an outage is not answered with a flood.
///
/// A bucket of retries: every new call pays a share of one in, every paid retry takes one out, and a slow trickle
/// lets even an idle account try again. Clones share the bucket.
#[derive(Clone, Debug)]
pub struct RetryBudget {
    bucket: Option<Arc<Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    capacity: u64,
    share: u64,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    /// Thousandths of a retry in hand.
    thousandths: u64,
    /// Up to when the trickle has been paid in.
    trickled: Option<Timestamp>,
}

impl RetryBudget {
    /// A budget that starts full with `reserve` retries, never holds more, and gains `share_permille` thousandths of
    /// a retry with each new call, and one retry a second besides.
    #[must_use]
    pub fn new(reserve: u32, share_permille: u32) -> Self {
        let capacity = u64::from(reserve) * RETRY;
        let level = Mutex::new(Level { thousandths: capacity, trickled: None });
        Self { bucket: Some(Arc::new(Bucket { capacity, share: u64::from(share_permille), level })) }
    }

    /// A budget that allows every retry: for a caller who bounds them otherwise.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { bucket: None }
    }

    /// A new call pays its share in.
    pub(super) fn deposit(&self, now: Timestamp) {
        if let Some(bucket) = &self.bucket {
            bucket.change(now, |level| Some(level.saturating_add(bucket.share)));
        }
    }

    /// Takes one retry out; false when there is none.
    pub(super) fn withdraw(&self, now: Timestamp) -> bool {
        self.bucket.as_ref().is_none_or(|bucket| bucket.change(now, |level| level.checked_sub(RETRY)))
    }
}

impl Default for RetryBudget {
    /// 100 retries in hand, half a retry more with each call: one call in three may fail all the time, as on a bad
    /// day of a provider, and every one of them is still retried; in a full outage the load at most half doubles.
    fn default() -> Self {
        Self::new(100, 500)
    }
}

impl Bucket {
    /// Pays the trickle in, then applies `change`; false if it cannot be applied.
    fn change(&self, now: Timestamp, change: impl FnOnce(u64) -> Option<u64>) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        level.trickle(now);
        level.thousandths = level.thousandths.min(self.capacity);
        match change(level.thousandths) {
            Some(changed) => {
                level.thousandths = changed.min(self.capacity);
                true
            }
            None => false,
        }
    }
}

impl Level {
    /// Pays in one thousandth for each millisecond gone by: one retry a second.
    fn trickle(&mut self, now: Timestamp) {
        let since = self.trickled.map_or(Duration::ZERO, |then| now.since(then));
        let whole = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        self.thousandths = self.thousandths.saturating_add(whole);
        // The part of a millisecond that is left counts the next time.
        self.trickled = Some(self.trickled.map_or(now, |then| then.after(Duration::from_millis(whole))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1);

    fn withdrawals(budget: &RetryBudget, now: Timestamp) -> usize {
        (0..1_000).take_while(|_| budget.withdraw(now)).count()
    }

    #[test]
    fn retries_stay_a_share_of_the_calls() {
        let budget = RetryBudget::new(2, 500);
        assert_eq!(withdrawals(&budget, START), 2);
        for _ in 0..4 {
            budget.deposit(START);
        }
        assert_eq!(withdrawals(&budget, START), 2);
    }

    #[test]
    fn the_reserve_is_never_exceeded() {
        let budget = RetryBudget::new(3, 500);
        for _ in 0..1_000 {
            budget.deposit(START);
        }
        assert_eq!(withdrawals(&budget, START), 3);
    }

    #[test]
    fn an_idle_account_gains_a_retry_a_second_to_the_nanosecond() {
        let budget = RetryBudget::new(3, 0);
        assert_eq!(withdrawals(&budget, START), 3);
        // Asked a thousand times in between, at odd instants: no part of a millisecond is lost.
        for step in 0..1_000_u64 {
            assert!(!budget.withdraw(START.after(Duration::from_nanos(step * 999_999))));
        }
        assert_eq!(withdrawals(&budget, START.after(Duration::from_secs(1))), 1);
    }

    #[test]
    fn clones_share_the_budget_and_an_unlimited_one_never_ends() {
        let budget = RetryBudget::new(1, 0);
        assert!(budget.clone().withdraw(START));
        assert!(!budget.withdraw(START));
        assert_eq!(withdrawals(&RetryBudget::unlimited(), START), 1_000);
    }
}
