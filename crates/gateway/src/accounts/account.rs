//! `Account`: one provider-side budget: its limiter, and the refusals that it had lately.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use tidegate::{Class, Limiter, Timestamp};
use tidegate_client::Paced;

use super::identity::Identity;
use crate::Upstream;

/// How many refusals an account remembers for its status.
const REFUSALS_MAX: usize = 20;

/// When a place is taken to be free where no limit says so: calls take about a second.
const TURN: Duration = Duration::from_secs(1);

/// One provider-side budget.
#[derive(Debug)]
pub(crate) struct Account {
    name: String,
    provider: String,
    /// The base URL.
    place: String,
    identity: Identity,
    /// Whose budget its answers say that it is.
    owner: OnceLock<String>,
    paced: Paced,
    refusals: Mutex<VecDeque<Refused>>,
    /// When a call last came, in nanoseconds of the clock.
    touched: AtomicU64,
    /// When a call had last come when what was learned was last kept; the same unit, none at first.
    kept: AtomicU64,
}

/// One refusal of the provider.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) at: SystemTime,
    pub(crate) class: Class,
    pub(crate) model: String,
}

impl Account {
    pub(crate) fn new(
        name: String,
        upstream: &Upstream,
        identity: Identity,
        paced: Paced,
        now: Timestamp,
    ) -> Self {
        Self {
            name,
            provider: upstream.name.clone(),
            place: upstream.base.to_string(),
            identity,
            owner: OnceLock::new(),
            paced,
            refusals: Mutex::default(),
            touched: AtomicU64::new(now.as_nanos()),
            kept: AtomicU64::new(u64::MAX),
        }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) const fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.get().map(String::as_str)
    }

    /// Remembers the owner; the first one stays.
    pub(crate) fn set_owner(&self, owner: String) {
        // Two answers at once say the same.
        let _ = self.owner.set(owner);
    }

    /// Whether calls came since this was last asked: something may have been learned.
    pub(crate) fn is_to_be_kept(&self) -> bool {
        let touched = self.touched.load(Ordering::Relaxed);
        self.kept.swap(touched, Ordering::Relaxed) != touched
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn provider(&self) -> &str {
        &self.provider
    }

    pub(crate) const fn paced(&self) -> &Paced {
        &self.paced
    }

    pub(crate) const fn limiter(&self) -> &Limiter {
        self.paced.limiter()
    }

    /// How long until the next waiting call is likely to go, and its place in the queue is free.
    pub(crate) fn next_turn(&self) -> Duration {
        let snapshot = self.limiter().snapshot();
        let held_by = snapshot.limits.iter().filter(|limit| limit.waiting > 0);
        held_by.filter_map(|limit| limit.next_free).max().unwrap_or(TURN)
    }

    /// The provider refused a call of this account.
    pub(crate) fn refused(&self, class: Class, model: &str) {
        let at = self.limiter().clock().wall();
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.truncate(REFUSALS_MAX - 1);
        refusals.push_front(Refused { at, class, model: model.to_owned() });
    }

    /// The last refusals, the latest first.
    pub(crate) fn refusals(&self) -> Vec<Refused> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn touch(&self, now: Timestamp) {
        self.touched.store(now.as_nanos(), Ordering::Relaxed);
    }

    pub(crate) fn touched(&self) -> u64 {
        self.touched.load(Ordering::Relaxed)
    }
}
