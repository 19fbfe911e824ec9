//! `Limiter`: hands out permits for the calls of one account.

use std::sync::Arc;

use tidegate_core::{
    Blueprint, Decision, Dimension, Learned, Limit, Reason, Rejection, Request, Snapshot, Timestamp, Weight,
};

use crate::account::Account;
use crate::acquire::Acquire;
use crate::call::{Call, CallPolicy, Circuit};
use crate::clock::Clock;
use crate::events::Events;
use crate::permit::Permit;
use crate::wake;

mod builder;
mod error;
mod rate;
mod table;

pub use builder::Builder;
pub use error::BuildError;
pub use rate::Rate;
pub use table::Limits;

/// Hands out permits for the calls of one account: everything that one budget at a provider covers.
///
/// Clones share the account. So do the asynchronous and the blocking ways to ask, which wait in one queue.
#[derive(Clone, Debug)]
pub struct Limiter {
    account: Arc<Account>,
}

impl Limiter {
    /// Starts to describe a limiter.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Waits for a permit, on any executor.
    ///
    /// The call queues when the future is first polled; dropping the future loses nothing and passes the turn on.
    ///
    /// # Errors
    ///
    /// A [`Rejection`], never a mere wait: the call costs more than a limit can hold, the queue is full, its
    /// deadline cannot be met, its scope is stopped, or the limiter is closed.
    pub fn acquire(&self, request: impl Into<Request>) -> Acquire {
        Acquire::new(self.account.clone(), request.into())
    }

    /// Waits for a permit in the calling thread. Not for tasks of an async runtime, whose thread it would hold up.
    ///
    /// # Errors
    ///
    /// As [`Limiter::acquire`].
    pub fn acquire_blocking(&self, request: impl Into<Request>) -> Result<Permit, Rejection> {
        wake::block_on(self.acquire(request))
    }

    #[cfg(test)]
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// A permit, if it can be had at once. Passes nobody who waits.
    ///
    /// # Errors
    ///
    /// [`Busy::Wait`] with the instant at which to come back, or [`Busy::Rejected`] if waiting would not help.
    pub fn try_acquire(&self, request: impl Into<Request>) -> Result<Permit, Busy> {
        match self.account.try_enter(&request.into()) {
            Ok(grant) => Ok(Permit::new(self.account.clone(), grant)),
            Err(busy) => Err(busy),
        }
    }

    /// What the call would be answered now. Neither takes nor queues anything.
    #[must_use]
    pub fn quote(&self, request: impl Into<Request>) -> Decision {
        self.account.quote(&request.into())
    }

    /// Puts `limits` in the place of the declared ones. What has been used and learned stays.
    ///
    /// # Errors
    ///
    /// A limit names a time zone that does not exist; then nothing changes.
    pub fn configure(&self, limits: Vec<Limit>) -> Result<(), BuildError> {
        builder::check(&limits)?;
        self.account.configure(limits);
        Ok(())
    }

    /// The same with a blueprint that other limiters may have too. Their time zones are known to exist.
    pub(crate) fn follow(&self, blueprint: &Arc<Blueprint>) {
        self.account.follow(blueprint);
    }

    /// Gives a tenant its weight beside the others. Tenants with a weight are remembered, so give one to those that the
    /// configuration names.
    pub fn weigh(&self, tenant: &str, weight: Weight) {
        self.account.with(|state, _now| state.engine.weigh(tenant, weight));
    }

    /// The account has so much credit left, in millionths of a US dollar, whoever told; `None` where nobody knows any
    /// more. Credit does not come back with time: a call that it can never pay for is refused, and one that may be paid
    /// with what comes back from others waits.
    pub fn credit(&self, left: Option<u64>) {
        self.account.with(|state, now| state.engine.credit(left, now));
    }

    /// Whether a limit counts this dimension, declared or learned.
    #[must_use]
    pub fn counts(&self, dimension: Dimension) -> bool {
        self.account.with(|state, _now| state.engine.counts(dimension))
    }

    /// How each limit is used, and who waits.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.account.snapshot()
    }

    /// What was learned of the provider, for [`Builder::learned`] of a later limiter of the same account.
    #[must_use]
    pub fn learned(&self) -> Learned {
        self.account.with(|state, now| state.engine.learned(now))
    }

    /// A subscription to what happens from now on: grants, refusals, answers, endings, what is learned, retries and
    /// circuits.
    #[must_use]
    pub fn events(&self) -> Events {
        self.account.events()
    }

    /// A call that is about to make its first attempt: what says whether it may go and what follows its outcomes. The
    /// limiter's circuits stop it, and the limiter's events tell of it.
    #[must_use]
    pub fn call(&self, policy: CallPolicy) -> Call {
        let call = Call::new(policy, self.account.clock.now());
        call.breaker(self.account.breaker.clone()).of_account(self.account.clone())
    }

    /// Every circuit that is open, with the reason and the instant of its next probe.
    #[must_use]
    pub fn circuits(&self) -> Vec<Circuit> {
        self.account.breaker.circuits()
    }

    /// Hands the recorder how things stand now, limits included. They are recorded as things happen, at most once a
    /// second; an exporter that calls this before it is read is exact.
    #[cfg(feature = "metrics")]
    pub fn record_levels(&self) {
        self.account.record_levels();
    }

    /// Refuses every call that waits, and every later one, with [`Rejection::Closed`]. Permits already handed out
    /// stay good.
    pub fn close(&self) {
        self.account.with(|state, now| state.engine.close(now));
    }

    /// The clock that the limiter goes by; deadlines of requests are instants of this one.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.account.clock
    }

    /// Whether its given limits are shared with other limiters, through [`Builder::store`].
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.account.is_shared()
    }

    /// The name that the builder gave; empty without one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.account.name
    }
}

/// Why there is no permit at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// There will be one.
    #[error("no permit before {until} ({reason}); wait until then, or acquire")]
    Wait {
        /// When to come back: a prediction, as in [`Decision::Wait`].
        until: Timestamp,
        /// What the call would wait for.
        reason: Reason,
    },
    /// There will be none.
    #[error(transparent)]
    Rejected(#[from] Rejection),
}
