//! `Account`: one engine under one mutex, the calls that wait for it, and the deadline armed for it. It sleeps when
//! nobody has called for a while.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use tidegate_core::lease::{Grants, Step};
use tidegate_core::{
    Blueprint, Decision, Engine, EngineConfig, Feedback, Limit, Rejection, Request, Snapshot, Timestamp,
};

use crate::call::{Breaker, BreakerPolicy};
use crate::clock::{Clock, Due, TimerId};
use crate::events::{Events, Happening};
use crate::limiter::Busy;
use crate::meters::Meters;
use crate::store::{Courier, Delivery, Store, StoreError};
use crate::sync::{Mutex, MutexGuard};
use crate::wake;

mod held;
mod state;
mod waiters;

use held::Held;
pub(crate) use state::{Entered, Grant, Ticket};
use state::{State, Waiter};

/// How often an account with calendar windows and waiters looks at the wall clock although nothing is due: the
/// longest time for which a suspended machine or a stepped wall clock goes unnoticed.
const WALL_CHECK: Duration = Duration::from_secs(60);

/// One engine and everybody who waits for it.
///
/// The engine's mutex is the only lock that decisions take. Under it runs no code of others: wakers are cloned,
/// dropped and woken outside, because each of the three may end in another call on this very account.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) clock: Arc<dyn Clock>,
    /// What stops calls that are known to fail. It has a lock of its own, never held together with the engine's.
    pub(crate) breaker: Breaker,
    meters: Option<Meters>,
    /// The way to the store, where the limits are shared.
    courier: OnceLock<Courier>,
    timer: TimerId,
    /// The account itself, as the clock may hold it: weakly, so that a dropped limiter goes away.
    me: Weak<Self>,
    state: Mutex<Held>,
}

/// What bounds an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) engine: EngineConfig,
    pub(crate) breaker: BreakerPolicy,
    /// The most calls under way.
    pub(crate) reservations_max: usize,
}

impl Account {
    pub(crate) fn new(
        name: String,
        clock: Arc<dyn Clock>,
        bounds: Bounds,
        meters: Option<Meters>,
    ) -> Arc<Self> {
        let now = clock.now();
        let mut state = State::new(Engine::new(bounds.engine), bounds.reservations_max, now);
        state.is_recorded = meters.is_some();
        Arc::new_cyclic(|me| Self {
            name,
            clock,
            breaker: Breaker::new(bounds.breaker),
            meters,
            courier: OnceLock::new(),
            timer: TimerId::unique(),
            me: me.clone(),
            state: Mutex::new(Held::Awake(Box::new(state))),
        })
    }

    /// Whether the limits are shared through a store.
    pub(crate) fn is_shared(&self) -> bool {
        self.courier.get().is_some()
    }

    /// Shares the limits through `store`, under the account's name. Before the first limit is configured.
    pub(crate) fn share(&self, store: Arc<dyn Store>) {
        // A second store would be ignored; the builder sets one.
        self.courier.get_or_init(|| Courier { store });
    }

    /// Puts these limits in the place of the declared ones; their time zones are known to exist.
    pub(crate) fn configure(&self, limits: Vec<Limit>) {
        self.with(|state, now| state.engine.configure(limits, now));
    }

