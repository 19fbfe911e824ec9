//! What it costs to wait in real time: two thousand calls that arrive at once, at a thousand a second.
//!
//! All wait as tasks of one single-threaded runtime, so that they arrive in a known order. A bare loop on a condition
//! variable that wakes at the same cadence shows what the machine itself takes for a wake-up; the driver is measured
//! beside it alone, with waiters that only count, since what a runtime does to run a task is the same for everybody.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use governor::{Quota as PeerQuota, RateLimiter};
use tidegate::{Cost, Dimension, Limit, Limiter, Quota};
use tokio::runtime;
use xtask::stopwatch::{Stopwatch, cpu_time};

use crate::line;

const CALLS: usize = 2_000;
/// How often the driver is measured beside the bare loop.
const ROUNDS: usize = 5;
const CADENCE: Duration = Duration::from_millis(1);
/// The crowd: how many, how fast, and how many at once, which is what a wake-up may be late by.
const CROWD: usize = 100_000;
const CROWD_CADENCE: Duration = Duration::from_micros(50);
const CROWD_BURST: u64 = 400;

/// What one way of waiting took.
struct Taken {
    wall: Duration,
    cpu: Duration,
    /// How far from its place of arrival a call was granted, on average.
    rank_error: f64,
}

/// Measures and prints.
pub(crate) fn run() {
    // In turn, since what the machine takes for a wake-up changes from one second to the next.
    let rounds: Vec<(Taken, Taken)> = (0..ROUNDS).map(|_| (bare_loop(), driver_alone())).collect();
    let mut ratios: Vec<f64> =
        rounds.iter().map(|(bare, driver)| driver.cpu.as_secs_f64() / bare.cpu.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    for (bare, driver) in &rounds {
        tell("a bare condition variable", bare);
        tell("ours, the driver alone", driver);
    }
    tell("ours", &ours());
    tell("governor", &governor());
    tell("leaky-bucket, fair", &leaky_bucket());
    let (least, most) = (ratios[0], ratios[ROUNDS - 1]);
    let figure = format!("{:8.2} ({least:.2} to {most:.2})", ratios[ROUNDS / 2]);
    line("waiters: driver's CPU / a bare loop's (bar 1.3)", &figure);
    crowd();
}

/// A call of the crowd: notes its number when it is woken.
struct Arrival {
    call: usize,
    woken: Arc<(Mutex<Vec<usize>>, Condvar)>,
}

impl Wake for Arrival {
    fn wake(self: Arc<Self>) {
        let mut order = self.woken.0.lock().expect("a waker does not panic");
        order.push(self.call);
        if order.len() == CROWD - CROWD_BURST as usize {
            self.woken.1.notify_all();
        }
    }
}

/// A hundred thousand calls of one flow on the real timer, twenty thousand a second, and the order in which they are
/// woken. No runtime: in which order it runs what was woken is its own affair.
fn crowd() {
    let quota = Quota::every(1, CROWD_CADENCE).burst(CROWD_BURST);
    let builder = Limiter::builder().limit(Limit::new(Dimension::Requests, quota)).max_queue(CROWD);
    let limiter = builder.build().expect("the limit is valid");
    let woken = Arc::new((Mutex::new(Vec::with_capacity(CROWD)), Condvar::new()));
    let mut waiting = Vec::with_capacity(CROWD);
    let mut permits = Vec::new();
    let mut at_once = 0..0;
    let clock = Stopwatch::start();
    for call in 0..CROWD {
        let waker = Waker::from(Arc::new(Arrival { call, woken: woken.clone() }));
        let mut future = Box::pin(limiter.acquire(Cost::requests(1)));
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(permit) => {
                at_once.end = at_once.end.max(call + 1);
                permits.push(permit);
            }
            Poll::Pending => waiting.push(future),
        }
    }
    let cpu = cpu_time();
    let mut order = woken.0.lock().expect("a waker does not panic");
    while order.len() < waiting.len() {
        (order, _) = woken.1.wait_timeout(order, CADENCE).expect("a waker does not panic");
    }
    let (cpu, wall) = (cpu_time() - cpu, clock.elapsed());
    let whole: Vec<usize> = at_once.chain(order.iter().copied()).collect();
    let errors: usize = whole.iter().enumerate().map(|(rank, arrival)| rank.abs_diff(*arrival)).sum();
    let ideal = CROWD_CADENCE.saturating_mul(CROWD as u32 - CROWD_BURST as u32).as_secs_f64();
    let figure = format!(
        "{:8.1} us CPU a grant, wall {:.3} x ideal, rank error {:.1}",
        cpu.as_secs_f64() * 1e6 / waiting.len() as f64,
        wall.as_secs_f64() / ideal,
        errors as f64 / CROWD as f64,
    );
    line("waiters: the driver alone, 100 000 of one flow, real timer", &figure);
}

