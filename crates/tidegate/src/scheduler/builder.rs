//! `SchedulerBuilder`: describes a scheduler, each default with its reason.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use tidegate_core::{Learning, Overflow};

use super::accounts::Accounts;
use super::run::Terms;
use super::{Mode, Plain, Provider, Scheduler};
use crate::call::{CallPolicy, Jitter};
use crate::{Builder, Error, Limiter};

/// Describes a scheduler; made by [`Scheduler::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct SchedulerBuilder<T, E> {
    mode: Mode,
    limits: Builder,
    provider: Arc<dyn Provider<T, E>>,
    policy: CallPolicy,
    concurrent_max: usize,
    queue_max: usize,
    overflow: Overflow,
    accounts_max: usize,
}

impl<T: 'static, E: 'static> SchedulerBuilder<T, E> {
    pub(super) fn new() -> Self {
        Self {
            mode: Mode::default(),
            limits: Limiter::builder(),
            provider: Arc::new(Plain),
            policy: CallPolicy::default(),
            concurrent_max: 100,
            queue_max: 1_000,
            overflow: Overflow::default(),
            accounts_max: 10_000,
        }
    }

    /// How calls are divided over queues; [`Mode::Intelligent`] by default.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The declared limits, clock, order and weights of each account. None by default: what is not declared is learned.
    pub fn limits(mut self, limits: Builder) -> Self {
        self.limits = limits;
        self
    }

    /// What is known of the provider; [`Plain`] by default, of which nothing is known.
    pub fn provider(mut self, provider: impl Provider<T, E> + 'static) -> Self {
        self.provider = Arc::new(provider);
        self
    }

    /// What follows an outcome: attempts, pauses, fallbacks, the retry budget.
    pub fn policy(mut self, policy: CallPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The most calls of an account under way at once. 100 by default: at answers of a few seconds that is a
    /// thousand calls a minute, and few providers let more connections stand.
    pub fn max_concurrent(mut self, calls: usize) -> Self {
        self.concurrent_max = calls;
        self
    }

    /// The most calls of an account that wait. 1 000 by default: ten times what is under way.
    pub fn max_queue(mut self, calls: usize) -> Self {
        self.queue_max = calls;
        self
    }

    /// What becomes of a call that finds the queue full: it is refused, as by default, or takes the oldest one's place.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// The most accounts kept in [`Mode::Account`]; idle ones make room for new ones. 10 000 by default: a few
    /// megabytes.
    pub fn max_accounts(mut self, accounts: usize) -> Self {
        self.accounts_max = accounts;
        self
    }

    /// Makes the scheduler.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`]: a bound is zero, or the limits have a mistake.
    pub fn build(self) -> Result<Scheduler<T, E>, Error> {
        if self.accounts_max == 0 {
            return Err(Error::configuration("max_accounts is zero; give at least 1"));
        }
        let learning = if self.mode == Mode::Basic { Learning::Off } else { Learning::On };
        let template = self.limits.max_concurrent(self.concurrent_max).max_queue(self.queue_max);
        let template = template.overflow(self.overflow).learning(learning);
        let accounts = Accounts::new(self.mode, template, self.accounts_max)?;
        let wall = accounts.of(None)?.clock().wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Only the low bits differ from one process to the next, and they are all that a jitter needs.
        let seed = u64::try_from(wall.as_nanos() & u128::from(u64::MAX)).unwrap_or_default();
        let jitter = Mutex::new(Jitter::seeded(seed));
        let terms = Terms { mode: self.mode, provider: self.provider, policy: self.policy, jitter };
        Ok(Scheduler { terms, accounts, discovered: AtomicBool::new(false) })
    }
}

impl<T, E> fmt::Debug for SchedulerBuilder<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SchedulerBuilder")
            .field("mode", &self.mode)
            .field("limits", &self.limits)
            .field("provider", &self.provider.name())
            .finish_non_exhaustive()
    }
}
