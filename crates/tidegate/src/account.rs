//! `Account`: one engine under one mutex, the calls that wait for it, and the deadline armed for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use tidegate_core::{
    Cost, Decision, Effect, Engine, EngineConfig, Limit, Place, Reason, Rejection, Request, ReservationId,
    Snapshot, Timestamp,
};

use crate::calendar::{self, Calendars};
use crate::clock::{Clock, Due, TimerId};
use crate::limiter::Busy;
use crate::wake;

/// How often an account with calendar windows and waiters looks at the wall clock although nothing is due: the
/// longest time for which a suspended machine or a stepped wall clock goes unnoticed.
const WALL_CHECK: Duration = Duration::from_secs(60);

/// One engine and everybody who waits for it.
///
/// The engine's mutex is the only lock. Under it runs no code of others: wakers are cloned, dropped and woken
/// outside, because each of the three may end in another call on this very account.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) clock: Arc<dyn Clock>,
    timer: TimerId,
    /// The account itself, as the clock may hold it: weakly, so that a dropped limiter goes away.
    me: Weak<Self>,
    state: Mutex<State>,
}

/// What the mutex guards.
pub(crate) struct State {
    pub(crate) engine: Engine,
    waiters: BTreeMap<ReservationId, Waiter>,
    calendars: Calendars,
    /// The deadline that the clock has of this account.
    armed: Option<Timestamp>,
}

/// One queued call.
enum Waiter {
    /// Not decided; woken through this once it is.
    Waiting(Option<Waker>),
    /// Granted, and not yet seen by its caller.
    Granted(Timestamp),
    /// Refused, and not yet seen by its caller.
    Refused(Rejection),
}

/// A call that has been granted.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: ReservationId,
    pub(crate) place: Option<Place>,
    pub(crate) estimate: Cost,
    pub(crate) waited: Duration,
    pub(crate) limited_by: Option<Reason>,
}

/// A call that waits in the queue.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) id: ReservationId,
    estimate: Cost,
    since: Timestamp,
    limited_by: Reason,
}

/// What became of a call that asked.
pub(crate) enum Entered {
    Granted(Grant),
    Queued(Ticket),
    Rejected(Rejection),
}

