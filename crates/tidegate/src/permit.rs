//! `Permit`: the right to make one call. Owns a reservation; ending it is settling, cancelling or dropping.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tidegate_core::{
    Class, Comparison, Cost, Engine, Feedback, Place, Reason, ReservationId, Timestamp, Usage,
};

use crate::account::{Account, Grant};
use crate::departure::Departure;
use crate::events::Happening;
use crate::sync::{AtomicBool, Mutex};

/// The right to make one call.
///
/// It owns a reservation of the estimated cost, which ends exactly once: with [`settle`](Permit::settle), with
/// [`cancel`](Permit::cancel), or by being dropped. Dropped, it is refunded in full if nothing was
/// [`sent`](Permit::sent), and kept as estimated if something was: the provider may have counted it.
///
/// ```
/// use tidegate::{Cost, Limiter, Usage};
///
/// let limiter = Limiter::builder().requests_per_minute(300).build()?;
/// let permit = limiter.acquire_blocking(Cost::requests(1).input_tokens(120).output_tokens(80))?;
/// permit.sent();
/// // ... the call itself ...
/// permit.settle(Usage::new(118, 64));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a permit that is dropped gives its place back"]
pub struct Permit {
    account: Arc<Account>,
    grant: Grant,
    /// Whether the call is on its way.
    is_sent: AtomicBool,
    /// Whether it matters to any of its limits when its bytes leave.
    departs: AtomicBool,
    /// How the provider answered, as far as it was told.
    answered: Mutex<Option<Class>>,
    /// Whether the reservation has ended by name, so that dropping has nothing to do.
    ended: bool,
}

impl Permit {
    pub(crate) const fn new(account: Arc<Account>, grant: Grant) -> Self {
        Self {
            account,
            grant,
            is_sent: AtomicBool::new(false),
            departs: AtomicBool::new(false),
            answered: Mutex::new(None),
            ended: false,
        }
    }

    /// The call is on its way: from now on the provider may have counted it, and dropping the permit keeps the
    /// estimate instead of refunding it. Limits that count in windows count it from now, too; where its bytes leave
    /// later than that, a [`departure`](Permit::departure) tells.
    pub fn sent(&self) {
        self.is_sent.store(true, Ordering::Relaxed);
        let departs = self.account.with(|state, now| state.engine.sent(self.grant.id, now));
        self.departs.store(departs, Ordering::Relaxed);
    }

    /// What tells when the bytes of a call that was [`sent`](Permit::sent) really leave, to be given to whoever sees that.
    /// `None` where no limit of the call counts in windows: to the others it is all the same.
    #[must_use]
    pub fn departure(&self) -> Option<Departure> {
        let departs = self.departs.load(Ordering::Relaxed);
        departs.then(|| Departure::new(Arc::clone(&self.account), self.grant.id))
    }

    /// What an answer said of the provider's limits. It is tied to this call, so that what is in flight is
    /// reckoned with once.
    pub fn observe(&self, feedback: &Feedback) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(feedback.class);
        self.account.observe(&self.grant, feedback);
    }

    /// The first byte of a streamed answer came: what tells how busy the provider is. Of an answer in one piece tell
    /// [`in_one_piece`](Permit::in_one_piece) instead: how long that takes is a matter of its length.
    pub fn first_byte(&self) {
        self.account.with(|state, now| state.engine.first_byte(self.grant.id, now));
    }

    /// The answer came in one piece, its first byte at `at`, with so many tokens of output: the time a token tells how
    /// busy the provider is. An answer without output tells nothing.
    pub fn in_one_piece(&self, output_tokens: u64, at: Timestamp) {
        self.account.with(|state, now| state.engine.in_one_piece(self.grant.id, output_tokens, at, now));
    }

    /// What a long answer has used so far. Keeps the reservation from expiring by age.
    pub fn progress(&self, usage: &Usage) {
        self.account.with(|state, now| state.engine.progress(self.grant.id, usage, now));
    }

    /// Ends the call with what it used; the provider is taken to count just that. What was reserved too much is
    /// free again, what was used beyond it is debt that later calls wait for.
    pub fn settle(self, usage: Usage) {
        let charge = self
            .grant
            .estimate
            .input_tokens(usage.input_tokens)
            .output_tokens(usage.output_tokens)
            .total_tokens(usage.total());
        self.settle_charged(charge, Some(usage));
    }

    /// Ends the call with what the provider counts of it, which need not be what it used: adapters know the rule.
    /// `usage` is what it used, where that is known; the engine learns from it what calls produce, and how many tokens
    /// their texts have.
    ///
    /// Gives how the estimate compares with the usage, where there was one to compare.
    pub fn settle_charged(self, charge: Cost, usage: Option<Usage>) -> Option<Comparison> {
        self.settle_as(charge, usage, |engine, id, now| engine.settle(id, &charge, usage.as_ref(), now))
    }

    /// As [`settle_charged`](Permit::settle_charged), where the answer did not state its usage: its output was reckoned
    /// from what was seen, and its input is what was [`reserved`](Permit::reserved), which teaches nothing.
    pub fn settle_reckoned(self, charge: Cost, usage: Usage) -> Option<Comparison> {
        self.settle_as(charge, Some(usage), |engine, id, now| {
            engine.settle_reckoned(id, &charge, &usage, now)
        })
    }

    fn settle_as(
        mut self,
        charge: Cost,
        usage: Option<Usage>,
        settle: impl FnOnce(&mut Engine, ReservationId, Timestamp) -> Option<Comparison>,
    ) -> Option<Comparison> {
        self.ended = true;
        let class = *self.answered.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Grant { id, estimate, since, ref origin, .. } = self.grant;
        self.account.with(|state, now| {
            let compared = state.end(id, now, |engine| settle(engine, id, now))?;
            let took = now.since(since);
            let settled = || Happening::Settled { estimate, charge, usage, took, class };
            state.tell(now, origin.as_ref(), settled);
            if let Some(comparison) = compared {
                state.tell(now, origin.as_ref(), || Happening::Estimated { comparison });
            }
            compared
        })
    }

    /// What is reserved for the call: its estimate with what the engine has learned in the place of guesses. The
    /// estimate itself, once the reservation has expired.
    #[must_use]
    pub fn reserved(&self) -> Cost {
        let reserved = self.account.with(|state, _now| state.engine.reserved(self.grant.id));
        reserved.unwrap_or(self.grant.estimate)
    }

    /// Ends the call as dropping the permit would: refunded if nothing was sent, kept as estimated if it was.
    pub fn cancel(self) {
        drop(self);
    }

    /// The call's place in the order of its account. A retry that brings it back keeps its turn.
    #[must_use]
    pub fn place(&self) -> Place {
        self.grant.place.expect("the engine gives every reservation that it grants a place")
    }

    /// How long the call waited for its grant.
    #[must_use]
    pub const fn waited(&self) -> Duration {
        self.grant.waited
    }

    /// What the call waited for, as of the moment when it queued; `None` if it did not wait.
    #[must_use]
    pub const fn limited_by(&self) -> Option<&Reason> {
        self.grant.limited_by.as_ref()
    }

    /// The cost that the caller asked for.
    #[must_use]
    pub const fn estimate(&self) -> Cost {
        self.grant.estimate
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.ended {
            let Grant { id, estimate, ref origin, .. } = self.grant;
            let refunded = !*self.is_sent.get_mut();
            self.account.with(|state, now| {
                if state.end(id, now, |engine| engine.cancel(id, now)).is_some() {
                    state.tell(now, origin.as_ref(), || Happening::GivenUp { estimate, refunded });
                }
            });
        }
    }
}
