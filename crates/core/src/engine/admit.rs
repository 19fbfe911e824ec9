//! Admission: what becomes of a request: granted, queued or rejected, each with its reason.

use super::expected::{certain_of, expected_by, never_by};
use super::predict::By;
use crate::cost::packed::Packed;
use crate::ledger::{Ledger, Reservation, Stage};
use crate::queue::FlowKey;
use crate::{Cost, Decision, Dimension, Effect, Engine, Output, Overflow, Place, Reason, Rejection, Request};
use crate::{ReservationId, Timestamp};

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    pub(super) lane: usize,
    pub(super) tenant: u32,
    /// With the output that experience leads to expect.
    pub(super) cost: &'a Cost,
}

impl Asked<'_> {
    /// The cost as a reservation keeps it, with how much of it is for the text.
    #[inline(always)]
    fn packed(&self) -> Packed {
        let packed = Packed::from(self.cost).with_price(self.cost, self.request.price);
        let Request { text, cost, .. } = self.request;
        if text.bytes == 0 {
            return packed;
        }
        let apart = cost.get(Dimension::InputTokens).saturating_sub(text.guess);
        packed.with_text(text.bytes, self.cost.get(Dimension::InputTokens).saturating_sub(apart))
    }
}

impl Engine {
    /// Asks for a call to go. A request that has to wait is queued; its grant comes as an [`Effect::Granted`].
    ///
    /// The id of a rejected request names nothing.
    #[inline]
    pub fn reserve(&mut self, request: &Request, now: Timestamp) -> (ReservationId, Decision) {
        match self.reserve_at_once(request, now) {
            Some(id) => (id, Decision::Grant),
            None => self.reserve_in_turn(request, now),
        }
    }

    #[inline(never)]
    fn reserve_in_turn(&mut self, request: &Request, now: Timestamp) -> (ReservationId, Decision) {
        let lane = self.lane_of(request);
        self.stir(lane);
        self.ask_for_edges_of(lane, now);
        let tenant = self.tenants.of(&request.tenant);
        let cost = self.expected_cost(lane, request);
        let asked = Asked { request, lane, tenant, cost: &cost };
        if self.may_go_at_once(request, now) && self.has_room(&asked, now) {
            let id = self.open(&asked, Stage::Granted, now);
            let most = if let Output::Expected { max } = request.output { max } else { None };
            self.charge_limits(id, (&cost, most.unwrap_or(0)), now, now);
            self.want_leases(now);
            return (id, Decision::Grant);
        }
        if let Some(rejection) = self.objection(&asked, now) {
            return (Ledger::nobody(), Decision::Reject(rejection));
        }
        if let Some(rejection) = self.make_room(request) {
            return (Ledger::nobody(), Decision::Reject(rejection));
        }
        let id = self.open(&asked, Stage::Queued, now);
        let leads = self.enqueue(id);
        // A call behind others changes nothing for them, until the next of them is due.
        if leads || self.sharing.is_some() || self.wake.is_some_and(|wake| wake <= now) {
            self.pump(now);
        }
        (id, self.decided(id, now))
    }

    /// What a request would be told, without queueing it.
    #[must_use]
    pub fn quote(&self, request: &Request, now: Timestamp) -> Decision {
        let Some(lane) = self.lane_seen(request) else {
            return self.quote_unseen(request, now);
        };
        let tenant = self.tenants.known(&request.tenant).unwrap_or(0);
        let cost = self.expected_cost(lane, request);
        let asked = Asked { request, lane, tenant, cost: &cost };
        if self.may_go_at_once(request, now) && self.has_room(&asked, now) {
            return Decision::Grant;
        }
        if let Some(rejection) = self.objection(&asked, now) {
            return Decision::Reject(rejection);
        }
        let full = self.queue.is_full() && request.place.is_none();
        if full && self.config.overflow == Overflow::Reject {
            return Decision::Reject(Rejection::QueueFull { capacity: self.queue.capacity() });
        }
        self.predict_asked(&asked, By::Reservation, now).told(now)
    }

    /// Whether a call may go without a look at anybody else, as far as the queue is concerned.
    #[inline(always)]
    pub(super) fn may_go_at_once(&self, request: &Request, now: Timestamp) -> bool {
        let late = request.deadline.is_some_and(|deadline| deadline < now);
        self.queue.len() == 0 && !self.closed && !late && !self.is_busy(0)
    }

    /// Whether every limit and the lane let a call go at `now`.
    #[inline]
    fn has_room(&self, asked: &Asked<'_>, now: Timestamp) -> bool {
        let Some(lane) = self.lanes.get(asked.lane) else { return false };
        if lane.ready(now) > now {
            return false;
        }
        for &place in &lane.wards {
            if let Some(ward) = self.wards.get(place)
                && !ward.has_room(asked.cost.get(ward.counts), now)
            {
                return false;
            }
        }
        self.tenants.get(asked.tenant).is_none_or(|tenant| tenant.wards.is_empty())
            || self.tenant_has_room(asked, now)
    }

    fn tenant_has_room(&self, asked: &Asked<'_>, now: Timestamp) -> bool {
        let mut wards = self.wards_for(asked.lane, asked.tenant);
        wards.all(|(_, ward)| ward.has_room(asked.cost.get(ward.counts), now))
    }

    /// Whether as many calls are under way as may be, `more` besides.
    pub(super) fn is_busy(&self, more: usize) -> bool {
        let most = self.config.max_concurrent;
        most.is_some_and(|most| self.in_flight().saturating_add(more) >= most)
    }

