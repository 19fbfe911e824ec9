//! `MemoryStore`: the store of limiters inside one process, and the model of every other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tidegate_core::lease::{Allocator, Step};

use super::{Store, StoreFuture};
use crate::Clock;

/// The store of limiters inside one process: clones share what they know.
///
/// ```
/// use tidegate::store::MemoryStore;
/// use tidegate::{Cost, Limiter, ManualClock};
///
/// let clock = ManualClock::new();
/// let store = MemoryStore::new(clock.clone());
/// let limiter = || {
///     let builder = Limiter::builder().requests_per_second(1).clock(clock.clone());
///     builder.name("research").store(store.clone()).build()
/// };
/// let (one, two) = (limiter()?, limiter()?);
/// one.acquire_blocking(Cost::requests(1))?.sent();
/// // One a second, whoever makes it.
/// assert!(two.try_acquire(Cost::requests(1)).is_err());
/// clock.advance(std::time::Duration::from_secs(1));
/// assert!(two.try_acquire(Cost::requests(1)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    /// One for each name that a limiter of this process has.
    accounts: Arc<Mutex<BTreeMap<String, Allocator>>>,
}

impl MemoryStore {
    /// A store that goes by `clock`.
    #[must_use]
    pub fn new(clock: impl Into<Arc<dyn Clock>>) -> Self {
        Self { clock: clock.into(), accounts: Arc::default() }
    }
}

impl Store for MemoryStore {
    fn step(&self, account: &str, step: Step) -> StoreFuture {
        // Nothing of others runs under this lock, and a step is one call; a poisoned map is a whole one.
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.clock.now().as_nanos() / 1_000_000;
        if !accounts.contains_key(account) {
            accounts.insert(account.to_owned(), Allocator::default());
        }
        let answer = accounts.get_mut(account).map(|allocator| allocator.step(&step, now_ms));
        Box::pin(std::future::ready(answer.ok_or_else(|| super::StoreError::operation("no such account"))))
    }
}
