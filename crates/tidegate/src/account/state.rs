//! `State`: what an account's mutex guards: the engine, the calls that wait, and how each of the two learns of the other.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Duration;

use tidegate_core::lease::{Grants, Step};
use tidegate_core::{
    Cost, Decision, Effect, Engine, EngineConfig, LimitStatus, Place, Reason, Rejection, Request,
    ReservationId, Timestamp,
};

use crate::calendar::{self, Calendars};
use crate::clock::Clock;
use crate::events::{Feeds, Happening};
use crate::store::StoreError;

/// What the mutex guards.
pub(crate) struct State {
    pub(crate) engine: Engine,
    /// Calls that were granted and have not ended, and the most that there may be.
    under_way: usize,
    reservations_max: usize,
    pub(super) waiters: BTreeMap<ReservationId, Waiter>,
    pub(super) calendars: Calendars,
    pub(super) feeds: Feeds,
    /// What is to be said to the store once the lock is free.
    pub(super) steps: Vec<Step>,
    /// Whom to wake once the lock is free.
    pub(super) wakers: Vec<Waker>,
    /// The deadline that the clock has of this account.
    pub(super) armed: Option<Timestamp>,
}

/// One queued call.
pub(super) enum Waiter {
    /// Not decided, since this instant; woken through the waker once it is.
    Waiting(Timestamp, Option<Waker>),
    /// Decided, and not yet seen by its caller.
    Decided(Fate),
}

/// What the engine decided on a queued call.
pub(super) enum Fate {
    /// Granted, as of this instant.
    Granted(Timestamp),
    /// Refused.
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
    pub(super) id: ReservationId,
    place: Option<Place>,
    estimate: Cost,
    since: Timestamp,
    /// The predicted grant.
    pub(super) until: Timestamp,
    pub(super) limited_by: Reason,
}

/// What became of a call that asked.
pub(crate) enum Entered {
    Granted(Grant),
    Queued(Ticket),
    Rejected(Rejection),
}

impl State {
    pub(super) fn new(config: EngineConfig, reservations_max: usize) -> Self {
        Self {
            engine: Engine::new(config),
            under_way: 0,
            reservations_max,
            waiters: BTreeMap::new(),
            calendars: Calendars::default(),
            feeds: Feeds::default(),
            steps: Vec::new(),
            wakers: Vec::new(),
            armed: None,
        }
    }

    pub(super) fn enter(&mut self, request: &Request, now: Timestamp) -> Entered {
        if self.under_way >= self.reservations_max {
            let rejection = Rejection::ReservationsFull { capacity: self.reservations_max };
            self.tell(now, || Happening::Refused { rejection: rejection.clone() });
            return Entered::Rejected(rejection);
        }
        let (id, decision) = self.engine.reserve(request, now);
        let (estimate, place) = (request.cost, self.engine.place(id));
        match decision {
            Decision::Grant => {
                self.under_way = self.under_way.saturating_add(1);
                self.tell(now, || Happening::Granted { waited: Duration::ZERO });
                Entered::Granted(Grant { id, place, estimate, waited: Duration::ZERO, limited_by: None })
            }
            Decision::Wait { until, reason } => {
                self.waiters.insert(id, Waiter::Waiting(now, None));
                Entered::Queued(Ticket { id, place, estimate, since: now, until, limited_by: reason })
            }
            Decision::Reject(rejection) => {
                self.tell(now, || Happening::Refused { rejection: rejection.clone() });
                Entered::Rejected(rejection)
            }
        }
    }

    /// Takes the decision on a queued call that has one.
    pub(super) fn collect(&mut self, ticket: &Ticket) -> Result<Grant, Rejection> {
        match self.waiters.remove(&ticket.id) {
            Some(Waiter::Decided(Fate::Granted(at))) => Ok(Grant {
                id: ticket.id,
                place: ticket.place,
                estimate: ticket.estimate,
                waited: at.since(ticket.since),
                limited_by: Some(ticket.limited_by.clone()),
            }),
            Some(Waiter::Decided(Fate::Refused(rejection))) => Err(rejection),
            // A ticket is collected once, after its decision; a second time there is nothing to have.
            Some(Waiter::Waiting(..)) | None => Err(Rejection::Closed),
        }
    }

    /// Takes a call out of the queue, or gives its unseen grant back. The caller drops what it gets outside the lock.
    #[must_use = "its waker is foreign code, to be dropped outside the lock"]
    pub(super) fn leave(&mut self, ticket: &Ticket, now: Timestamp) -> Option<Waiter> {
        let waiter = self.waiters.remove(&ticket.id);
        match waiter {
            Some(Waiter::Decided(Fate::Refused(_))) => {}
            Some(Waiter::Decided(Fate::Granted(_))) => {
                self.end(ticket.id, |engine| engine.cancel(ticket.id, now));
            }
            Some(Waiter::Waiting(..)) | None => self.engine.cancel(ticket.id, now),
        }
        waiter
    }