    /// Calls that were granted and have not ended.
    pub(super) fn in_flight(&self) -> usize {
        self.ledger.live().saturating_sub(self.queue.len())
    }

    /// Why a request cannot even be queued.
    fn objection(&self, asked: &Asked<'_>, now: Timestamp) -> Option<Rejection> {
        if self.closed {
            return Some(Rejection::Closed);
        }
        if let Some(never) = self.never(asked) {
            return Some(never);
        }
        let deadline = asked.request.deadline?;
        let predicted = self.predict_asked(asked, By::Settlement, now);
        (predicted.at > deadline)
            .then(|| Rejection::Deadline { retry_after: predicted.at.since(now), reason: predicted.reason })
    }

    /// Makes room for a new call where the queue is full, or says why there is none. A retry had been admitted
    /// before; it does not lose its place to a full queue.
    fn make_room(&mut self, request: &Request) -> Option<Rejection> {
        if !self.queue.is_full() || request.place.is_some() {
            return None;
        }
        let capacity = self.queue.capacity();
        let oldest = match self.config.overflow {
            Overflow::Reject => None,
            Overflow::DropOldest => self.queue.oldest(&self.ledger, request.band),
        };
        match oldest {
            Some(oldest) => self.refuse(oldest, Rejection::Displaced { capacity }),
            None => return Some(Rejection::QueueFull { capacity }),
        }
        None
    }

    /// Whether the cost is more than a limit can ever hold.
    fn never(&self, asked: &Asked<'_>) -> Option<Rejection> {
        let certain = certain_of(asked.request, asked.cost);
        let mut wards = self.wards_for(asked.lane, asked.tenant);
        wards.find_map(|(_, ward)| never_by(ward, &certain, asked.cost))
    }

    /// The request's cost with its text and its output estimated from experience, where it asks for that.
    pub(super) fn expected_cost(&self, lane: usize, request: &Request) -> Cost {
        match self.lanes.get(lane) {
            Some(lane) => expected_by(&lane.expectation, Some(&lane.ratio), request),
            None => request.cost,
        }
    }

    #[inline(always)]
    pub(super) fn open(&mut self, asked: &Asked<'_>, stage: Stage, now: Timestamp) -> ReservationId {
        let request = asked.request;
        let place = match request.place {
            Some(place) => place,
            None => {
                self.next_place = self.next_place.saturating_add(1);
                Place(self.next_place)
            }
        };
        if let Some(tenant) = self.tenants.get_mut(asked.tenant) {
            tenant.calls = tenant.calls.saturating_add(1);
        }
        if let (Output::Expected { max: Some(max) }, Some(lane)) =
            (request.output, self.lanes.get_mut(asked.lane))
        {
            lane.expectation.asked(max);
        }
        let waits = stage == Stage::Queued;
        let held = Reservation {
            stage,
            cost: asked.packed(),
            place,
            since: now,
            mark: request.deadline.unwrap_or(Timestamp::MAX),
            counted: match request.output {
                Output::Expected { max } if waits => max.unwrap_or(u64::MAX),
                Output::Stated if waits => asked.cost.get(Dimension::OutputTokens),
                _ => 0,
            },
            is_expected: request.output != Output::Stated,
            lane: u32::try_from(asked.lane).unwrap_or(0),
            tenant: asked.tenant,
            band: request.band,
            ..Reservation::free()
        };
        self.ledger.open(held, now)
    }

    /// Lets a call wait; says whether it is the first of its flow.
    fn enqueue(&mut self, id: ReservationId) -> bool {
        let Some(held) = self.ledger.get(id) else { return false };
        let (key, cost) = (FlowKey::of(held), held.cost.whole());
        let Some(tenant) = self.tenants.get_mut(key.tenant) else { return false };
        self.turns.joined(tenant, key.band);
        let turn = self.turns.of(tenant, key.tenant, key.band);
        if self.lanes.get_mut(key.lane as usize).is_some_and(|lane| lane.joined(key.band)) {
            self.lanes_waiting = self.lanes_waiting.saturating_add(1);
        }
        self.count(key, &cost, u64::saturating_add);
        self.queue.push(&mut self.ledger, id, turn)
    }

    /// What became of a request that was just queued.
    fn decided(&mut self, id: ReservationId, now: Timestamp) -> Decision {
        let Some(held) = self.ledger.get(id).filter(|held| held.stage == Stage::Queued) else {
            return self.taken_back(id);
        };
        self.predict_waiting(id, held, now).into_wait(now)
    }

    /// The decision on a call that did not even have to wait, taken from the effects: the caller is told directly.
    fn taken_back(&mut self, id: ReservationId) -> Decision {
        let place = self.effects.iter().rposition(|effect| {
            matches!(effect, Effect::Granted { id: ended, .. } | Effect::Refused { id: ended, .. } if *ended == id)
        });
        match place.and_then(|place| self.effects.remove(place)) {
            Some(Effect::Refused { rejection, .. }) => Decision::Reject(rejection),
            Some(_) => Decision::Grant,
            None => Decision::Reject(Rejection::Closed),
        }
    }
}

/// The reason of a wait for as many calls as may be under way.
pub(super) fn busy() -> Reason {
    Reason::Limit { dimension: Dimension::Concurrency, window: core::time::Duration::ZERO }
}
