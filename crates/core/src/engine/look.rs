//! Looking: the engine's state for people.

use alloc::vec::Vec;
use core::time::Duration;

use crate::bucket::Fit;
use crate::lane::Lane;
use crate::ledger::Reservation;
use crate::queue::Flow;
use crate::ward::{Origin, Ward};
use crate::{Band, Engine, FlowStatus, LaneStatus, LimitStatus, Reason, Snapshot, TenantStatus, Timestamp};

/// How many flows a snapshot shows; who has more wants a metric and not a list.
const FLOWS_SHOWN: usize = 64;
/// How many lanes it shows.
const LANES_SHOWN: usize = 64;

impl Engine {
    /// The state at `now`: limits, waiting calls and why they wait, calls under way.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let live = self.wards.iter().enumerate().filter(|(_, ward)| !ward.retired);
        Snapshot {
            limits: live.map(|(place, ward)| self.status(place, ward, now)).collect(),
            waiting: self.queue.len(),
            waiting_by_band: Band::ALL.map(|band| self.turns.waiting(band)),
            flows: self.flow_statuses(now),
            lanes: self.lane_statuses(),
            tenants: self.tenant_statuses(),
            in_flight: self.in_flight(),
            tally: self.ledger.tally,
        }
    }

    fn flow_statuses(&self, now: Timestamp) -> Vec<FlowStatus> {
        let flows = self.turns.bands().into_iter().flat_map(|band| self.queue.line(band));
        flows.take(FLOWS_SHOWN).filter_map(|(_, flow)| self.flow_status(flow, now)).collect()
    }

    fn flow_status(&self, flow: &Flow, now: Timestamp) -> Option<FlowStatus> {
        let lane = self.lanes.get(flow.key.lane as usize)?;
        let tenant = self.tenants.get(flow.key.tenant)?;
        let (id, head) = (self.ledger.id_of(flow.head())?, self.ledger.at(flow.head())?);
        let predicted = self.predict_waiting(id, head, now);
        Some(FlowStatus {
            lane: lane.model.clone(),
            endpoint: lane.endpoint.clone(),
            band: flow.key.band,
            tenant: tenant.name.clone(),
            waiting: flow.len,
            scope: self.limit_meant(head, &predicted.reason).map(|ward| ward.reach.name()),
            reason: predicted.reason,
            until: (!predicted.on_release).then(|| predicted.at.since(now)),
        })
    }

    /// The limit that a reason speaks of.
    fn limit_meant(&self, held: &Reservation, reason: &Reason) -> Option<&Ward> {
        let Reason::Limit { dimension, window } = reason else { return None };
        let mut wards = self.wards_for(held.lane as usize, held.tenant).map(|(_, ward)| ward);
        wards.find(|ward| ward.dimension == *dimension && ward.quota.period == *window)
    }

    fn lane_statuses(&self) -> Vec<LaneStatus> {
        let statuses = self.lanes.iter().filter_map(Lane::status);
        statuses.take(LANES_SHOWN).collect()
    }

    fn tenant_statuses(&self) -> Vec<TenantStatus> {
        let busy = self.tenants.iter().filter(|tenant| tenant.calls > 0);
        let statuses = busy.map(|tenant| {
            let waiting_by_band = tenant.waiting.map(|calls| usize::try_from(calls).unwrap_or(usize::MAX));
            let waiting = waiting_by_band.iter().fold(0, |sum: usize, calls| sum.saturating_add(*calls));
            let calls = usize::try_from(tenant.calls).unwrap_or(usize::MAX);
            TenantStatus {
                name: tenant.name.clone(),
                weight: tenant.weight,
                waiting_by_band,
                in_flight: calls.saturating_sub(waiting),
            }
        });
        statuses.collect()
    }

    fn status(&self, place: usize, ward: &Ward, now: Timestamp) -> LimitStatus {
        let amount = i128::from(if ward.is_credit() { ward.quota.amount } else { ward.capacity() });
        // Of a shared limit the store knows more than this process's own bucket.
        let available = match &ward.share {
            Some(share) => i128::from(share.left()).min(ward.available(now)),
            None => ward.available(now),
        };
        let used = amount.saturating_sub(available).max(0);
        let meets = |lane: u32, tenant| self.wards_for(lane as usize, tenant).any(|(each, _)| each == place);
        let waiting = self.queue.flows().filter(|flow| meets(flow.key.lane, flow.key.tenant));
        LimitStatus {
            dimension: ward.dimension,
            scope: ward.reach.name(),
            window: ward.quota.period,
            used: u64::try_from(used).unwrap_or(u64::MAX),
            limit: ward.quota.amount,
            learned: ward.origin == Origin::Learned,
            waiting: waiting.fold(0, |sum, flow| sum.saturating_add(flow.len)),
            next_free: match ward.fit(0, 1, now) {
                Fit::At(at) => Some(at.since(now)),
                Fit::OnRelease => Some(Duration::ZERO),
                Fit::Never => None,
            },
        }
    }
}
