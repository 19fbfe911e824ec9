//! `ManualClock`: time that moves only when told to. It meets deadlines itself, so tests and simulations never sleep.

use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use tidegate_core::Timestamp;

use crate::clock::{Clock, Due, TimerId, Timers};
use crate::sync::{Mutex, MutexGuard};

/// Time that moves only when told to.
///
/// [`advance`](ManualClock::advance) meets every deadline on its way, in order and at its own instant, before it
/// returns. Clones share one time.
///
/// ```
/// use std::time::Duration;
/// use tidegate::{Cost, Limiter, ManualClock};
///
/// let clock = ManualClock::new();
/// let limiter = Limiter::builder().requests_per_second(0.5).clock(clock.clone()).build()?;
/// limiter.try_acquire(Cost::requests(1))?.sent();
/// assert!(limiter.try_acquire(Cost::requests(1)).is_err());
/// clock.advance(Duration::from_secs(2));
/// assert!(limiter.try_acquire(Cost::requests(1)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    wall: SystemTime,
    timers: Timers,
}

impl State {
    /// Moves on to `at`, the wall clock with it; an instant already passed changes nothing.
    fn reach(&mut self, at: Timestamp) {
        self.wall += at.since(self.now);
        self.now = self.now.max(at);
    }
}

impl ManualClock {
    /// A clock at its beginning; its wall clock says midnight of 1 January 2026, UTC.
    #[must_use]
    pub fn new() -> Self {
        Self::at_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600))
    }

    /// A clock at its beginning whose wall clock says `wall`.
    #[must_use]
    pub fn at_wall(wall: SystemTime) -> Self {
        let state = State { now: Timestamp::ZERO, wall, timers: Timers::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Moves the time on by `span`, and meets every deadline on the way at its own instant.
    pub fn advance(&self, span: Duration) {
        let target = self.now().after(span);
        while self.meet_one(target) {}
        self.lock().reach(target);
    }

    /// Moves the time on to the earliest deadline, and meets it and those of the same instant. False when
    /// nobody waits for anything.
    ///
    /// A test that lets its tasks run between two calls sees each of them act at its own instant.
    pub fn advance_to_next(&self) -> bool {
        let Some(at) = self.next_deadline() else { return false };
        while self.meet_one(at) {}
        true
    }

    /// The earliest deadline that anyone waits for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.lock().timers.next()
    }

    /// Sets the wall clock alone, as a user or a time server would. The instants of [`Clock::now`] are unmoved.
    pub fn set_wall(&self, wall: SystemTime) {
        self.lock().wall = wall;
    }

    /// Meets the earliest deadline not after `until`, with the clock's own lock free while it does.
    fn meet_one(&self, until: Timestamp) -> bool {
        let (now, due) = {
            let mut state = self.lock();
            let Some((at, due)) = state.timers.pop(until) else { return false };
            state.reach(at);
            (state.now, due)
        };
        if let Some(due) = due.upgrade() {
            due.due(now);
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of others runs under this lock, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn wall(&self) -> SystemTime {
        self.lock().wall
    }

    fn arm(&self, timer: TimerId, at: Timestamp, due: Weak<dyn Due>) {
        self.lock().timers.set(timer, at, due);
    }

    fn disarm(&self, timer: TimerId) {
        self.lock().timers.remove(timer);
    }
}

impl From<ManualClock> for Arc<dyn Clock> {
    fn from(clock: ManualClock) -> Self {
        Arc::new(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Log(Mutex<Vec<Timestamp>>);

    impl Due for Log {
        fn due(&self, now: Timestamp) {
            self.0.lock().unwrap().push(now);
        }
    }

    #[test]
    fn advance_meets_each_deadline_at_its_own_instant() {
        let clock = ManualClock::new();
        let log = Arc::new(Log::default());
        let due: Arc<dyn Due> = log.clone();
        for secs in [3, 1, 2, 9] {
            clock.arm(TimerId::unique(), Timestamp::from_secs(secs), Arc::downgrade(&due));
        }
        clock.advance(Duration::from_secs(5));
        assert_eq!(*log.0.lock().unwrap(), [1, 2, 3].map(Timestamp::from_secs));
        assert_eq!(clock.now(), Timestamp::from_secs(5));
        assert!(clock.advance_to_next());
        assert_eq!(clock.now(), Timestamp::from_secs(9));
        assert!(!clock.advance_to_next());
    }

    #[test]
    fn a_sleeper_that_is_gone_is_not_called_and_does_not_stop_time() {
        let clock = ManualClock::new();
        let due: Arc<dyn Due> = Arc::new(Log::default());
        clock.arm(TimerId::unique(), Timestamp::from_secs(1), Arc::downgrade(&due));
        drop(due);
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now(), Timestamp::from_secs(2));
    }

    #[test]
    fn the_wall_clock_goes_with_the_time_and_can_be_set_apart() {
        let clock = ManualClock::at_wall(SystemTime::UNIX_EPOCH);
        clock.advance(Duration::from_secs(7));
        assert_eq!(clock.wall(), SystemTime::UNIX_EPOCH + Duration::from_secs(7));
        clock.set_wall(SystemTime::UNIX_EPOCH);
        assert_eq!(clock.wall(), SystemTime::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::from_secs(7));
    }
}