    /// The same with a blueprint that other accounts may have too.
    pub(crate) fn follow(&self, blueprint: &Arc<Blueprint>) {
        self.with(|state, now| state.engine.follow(blueprint, now));
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
                Decision::Wait { until, reason } => {
                    // Leases are got for calls that wait; one that does not wait has them ready for the next.
                    if self.courier.get().is_some()
                        && let Entered::Queued(ticket) = state.enter(request, now)
                    {
                        let _waiter = state.leave(&ticket, now);
                    }
                    return Err(Busy::Wait { until, reason });
                }
                Decision::Reject(rejection) => return Err(Busy::Rejected(rejection)),
            }
            match state.enter(request, now) {
                Entered::Granted(grant) => Ok(grant),
                Entered::Rejected(rejection) => Err(Busy::Rejected(rejection)),
                Entered::Queued(ticket) => {
                    // A quote does not know a lane that it sees for the first time. Nobody has polled this call,
                    // so its waiter holds no waker.
                    let _waiter = state.leave(&ticket, now);
                    Err(Busy::Wait { until: ticket.until, reason: ticket.limited_by })
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
        let mut held = self.lock();
        let state = held.awake();
        let former = match state.waiters.get_mut(ticket.id) {
            Some(Waiter::Waiting(patience)) => patience.waker.replace(waker),
            _ => return Poll::Ready(state.collect(ticket)),
        };
        drop(held);
        drop(former);
        Poll::Pending
    }

    /// Gives a queued call up, or one that was granted and never seen: it loses nothing and passes the turn on.
    pub(crate) fn leave(&self, ticket: &Ticket) {
        let waiter = self.with(|state, now| state.leave(ticket, now));
        drop(waiter);
    }

    /// Hands the engine what an answer said; those who listen are told what it was and what it taught.
    pub(crate) fn observe(&self, grant: &Grant, feedback: &Feedback) {
        self.with(|state, now| {
            if !state.is_heard() {
                state.engine.observe(grant.id, feedback, now);
                return;
            }
            let origin = grant.origin.as_ref();
            state.tell(now, origin, || Happening::of_answer(feedback.class, feedback.retry_after));
            let before = state.learned(now);
            state.engine.observe(grant.id, feedback, now);
            for taught in Happening::of_learning(&before, state.learned(now)) {
                state.tell(now, origin, || taught);
            }
        });
    }

    /// A subscription to what happens from now on.
    pub(crate) fn events(&self) -> Events {
        self.with(|state, _now| state.feeds.subscribe())
    }

    /// Tells those who listen of something that did not happen inside the engine.
    pub(crate) fn tell(&self, happening: impl FnOnce() -> Happening) {
        self.with(|state, now| state.tell(now, None, happening));
    }

    /// What the limits look like now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.with(|state, now| {
            state.engine.advance(now);
            state.engine.snapshot(now)
        })
    }

    /// Acts on the engine, then hands out what the engine decided: grants, refusals, windows and the next deadline. What
    /// it has to say to the store goes there, and an answer that comes at once is taken before this returns.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State, Timestamp) -> R) -> R {
        let (result, mut steps) = self.act(act);
        while let Some(step) = steps.pop() {
            let Some(courier) = self.courier.get() else { break };
            let number = step.number;
            if let Some(answer) = courier.carry(&self.name, step, self.me.clone() as Weak<dyn Delivery>) {
                steps.extend(self.act(|state, now| state.answered(number, answer, now)).1);
            }
        }
        result
    }

    /// Acts on the engine; gives what is to be said to the store. An engine has one step under way, so there is one.
    fn act<R>(&self, act: impl FnOnce(&mut State, Timestamp) -> R) -> (R, Vec<Step>) {
        let mut held = self.lock();
        let state = held.awake();
        let now = self.clock.now();
        state.follow_wall(now, self.clock.as_ref());
        let result = act(state, now);
        state.drain(now, self.clock.as_ref());
        self.arm(state, now);
        let wakers = std::mem::take(&mut state.wakers);
        let steps = std::mem::take(&mut state.steps);
        let readings = self.meters.as_ref().map(|meters| (meters, state.read(now, false)));
        if held.rest(now) {
            self.clock.disarm(self.timer);
        }
        drop(held);
        wake::all(wakers);
        if let Some((meters, readings)) = readings {
            meters.record(&readings);
        }
        (result, steps)
    }

    /// Records how things stand now, limits included.
    #[cfg(feature = "metrics")]
    pub(crate) fn record_levels(&self) {
        if let Some(meters) = &self.meters {
            let readings = self.with(|state, now| {
                state.engine.advance(now);
                state.read(now, true)
            });
            meters.record(&readings);
        }
    }

    /// Tells the clock the next deadline. Under the engine's lock, so that of two threads the one that
    /// decided last is also the last to tell. A deadline that has moved away is met early, which is harmless.
    fn arm(&self, state: &mut State, now: Timestamp) {
        let rest = state.rests_at().filter(|at| now < *at);
        let Some(mut at) = state.engine.next_deadline().into_iter().chain(rest).min() else { return };
        if !state.calendars.is_empty() && !state.waiters.is_empty() {
            at = at.min(now.after(WALL_CHECK));
        }
        if state.armed.is_none_or(|armed| at < armed) {
            state.armed = Some(at);
            self.clock.arm(self.timer, at, self.me.clone() as Weak<dyn Due>);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // A panic under this lock is a bug of the engine, whose state is whole after every step; going on with
        // it serves the other callers better than a second panic in each of them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delivery for Account {
    fn delivered(&self, number: u64, answer: Result<Grants, StoreError>) {
        self.with(|state, now| state.answered(number, answer, now));
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
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Who sleeps has nobody who listens, and nothing to say to a store.
        let Held::Awake(state) = state else { return };
        wake::all(state.feeds.end());
        if let Some(courier) = self.courier.get() {
            // What is held goes back, and nothing is kept free for an instance that is no more.
            for step in state.last_words(self.clock.now()) {
                let _nobody_waits = courier.carry(&self.name, step, self.me.clone() as Weak<dyn Delivery>);
            }
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
