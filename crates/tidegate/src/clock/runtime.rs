//! `TokioClock`: the time of a tokio runtime, which tests may pause. For programs that keep all of their time there.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use tidegate_core::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::clock::{Clock, Due, TimerId, Timers};

/// The time of a tokio runtime. Clones share it.
///
/// Under `tokio::time::pause` it stands still and goes on by itself from deadline to deadline, as all timers of that
/// runtime do, so a test of a program that waits for permits takes no time. Otherwise [`RealClock`](super::RealClock)
/// serves better: a runtime's timers are a millisecond late, its driver thread a tenth of one.
///
/// ```
/// use tidegate::clock::TokioClock;
/// use tidegate::{Cost, Limiter};
///
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
/// runtime.block_on(async {
///     let clock = TokioClock::new(&tokio::runtime::Handle::current());
///     let limiter = Limiter::builder().requests_per_hour(1).clock(clock).build()?;
///     limiter.acquire(Cost::requests(1)).await?.sent();
///     let second = limiter.acquire(Cost::requests(1)).await?;    // an hour later, at once
///     assert_eq!(second.waited().as_secs(), 3_600);
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokioClock {
    shared: Arc<Shared>,
}

struct Shared {
    /// The runtime's instant that is the clock's beginning, and the civil time of it.
    origin: Instant,
    wall: SystemTime,
    timers: Mutex<Timers>,
    /// Told whenever the earliest deadline has become another one, and when the clock goes away.
    changed: Arc<Notify>,
}

impl TokioClock {
    /// How far the clock's making lies from its beginning: more than a leap year, so that even the start of the calendar
    /// year has an instant on this clock.
    const HEAD_START: Duration = Duration::from_secs(400 * 24 * 60 * 60);

    /// The time of the runtime behind `handle`, which must have its time enabled and be the one that the caller
    /// runs in. One task of it meets the deadlines for as long as the clock lives.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads a runtime's clock")]
    pub fn new(handle: &Handle) -> Self {
        let (origin, wall) = (Instant::now(), SystemTime::now());
        let changed = Arc::new(Notify::new());
        let timers = Mutex::new(Timers::new());
        let shared = Arc::new(Shared { origin, wall, timers, changed: changed.clone() });
        handle.spawn(drive(Arc::downgrade(&shared), changed));
        Self { shared }
    }
}

impl Shared {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads a runtime's clock")]
    fn elapsed(&self) -> Duration {
        Instant::now().duration_since(self.origin)
    }

    fn now(&self) -> Timestamp {
        Timestamp::ZERO.after(TokioClock::HEAD_START).after(self.elapsed())
    }

    /// The runtime's instant that is `at` on this clock.
    fn instant(&self, at: Timestamp) -> Option<Instant> {
        let since = at.since(Timestamp::ZERO.after(TokioClock::HEAD_START));
        self.origin.checked_add(since)
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        // No code of others runs under this lock, so a poisoned schedule is a whole one.
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

/// Meets deadlines for as long as the clock lives.
async fn drive(shared: Weak<Shared>, changed: Arc<Notify>) {
    while let Some(alive) = shared.upgrade() {
        let now = alive.now();
        let due = alive.timers().pop(now);
        if let Some((_, due)) = due {
            if let Some(due) = due.upgrade() {
                due.due(now);
            }
            continue;
        }
        let next = alive.timers().next().and_then(|at| alive.instant(at));
        // Nobody but its users keeps the clock alive while this waits.
        drop(alive);
        match next {
            Some(at) => {
                let _due = tokio::time::timeout_at(at, changed.notified()).await;
            }
            None => changed.notified().await,
        }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.shared.now()
    }

    fn wall(&self) -> SystemTime {
        self.shared.wall + self.shared.elapsed()
    }

    fn arm(&self, timer: TimerId, at: Timestamp, due: Weak<dyn Due>) {
        let mut timers = self.shared.timers();
        let is_earliest = timers.next().is_none_or(|next| at < next);
        timers.set(timer, at, due);
        drop(timers);
        if is_earliest {
            self.shared.changed.notify_one();
        }
    }

    fn disarm(&self, timer: TimerId) {
        // The task may still wake for it, finds nothing due, and waits on.
        self.shared.timers().remove(timer);
    }
}

impl fmt::Debug for TokioClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokioClock")
    }
}

impl From<TokioClock> for Arc<dyn Clock> {
    fn from(clock: TokioClock) -> Self {
        Arc::new(clock)
    }
}
