//! The driver: the one thread of the process that meets the deadlines of all real clocks. The only place that sleeps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, Weak};

use tidegate_core::Timestamp;

use crate::clock::{Clock, Due, RealClock, TimerId, Timers};
use crate::sync::{self, Condvar, Mutex, MutexGuard};

/// The name of the driver's thread, as debuggers and process lists show it.
const THREAD_NAME: &str = "tidegate-driver";

static DRIVER: Driver = Driver::new(|| RealClock.now());

/// Meets deadlines of one time. The process has one; the tests of interleavings have one a trial.
pub(crate) struct Driver {
    now: fn() -> Timestamp,
    schedule: Mutex<Schedule>,
    /// Told whenever the earliest deadline has become an earlier one.
    changed: Condvar,
}

struct Schedule {
    timers: Timers,
    started: bool,
    /// Until when the thread waits for the condition, if it does. It looks at the schedule anyway before it does, so
    /// while it is awake, and above all when it arms a deadline itself, nobody need be told: a signal costs a
    /// system call. One deadline tells the thread once: from then on it counts as asleep until that.
    asleep_until: Option<Timestamp>,
    /// The last deadline that the thread was told of. It sleeps no longer than until then even if that deadline was
    /// taken back: else the next one would have to tell it again, and a call whose timeout is never met, which is
    /// almost every call, would cost two switches of threads.
    told: Option<Timestamp>,
}

/// Gives the timer a deadline; the thread is started with the first one.
pub(crate) fn arm(timer: TimerId, at: Timestamp, due: Weak<dyn Due>) {
    DRIVER.arm(timer, at, due);
}

/// Takes the timer's deadline away.
pub(crate) fn disarm(timer: TimerId) {
    DRIVER.disarm(timer);
}

impl Driver {
    pub(crate) const fn new(now: fn() -> Timestamp) -> Self {
        let schedule = Schedule { timers: Timers::new(), started: false, asleep_until: None, told: None };
        Self { now, schedule: Mutex::new(schedule), changed: Condvar::new() }
    }

    pub(crate) fn arm(&'static self, timer: TimerId, at: Timestamp, due: Weak<dyn Due>) {
        let mut schedule = self.lock();
        schedule.timers.set(timer, at, due);
        if !schedule.started {
            // A system that refuses the thread now is asked again with the next deadline.
            schedule.started = sync::daemon(THREAD_NAME, || self.run());
        } else if schedule.asleep_until.is_some_and(|until| at < until) {
            schedule.asleep_until = Some(at);
            self.changed.notify_one();
        }
    }

    pub(crate) fn disarm(&self, timer: TimerId) {
        // The thread may still wake for it, finds nothing due, and sleeps on.
        self.lock().timers.remove(timer);
    }

    /// Meets deadlines for as long as the process lives.
    fn run(&self) {
        let mut schedule = self.lock();
        loop {
            let now = (self.now)();
            if let Some((_, due)) = schedule.timers.pop(now) {
                drop(schedule);
                Self::meet(due.upgrade(), now);
                schedule = self.lock();
            } else {
                schedule = self.sleep(schedule, now);
            }
        }
    }

    /// Sleeps until the earliest deadline, or until an earlier one is set.
    fn sleep<'a>(&self, mut schedule: MutexGuard<'a, Schedule>, now: Timestamp) -> MutexGuard<'a, Schedule> {
        let told = schedule.told.take().filter(|&at| now < at && at < Timestamp::MAX);
        let next = schedule.timers.next().into_iter().chain(told).min();
        schedule.asleep_until = Some(next.unwrap_or(Timestamp::MAX));
        let mut schedule = match next {
            None => self.changed.wait(schedule).unwrap_or_else(PoisonError::into_inner),
            Some(at) => {
                let waited = self.changed.wait_timeout(schedule, at.since(now));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        schedule.told = schedule.asleep_until.take();
        schedule
    }

    /// Calls the sleeper. A panic in it must not take the time of every other limiter away, so it ends here.
    fn meet(due: Option<Arc<dyn Due>>, now: Timestamp) {
        let _panicked = catch_unwind(AssertUnwindSafe(|| {
            if let Some(due) = due {
                due.due(now);
            }
        }))
        .is_err();
    }

    /// Lets time pass for a thread that sleeps: `pass` is told until when, and may move the time; whoever is due by
    /// then is woken, as its timeout would. The schedule stays locked, so nobody falls asleep in between.
    #[cfg(all(test, shuttle))]
    pub(crate) fn pass_time(&self, pass: impl FnOnce(Timestamp)) -> bool {
        let schedule = self.lock();
        let Some(until) = schedule.asleep_until else { return false };
        pass(until);
        if (self.now)() >= until {
            self.changed.notify_one();
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Schedule> {
        // No code of others runs under this lock, so a poisoned schedule is a whole one.
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    struct Caller(Mutex<mpsc::Sender<Timestamp>>);

    impl Due for Caller {
        fn due(&self, now: Timestamp) {
            self.0.lock().unwrap().send(now).unwrap();
        }
    }

    struct Bomb;

    impl Due for Bomb {
        fn due(&self, _now: Timestamp) {
            panic!("a sleeper that panics, as this test wants it");
        }
    }

    #[test]
    fn deadlines_that_are_taken_back_wake_the_thread_once_and_not_each_time() {
        let driver: &'static Driver = Box::leak(Box::new(Driver::new(|| RealClock.now())));
        let nobody = || Weak::<Caller>::new() as Weak<dyn Due>;
        let far = RealClock.now().after(Duration::from_secs(600));
        let asleep = || std::iter::repeat_with(|| driver.lock().asleep_until).flatten().next().unwrap();
        for number in 0..1_000 {
            let timer = TimerId::unique();
            driver.arm(timer, far.after(Duration::from_millis(number)), nobody());
            driver.disarm(timer);
            if number > 0 {
                assert!(asleep() < Timestamp::MAX, "the thread forgot what it was told of");
            } else {
                asleep();
            }
        }
        assert!(asleep() <= far.after(Duration::from_secs(1)));
    }

    #[test]
    fn deadlines_are_met_in_order_and_a_panic_stops_nobody() {
        let (sender, receiver) = mpsc::channel();
        let caller: Arc<dyn Due> = Arc::new(Caller(Mutex::new(sender)));
        let bomb: Arc<dyn Due> = Arc::new(Bomb);
        let now = RealClock.now();
        let soon = now.after(Duration::from_millis(10));
        let later = now.after(Duration::from_millis(20));
        arm(TimerId::unique(), later, Arc::downgrade(&caller));
        arm(TimerId::unique(), soon, Arc::downgrade(&caller));
        arm(TimerId::unique(), now, Arc::downgrade(&bomb));
        let first = receiver.recv().unwrap();
        let second = receiver.recv().unwrap();
        assert!(first >= soon && second >= later && second >= first);
    }
}
