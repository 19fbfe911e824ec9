//! `Call`: the one machine that says what follows an outcome: done, retry, fall back or stop. Without I/O, sleep or clock.
//!
//! Every front end drives it the same way:
//!
//! ```
//! use tidegate::call::{CallPolicy, Jitter, Next, Outcome};
//! use tidegate::{Class, Clock, Limiter, ManualClock};
//!
//! let clock = ManualClock::new();
//! let limiter = Limiter::builder().clock(clock.clone()).build()?;
//! let policy = CallPolicy::default();          // one an account; clones share its retry budget
//! let mut jitter = Jitter::seeded(7);
//! let mut call = limiter.call(policy).aim("some-model", "/v1/chat/completions");
//! assert_eq!(call.may_queue(clock.now()), Ok(()));   // else: another model, or stop
//! // acquire a permit; then, just before the call is sent:
//! assert_eq!(call.may_send(clock.now()), Ok(()));
//! // send, observe, settle; then:
//! let next = call.outcome(&Outcome::of(Class::Throttled), jitter.next_u64(), clock.now());
//! // The engine holds what was throttled: ask it again at once, at the same place.
//! assert_eq!(next, Next::Retry { until: clock.now(), attempt: 2 });
//! # Ok::<(), tidegate::BuildError>(())
//! ```
//!
//! What waits where: a throttled or overloaded call goes back to the engine at once and at its place
//! ([`Request::place`](crate::Request::place)), because the engine holds the lane that was refused for as long as the
//! provider asked. Only failures that say nothing of a limit (server errors, timeouts, a network that is down), and
//! refusals of calls that no limit governs ([`Outcome::ungoverned`]), back off here. What is known to fail is not sent at
//! all: see [`Breaker`].

use std::sync::Arc;
use std::time::Duration;

use tidegate_core::{Class, Timestamp};

use crate::account::Account;
use crate::events::Happening;

mod backoff;
mod breaker;
mod budget;
mod jitter;
mod outcome;
mod policy;

pub use breaker::{Breaker, BreakerPolicy, Circuit, CircuitChange, CircuitScope, Trip};
pub use budget::RetryBudget;
pub use jitter::Jitter;
pub use outcome::{Next, Outcome, StopReason};
pub use policy::CallPolicy;

use breaker::{Aim, Stopped, UnderWay};

/// One call on its way through attempts and models.
#[derive(Debug)]
pub struct Call {
    policy: CallPolicy,
    deadline: Option<Timestamp>,
    aim: Aim,
    breaker: Option<Breaker>,
    /// Whose events tell of this call.
    account: Option<Arc<Account>>,
    /// The attempt that is under way, as the breaker knows it.
    under_way: Option<UnderWay>,
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
    ///
    /// It knows no breaker and tells nobody; [`Limiter::call`](crate::Limiter::call) makes one that does both.
    #[must_use]
    pub fn new(policy: CallPolicy, now: Timestamp) -> Self {
        policy.retry_budget.deposit(now);
        Self {
            policy,
            deadline: None,
            aim: Aim::default(),
            breaker: None,
            account: None,
            under_way: None,
            attempts: 0,
            refusals: 0,
            failures: 0,
            fallbacks: 0,
        }
    }

    /// The same call with an instant after which no attempt is worth to begin.
    #[must_use]
    pub const fn deadline(mut self, deadline: Timestamp) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The same call, going to this lane (in practice a model) and endpoint: their circuits are its own.
    #[must_use]
    pub fn aim(mut self, lane: impl Into<String>, endpoint: impl Into<String>) -> Self {
        self.set_aim(lane, endpoint);
        self
    }

    /// As [`Call::aim`], in place.
    pub fn set_aim(&mut self, lane: impl Into<String>, endpoint: impl Into<String>) {
        self.aim = Aim { lane: lane.into(), endpoint: endpoint.into() };
    }

