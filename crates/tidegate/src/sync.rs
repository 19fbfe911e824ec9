//! What threads meet at: locks, conditions and parked threads. In production it is the standard library's, name by name;
//! with `--cfg shuttle` the tests of `interleavings` run on a scheduler that chooses who goes next at each of them.
//!
//! `Arc`, `Weak` and `OnceLock` stay the standard library's: nobody waits at them.

#[cfg(not(all(test, shuttle)))]
mod real;
#[cfg(all(test, shuttle))]
mod scheduled;

#[cfg(not(all(test, shuttle)))]
pub(crate) use real::{AtomicBool, Condvar, Mutex, MutexGuard, Parker, daemon};
#[cfg(all(test, shuttle))]
pub(crate) use scheduled::{AtomicBool, Condvar, Mutex, MutexGuard, Parker, daemon};
