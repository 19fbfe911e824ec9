//! Predictions: when a call will probably go. They are told and compared with deadlines, and never used to admit.
//! What is told goes by what is reserved, and so is exact while nothing settles; a deadline is compared with what
//! calls will probably be charged, so that nobody is refused for room that comes back.
//!
//! A call waits for what goes before it: its own flow, as much of the other tenants as their weights allow, the more
//! urgent bands as far as its own floor lets them, and the floors of the lesser ones. For a single flow of which
//! nothing settles the instant is exact before one limit. Before several it is the latest of theirs, which is too
//! early where one overflows while another is waited for: to know that would take a walk over all that waits.

use super::admit::{Asked, busy};
use super::expected::{certain_of, expected_by, never_by};
use crate::bucket::Fit;
use crate::controller::expectation::Expectation;
use crate::lane::Lane;
use crate::ledger::Reservation;
use crate::queue::FlowKey;
use crate::ward::Ward;
use crate::{Band, Cost, Decision, Dimension, Engine, Order, Reason, Request};
use crate::{ReservationId, Timestamp};

/// Which charges a prediction goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// What is reserved.
    Reservation,
    /// What calls are charged in the end, as a rule.
    Settlement,
}

/// When a call will probably go, and what it waits for until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prediction {
    pub(super) at: Timestamp,
    pub(super) reason: Reason,
    /// It also waits for a call under way to end, and nobody knows when that is.
    pub(super) on_release: bool,
}

impl Prediction {
    /// As an answer to somebody who asks.
    pub(super) fn told(self, now: Timestamp) -> Decision {
        if self.on_release || self.at > now { self.into_wait(now) } else { Decision::Grant }
    }

    /// As an answer to somebody who waits.
    pub(super) fn into_wait(self, now: Timestamp) -> Decision {
        Decision::Wait { until: if self.on_release { now } else { self.at }, reason: self.reason }
    }
}

/// A flow, and the cost of those of its calls that stand before the one that is asked about.
struct Standing {
    key: FlowKey,
    before: Cost,
    /// The sum of what waits in the flow, the asking call apart.
    all: Cost,
    /// Whether the asking call waits already, and so is among the sums of what waits.
    waits: bool,
}

impl Engine {
    /// When a call that asks will probably go.
    pub(super) fn predict_asked(&self, asked: &Asked<'_>, by: By, now: Timestamp) -> Prediction {
        let lane = u32::try_from(asked.lane).unwrap_or(0);
        let key = FlowKey { tenant: asked.tenant, band: asked.request.band, lane };
        let all = self.queue.flow(key).map_or(Cost::ZERO, |flow| flow.cost);
        let before = match asked.request.place {
            Some(place) => self.before(key, |held| held.place < place),
            None => all,
        };
        self.predict(&Standing { key, before, all, waits: false }, asked.cost, by, now)
    }

    /// When a call that waits will probably go.
    pub(super) fn predict_waiting(
        &self,
        id: ReservationId,
        held: &Reservation,
        now: Timestamp,
    ) -> Prediction {
        let (key, cost) = (FlowKey::of(held), held.cost.whole());
        let all = self.queue.flow(key).map_or(Cost::ZERO, |flow| flow.cost.minus(&cost));
        let is_last = held.behind == crate::ledger::NONE && self.config.within == crate::Within::Arrival;
        let before = if is_last { all } else { self.before_slot(key, id) };
        self.predict(&Standing { key, before, all, waits: true }, &cost, By::Reservation, now)
    }

    /// What a request of a lane that has had no call yet would be told.
    pub(super) fn quote_unseen(&self, request: &Request, now: Timestamp) -> Decision {
        let endpoint = if self.endpoints_matter { request.endpoint.as_str() } else { "" };
        let mut told = Prediction { at: now, reason: Reason::Turn, on_release: false };
        let places = self.wards_of(&request.lane, endpoint);
        let takes_maximum = self.any_takes_maximum(&places);
        let cost = expected_by(&Expectation::of_none(takes_maximum), None, request);
        let certain = certain_of(request, &cost);
        for place in places {
            let Some(ward) = self.wards.get(place) else { continue };
            if let Some(never) = never_by(ward, &certain, &cost) {
                return Decision::Reject(never);
            }
            let first =
                Band::ALL.iter().zip(self.waits_for(place)).filter(|(band, _)| **band <= request.band);
            let ahead = first.fold(0_u64, |sum, (_, waits)| sum.saturating_add(waits));
            note(&mut told, ward, ward.fit(ahead, cost.get(ward.counts), now));
        }
        told.told(now)
    }

