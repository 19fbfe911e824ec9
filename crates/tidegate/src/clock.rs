//! The `Clock` seam: where time comes from and what wakes whoever waits for it. The one place that reads time.

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use tidegate_core::Timestamp;

use crate::driver;

mod manual;
#[cfg(feature = "tokio")]
mod runtime;
mod sleep;
mod timers;

pub use manual::ManualClock;
#[cfg(feature = "tokio")]
pub use runtime::TokioClock;
pub use sleep::Sleep;
pub use timers::{TimerId, Timers};

/// Where time comes from, and what wakes whoever waits for it.
///
/// # Contract
///
/// * [`now`](Clock::now) never goes back, in any thread.
/// * [`wall`](Clock::wall) is the civil time that belongs to `now`. It may step; windows of a calendar minute, day
///   or month are anchored to it.
/// * A timer has at most one deadline: [`arm`](Clock::arm) replaces the one that it had.
/// * Once `now` has reached the deadline, the clock calls [`Due::due`] exactly once with its own `now`, never before
///   the deadline and never from inside `arm`. A clock that is late calls late; nothing is skipped, and since
///   the engine charges at scheduled instants, lateness shifts no schedule.
/// * Deadlines are met in order; equal ones in the order in which their timers were made.
/// * The clock holds the sleeper weakly: whoever is gone is not called, and does not leak.
/// * While it calls `due` the clock holds none of its own locks: `due` may arm, disarm and read the clock.
///
/// [`RealClock`] follows the machine's time with the one driver thread of the process. [`ManualClock`] moves only
/// when told to, for tests and simulations. The feature `tokio` adds the time of a runtime. [`Timers`] holds the
/// bookkeeping for further implementations, and [`conformance::clock`](crate::conformance::clock) checks them against this.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// The civil time of the present instant.
    fn wall(&self) -> SystemTime;

    /// Calls `due` once the clock has reached `at`. Replaces the timer's earlier deadline.
    fn arm(&self, timer: TimerId, at: Timestamp, due: Weak<dyn Due>);

    /// Takes the timer's deadline away, if it has one.
    fn disarm(&self, timer: TimerId);
}

/// Whoever waits for a deadline.
pub trait Due: Send + Sync {
    /// The deadline has come; `now` is the clock's present instant.
    fn due(&self, now: Timestamp);
}

/// The machine's own time.
///
/// All real clocks of a process are one: their instants compare, and one driver thread serves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RealClock;

impl RealClock {
    /// How far the process's start lies from the clock's beginning: more than a leap year, so that even the
    /// start of the calendar year in which the process began has an instant on this clock.
    const HEAD_START: Duration = Duration::from_secs(400 * 24 * 60 * 60);
}

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the monotonic clock")]
    fn now(&self) -> Timestamp {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let origin = *ORIGIN.get_or_init(Instant::now);
        Timestamp::ZERO.after(Self::HEAD_START).after(origin.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn arm(&self, timer: TimerId, at: Timestamp, due: Weak<dyn Due>) {
        driver::arm(timer, at, due);
    }

    fn disarm(&self, timer: TimerId) {
        driver::disarm(timer);
    }
}

impl From<RealClock> for Arc<dyn Clock> {
    fn from(clock: RealClock) -> Self {
        Arc::new(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_time_never_goes_back_and_leaves_room_for_the_year_before() {
        let first = RealClock.now();
        let second = RealClock.now();
        assert!(second >= first);
        assert!(first >= Timestamp::ZERO.after(Duration::from_secs(366 * 86_400)));
    }
}
