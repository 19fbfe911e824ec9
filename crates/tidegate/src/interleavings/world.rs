//! The world of a trial: virtual time that passes while the driver sleeps, callers of both kinds, and what is known of
//! their calls.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Weak;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, MaxSteps, Runner};
use tidegate_core::{Cost, Timestamp, Usage};

use crate::clock::{Clock, Due, TimerId};
use crate::driver::Driver;
use crate::{Builder, Limiter, Permit};

/// How many schedules of each kind a test goes through.
const SCHEDULES: usize = 6_000;

/// No trial needs more time: what would be met only later, is a wake-up that was lost. (Three calls of one a minute took
/// 316 s on one schedule of a million: their threads were held up between grant and sending, which moves the window.) It is
/// less than the age at which a permit counts as lost.
const END: Timestamp = Timestamp::from_secs(450);

shuttle::lazy_static! {
    static ref DRIVER: Driver = Driver::new(now);
    static ref NOW: AtomicU64 = AtomicU64::new(0);
    static ref WALL_STEP: AtomicI64 = AtomicI64::new(0);
}

fn now() -> Timestamp {
    Timestamp::from_nanos(NOW.load(Ordering::SeqCst))
}

/// The time of the trial, met by a driver of its own that is the product's in all else.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrialClock;

impl Clock for TrialClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn wall(&self) -> SystemTime {
        let step = Duration::from_secs(1_767_225_600).saturating_add(now().since(Timestamp::ZERO));
        let stepped = step.as_secs().saturating_add_signed(WALL_STEP.load(Ordering::SeqCst));
        SystemTime::UNIX_EPOCH + Duration::from_secs(stepped)
    }

    fn arm(&self, timer: TimerId, at: Timestamp, due: Weak<dyn Due>) {
        DRIVER.arm(timer, at, due);
    }

    fn disarm(&self, timer: TimerId) {
        DRIVER.disarm(timer);
    }
}

impl From<TrialClock> for Arc<dyn Clock> {
    fn from(clock: TrialClock) -> Self {
        Arc::new(clock)
    }
}

/// Goes through many schedules: random ones, and ones in which a few priorities change, which find rarer orders.
pub(super) fn check(trial: impl Fn() + Send + Sync + 'static) {
    let trial = Arc::new(trial);
    let config = || {
        let mut config = Config::new();
        config.stack_size = 0x4_0000;
        config.max_steps = MaxSteps::FailAfter(100_000);
        config.silence_warnings = true;
        config
    };
    let random = trial.clone();
    Runner::new(RandomScheduler::new(SCHEDULES), config()).run(move || random());
    Runner::new(PctScheduler::new(3, SCHEDULES), config()).run(move || trial());
}

/// A number below `sides`.
pub(super) fn roll(sides: u64) -> u64 {
    thread_rng().gen_range(0..sides)
}

pub(super) fn limiter(describe: impl FnOnce(Builder) -> Builder) -> Limiter {
    describe(Limiter::builder()).clock(TrialClock).build().unwrap()
}

pub(super) fn one() -> Cost {
    Cost::requests(1)
}

/// Lets time pass until all of them have ended. It passes only while the driver sleeps, as far as the driver's next
/// deadline, a part of the way, or beyond it: that is a machine that was suspended.
pub(super) fn pass_time_until(ended: impl Fn() -> bool) {
    while !ended() {
        let passed = DRIVER.pass_time(|until| {
            if until <= END {
                let missing = until.since(now());
                let to = match roll(4) {
                    0 => now().after(missing / 2),
                    1 => until.after(Duration::from_millis(roll(3_000))),
                    _ => until,
                };
                NOW.store(to.max(now()).as_nanos(), Ordering::SeqCst);
            }
        });
        if !passed || roll(2) == 0 {
            shuttle::thread::yield_now();
        }
    }
}

/// Moves the wall clock alone, by whole seconds either way.
pub(super) fn step_wall(seconds: i64) {
    WALL_STEP.fetch_add(seconds, Ordering::SeqCst);
}

/// Polls a future so often and leaves it; its outcome, if it ended before.
pub(super) fn poll_and_leave<F: Future>(future: F, polls: u64) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(outcome);
        }
        shuttle::thread::yield_now();
    }
    None
}

/// Callers: threads that block and tasks that do not.
pub(super) struct Callers {
    threads: Vec<shuttle::thread::JoinHandle<()>>,
    ended: Arc<AtomicU64>,
    started: u64,
}

impl Callers {
    pub(super) fn new() -> Self {
        Self { threads: Vec::new(), ended: Arc::default(), started: 0 }
    }

    pub(super) fn thread(&mut self, run: impl FnOnce() + Send + 'static) {
        let ended = self.ended.clone();
        self.started += 1;
        self.threads.push(shuttle::thread::spawn(move || {
            run();
            ended.fetch_add(1, Ordering::SeqCst);
        }));
    }

    pub(super) fn task(&mut self, run: impl Future<Output = ()> + Send + 'static) {
        let ended = self.ended.clone();
        self.started += 1;
        drop(shuttle::future::spawn(async move {
            run.await;
            ended.fetch_add(1, Ordering::SeqCst);
        }));
    }

    /// Lets time pass until everybody has ended.
    pub(super) fn finish(self) {
        pass_time_until(|| self.ended.load(Ordering::SeqCst) == self.started);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// How many permits of a limiter are held at the same time, counted beside the engine.
#[derive(Clone, Debug)]
pub(super) struct Held {
    held: Arc<AtomicU64>,
    most: u64,
}

impl Held {
    pub(super) fn at_most(most: u64) -> Self {
        Self { held: Arc::default(), most }
    }

    pub(super) fn take(&self) {
        let before = self.held.fetch_add(1, Ordering::SeqCst);
        assert!(before < self.most, "{} permits at once, but there are {} places", before + 1, self.most);
    }

    /// Ends a permit in one of the ways in which permits end.
    pub(super) fn end(&self, permit: Permit) {
        self.held.fetch_sub(1, Ordering::SeqCst);
        match roll(4) {
            0 => drop(permit),
            1 => permit.cancel(),
            2 => permit.sent(),
            _ => {
                permit.sent();
                permit.settle(Usage::new(1, 1));
            }
        }
    }
}

/// Nothing is left behind: nobody waits, nothing is under way, and every grant has ended once.
pub(super) fn assert_nothing_left(limiter: &Limiter) {
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.waiting, snapshot.in_flight), (0, 0));
    let tally = snapshot.tally;
    assert_eq!(tally.granted, tally.settled + tally.refunded + tally.expired, "{tally:?}");
}
