//! The standard library's: what production runs on.

pub(crate) use std::sync::atomic::AtomicBool;
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::{self, Builder, Thread};

/// The calling thread, to be parked by itself and woken by others.
pub(crate) struct Parker(Thread);

impl Parker {
    pub(crate) fn here() -> Self {
        Self(thread::current())
    }

    /// Sleeps until somebody unparks it; may wake for no reason. Only the thread that made it parks.
    pub(crate) fn park(&self) {
        thread::park();
    }

    pub(crate) fn unpark(&self) {
        self.0.unpark();
    }
}

/// Starts a thread that lives as long as the process; false when the system refuses it.
pub(crate) fn daemon(name: &str, run: impl FnOnce() + Send + 'static) -> bool {
    Builder::new().name(name.into()).spawn(run).is_ok()
}
