//! `Held`: what an account's mutex guards: its state, or what is left of the state of an idle account.

use std::time::Duration;

use tidegate_core::{Dormant, Timestamp};

use super::state::State;
use crate::calendar::Calendars;

/// How long after its last call an account goes to sleep. Waking takes some microseconds, which nobody notices once a
/// minute; after a minute most limits are whole again, and a client that comes back sooner is no stranger.
const REST: Duration = Duration::from_secs(60);

/// An account's state, awake or asleep.
pub(super) enum Held {
    Awake(Box<State>),
    Asleep(Asleep),
}

/// What is left of an account that nobody has used for a while.
pub(super) struct Asleep {
    engine: Dormant,
    /// The windows that were asked for, where there are any.
    calendars: Option<Box<Calendars>>,
    reservations_max: usize,
    is_recorded: bool,
}

impl Held {
    /// The state, woken if need be.
    pub(super) fn awake(&mut self) -> &mut State {
        loop {
            match self {
                Self::Awake(state) => return state,
                Self::Asleep(asleep) => *self = Self::Awake(Box::new(asleep.wake())),
            }
        }
    }

    /// Goes to sleep if it is time to; says whether it did.
    pub(super) fn rest(&mut self, now: Timestamp) -> bool {
        let Self::Awake(state) = self else { return false };
        if state.rests_at().is_none_or(|at| now < at) {
            return false;
        }
        let Some(engine) = state.engine.sleep(now) else { return false };
        let calendars = std::mem::take(&mut state.calendars);
        let calendars = (!calendars.is_empty()).then(|| Box::new(calendars));
        let (reservations_max, is_recorded) = (state.reservations_max, state.is_recorded);
        *self = Self::Asleep(Asleep { engine, calendars, reservations_max, is_recorded });
        true
    }
}

impl Asleep {
    /// The state as it was. Unless a call comes, it goes back to sleep at once.
    fn wake(&mut self) -> State {
        let mut state = State::new(self.engine.wake(), self.reservations_max, Timestamp::ZERO);
        state.calendars = self.calendars.take().map(|calendars| *calendars).unwrap_or_default();
        state.is_recorded = self.is_recorded;
        state
    }
}

impl State {
    /// When the account goes to sleep if nothing happens until then; `None` while anybody waits, is under way or
    /// listens.
    pub(super) fn rests_at(&self) -> Option<Timestamp> {
        let is_idle = self.under_way == 0 && self.waiters.is_empty() && self.feeds.is_empty();
        (is_idle && self.engine.is_at_rest()).then(|| self.used_at.after(REST))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::PoisonError;

    use tidegate_core::Cost;

    use super::*;
    use crate::clock::Clock;
    use crate::{Busy, Limiter, ManualClock};

    fn is_asleep(limiter: &Limiter) -> bool {
        let held = limiter.account().state.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*held, Held::Asleep(_))
    }

    fn one_an_hour(clock: &ManualClock) -> Limiter {
        let builder = Limiter::builder().requests_per_hour(1).requests_per_day(20).time_zone("Europe/Paris");
        builder.clock(clock.clone()).build().expect("nothing is wrong")
    }

    #[test]
    fn an_account_sleeps_a_minute_after_its_last_call_and_nothing_is_forgotten() {
        let clock = ManualClock::new();
        let limiter = one_an_hour(&clock);
        let permit = limiter.try_acquire(Cost::requests(1)).expect("the first call goes at once");
        clock.advance(REST * 3);
        assert!(!is_asleep(&limiter), "a call is under way");
        permit.sent();
        drop(permit);
        let used = limiter.snapshot().limits[1].used;
        clock.advance(REST - Duration::from_nanos(1));
        assert!(!is_asleep(&limiter));
        clock.advance(Duration::from_nanos(1));
        assert!(is_asleep(&limiter));
        assert_eq!(clock.next_deadline(), None, "who sleeps is not woken by the clock");
        let left = Duration::from_secs(3_600) - REST * 4;
        let Err(Busy::Wait { until, .. }) = limiter.try_acquire(Cost::requests(1)) else {
            panic!("too early")
        };
        assert_eq!(until, clock.now().after(left));
        assert_eq!(limiter.snapshot().limits[1].used, used);
        clock.advance(left);
        assert!(limiter.try_acquire(Cost::requests(1)).is_ok());
    }

    #[test]
    fn a_look_at_who_sleeps_does_not_keep_it_awake() {
        let clock = ManualClock::new();
        let limiter = one_an_hour(&clock);
        clock.advance(REST);
        assert!(is_asleep(&limiter));
        assert_eq!(limiter.snapshot().limits.len(), 2);
        assert!(is_asleep(&limiter));
        let events = limiter.events();
        assert!(!is_asleep(&limiter), "somebody listens");
        drop(events);
    }

    #[test]
    fn accounts_of_a_closed_limiter_stay_closed() {
        let clock = ManualClock::new();
        let limiter = one_an_hour(&clock);
        clock.advance(REST);
        limiter.close();
        clock.advance(REST);
        let closed = limiter.try_acquire(Cost::requests(1));
        assert!(matches!(closed, Err(Busy::Rejected(tidegate_core::Rejection::Closed))), "{closed:?}");
    }
}
