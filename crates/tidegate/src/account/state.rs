//! `State`: what an account's mutex guards: the engine, the calls that wait, and how each of the two learns of the other.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use tidegate_core::lease::{Grants, Step};
use tidegate_core::{
    Band, Cost, Decision, Effect, Engine, LimitStatus, Place, Reason, Rejection, Request, ReservationId,
    Timestamp,
};

use super::waiters::Waiters;
use crate::calendar::{self, Calendars};
use crate::clock::Clock;
use crate::events::{Event, Feeds, Happening, Origin};
use crate::meters::Readings;
use crate::store::StoreError;
use crate::wake::Wakers;

/// How often the limits' levels are recorded while things happen.
const LIMITS_READ_EVERY: Duration = Duration::from_secs(1);

/// What the mutex guards.
pub(crate) struct State {
    pub(crate) engine: Engine,
    /// Calls that were granted and have not ended, and the most that there may be.
    pub(super) under_way: usize,
    pub(super) reservations_max: usize,
    pub(super) waiters: Waiters,
    pub(super) calendars: Calendars,
    pub(super) feeds: Feeds,
    /// When a call last asked or ended.
    pub(super) used_at: Timestamp,
    /// How many calls wait, by band.
    waiting_by_band: [usize; Band::ALL.len()],
    /// Whether somebody records what happens, and what is to be recorded once the lock is free.
    pub(super) is_recorded: bool,
    pub(super) readings: Readings,
    limits_read_at: Option<Timestamp>,
    /// What is to be said to the store once the lock is free.
    pub(super) steps: Vec<Step>,
    /// Whom to wake once the lock is free.
    pub(super) wakers: Wakers,
    /// The deadline that the clock has of this account.
    pub(super) armed: Option<Timestamp>,
}

/// One queued call.
pub(super) enum Waiter {
    /// Not decided yet.
    Waiting(Patience),
    /// Decided, and not yet seen by its caller.
    Decided(Fate),
}

/// A queued call that is not decided.
pub(super) struct Patience {
    since: Timestamp,
    band: Band,
    /// Woken once it is decided.
    pub(super) waker: Option<Waker>,
    /// What it waits for and where it comes from, for those who listen.
    told: Option<(Arc<Origin>, Reason)>,
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
    /// Since when it may go.
    pub(crate) since: Timestamp,
    /// Where it comes from, if anybody listened when it asked.
    pub(crate) origin: Option<Arc<Origin>>,
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
    origin: Option<Arc<Origin>>,
}

/// What became of a call that asked.
pub(crate) enum Entered {
    Granted(Grant),
    Queued(Ticket),
    Rejected(Rejection),
}

impl State {
    pub(super) fn new(engine: Engine, reservations_max: usize, now: Timestamp) -> Self {
        Self {
            engine,
            under_way: 0,
            reservations_max,
            waiters: Waiters::default(),
            calendars: Calendars::default(),
            feeds: Feeds::default(),
            used_at: now,
            waiting_by_band: [0; Band::ALL.len()],
            is_recorded: false,
            readings: Readings::default(),
            limits_read_at: None,
            steps: Vec::new(),
            wakers: Wakers::default(),
            armed: None,
        }
    }

    pub(super) fn enter(&mut self, request: &Request, now: Timestamp) -> Entered {
        self.used_at = now;
        let origin = self.is_heard().then(|| Arc::new(Origin::of(request)));
        if self.under_way >= self.reservations_max {
            let rejection = Rejection::ReservationsFull { capacity: self.reservations_max };
            return self.reject(origin, rejection, now);
        }
        let (id, decision) = self.engine.reserve(request, now);
        let (estimate, place) = (request.cost, self.engine.place(id));
        match decision {
            Decision::Grant => {
                self.under_way = self.under_way.saturating_add(1);
                let (waited, limited_by) = (Duration::ZERO, None);
                self.tell(now, origin.as_ref(), || Happening::Granted { waited, limited_by: None });
                Entered::Granted(Grant { id, place, estimate, waited, limited_by, since: now, origin })
            }
            Decision::Wait { until, reason } => {
                let told = origin.clone().map(|origin| (origin, reason.clone()));
                let (since, band) = (now, request.band);
                self.waiters.insert(id, Waiter::Waiting(Patience { since, band, waker: None, told }));
                self.count(band, 1);
                let limited_by = reason;
                Entered::Queued(Ticket { id, place, estimate, since: now, until, limited_by, origin })
            }
            Decision::Reject(rejection) => self.reject(origin, rejection, now),
        }
    }

    fn reject(&mut self, origin: Option<Arc<Origin>>, rejection: Rejection, now: Timestamp) -> Entered {
        self.tell(now, origin.as_ref(), || Happening::Refused { rejection: rejection.clone() });
        Entered::Rejected(rejection)
    }