    /// Ends a granted call. One that has expired has ended already; then nothing changes.
    pub(crate) fn end(&mut self, id: ReservationId, how: impl FnOnce(&mut Engine)) {
        if self.engine.place(id).is_some() {
            self.under_way = self.under_way.saturating_sub(1);
        }
        how(&mut self.engine);
    }

    /// Hands out everything that the engine decided.
    pub(super) fn drain(&mut self, now: Timestamp, clock: &dyn Clock) {
        while let Some(effect) = self.engine.poll() {
            match effect {
                Effect::Granted { id, at } => {
                    self.under_way = self.under_way.saturating_add(1);
                    self.decide(id, Fate::Granted(at), now);
                }
                Effect::Refused { id, rejection } => self.decide(id, Fate::Refused(rejection), now),
                Effect::EdgeWanted { limit, calendar, zone } => {
                    let zone = calendar::zone_or_utc(zone.as_deref());
                    let (start, end) = self.calendars.open(limit, calendar, zone, now, clock);
                    self.engine.window(limit, start, end, now);
                }
                // Whoever still holds an expired permit may go on using it; to the engine it is a stranger.
                Effect::LeaseWanted { step } => self.steps.push(step),
                Effect::StoreLost { live } => self.tell(now, || Happening::StoreLost { share_of: live }),
                Effect::StoreFound => self.tell(now, || Happening::StoreFound),
                Effect::Expired { .. } => {
                    self.under_way = self.under_way.saturating_sub(1);
                    self.tell(now, || Happening::Expired);
                }
                _ => {}
            }
        }
    }

    /// Takes what the store answered.
    pub(super) fn answered(&mut self, number: u64, answer: Result<Grants, StoreError>, now: Timestamp) {
        match answer {
            Ok(grants) => self.engine.lease(&grants, now),
            Err(error) => {
                self.tell(now, || Happening::StoreFailed { error: error.to_string() });
                self.engine.lease_failed(number, now);
            }
        }
    }

    /// Closes the engine; gives what it has to say to the store at its end.
    pub(super) fn last_words(&mut self, now: Timestamp) -> Vec<Step> {
        self.engine.close(now);
        std::iter::from_fn(|| self.engine.poll())
            .filter_map(|effect| match effect {
                Effect::LeaseWanted { step } => Some(step),
                _ => None,
            })
            .collect()
    }

    /// Notes the decision on a queued call, and wakes its caller if it waits already.
    fn decide(&mut self, id: ReservationId, fate: Fate, now: Timestamp) {
        let Some(waiter) = self.waiters.get_mut(&id) else { return };
        let Waiter::Waiting(since, waker) = waiter else { return };
        let since = *since;
        self.wakers.extend(waker.take());
        if !self.feeds.is_empty() {
            let happening = match &fate {
                Fate::Granted(at) => Happening::Granted { waited: at.since(since) },
                Fate::Refused(rejection) => Happening::Refused { rejection: rejection.clone() },
            };
            self.feeds.tell(now, &happening, &mut self.wakers);
        }
        self.waiters.insert(id, Waiter::Decided(fate));
    }

    /// Tells those who listen.
    pub(super) fn tell(&mut self, now: Timestamp, happening: impl FnOnce() -> Happening) {
        if !self.feeds.is_empty() {
            self.feeds.tell(now, &happening(), &mut self.wakers);
        }
    }

    /// The limits that the provider's answers have told so far.
    pub(super) fn learned(&self, now: Timestamp) -> Vec<LimitStatus> {
        let mut limits = self.engine.snapshot(now).limits;
        limits.retain(|limit| limit.learned);
        limits
    }

    /// Anchors the calendar windows anew when the wall clock has moved against the engine's own time.
    pub(super) fn follow_wall(&mut self, now: Timestamp, clock: &dyn Clock) {
        for (limit, start, end) in self.calendars.follow(now, clock) {
            self.engine.window(limit, start, end, now);
        }
    }
}

/// Whether two limits say the same of the provider, however much of them is used.
pub(super) fn is_same_rule(one: &LimitStatus, other: &LimitStatus) -> bool {
    let rule = |limit: &LimitStatus| (limit.dimension, limit.window, limit.limit);
    rule(one) == rule(other) && one.scope == other.scope
}
