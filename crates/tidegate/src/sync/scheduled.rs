//! Those of a scheduler that chooses who goes next: what the tests of interleavings run on.

use std::sync::PoisonError;

pub(crate) use shuttle::sync::atomic::AtomicBool;
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};

/// A parked thread. The scheduler's own would wake by itself before it called a trial stuck, and hide what was lost.
pub(crate) struct Parker {
    token: Mutex<bool>,
    changed: Condvar,
}

impl Parker {
    pub(crate) fn here() -> Self {
        Self { token: Mutex::new(false), changed: Condvar::new() }
    }

    pub(crate) fn park(&self) {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        while !std::mem::take(&mut *token) {
            token = self.changed.wait(token).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn unpark(&self) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }
}

/// Runs beside the trial and ends with it: threads are waited for at its end, detached tasks are not.
pub(crate) fn daemon(_name: &str, run: impl FnOnce() + Send + 'static) -> bool {
    drop(shuttle::future::spawn(async move { run() }));
    true
}
