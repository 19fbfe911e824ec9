//! `Call`: the one machine that says what follows an outcome: done, retry, fall back or stop. Without I/O, sleep or clock.
//!
//! Every front end drives it the same way:
//!
//! ```
//! use tidegate::call::{Call, CallPolicy, Jitter, Next, Outcome};
//! use tidegate::{Class, Clock, ManualClock};
//!
//! let clock = ManualClock::new();
//! let policy = CallPolicy::default();          // one an account; clones share its retry budget
//! let mut jitter = Jitter::seeded(7);
//! let mut call = Call::new(policy.clone(), clock.now());
//! // acquire a permit, send, observe, settle; then:
//! let next = call.outcome(&Outcome::of(Class::Throttled), jitter.next_u64(), clock.now());
//! // The engine holds what was throttled: ask it again at once, at the same place.
//! assert_eq!(next, Next::Retry { until: clock.now(), attempt: 2 });
//! ```
//!
//! What waits where: a throttled or overloaded call goes back to the engine at once and at its place
//! ([`Request::place`](crate::Request::place)), because the engine holds the lane that was refused for as long as the
//! provider asked. Only failures that say nothing of a limit (server errors, timeouts, a network that is down)
//! back off here.

use tidegate_core::{Class, Timestamp};

mod backoff;
mod budget;
mod jitter;
mod outcome;
mod policy;

pub use budget::RetryBudget;
pub use jitter::Jitter;
pub use outcome::{Next, Outcome, StopReason};
pub use policy::CallPolicy;

/// One call on its way through attempts and models.
#[derive(Clone, Debug)]
pub struct Call {
    policy: CallPolicy,
    deadline: Option<Timestamp>,
    /// The attempts that have been answered, over all models.
    attempts: u32,
    /// The refusals of the present model.
    refusals: u32,
    /// The failures of the present model: what the backoff grows with.
    failures: u32,
    /// How many fallbacks have been taken.
    fallbacks: usize,
}

impl Call {
    /// A call under `policy` that is about to make its first attempt. Pays its share into the retry budget.
    #[must_use]
    pub fn new(policy: CallPolicy, now: Timestamp) -> Self {
        policy.retry_budget.deposit(now);
        Self { policy, deadline: None, attempts: 0, refusals: 0, failures: 0, fallbacks: 0 }
    }

    /// The same call with an instant after which no attempt is worth to begin.
    #[must_use]
    pub const fn deadline(mut self, deadline: Timestamp) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How many attempts have had an outcome.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The fallback model that the call is with; `None` while it is with its own.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        let taken = self.fallbacks.checked_sub(1)?;
        self.policy.fallbacks.get(taken).map(String::as_str)
    }

    /// What follows this outcome. `entropy` is any evenly spread number, such as of a [`Jitter`].
    pub fn outcome(&mut self, outcome: &Outcome, entropy: u64, now: Timestamp) -> Next {
        self.attempts = self.attempts.saturating_add(1);
        match outcome.class {
            Class::Ok => Next::Done,
            Class::Throttled => {
                self.refusals = self.refusals.saturating_add(1);
                self.after_refusal(Class::Throttled, now)
            }
            Class::Overloaded => {
                self.refusals = self.refusals.saturating_add(1);
                self.after_refusal(Class::Overloaded, now)
            }
            Class::ServerError | Class::Timeout => self.after_failure(outcome, entropy, now),
            Class::QuotaExhausted => {
                self.fall_back().unwrap_or(Next::stop(StopReason::Permanent(outcome.class)))
            }
            permanent => Next::stop(StopReason::Permanent(permanent)),
        }
    }

    /// The provider said "not now": another model where refusals go on, else back to the engine at once.
    fn after_refusal(&mut self, class: Class, now: Timestamp) -> Next {
        if self.refusals >= self.policy.refusals_before_fallback
            && let Some(next) = self.fall_back()
        {
            return next;
        }
        // A throttled retry costs the provider nothing: the engine paces it under the limit. A retry against
        // an overload is load on a provider that has too much of it, so that one is paid for.
        self.retry(now, class == Class::Overloaded, now)
    }

    /// The call failed without a word on limits: again after a pause that doubles.
    fn after_failure(&mut self, outcome: &Outcome, entropy: u64, now: Timestamp) -> Next {
        let pause = match outcome.retry_after {
            Some(asked) => asked.min(self.policy.retry_after_max),
            None => backoff::pause(&self.policy, self.failures, entropy),
        };
        self.failures = self.failures.saturating_add(1);
        self.retry(now.after(pause), true, now)
    }

    /// One more attempt at `until`, if every bound still allows it.
    fn retry(&self, until: Timestamp, is_paid: bool, now: Timestamp) -> Next {
        if self.attempts >= self.policy.max_attempts {
            return Next::stop(StopReason::Attempts { made: self.attempts });
        }
        if self.deadline.is_some_and(|deadline| until > deadline) {
            return Next::stop(StopReason::Deadline { retry_after: until.since(now) });
        }
        if is_paid && !self.policy.retry_budget.withdraw(now) {
            return Next::stop(StopReason::RetryBudget);
        }
        Next::Retry { until, attempt: self.attempts.saturating_add(1) }
    }

    /// The next model of the list, if there is one and an attempt left for it.
    fn fall_back(&mut self) -> Option<Next> {
        if self.attempts >= self.policy.max_attempts {
            return None;
        }
        let model = self.policy.fallbacks.get(self.fallbacks)?.clone();
        self.fallbacks = self.fallbacks.saturating_add(1);
        (self.refusals, self.failures) = (0, 0);
        Some(Next::Fallback { model, attempt: self.attempts.saturating_add(1) })
    }
}

#[cfg(test)]
mod tests;