    /// The same call, stopped by this breaker.
    #[must_use]
    pub fn breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// The same call, of which the account's events tell.
    pub(crate) fn of_account(mut self, account: Arc<Account>) -> Self {
        self.account = Some(account);
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

    /// Whether it makes sense to queue. Where the call's circuits are open it does not, and what follows is in the
    /// error: another model, or stop. The provider sees nothing of it, so no attempt is counted.
    ///
    /// # Errors
    ///
    /// [`Next::Fallback`], or [`Next::Stop`] with [`StopReason::CircuitOpen`].
    pub fn may_queue(&mut self, now: Timestamp) -> Result<(), Next> {
        match self.stopped(now) {
            None => Ok(()),
            Some(stopped) => Err(self.after_stop(stopped)),
        }
    }

    /// Whether the call, with its permit in hand, may be sent: asked just before. A circuit may have opened while it
    /// waited, and of a half-open one exactly one call is the probe. Whoever is refused drops the permit unsent.
    ///
    /// # Errors
    ///
    /// As [`Call::may_queue`].
    pub fn may_send(&mut self, now: Timestamp) -> Result<(), Next> {
        let Some(breaker) = &self.breaker else { return Ok(()) };
        match breaker.pass(&self.aim, now) {
            Ok(under_way) => {
                self.under_way = Some(under_way);
                Ok(())
            }
            Err(stopped) => Err(self.after_stop(stopped)),
        }
    }

    /// What follows a predicted wait, asked before queueing: [`Next::Fallback`] to the first model of the list that
    /// could go within the policy's [`fallback_wait`](CallPolicy::fallback_wait), or `None` to queue. `quote`
    /// tells the predicted wait of another model.
    pub fn predicted(&mut self, wait: Duration, quote: impl Fn(&str) -> Duration) -> Option<Next> {
        let bound = self.policy.fallback_wait?;
        if wait <= bound {
            return None;
        }
        let later = self.policy.fallbacks.iter().enumerate().skip(self.fallbacks);
        let sooner = later.filter(|(_, model)| quote(model) <= bound).map(|(place, _)| place).next()?;
        self.fallbacks = sooner;
        self.fall_back()
    }

    /// How the attempt looks so far, for the circuits alone: an answer has begun well, and what its end says goes to
    /// [`Call::outcome`] as always; or the front end will not try again, whatever might follow.
    pub fn seen(&mut self, outcome: &Outcome, now: Timestamp) {
        self.tell_breaker(outcome, now);
    }

    /// What follows this outcome. `entropy` is any evenly spread number, such as of a [`Jitter`].
    pub fn outcome(&mut self, outcome: &Outcome, entropy: u64, now: Timestamp) -> Next {
        self.attempts = self.attempts.saturating_add(1);
        self.tell_breaker(outcome, now);
        let next = match outcome.class {
            Class::Ok => Next::Done,
            Class::Throttled | Class::Overloaded if !outcome.ungoverned => {
                self.refusals = self.refusals.saturating_add(1);
                self.after_refusal(outcome.class, now)
            }
            Class::ServerError | Class::Timeout | Class::Throttled | Class::Overloaded => {
                self.after_failure(outcome, entropy, now)
            }
            Class::QuotaExhausted => {
                self.fall_back().unwrap_or(Next::stop(StopReason::Permanent(outcome.class)))
            }
            permanent => Next::stop(StopReason::Permanent(permanent)),
        };
        if let Next::Retry { attempt, .. } = next {
            self.tell(|| Happening::Retried { class: outcome.class, attempt });
        }
        next
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

    /// The call failed without a word on limits: again after a pause that doubles, or elsewhere when this is
    /// known to fail by now.
    fn after_failure(&mut self, outcome: &Outcome, entropy: u64, now: Timestamp) -> Next {
        let pause = match outcome.retry_after {
            Some(asked) => asked.min(self.policy.retry_after_max),
            None => backoff::pause(&self.policy, self.failures, entropy),
        };
        self.failures = self.failures.saturating_add(1);
        if self.attempts < self.policy.max_attempts
            && let Some(stopped) = self.stopped(now)
        {
            return self.after_stop(stopped);
        }
        self.retry(now.after(pause), true, now)
    }

    /// A circuit is open: another model, where that helps, or stop.
    fn after_stop(&mut self, stopped: Stopped) -> Next {
        let elsewhere = if stopped.lane_only { self.fall_back() } else { None };
        elsewhere.unwrap_or(Next::stop(StopReason::CircuitOpen { until: stopped.until, why: stopped.why }))
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
        let from = std::mem::replace(&mut self.aim.lane, model.clone());
        self.tell(|| Happening::FellBack { from, to: model.clone() });
        Some(Next::Fallback { model, attempt: self.attempts.saturating_add(1) })
    }

    fn stopped(&self, now: Timestamp) -> Option<Stopped> {
        self.breaker.as_ref()?.stops(&self.aim, now)
    }

    /// Tells the breaker how the attempt that is under way ended, once.
    fn tell_breaker(&mut self, outcome: &Outcome, now: Timestamp) {
        let Some(under_way) = self.under_way.take() else { return };
        for change in under_way.answered(outcome, now) {
            self.tell(|| Happening::of_circuit(change));
        }
    }

    fn tell(&self, happening: impl FnOnce() -> Happening) {
        if let Some(account) = &self.account {
            account.tell(happening);
        }
    }
}

#[cfg(test)]
mod tests;
