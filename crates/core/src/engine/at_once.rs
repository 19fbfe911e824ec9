//! Calls that go at once, where nothing but buckets decides: each limit of the lane is charged what the call costs, so
//! that the reservation says all there is to know, and no list of charges is kept.

use super::admit::Asked;
use super::finish::Paid;
use crate::bucket::Level;
use crate::controller::falls::Ending;
use crate::lane::Lane;
use crate::ledger::{Ended, Stage};
use crate::wards::Wards;
use crate::{Comparison, Cost, Dimension, Engine, Output, Request, ReservationId, Timestamp, Usage};

/// How many limits a lane may have for its calls to go the short way. Accounts have up to six.
const LIMITS_MAX: usize = 6;

/// A call's limits were not charged what it costs, or are no longer plain.
pub(super) struct Otherwise;

impl Engine {
    /// Grants a call that meets only plain limits, has room in all of them and nobody before it: the way of nearly
    /// every call of an account that is not at its limits. `None` says nothing but that there is more to look at.
    #[inline(always)]
    pub(super) fn reserve_at_once(&mut self, request: &Request, now: Timestamp) -> Option<ReservationId> {
        if self.asks_edges || self.sharing.is_some() || !self.may_go_at_once(request, now) {
            return None;
        }
        let lane = self.lane_of(request);
        let tenant = self.tenants.of(&request.tenant);
        let expected;
        let cost = if request.output == Output::Stated && request.text.bytes == 0 && request.price.is_none() {
            &request.cost
        } else {
            expected = self.expected_cost(lane, request);
            &expected
        };
        if !self.charge_by_cost(lane, tenant, cost, now) {
            return None;
        }
        Some(self.open(&Asked { request, lane, tenant, cost }, Stage::Granted, now))
    }

    /// Charges every limit of a call what it costs, if they are plain and there is room; says whether it did.
    #[inline(always)]
    fn charge_by_cost(&mut self, lane: usize, tenant: u32, cost: &Cost, now: Timestamp) -> bool {
        let Self { lanes, wards, tenants, .. } = self;
        let Some(lane) = lanes.get_mut(lane) else { return false };
        let has_own = tenants.get(tenant).is_some_and(|tenant| !tenant.wards.is_empty());
        if has_own || !is_plain(lane, wards) || lane.ready(now) > now {
            return false;
        }
        let mut before = [Level::default(); LIMITS_MAX];
        for (place, level) in lane.wards.iter().zip(&mut before) {
            let taken = wards.level_mut(*place).and_then(|ward| ward.take_plain(cost.get(ward.counts), now));
            match taken {
                Some(taken) => *level = taken,
                None => {
                    // All or nothing: the limits before this one are put back.
                    put_back(wards, lane.wards.iter().take_while(|each| *each != place).zip(&before), cost);
                    return false;
                }
            }
        }
        lane.granted(cost, now);
        true
    }

    /// Settles a call if each of its limits was charged what it costs, and all of them are plain still; `Err` of one that
    /// was charged otherwise.
    #[inline(always)]
    pub(super) fn settle_by_cost(
        &mut self,
        id: ReservationId,
        charge: &Cost,
        usage: Option<(&Usage, bool)>,
        now: Timestamp,
    ) -> Result<Option<Comparison>, Otherwise> {
        let Self { ledger, lanes, wards, tenants, .. } = self;
        let held = ledger.get(id).filter(|held| held.is_charged_by_cost()).ok_or(Otherwise)?;
        let lane = lanes.get_mut(held.lane as usize).ok_or(Otherwise)?;
        if lane.expectation.takes_maximum || !is_plain(lane, wards) {
            return Err(Otherwise);
        }
        for &place in &lane.wards {
            if let Some(ward) = wards.level_mut(place) {
                let counts = ward.counts;
                ward.settle_plain(held.cost.get(counts), charge.get(counts), now);
            }
        }
        let compared = usage.map(|(usage, is_input_told)| lane.compare(&held.cost, usage, is_input_told));
        if let Some(tenant) = tenants.get_mut(held.tenant) {
            tenant.calls = tenant.calls.saturating_sub(1);
        }
        ledger.settled(id);
        self.pump_if_any(now);
        Ok(compared)
    }

    /// Ends a call that each of its limits was charged for by its cost; says whether it was such a one.
    #[inline]
    pub(super) fn end_by_cost(&mut self, ended: &Ended, paid: &Paid<'_>, now: Timestamp) -> bool {
        let Self { ledger, lanes, wards, .. } = self;
        let Some(cost) = ledger.charged_by_cost(ended) else { return false };
        let cost = cost.whole();
        let (paid, reserved) = match paid {
            Paid::Known { charge, reserved, .. } => (*charge, *reserved),
            Paid::AsCharged => (&cost, None),
        };
        let places = lanes.get(ended.lane as usize).map_or(&[][..], |lane| lane.wards.as_slice());
        for &place in places {
            let Some(ward) = wards.level_mut(place) else { continue };
            let amount = cost.get(ward.counts);
            if amount > 0 || ward.dimension != Dimension::Concurrency {
                let actual = ward.counted(paid, reserved);
                ward.settle(&ward.charged(place, amount), actual, Ending::Unknown, now);
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
            let amount = cost.get(ward.counts);
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

/// Whether every limit of a lane is plain, found out anew only when a limit may have changed.
#[inline(always)]
fn is_plain(lane: &mut Lane, wards: &Wards) -> bool {
    match lane.plain {
        Some((changes, plain)) if changes == wards.changes() => plain,
        _ => look_whether_plain(lane, wards),
    }
}

#[cold]
fn look_whether_plain(lane: &mut Lane, wards: &Wards) -> bool {
    let mut all = lane.wards.iter().map(|&place| wards.get(place));
    let plain = lane.wards.len() <= LIMITS_MAX && all.all(|ward| ward.is_some_and(|ward| ward.is_plain()));
    lane.plain = Some((wards.changes(), plain));
    plain
}

#[cold]
fn put_back<'a>(wards: &mut Wards, taken: impl Iterator<Item = (&'a usize, &'a Level)>, cost: &Cost) {
    for (&place, level) in taken {
        if let Some(ward) = wards.level_mut(place) {
            ward.put_back(cost.get(ward.counts), *level);
        }
    }
}