    fn predict(&self, standing: &Standing, cost: &Cost, by: By, now: Timestamp) -> Prediction {
        let mut told = Prediction { at: now, reason: Reason::Turn, on_release: false };
        for (place, ward) in self.wards_for(standing.key.lane as usize, standing.key.tenant) {
            let need = cost.get(ward.counts);
            // A call that takes nothing of a limit still goes behind those of its flow that do.
            let (ahead, need) = match (need, standing.before.get(ward.counts)) {
                (0, 0) => (0, 0),
                (0, before) => (before.saturating_sub(1), 1),
                _ => (self.ahead(place, ward.counts, standing, need), need),
            };
            let fit = match by {
                By::Reservation => ward.fit(ahead, need, now),
                By::Settlement => ward.fit_expected(ahead, need, now),
            };
            note(&mut told, ward, fit);
        }
        if let Some(lane) = self.lanes.get(standing.key.lane as usize) {
            let ready = lane.ready(now);
            if ready > told.at {
                told.at = ready;
                // What nobody can tell the end of is the longer wait.
                if !told.on_release {
                    told.reason = lane_reason(lane, ready);
                }
            }
        }
        if self.is_busy(0) {
            (told.on_release, told.reason) = (true, busy());
        }
        told
    }

    /// What of a limit goes before a call.
    fn ahead(&self, place: usize, dimension: Dimension, standing: &Standing, need: u64) -> u64 {
        let sums = self.waits_for(place);
        let band = standing.key.band;
        let sum = |each: Band| sums.get(each as usize).copied().unwrap_or(0);
        let own = standing.before.get(dimension);
        let itself = if standing.waits { need } else { 0 };
        let others = sum(band).saturating_sub(standing.all.get(dimension)).saturating_sub(itself);
        let ours = own.saturating_add(self.others_first(standing, others, own.saturating_add(need)));
        let (mut urgent, mut lesser) = (0_u64, 0_u64);
        let mut floors = 0_u64;
        for each in Band::ALL {
            if each < band {
                urgent = urgent.saturating_add(sum(each));
            } else if each > band && sum(each) > 0 {
                lesser = lesser.saturating_add(sum(each));
                floors = floors.saturating_add(self.turns.floor(each));
            }
        }
        let kept = self.turns.floor(band);
        if kept > 0 {
            // A floor bounds how much of the more urgent goes first.
            let most = scaled(ours.saturating_add(need), 1_000_u64.saturating_sub(kept.min(999)), kept);
            urgent = urgent.min(most);
        }
        let ahead = ours.saturating_add(urgent);
        let floors = floors.min(900);
        ahead.saturating_add(lesser.min(scaled(ahead, floors, 1_000_u64.saturating_sub(floors))))
    }

    /// How much of what other flows of the band wait for goes before a call that has `own` before and with it.
    fn others_first(&self, standing: &Standing, others: u64, own: u64) -> u64 {
        let all = self.turns.weight(standing.key.band);
        let tenant = self.tenants.get(standing.key.tenant);
        let weight = tenant.map_or(1, |tenant| u64::from(tenant.weight.get()));
        let waits = tenant.and_then(|tenant| tenant.waiting.get(standing.key.band as usize));
        let rest = if waits.is_some_and(|calls| *calls > 0) { all.saturating_sub(weight) } else { all };
        match self.turns.order() {
            Order::Priority => others,
            // All that waits is the tenant's own.
            _ if rest == 0 => others,
            _ => others.min(scaled(own, rest, weight)),
        }
    }

    fn before(&self, key: FlowKey, is_before: impl Fn(&Reservation) -> bool) -> Cost {
        let Some(flow) = self.queue.flow(key) else { return Cost::ZERO };
        let slots = flow.before(&self.ledger, crate::ledger::NONE).filter_map(|slot| self.ledger.at(slot));
        slots.take_while(|held| is_before(held)).fold(Cost::ZERO, |sum, held| sum.plus(&held.cost.whole()))
    }

    fn before_slot(&self, key: FlowKey, id: ReservationId) -> Cost {
        let Some(flow) = self.queue.flow(key) else { return Cost::ZERO };
        let slots = flow.before(&self.ledger, id.slot()).filter_map(|slot| self.ledger.at(slot));
        slots.fold(Cost::ZERO, |sum, held| sum.plus(&held.cost.whole()))
    }

    /// What waits for a limit, by band.
    pub(super) fn waits_for(&self, place: usize) -> [u64; Band::COUNT] {
        self.sums.get(place).copied().unwrap_or_default()
    }
}

/// Takes one limit's word into account.
fn note(told: &mut Prediction, ward: &Ward, fit: Fit) {
    match fit {
        Fit::At(at) if at > told.at => (told.at, told.reason) = (at, reason_of(ward, at)),
        Fit::At(_) => {}
        Fit::OnRelease | Fit::Never => (told.on_release, told.reason) = (true, reason_of(ward, told.at)),
    }
}

pub(super) fn reason_of(ward: &Ward, at: Timestamp) -> Reason {
    if ward.hold.is_some_and(|hold| hold >= at) {
        Reason::Hold
    } else {
        Reason::Limit { dimension: ward.dimension, window: ward.quota.period }
    }
}

pub(super) fn lane_reason(lane: &Lane, at: Timestamp) -> Reason {
    if lane.hold.is_some_and(|hold| hold >= at) { Reason::Hold } else { Reason::Probe }
}

fn scaled(amount: u64, part: u64, whole: u64) -> u64 {
    let product = u128::from(amount).saturating_mul(u128::from(part));
    u64::try_from(product.checked_div(u128::from(whole)).unwrap_or(0)).unwrap_or(u64::MAX)
}
