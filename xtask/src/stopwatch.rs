//! Real time for tasks and end-to-end tests: the only file here that reads a clock or sleeps.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Counts real time since it was started.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    /// Starts counting now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "tasks measure real processes, which a virtual clock cannot reach"
    )]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// How long it has been counting.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sleeps until `mark` after the start; returns at once when that has passed.
    #[expect(
        clippy::disallowed_methods,
        reason = "a real process can only be stopped at a moment by waiting for it"
    )]
    pub fn wait_until(&self, mark: Duration) {
        std::thread::sleep(mark.saturating_sub(self.elapsed()));
    }
}

/// How old the minute is by the machine's wall clock.
#[must_use]
pub fn age_of_minute() -> Duration {
    let now = clock_gettime(ClockId::Realtime);
    Duration::new(
        u64::try_from(now.tv_sec.rem_euclid(60)).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

/// The CPU time that all threads of this process have used so far.
#[must_use]
pub fn cpu_time() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}