    /// Takes the decision on a queued call that has one.
    pub(super) fn collect(&mut self, ticket: &Ticket) -> Result<Grant, Rejection> {
        match self.waiters.remove(ticket.id) {
            Some(Waiter::Decided(Fate::Granted(at))) => Ok(Grant {
                id: ticket.id,
                place: ticket.place,
                estimate: ticket.estimate,
                waited: at.since(ticket.since),
                limited_by: Some(ticket.limited_by.clone()),
                since: at,
                origin: ticket.origin.clone(),
            }),
            Some(Waiter::Decided(Fate::Refused(rejection))) => Err(rejection),
            // A ticket is collected once, after its decision; a second time there is nothing to have.
            Some(Waiter::Waiting(_)) | None => Err(Rejection::Closed),
        }
    }

    /// Takes a call out of the queue, or gives its unseen grant back. The caller drops what it gets outside the lock.
    #[must_use = "its waker is foreign code, to be dropped outside the lock"]
    pub(super) fn leave(&mut self, ticket: &Ticket, now: Timestamp) -> Option<Waiter> {
        self.used_at = now;
        let waiter = self.waiters.remove(ticket.id);
        match waiter {
            Some(Waiter::Decided(Fate::Refused(_))) => {}
            Some(Waiter::Decided(Fate::Granted(_))) => {
                self.end(ticket.id, now, |engine| engine.cancel(ticket.id, now));
                let estimate = ticket.estimate;
                let given_up = || Happening::GivenUp { estimate, refunded: true };
                self.tell(now, ticket.origin.as_ref(), given_up);
            }
            Some(Waiter::Waiting(Patience { band, .. })) => {
                self.count(band, -1);
                self.engine.cancel(ticket.id, now);
            }
            None => self.engine.cancel(ticket.id, now),
        }
        waiter
    }

    /// Ends a granted call; `None` for one that has expired: it has ended already, and nothing changes.
    pub(crate) fn end<R>(
        &mut self,
        id: ReservationId,
        now: Timestamp,
        how: impl FnOnce(&mut Engine) -> R,
    ) -> Option<R> {
        self.engine.place(id)?;
        self.under_way = self.under_way.saturating_sub(1);
        self.used_at = now;
        Some(how(&mut self.engine))
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
                Effect::StoreLost { live } => {
                    self.tell(now, None, || Happening::StoreLost { share_of: live })
                }
                Effect::ChargingLearned(learned) => {
                    self.tell(now, None, || Happening::ChargingLearned(learned));
                }
                Effect::StoreFound => self.tell(now, None, || Happening::StoreFound),
                Effect::Expired { .. } => {
                    self.under_way = self.under_way.saturating_sub(1);
                    self.tell(now, None, || Happening::Expired);
                }
                _ => {}
            }
        }
    }

    /// Takes what the store answered.
    pub(super) fn answered(&mut self, number: u64, answer: Result<Grants, StoreError>, now: Timestamp) {
        match answer {
            Ok(grants) => {
                // An answer to a step that was given up is of no use; what it brought goes back.
                let _taken = self.engine.lease(&grants, now);
            }
            Err(error) => {
                self.tell(now, None, || Happening::StoreFailed { error: error.to_string() });
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
        let Some(waiter) = self.waiters.get_mut(id) else { return };
        let Waiter::Waiting(patience) = waiter else { return };
        let (since, band, told) = (patience.since, patience.band, patience.told.take());
        self.wakers.add(patience.waker.take());
        let refused = match &fate {
            Fate::Granted(at) => Ok(at.since(since)),
            Fate::Refused(rejection) => Err(rejection.clone()),
        };
        *waiter = Waiter::Decided(fate);
        self.count(band, -1);
        let (origin, limited_by) = told.unzip();
        self.tell(now, origin.as_ref(), || match refused {
            Ok(waited) => Happening::Granted { waited, limited_by },
            Err(rejection) => Happening::Refused { rejection },
        });
    }

    /// Whether anybody wants to hear of what happens.
    pub(super) const fn is_heard(&self) -> bool {
        self.is_recorded || !self.feeds.is_empty()
    }

    /// One call more that waits, or one less.
    fn count(&mut self, band: Band, change: isize) {
        let waiting = &mut self.waiting_by_band[band as usize];
        *waiting = waiting.saturating_add_signed(change);
    }

    /// Takes what is to be recorded, and how things stand; limits at most once a second, since each takes a look.
    pub(super) fn read(&mut self, now: Timestamp, all: bool) -> Readings {
        let mut readings = std::mem::take(&mut self.readings);
        if readings.events.is_empty() && !all {
            return readings;
        }
        readings.levels = Some((self.waiting_by_band, self.under_way));
        if all || self.limits_read_at.is_none_or(|read| now.since(read) >= LIMITS_READ_EVERY) {
            self.limits_read_at = Some(now);
            readings.limits = self.engine.snapshot(now).limits;
        }
        readings
    }

    /// Tells those who listen.
    pub(crate) fn tell(
        &mut self,
        at: Timestamp,
        call: Option<&Arc<Origin>>,
        happening: impl FnOnce() -> Happening,
    ) {
        if self.is_heard() {
            let event = Event { at, call: call.cloned(), what: happening() };
            self.feeds.tell(&event, &mut self.wakers);
            if self.is_recorded {
                self.readings.events.push(event);
            }
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
