//! `Sleep`: a future that waits for an instant of a clock, real or manual. For backoff and for giving up in time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use tidegate_core::Timestamp;

use crate::clock::{Clock, Due, TimerId};
use crate::sync::Mutex;
use crate::wake;

/// Waits for an instant of a clock. Runs on any executor; dropping it gives the timer back.
pub struct Sleep {
    clock: Arc<dyn Clock>,
    until: Timestamp,
    timer: TimerId,
    sleeper: Arc<Sleeper>,
}

impl Sleep {
    /// Waits on `clock` until `until`; an instant already passed is no wait.
    #[must_use]
    pub fn until(clock: Arc<dyn Clock>, until: Timestamp) -> Self {
        Self { clock, until, timer: TimerId::unique(), sleeper: Arc::new(Sleeper::default()) }
    }

    /// Waits in the calling thread, for callers without an executor.
    pub fn wait(self) {
        wake::block_on(self);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() >= self.until {
            return Poll::Ready(());
        }
        let former = self.sleeper.replace(Some(context.waker().clone()));
        if former.is_none() {
            // Armed only now that the waker stands: the deadline cannot pass unheard. Later polls only change
            // the waker; a deadline met in between took it, and is then armed anew and met at once.
            let due: Arc<dyn Due> = self.sleeper.clone();
            self.clock.arm(self.timer, self.until, Arc::downgrade(&due));
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.disarm(self.timer);
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("until", &self.until).finish_non_exhaustive()
    }
}

/// The part of a sleep that the clock sees.
#[derive(Default)]
struct Sleeper {
    waker: Mutex<Option<Waker>>,
}

impl Sleeper {
    /// Puts a waker in the place of the present one, which the caller drops outside the lock.
    fn replace(&self, waker: Option<Waker>) -> Option<Waker> {
        let mut slot = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *slot, waker)
    }
}

impl Due for Sleeper {
    fn due(&self, _now: Timestamp) {
        wake::all(self.replace(None));
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use super::*;
    use crate::ManualClock;

    #[test]
    fn a_sleep_ends_at_its_instant_and_not_before() {
        let clock = ManualClock::new();
        let mut sleep = pin!(Sleep::until(clock.clone().into(), Timestamp::from_secs(3)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut context).is_pending());
        clock.advance(Duration::from_millis(2_999));
        assert!(sleep.as_mut().poll(&mut context).is_pending());
        clock.advance(Duration::from_millis(1));
        assert!(sleep.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn a_dropped_sleep_leaves_no_timer_behind() {
        let clock = ManualClock::new();
        {
            let mut sleep = pin!(Sleep::until(clock.clone().into(), Timestamp::from_secs(3)));
            assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(clock.next_deadline(), Some(Timestamp::from_secs(3)));
        }
        assert_eq!(clock.next_deadline(), None);
    }
}
