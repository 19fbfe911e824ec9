//! Admission: what becomes of a request: granted, queued or rejected, each with its reason.

use alloc::vec::Vec;

use crate::bucket::Fit;
use crate::lane::Lane;
use crate::ledger::{Reservation, Stage};
use crate::queue::FlowKey;
use crate::ward::Ward;
use crate::{Band, Cost, Decision, Dimension, Effect, Engine, Output, Place, Reason, Rejection, Request};
use crate::{ReservationId, Timestamp};

/// When a call may go, as far as limits and lane are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// From this instant on; the reason is what holds it back until then.
    At(Timestamp, Reason),
    /// When a call under way ends.
    OnRelease(Reason),
    /// Never.
    Never(Rejection),
}

impl Engine {
    /// Asks for a call to go. A request that has to wait is queued; its grant comes as an [`Effect::Granted`].
    ///
    /// The id of a rejected request names nothing.
    pub fn reserve(&mut self, request: &Request, now: Timestamp) -> (ReservationId, Decision) {
        let lane = self.lane_of(request);
        self.stir(lane);
        self.ask_for_edges_of(lane, now);
        let cost = self.expected_cost(lane, request);
        if let Some(rejection) = self.objection(lane, request, &cost, now) {
            return (self.ended_id(), Decision::Reject(rejection));
        }
        let place = request.place.unwrap_or_else(|| self.new_place());
        let id = self.ledger.open(Reservation {
            lane,
            band: request.band,
            place,
            cost,
            deadline: request.deadline,
            stage: Stage::Queued,
            since: now,
            touched: now,
            charges: Vec::new(),
        });
        if self.queue.len() == 0
            && let Verdict::At(at, _) = self.verdict(lane, &cost, now)
            && at <= now
        {
            self.grant_now(id, at, now);
            self.want_leases(now);
            return (id, Decision::Grant);
        }
        self.enqueue(id, FlowKey { band: request.band, lane }, place, &cost, request.deadline);
        self.pump(now);
        (id, self.decided(id, now))
    }

    /// What a request would be told, without queueing it.
    #[must_use]
    pub fn quote(&self, request: &Request, now: Timestamp) -> Decision {
        let endpoint = if self.endpoints_matter { request.endpoint.as_str() } else { "" };
        let Some(lane) = self.known_lane(&request.lane, endpoint) else {
            return self.quote_unseen(request, endpoint, now);
        };
        let cost = self.expected_cost(lane, request);
        if let Some(rejection) = self.objection(lane, request, &cost, now) {
            return Decision::Reject(rejection);
        }
        match self.predict(lane, request.band, request.place, &cost, now) {
            Verdict::At(until, _) if until <= now => Decision::Grant,
            Verdict::At(until, reason) => Decision::Wait { until, reason },
            Verdict::OnRelease(reason) => Decision::Wait { until: now, reason },
            Verdict::Never(rejection) => Decision::Reject(rejection),
        }
    }

    /// What a request of a lane that has had no call yet would be told.
    fn quote_unseen(&self, request: &Request, endpoint: &str, now: Timestamp) -> Decision {
        let (mut until, mut reason) = (now, Reason::Turn);
        for place in self.wards_of(&request.lane, endpoint) {
            let Some(ward) = self.wards.get(place) else { continue };
            let (cost, capacity) = (request.cost.get(ward.dimension), ward.wall());
            if cost > capacity {
                return Decision::Reject(Rejection::Never { dimension: ward.dimension, cost, capacity });
            }
            let ahead = self.ahead(place, ward.dimension, request.band, request.place);
            match ward.fit(ahead, cost, now) {
                Fit::At(at) if at > until => (until, reason) = (at, reason_of(ward, at)),
                Fit::OnRelease => return Decision::Wait { until: now, reason: reason_of(ward, now) },
                Fit::At(_) | Fit::Never => {}
            }
        }
        if until > now { Decision::Wait { until, reason } } else { Decision::Grant }
    }

    /// Why a request cannot even be queued.
    fn objection(&self, lane: usize, request: &Request, cost: &Cost, now: Timestamp) -> Option<Rejection> {
        if self.closed {
            return Some(Rejection::Closed);
        }
        if let Some(never) = self.never(lane, request, cost) {
            return Some(never);
        }
        if let Some(deadline) = request.deadline
            && let Verdict::At(at, reason) = self.predict(lane, request.band, request.place, cost, now)
            && at > deadline
        {
            return Some(Rejection::Deadline { retry_after: at.since(now), reason });
        }
        // A retry had been admitted before; it does not lose its place to a full queue.
        let full = self.queue.is_full() && request.place.is_none();
        full.then(|| Rejection::QueueFull { capacity: self.queue.capacity() })
    }

    /// Whether the cost is more than a limit can ever hold. An estimated output is no certainty and does not count.
    fn never(&self, lane: usize, request: &Request, cost: &Cost) -> Option<Rejection> {
        let certain = match request.output {
            Output::Stated => *cost,
            Output::Expected { .. } => request.cost.output_tokens(0),
        };
        self.wards_in(lane).find_map(|(_, ward)| {
            let (cost, capacity) = (certain.get(ward.dimension), ward.wall());
            (cost > capacity).then_some(Rejection::Never { dimension: ward.dimension, cost, capacity })
        })
    }

    /// The request's cost with its output estimated from experience, where it asks for that.
    fn expected_cost(&self, lane: usize, request: &Request) -> Cost {
        match (request.output, self.lanes.get(lane)) {
            (Output::Expected { max }, Some(lane)) => {
                request.cost.output_tokens(lane.expectation.tokens(max))
            }
            _ => request.cost,
        }
    }

