//! `Courier`: takes an account's steps to its store, and the answers back, off the engine's lock.
//!
//! The future of an answer is polled once where the step arose: a store in memory answers at once. After that it is
//! polled by the one courier thread of the process whenever its waker is called.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

use tidegate_core::lease::{Grants, Step};

use super::{Store, StoreError, StoreFuture};
use crate::sync::{self, Condvar, Mutex, MutexGuard};

/// The name of the thread, as debuggers and process lists show it.
const THREAD_NAME: &str = "tidegate-courier";

static DESK: Desk =
    Desk { ready: Mutex::new(Ready { errands: VecDeque::new(), started: false }), changed: Condvar::new() };

/// Whoever a step's answer goes to.
pub(crate) trait Delivery: Send + Sync {
    /// The answer to the step of that number.
    fn delivered(&self, number: u64, answer: Result<Grants, StoreError>);
}

/// One account's way to its store.
#[derive(Clone, Debug)]
pub(crate) struct Courier {
    pub(crate) store: Arc<dyn Store>,
}

impl Courier {
    /// Takes a step to the store. An answer that is there at once is returned; a later one is delivered.
    pub(crate) fn carry(
        &self,
        account: &str,
        step: Step,
        to: Weak<dyn Delivery>,
    ) -> Option<Result<Grants, StoreError>> {
        let number = step.number;
        let future = catch_unwind(AssertUnwindSafe(|| self.store.step(account, step)));
        let Ok(future) = future else { return Some(Err(panicked())) };
        let errand = Arc::new(Errand { number, to, future: Mutex::new(Some(future)) });
        errand.poll()
    }
}

/// A step on its way. Its number of wake-ups is bounded by its store; a limiter has one errand at a time, or one
/// more that it has given up.
struct Errand {
    number: u64,
    to: Weak<dyn Delivery>,
    future: Mutex<Option<StoreFuture>>,
}

impl Errand {
    /// Polls the future once. A panic in it is a store that failed.
    fn poll(self: &Arc<Self>) -> Option<Result<Grants, StoreError>> {
        let waker = Waker::from(self.clone());
        let mut slot = self.future.lock().unwrap_or_else(PoisonError::into_inner);
        let future = slot.as_mut()?;
        let polled =
            catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(&waker))));
        let answer = match polled {
            Ok(Poll::Pending) => return None,
            Ok(Poll::Ready(answer)) => answer,
            Err(_) => Err(panicked()),
        };
        *slot = None;
        Some(answer)
    }
}

impl Wake for Errand {
    fn wake(self: Arc<Self>) {
        DESK.add(self);
    }
}

fn panicked() -> StoreError {
    StoreError::operation("it panicked")
}

/// The errands that are to be polled, and the thread that does.
struct Desk {
    ready: Mutex<Ready>,
    changed: Condvar,
}

struct Ready {
    errands: VecDeque<Arc<Errand>>,
    started: bool,
}

impl Desk {
    fn add(&'static self, errand: Arc<Errand>) {
        let mut ready = self.lock();
        if !ready.errands.iter().any(|known| Arc::ptr_eq(known, &errand)) {
            ready.errands.push_back(errand);
        }
        if !ready.started {
            // A system that refuses the thread now is asked again at the next wake-up; the engine gives the step up.
            ready.started = sync::daemon(THREAD_NAME, || self.run());
        }
        self.changed.notify_one();
    }

    /// Polls errands for as long as the process lives.
    fn run(&self) {
        let mut ready = self.lock();
        loop {
            if let Some(errand) = ready.errands.pop_front() {
                drop(ready);
                if let Some(answer) = errand.poll()
                    && let Some(to) = errand.to.upgrade()
                {
                    to.delivered(errand.number, answer);
                }
                ready = self.lock();
            } else {
                ready = self.changed.wait(ready).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ready> {
        // No code of others runs under this lock, so a poisoned desk is a whole one.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