impl Account {
    pub(crate) fn new(name: String, clock: Arc<dyn Clock>, config: EngineConfig) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            name,
            clock,
            timer: TimerId::unique(),
            me: me.clone(),
            state: Mutex::new(State {
                engine: Engine::new(config),
                waiters: BTreeMap::new(),
                calendars: Calendars::default(),
                armed: None,
            }),
        })
    }

    /// Puts these limits in the place of the declared ones; their time zones are known to exist.
    pub(crate) fn configure(&self, limits: Vec<Limit>) {
        self.with(|state, now| state.engine.configure(limits, now));
    }

    /// Asks for a permit, and queues where it cannot be had at once.
    pub(crate) fn enter(&self, request: &Request) -> Entered {
        self.with(|state, now| state.enter(request, now))
    }

    /// Asks for a permit, and does not queue.
    pub(crate) fn try_enter(&self, request: &Request) -> Result<Grant, Busy> {
        self.with(|state, now| {
            state.engine.advance(now);
            match state.engine.quote(request, now) {
                Decision::Grant => {}
                Decision::Wait { until, reason } => return Err(Busy::Wait { until, reason }),
                Decision::Reject(rejection) => return Err(Busy::Rejected(rejection)),
            }
            match state.enter(request, now) {
                Entered::Granted(grant) => Ok(grant),
                Entered::Rejected(rejection) => Err(Busy::Rejected(rejection)),
                Entered::Queued(ticket) => {
                    // The quote erred. Nobody has polled this call, so its waiter holds no waker.
                    let _waiter = state.leave(&ticket, now);
                    Err(Busy::Wait { until: now, reason: ticket.limited_by })
                }
            }
        })
    }

    /// What a call would be answered, without taking or queueing anything.
    pub(crate) fn quote(&self, request: &Request) -> Decision {
        self.with(|state, now| {
            state.engine.advance(now);
            state.engine.quote(request, now)
        })
    }

    /// What has become of a queued call; the waker is called once something has.
    pub(crate) fn check(&self, ticket: &Ticket, waker: &Waker) -> Poll<Result<Grant, Rejection>> {
        let waker = waker.clone();
        let mut state = self.lock();
        let former = match state.waiters.get_mut(&ticket.id) {
            Some(Waiter::Waiting(slot)) => slot.replace(waker),
            _ => return Poll::Ready(state.collect(ticket)),
        };
        drop(state);
        drop(former);
        Poll::Pending
    }

    /// Gives a queued call up, or one that was granted and never seen: it loses nothing and passes the turn on.
    pub(crate) fn leave(&self, ticket: &Ticket) {
        let waiter = self.with(|state, now| state.leave(ticket, now));
        drop(waiter);
    }

    /// What the limits look like now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.with(|state, now| {
            state.engine.advance(now);
            state.engine.snapshot(now)
        })
    }

    /// Acts on the engine, then hands out what the engine decided: grants, refusals, windows and the next deadline.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State, Timestamp) -> R) -> R {
        let mut state = self.lock();
        let now = self.clock.now();
        state.follow_wall(now, self.clock.as_ref());
        let result = act(&mut state, now);
        let wakers = state.drain(now, self.clock.as_ref());
        self.arm(&mut state, now);
        drop(state);
        wake::all(wakers);
        result
    }

    /// Tells the clock the next deadline. Under the engine's lock, so that of two threads the one that
    /// decided last is also the last to tell. A deadline that has moved away is met early, which is harmless.
    fn arm(&self, state: &mut State, now: Timestamp) {
        let Some(mut at) = state.engine.next_deadline() else { return };
        if !state.calendars.is_empty() && !state.waiters.is_empty() {
            at = at.min(now.after(WALL_CHECK));
        }
        if state.armed.is_none_or(|armed| at < armed) {
            state.armed = Some(at);
            self.clock.arm(self.timer, at, self.me.clone() as Weak<dyn Due>);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under this lock is a bug of the engine, whose state is whole after every step; going on with
        // it serves the other callers better than a second panic in each of them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Due for Account {
    fn due(&self, _now: Timestamp) {
        self.with(|state, now| {
            state.armed = None;
            state.engine.advance(now);
        });
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.clock.disarm(self.timer);
    }
}

impl State {
    fn enter(&mut self, request: &Request, now: Timestamp) -> Entered {
        let (id, decision) = self.engine.reserve(request, now);
        let estimate = request.cost;
        match decision {
            Decision::Grant => {
                let place = self.engine.place(id);
                Entered::Granted(Grant { id, place, estimate, waited: Duration::ZERO, limited_by: None })
            }
            Decision::Wait { reason, .. } => {
                self.waiters.insert(id, Waiter::Waiting(None));
                Entered::Queued(Ticket { id, estimate, since: now, limited_by: reason })
            }
            Decision::Reject(rejection) => Entered::Rejected(rejection),
        }
    }

    /// Takes the decision on a queued call that has one.
    fn collect(&mut self, ticket: &Ticket) -> Result<Grant, Rejection> {
        match self.waiters.remove(&ticket.id) {
            Some(Waiter::Granted(at)) => Ok(Grant {
                id: ticket.id,
                place: self.engine.place(ticket.id),
                estimate: ticket.estimate,
                waited: at.since(ticket.since),
                limited_by: Some(ticket.limited_by.clone()),
            }),
            Some(Waiter::Refused(rejection)) => Err(rejection),
            // A ticket is collected once, after its decision; a second time there is nothing to have.
            Some(Waiter::Waiting(_)) | None => Err(Rejection::Closed),
        }
    }

    /// Takes a call out of the queue, or gives its unseen grant back. The caller drops what it gets outside the lock.
    #[must_use = "its waker is foreign code, to be dropped outside the lock"]
    fn leave(&mut self, ticket: &Ticket, now: Timestamp) -> Option<Waiter> {
        let waiter = self.waiters.remove(&ticket.id);
        if !matches!(waiter, Some(Waiter::Refused(_))) {
            self.engine.cancel(ticket.id, now);
        }
        waiter
    }

    /// Hands out everything that the engine decided; returns whom to wake.
    fn drain(&mut self, now: Timestamp, clock: &dyn Clock) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while let Some(effect) = self.engine.poll() {
            match effect {
                Effect::Granted { id, at } => wakers.extend(self.decide(id, Waiter::Granted(at))),
                Effect::Refused { id, rejection } => {
                    wakers.extend(self.decide(id, Waiter::Refused(rejection)))
                }
                Effect::EdgeWanted { limit, calendar, zone } => {
                    let zone = calendar::zone_or_utc(zone.as_deref());
                    let (start, end) = self.calendars.open(limit, calendar, zone, now, clock);
                    self.engine.window(limit, start, end, now);
                }
                // Whoever still holds an expired permit may go on using it; to the engine it is a stranger.
                _ => {}
            }
        }
        wakers
    }

    /// Notes the decision on a queued call; returns its waker, if the caller waits already.
    fn decide(&mut self, id: ReservationId, decision: Waiter) -> Option<Waker> {
        let waiter = self.waiters.get_mut(&id)?;
        match std::mem::replace(waiter, decision) {
            Waiter::Waiting(waker) => waker,
            Waiter::Granted(_) | Waiter::Refused(_) => None,
        }
    }

    /// Anchors the calendar windows anew when the wall clock has moved against the engine's own time.
    fn follow_wall(&mut self, now: Timestamp, clock: &dyn Clock) {
        for (limit, start, end) in self.calendars.follow(now, clock) {
            self.engine.window(limit, start, end, now);
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
