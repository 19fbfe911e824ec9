//! Calls that go at once, where nothing but buckets decides: each limit of the lane is charged what the call costs, so
//! that the reservation says all there is to know, and no list of charges is kept.

use super::admit::Asked;
use super::finish::Paid;
use crate::ledger::Ended;
use crate::{Dimension, Engine, ReservationId, Timestamp};

impl Engine {
    /// Charges every limit of a call what it costs, if that can be all; says whether it was. There is room.
    #[inline]
    pub(super) fn charge_by_cost(&mut self, asked: &Asked<'_>, now: Timestamp) -> bool {
        let Self { lanes, wards, tenants, .. } = self;
        let Some(lane) = lanes.get_mut(asked.lane) else { return false };
        let has_own = tenants.get(asked.tenant).is_some_and(|tenant| !tenant.wards.is_empty());
        let is_plain = |place: &usize| wards.get(*place).is_some_and(|ward| ward.is_plain());
        if has_own || !lane.wards.iter().all(is_plain) {
            return false;
        }
        for &place in &lane.wards {
            if let Some(ward) = wards.get_mut(place) {
                ward.take_plain(asked.cost.get(ward.dimension), now);
            }
        }
        lane.granted(asked.cost, now);
        true
    }

    /// Ends a call that each of its limits was charged for by its cost; says whether it was such a one.
    #[inline]
    pub(super) fn end_by_cost(&mut self, ended: &Ended, paid: &Paid<'_>, now: Timestamp) -> bool {
        let Self { ledger, lanes, wards, .. } = self;
        let Some(cost) = ledger.charged_by_cost(ended) else { return false };
        let cost = cost.whole();
        let paid = match paid {
            Paid::Known { charge, .. } => charge,
            Paid::AsCharged => &cost,
        };
        let places = lanes.get(ended.lane as usize).map_or(&[][..], |lane| lane.wards.as_slice());
        for &place in places {
            let Some(ward) = wards.get_mut(place) else { continue };
            let amount = cost.get(ward.dimension);
            if amount > 0 || ward.dimension != Dimension::Concurrency {
                ward.settle_plain(amount, paid.get(ward.dimension), now);
            }
        }
        true
    }

    /// Lists what a call was charged that so far was charged by its cost: somebody is about to change it.
    pub(super) fn spell_out(&mut self, id: ReservationId) {
        let Some(held) = self.ledger.get(id).filter(|held| held.is_charged_by_cost()) else { return };
        let (lane, cost) = (held.lane as usize, held.cost.whole());
        self.ledger.list(id);
        let Self { ledger, lanes, wards, .. } = self;
        let (Some(lane), Some(charges)) = (lanes.get(lane), ledger.charges_mut(id)) else { return };
        for &place in &lane.wards {
            let Some(ward) = wards.get(place) else { continue };
            let amount = cost.get(ward.dimension);
            if amount > 0 || ward.dimension != Dimension::Concurrency {
                charges.push(ward.charged(place, amount));
            }
        }
    }

    /// The same for every call: their lanes are about to meet other limits than they were charged for.
    pub(super) fn spell_out_all(&mut self) {
        let by_cost = self.ledger.iter().filter(|(_, held)| held.is_charged_by_cost()).map(|(id, _)| id);
        for id in by_cost.collect::<alloc::vec::Vec<_>>() {
            self.spell_out(id);
        }
    }
}
