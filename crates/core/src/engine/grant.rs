//! Granting: hands the turn to the next call the moment it fits, and finds out when to wake up next.

use alloc::vec::Vec;

use super::pass::Next;
use crate::controller::falls::Parts;
use crate::ledger::Charge;
use crate::queue::FlowKey;
use crate::ward::Ward;
use crate::{Band, Cost, Dimension, Effect, Engine, Rejection, ReservationId, Timestamp, dominance};

impl Engine {
    /// Grants what may go now, where anybody waits.
    #[inline(always)]
    pub(super) fn pump_if_any(&mut self, now: Timestamp) {
        if self.queue.len() == 0 && self.sharing.is_none() {
            self.wake = None;
        } else {
            self.pump(now);
        }
    }

    /// Grants everything that may go now.
    pub(super) fn pump(&mut self, now: Timestamp) {
        self.watch_store(now);
        if self.queue.len() == 0 {
            self.wake = None;
            self.want_leases(now);
            return;
        }
        // What was scheduled for an instant that has just passed still happens at that instant.
        let due = self.wake.map_or(now, |wake| wake.max(now.before(self.lateness.made_up_for())).min(now));
        let mut scan = core::mem::take(&mut self.scan);
        loop {
            match self.next(&mut scan, due, now) {
                Next::Grant { id, at } => self.grant_waiting(id, at, now),
                Next::Refuse { id, rejection } => self.refuse(id, rejection),
                Next::Nothing { wake } => {
                    self.wake = wake;
                    break;
                }
            }
        }
        self.scan = scan;
        self.want_leases(now);
    }

    /// Gives a waiting call its turn.
    fn grant_waiting(&mut self, id: ReservationId, at: Timestamp, now: Timestamp) {
        let Some(held) = self.ledger.get(id) else { return };
        let (key, wait, need) = (FlowKey::of(held), at.since(held.since), self.need(held));
        let most = if held.counted == u64::MAX { 0 } else { held.counted };
        let (cost, renewed) = (need.whole(), need.renewed());
        let wards = self.wards_for(key.lane as usize, key.tenant).map(|(_, ward)| ward);
        let share = dominance::expected(|ward| cost.get(ward.counts), wards);
        let contend = self.contenders(key.lane as usize);
        if let Some(tenant) = self.tenants.get_mut(key.tenant) {
            self.turns.waited(key.band, wait);
            self.turns.served(tenant, key.band, share);
            self.turns.admitted(key.band, share, contend);
        }
        self.leave_queue(id);
        self.turn_changed(key.tenant, key.band);
        self.ledger.grant(id, at, now);
        self.charge_limits(id, (&cost, most), at, now);
        if let Some(held) = self.ledger.get_mut(id) {
            held.counted = share;
            renewed.into_iter().for_each(|renewed| held.cost = renewed);
        }
        self.effects.push_back(Effect::Granted { id, at });
    }

    /// Which bands wait for something that calls of a lane take.
    fn contenders(&self, lane: usize) -> [bool; Band::COUNT] {
        let lane = self.lanes.get(lane);
        Band::ALL.map(|band| match lane {
            Some(lane) if !lane.is_shared => lane.waiting.get(band as usize).is_some_and(|calls| *calls > 0),
            _ => self.turns.waiting(band) > 0,
        })
    }

    /// Puts every row of a tenant where its new turn belongs.
    pub(super) fn turn_changed(&mut self, tenant: u32, band: Band) {
        let Some(entry) = self.tenants.get(tenant) else { return };
        if entry.waiting.get(band as usize).is_some_and(|calls| *calls > 0) {
            let turn = self.turns.of(entry, tenant, band);
            self.queue.turn_changed(&self.ledger, tenant, band, turn);
        }
    }

    /// Charges every limit of a granted call, that may have so much output at `most`, at the instant `at`.
    pub(super) fn charge_limits(
        &mut self,
        id: ReservationId,
        (cost, most): (&Cost, u64),
        at: Timestamp,
        now: Timestamp,
    ) {
        let Self { ledger, lanes, wards, tenants, .. } = self;
        ledger.list(id);
        let Some(held) = ledger.get(id) else { return };
        let Some(lane) = lanes.get_mut(held.lane as usize) else { return };
        let own = tenants.get(held.tenant).map_or(&[][..], |tenant| tenant.wards.as_slice());
        let Some(charges) = ledger.charges_mut(id) else { return };
        for &place in &lane.wards {
            if let Some(ward) = wards.level_mut(place) {
                charge(ward, place, (cost, most), (at, now), charges);
            }
        }
        for &place in own {
            let ward = wards.level_mut(place).filter(|ward| ward.reach.matches(&lane.model, &lane.endpoint));
            if let Some(ward) = ward {
                charge(ward, place, (cost, most), (at, now), charges);
            }
        }
        lane.granted(cost, at);
    }

    /// Takes a call out of the queue, whatever becomes of it.
    pub(super) fn leave_queue(&mut self, id: ReservationId) {
        let Some(held) = self.ledger.get(id) else { return };
        let (key, cost) = (FlowKey::of(held), held.cost.whole());
        let Some(tenant) = self.tenants.get_mut(key.tenant) else { return };
        self.turns.left(tenant, key.band);
        let turn = self.turns.of(tenant, key.tenant, key.band);
        if self.lanes.get_mut(key.lane as usize).is_some_and(|lane| lane.left(key.band)) {
            self.lanes_waiting = self.lanes_waiting.saturating_sub(1);
        }
        self.count(key, &cost, u64::saturating_sub);
        self.queue.remove(&mut self.ledger, id, turn);
    }

    /// Ends a queued call without a grant.
    pub(super) fn refuse(&mut self, id: ReservationId, rejection: Rejection) {
        self.leave_queue(id);
        if let Some(ended) = self.ledger.close(id) {
            self.forget(&ended);
            self.effects.push_back(Effect::Refused { id, rejection });
        }
    }
}

/// Charges one limit for a call that is granted as of `at` and goes at `now`.
#[inline(always)]
fn charge(
    ward: &mut Ward,
    place: usize,
    (cost, most): (&Cost, u64),
    (at, now): (Timestamp, Timestamp),
    charges: &mut Vec<Charge>,
) {
    let amount = cost.get(ward.counts);
    // What costs nothing by its estimate may still turn out to cost something; only places are never owed later.
    if amount > 0 || ward.dimension != Dimension::Concurrency {
        // A window counts a call where it is sent, however late that is.
        let at = if at < now { at.max(ward.makes_up_from(now)) } else { at };
        let output = cost.get(Dimension::OutputTokens);
        let input = cost.get(Dimension::TotalTokens).saturating_sub(output);
        let late = ward.late_part(amount, output);
        charges.push(ward.charge(place, amount, late, Parts { input, output: most.max(output) }, (at, now)));
    }
}