    fn new_place(&mut self) -> Place {
        self.next_place = self.next_place.saturating_add(1);
        Place(self.next_place)
    }

    /// An id that has already ended.
    fn ended_id(&mut self) -> ReservationId {
        let id = self.ledger.open(Reservation {
            lane: 0,
            band: Band::Standard,
            place: Place(0),
            cost: Cost::ZERO,
            deadline: None,
            stage: Stage::Queued,
            since: Timestamp::ZERO,
            touched: Timestamp::ZERO,
            charges: Vec::new(),
        });
        self.ledger.close(id);
        id
    }

    fn enqueue(
        &mut self,
        id: ReservationId,
        key: FlowKey,
        place: Place,
        cost: &Cost,
        deadline: Option<Timestamp>,
    ) {
        self.queue.push(key, place, id, cost);
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, id));
        }
    }

    /// What became of a request that was just queued.
    fn decided(&mut self, id: ReservationId, now: Timestamp) -> Decision {
        if let Some(place) = self.effects.iter().position(|effect| {
            matches!(effect, Effect::Granted { id: ended, .. } | Effect::Refused { id: ended, .. } if *ended == id)
        }) {
            return match self.effects.remove(place) {
                Some(Effect::Refused { rejection, .. }) => Decision::Reject(rejection),
                _ => Decision::Grant,
            };
        }
        let Some(reservation) = self.ledger.get(id) else {
            return Decision::Reject(Rejection::Closed);
        };
        let (lane, band, place) = (reservation.lane, reservation.band, reservation.place);
        match self.predict(lane, band, Some(place), &reservation.cost, now) {
            Verdict::At(until, reason) => Decision::Wait { until, reason },
            Verdict::OnRelease(reason) => Decision::Wait { until: now, reason },
            Verdict::Never(rejection) => Decision::Reject(rejection),
        }
    }

    /// When a call at the head of its flow may go.
    pub(super) fn verdict(&self, lane: usize, cost: &Cost, from: Timestamp) -> Verdict {
        self.combine(lane, cost, from, |_, _| 0)
    }

    /// When a call may go after everything that stands before it: a prediction, never used to admit.
    fn predict(&self, lane: usize, band: Band, place: Option<Place>, cost: &Cost, now: Timestamp) -> Verdict {
        self.combine(lane, cost, now, |index, dimension| self.ahead(index, dimension, band, place))
    }

    /// What stands in the queue before a place and meets a limit.
    fn ahead(&self, ward: usize, dimension: Dimension, band: Band, place: Option<Place>) -> u64 {
        let before = self.queue.flows().filter(|(key, flow)| {
            let first = flow.head().map(|(head, _)| head);
            key.band < band
                || (key.band == band && place.is_none_or(|place| first.is_some_and(|first| first < place)))
        });
        let meets = |lane: usize| self.lanes.get(lane).is_some_and(|lane| lane.wards.contains(&ward));
        before.filter(|(key, _)| meets(key.lane)).fold(0_u64, |sum, (key, flow)| {
            // The newest call of a flow is the asking one, where it is already in the queue.
            let own =
                place.and_then(|place| self.queued_cost(key, place)).map_or(0, |cost| cost.get(dimension));
            sum.saturating_add(flow.cost.get(dimension).saturating_sub(own))
        })
    }

    fn queued_cost(&self, key: FlowKey, place: Place) -> Option<&Cost> {
        let id = self.queue.flow(key)?.at(place)?;
        self.ledger.get(id).map(|reservation| &reservation.cost)
    }

    /// The latest of what each limit and the lane allow.
    fn combine(
        &self,
        lane: usize,
        cost: &Cost,
        from: Timestamp,
        ahead: impl Fn(usize, Dimension) -> u64,
    ) -> Verdict {
        let mut at = from;
        let mut reason = Reason::Turn;
        let mut on_release = None;
        for (index, ward) in self.wards_in(lane) {
            let need = cost.get(ward.dimension);
            match ward.fit(ahead(index, ward.dimension), need, from) {
                Fit::At(fits) if fits > at => (at, reason) = (fits, reason_of(ward, fits)),
                Fit::At(_) => {}
                Fit::OnRelease => on_release = Some(reason_of(ward, at)),
                Fit::Never => {
                    let (dimension, capacity) = (ward.dimension, ward.capacity());
                    return Verdict::Never(Rejection::Never { dimension, cost: need, capacity });
                }
            }
        }
        if let Some(lane) = self.lanes.get(lane) {
            let ready = lane.ready(from);
            if ready > at {
                (at, reason) = (ready, lane_reason(lane, ready));
            }
        }
        on_release.map_or(Verdict::At(at, reason), Verdict::OnRelease)
    }

    /// The limits that a lane's calls meet.
    pub(super) fn wards_in(&self, lane: usize) -> impl Iterator<Item = (usize, &Ward)> {
        let places = self.lanes.get(lane).map_or(&[][..], |lane| lane.wards.as_slice());
        places.iter().filter_map(|&place| Some((place, self.wards.get(place)?)))
    }
}

fn reason_of(ward: &Ward, at: Timestamp) -> Reason {
    if ward.hold.is_some_and(|hold| hold >= at) {
        Reason::Hold
    } else {
        Reason::Limit { dimension: ward.dimension, window: ward.quota.period }
    }
}

fn lane_reason(lane: &Lane, at: Timestamp) -> Reason {
    if lane.hold.is_some_and(|hold| hold >= at) { Reason::Hold } else { Reason::Probe }
}
