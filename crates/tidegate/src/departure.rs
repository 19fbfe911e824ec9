//! `Departure`: tells when a call's bytes really leave, from wherever that is seen.

use std::sync::Arc;

use tidegate_core::ReservationId;

use crate::account::Account;

/// Tells when a call's bytes really leave, from wherever that is seen.
///
/// A call that may go does not always go at once: the first ones to a host make connections, and a busy machine makes
/// hundreds of calls wait for that. The provider counts a call when it arrives, so a limit that counts in windows has
/// to know when it left; by [`Permit::sent`](crate::Permit::sent) it knows only when somebody began to send it.
///
/// ```
/// use tidegate::{Cost, Limiter, Usage};
///
/// # use tidegate::{Dimension, Limit, Quota, Refill};
/// let minute = Quota::per_minute(300).refill(Refill::SlidingWindow);
/// let limiter = Limiter::builder().limit(Limit::new(Dimension::Requests, minute)).build()?;
/// let permit = limiter.acquire_blocking(Cost::requests(1))?;
/// permit.sent();
/// let departure = permit.departure().expect("the limit counts in windows");
/// // ... and there, where the connection is made and the first bytes are written:
/// departure.left();
/// // ... the answer ...
/// permit.settle(Usage::new(118, 64));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Departure {
    account: Arc<Account>,
    id: ReservationId,
}

impl Departure {
    pub(crate) const fn new(account: Arc<Account>, id: ReservationId) -> Self {
        Self { account, id }
    }

    /// The bytes leave now. Of a call that has ended it says nothing.
    pub fn left(self) {
        let _ = self.account.with(|state, now| state.engine.sent(self.id, now));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Cost, Limiter, ManualClock, Quota, Refill};

    /// Two requests in any minute.
    fn sliding(clock: &ManualClock) -> Limiter {
        let quota = Quota::per_minute(2).refill(Refill::SlidingWindow);
        let limit = crate::Limit::new(crate::Dimension::Requests, quota);
        Limiter::builder().limit(limit).clock(clock.clone()).build().unwrap()
    }

    #[test]
    fn a_window_counts_a_call_from_when_it_left() {
        let clock = ManualClock::new();
        let limiter = sliding(&clock);
        let [early, late] = [(); 2].map(|()| limiter.try_acquire(Cost::requests(1)).unwrap());
        early.sent();
        late.sent();
        clock.advance(Duration::from_secs(5));
        late.departure().unwrap().left();
        clock.advance(Duration::from_secs(55));
        let next = limiter.try_acquire(Cost::requests(1)).unwrap();
        assert!(limiter.try_acquire(Cost::requests(1)).is_err(), "the one that left late is in the window");
        clock.advance(Duration::from_secs(5));
        assert!(limiter.try_acquire(Cost::requests(1)).is_ok());
        drop((early, late, next));
    }

    #[test]
    fn of_a_call_that_has_ended_it_says_nothing() {
        let clock = ManualClock::new();
        let limiter = sliding(&clock);
        let permit = limiter.try_acquire(Cost::requests(2)).unwrap();
        permit.sent();
        let departure = permit.departure().unwrap();
        permit.settle(tidegate_core::Usage::new(0, 0));
        clock.advance(Duration::from_secs(59));
        departure.left();
        clock.advance(Duration::from_secs(1));
        assert!(limiter.try_acquire(Cost::requests(2)).is_ok(), "it counts from when it was sent");
    }

    #[test]
    fn a_bucket_does_not_ask_when_a_call_left() {
        let limiter = Limiter::builder().requests_per_minute(2).clock(ManualClock::new()).build().unwrap();
        let permit = limiter.try_acquire(Cost::requests(1)).unwrap();
        permit.sent();
        assert!(permit.departure().is_none());
    }
}