fn tell(who: &str, taken: &Taken) {
    let ideal = CADENCE.saturating_mul(CALLS as u32 - 1).as_secs_f64();
    let figure = format!(
        "{:8.1} us CPU a grant, wall {:.3} x ideal, rank error {:.1}",
        taken.cpu.as_secs_f64() * 1e6 / CALLS as f64,
        taken.wall.as_secs_f64() / ideal,
        taken.rank_error,
    );
    line(&format!("waiters: {who}"), &figure);
}

/// Runs `act` and says what it took; it returns the arrival numbers in the order of their grants.
fn measure(act: impl FnOnce() -> Vec<usize>) -> Taken {
    let (cpu, wall) = (cpu_time(), Stopwatch::start());
    let order = act();
    let (cpu, wall) = (cpu_time() - cpu, wall.elapsed());
    let errors = order.iter().enumerate().map(|(rank, arrival)| rank.abs_diff(*arrival));
    Taken { wall, cpu, rank_error: errors.sum::<usize>() as f64 / order.len().max(1) as f64 }
}

/// The least that a machine takes to wake once a cadence.
fn bare_loop() -> Taken {
    measure(|| {
        let (lock, signal) = (Mutex::new(()), Condvar::new());
        let clock = Stopwatch::start();
        let mut held = lock.lock().expect("nobody else has the lock");
        for call in 0..CALLS {
            let due = CADENCE.saturating_mul(call as u32);
            while clock.elapsed() < due {
                let left = due.saturating_sub(clock.elapsed());
                (held, _) = signal.wait_timeout(held, left).expect("nobody else has the lock");
            }
        }
        (0..CALLS).collect()
    })
}

fn limiter() -> Limiter {
    let quota = Quota::every(1, CADENCE).burst(1);
    let builder = Limiter::builder().limit(Limit::new(Dimension::Requests, quota)).max_queue(CALLS);
    builder.build().expect("the limit is valid")
}

/// Counts how often it is woken, and wakes whoever waits for the last time.
struct Counter {
    woken: AtomicUsize,
    done: (Mutex<bool>, Condvar),
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        if self.woken.fetch_add(1, Ordering::SeqCst) + 1 == CALLS - 1 {
            *self.done.0.lock().expect("a counter does not panic") = true;
            self.done.1.notify_all();
        }
    }
}

/// The engine and its driver, without a runtime: each grant wakes a waker that counts. Measured is what the grants take,
/// from when all wait; what it costs to come and to leave, `queue` says.
fn driver_alone() -> Taken {
    let limiter = limiter();
    let counter = Arc::new(Counter { woken: AtomicUsize::new(0), done: (Mutex::new(false), Condvar::new()) });
    let waker = Waker::from(counter.clone());
    let mut context = Context::from_waker(&waker);
    let mut waiting: Vec<_> = (0..CALLS).map(|_| Box::pin(limiter.acquire(Cost::requests(1)))).collect();
    let began = Stopwatch::start();
    let at_once = waiting.iter_mut().filter_map(|future| match future.as_mut().poll(&mut context) {
        Poll::Ready(permit) => Some(permit),
        Poll::Pending => None,
    });
    let permits: Vec<_> = at_once.collect();
    let taken = measure(|| {
        let mut done = counter.done.0.lock().expect("a counter does not panic");
        while !*done {
            done = counter.done.1.wait(done).expect("a counter does not panic");
        }
        (0..CALLS).collect()
    });
    drop(permits);
    Taken { wall: began.elapsed(), ..taken }
}

/// Starts all calls at once on one thread, in a known order, and returns the order in which they were granted.
fn race(wait: impl Fn() -> Pin<Box<dyn Future<Output = ()>>>) -> Vec<usize> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts");
    let order = std::rc::Rc::new(std::cell::RefCell::new(Vec::with_capacity(CALLS)));
    let tasks = tokio::task::LocalSet::new();
    for call in 0..CALLS {
        let (turn, order) = (wait(), order.clone());
        tasks.spawn_local(async move {
            turn.await;
            order.borrow_mut().push(call);
        });
    }
    runtime.block_on(tasks);
    order.take()
}

fn ours() -> Taken {
    let limiter = limiter();
    measure(|| {
        race(|| {
            let limiter = limiter.clone();
            Box::pin(async move {
                let permit = limiter.acquire(Cost::requests(1)).await.expect("the queue has room");
                permit.settle_charged(Cost::requests(1), None);
            })
        })
    })
}

fn governor() -> Taken {
    let rate = NonZeroU32::new(1_000).expect("the constant is not zero");
    let one = NonZeroU32::MIN;
    let limiter = Arc::new(RateLimiter::direct(PeerQuota::per_second(rate).allow_burst(one)));
    measure(|| {
        race(|| {
            let limiter = limiter.clone();
            Box::pin(async move { limiter.until_ready().await })
        })
    })
}

fn leaky_bucket() -> Taken {
    let mut builder = leaky_bucket::RateLimiter::builder();
    builder.initial(1).max(1).refill(1).interval(CADENCE).fair(true);
    let limiter = Arc::new(builder.build());
    measure(|| {
        race(|| {
            let limiter = limiter.clone();
            Box::pin(async move { limiter.acquire_one().await })
        })
    })
}
