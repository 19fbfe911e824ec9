//! Endings: a reservation is settled, refunded or expired, exactly once, and its turn passes on.

use super::at_once::Otherwise;
use crate::controller::falls::{Ending, Parts};
use crate::ledger::{Charge, Ended, Stage};
use crate::{
    Comparison, Cost, Dimension, Effect, Engine, Rejection, ReservationId, Timestamp, Usage, dominance,
};

impl Engine {
    /// The granted call is on its way to the provider: from now on dropping it keeps its estimate charged. Windows count
    /// it from now; who learns only later that its bytes went later still says it again. Tells whether any limit of the
    /// call counts in windows, so that it is worth saying.
    pub fn sent(&mut self, id: ReservationId, now: Timestamp) -> bool {
        let Some(held) = self.ledger.get_mut(id) else { return false };
        if !matches!(held.stage, Stage::Granted | Stage::Sent) {
            return false;
        }
        let is_later = now > held.since;
        if is_later || held.stage == Stage::Granted {
            held.stage = Stage::Sent;
            self.ledger.touch(id, now);
        }
        let has_windows = self.depart(id, now);
        if is_later && has_windows {
            // Who would have left with it may find another instant now.
            self.pump_if_any(now);
        }
        has_windows
    }

    /// What a call's limits were charged counts from now on; says whether any of them counts in windows.
    fn depart(&mut self, id: ReservationId, now: Timestamp) -> bool {
        let Self { ledger, wards, .. } = self;
        let mut has_windows = false;
        // A call that was charged by its cost has no list: it meets only limits that know no windows.
        for charge in ledger.charges_mut(id).into_iter().flatten() {
            if let Some(ward) = wards.level_mut(charge.limit) {
                has_windows |= ward.depart(charge, now);
            }
        }
        has_windows
    }

    /// A long answer is still coming: the reservation does not expire, and what it used beyond its estimate is
    /// charged at once.
    pub fn progress(&mut self, id: ReservationId, usage: &Usage, now: Timestamp) {
        self.ledger.touch(id, now);
        self.spell_out(id);
        let Some(charges) = self.ledger.charges_mut(id) else { return };
        let so_far = Cost::from(*usage);
        let single = charges.len();
        for first in 0..charges.len() {
            let Some(limit) = charges.get(first).map(|charge| charge.limit) else { continue };
            let known = charges.iter().take(first).any(|charge| charge.limit == limit);
            let Some(ward) = self.wards.level_mut(limit).filter(|_| !known) else { continue };
            let more = so_far.get(ward.counts).saturating_sub(charged(charges, limit));
            if more > 0 && ward.dimension != Dimension::Concurrency {
                // A charge of its own: it may lie in a later window than the first.
                let late = ward.late_part(more, more);
                charges.push(ward.charge(limit, more, late, Parts::default(), (now, now)));
            }
        }
        let is_split = charges.len() > single;
        if let Some(held) = self.ledger.get_mut(id) {
            held.is_split |= is_split;
        }
        if is_split {
            // Who waits for the limit goes later now, and leaves room to those that need less of it.
            self.pump(now);
        }
    }

    /// Ends a call with what the provider charged for it, and with its usage where the answer told it. Over-use
    /// becomes debt that later calls wait for; what was not used is given back to the window it came from. Limits of
    /// the provider are settled with the charge, those of a tenant with usage, where it is known.
    ///
    /// Gives how the estimate compares with the usage, where there was one to compare.
    #[inline]
    pub fn settle(
        &mut self,
        id: ReservationId,
        charge: &Cost,
        usage: Option<&Usage>,
        now: Timestamp,
    ) -> Option<Comparison> {
        self.settle_as(id, charge, usage.map(|usage| (usage, true)), now)
    }

    /// As [`Engine::settle`], where the answer did not state its usage: its output was reckoned from what was seen, and
    /// its input is the estimate, which therefore teaches nothing.
    pub fn settle_reckoned(
        &mut self,
        id: ReservationId,
        charge: &Cost,
        usage: &Usage,
        now: Timestamp,
    ) -> Option<Comparison> {
        self.settle_as(id, charge, Some((usage, false)), now)
    }

    /// Settles with a usage whose input was told by the answer, or not.
    #[inline(always)]
    fn settle_as(
        &mut self,
        id: ReservationId,
        charge: &Cost,
        usage: Option<(&Usage, bool)>,
        now: Timestamp,
    ) -> Option<Comparison> {
        match self.settle_by_cost(id, charge, usage, now) {
            Ok(compared) => compared,
            Err(Otherwise) => self.settle_listed(id, charge, usage, now),
        }
    }

    #[inline(never)]
    fn settle_listed(
        &mut self,
        id: ReservationId,
        charge: &Cost,
        usage: Option<(&Usage, bool)>,
        now: Timestamp,
    ) -> Option<Comparison> {
        let held = self.ledger.get(id)?;
        if held.stage == Stage::Queued {
            self.cancel(id, now);
            return None;
        }
        let reserved = usage.map(|_| held.cost.get(Dimension::OutputTokens));
        let compared = match (usage, self.lanes.get_mut(held.lane as usize)) {
            (Some((usage, is_input_told)), Some(lane)) => {
                Some(lane.compare(&held.cost, usage, is_input_told))
            }
            _ => None,
        };
        let ended = self.ledger.close(id)?;
        self.ledger.tally.settled = self.ledger.tally.settled.saturating_add(1);
        self.end(&ended, &Paid::Known { charge, usage: usage.map(|(usage, _)| usage), reserved }, now);
        self.pump(now);
        compared
    }

    /// What is reserved for a call that has not ended: its cost as it asked for it, with experience in the place of
    /// guesses.
    #[must_use]
    pub fn reserved(&self, id: ReservationId) -> Option<Cost> {
        self.ledger.get(id).map(|held| held.cost.whole())
    }

    /// Gives a call up. Queued, it leaves the queue; granted but not sent, everything is given back; sent, its
    /// estimate stays charged, because the provider may have counted it.
    pub fn cancel(&mut self, id: ReservationId, now: Timestamp) {
        let Some(stage) = self.ledger.get(id).map(|held| held.stage) else { return };
        if stage == Stage::Queued {
            self.leave_queue(id);
        }
        let Some(ended) = self.ledger.close(id) else { return };
        match stage {
            Stage::Queued | Stage::Free => self.forget(&ended),
            Stage::Granted => {
                self.ledger.tally.refunded = self.ledger.tally.refunded.saturating_add(1);
                self.end(&ended, &Paid::Known { charge: &Cost::ZERO, usage: None, reserved: None }, now);
            }
            Stage::Sent => {
                self.ledger.tally.settled = self.ledger.tally.settled.saturating_add(1);
                self.end(&ended, &Paid::AsCharged, now);
            }
        }
        self.pump(now);
    }

    /// Refuses every waiting call and every later one.
    pub fn close(&mut self, now: Timestamp) {
        self.closed = true;
        while let Some(id) = self.queue.first(&self.ledger) {
            self.refuse(id, Rejection::Closed);
        }
        self.wake = None;
        self.want_leases(now);
    }

    /// Refuses the queued calls whose deadline has come. Those that may go at this very instant go: their turn comes
    /// before their deadline.
    pub(super) fn refuse_late(&mut self, now: Timestamp) {
        let mut pumped = false;
        while let Some((deadline, id)) = self.queue.deadline(&self.ledger).filter(|(at, _)| *at <= now) {
            if deadline == now && !pumped {
                pumped = true;
                self.pump(now);
                continue;
            }
            let Some(held) = self.ledger.get(id) else { return };
            let predicted = self.predict_waiting(id, held, now);
            let retry_after = predicted.at.since(now);
            self.refuse(id, Rejection::Deadline { retry_after, reason: predicted.reason });
        }
    }

    /// Ends the reservations that gave no sign of life for the configured age.
    pub(super) fn expire_old(&mut self, now: Timestamp) {
        let age = self.config.reservation_age;
        while let Some((_, id)) = self.ledger.oldest().filter(|(since, _)| since.after(age) <= now) {
            let Some(ended) = self.ledger.close(id) else { return };
            self.ledger.tally.expired = self.ledger.tally.expired.saturating_add(1);
            self.end(&ended, &Paid::AsCharged, now);
            self.effects.push_back(Effect::Expired { id });
        }
    }

    /// Settles every limit's charge.
    fn end(&mut self, ended: &Ended, paid: &Paid<'_>, now: Timestamp) {
        if self.end_by_cost(ended, paid, now) {
            self.forget(ended);
            return;
        }
        let (charges, ending) = (self.ledger.charged(ended), paid.ending());
        for (place, charge) in charges.iter().enumerate() {
            let Some(ward) = self.wards.level_mut(charge.limit) else { continue };
            let actual = match paid {
                Paid::AsCharged => charge.amount,
                Paid::Known { charge: paid, usage, reserved } => {
                    let all = match usage {
                        Some(usage) if ward.is_tenants => used(paid, usage, ward.dimension),
                        _ => ward.counted(paid, *reserved),
                    };
                    if ended.is_split { part(charges, place, all) } else { all }
                }
            };
            let earlier = charges.iter().take(place).any(|each| each.limit == charge.limit);
            let ending = if earlier { Ending::Spent(Parts::default()) } else { ending };
            ward.settle(charge, actual, ending, now);
        }
        if let (Paid::Known { charge, .. }, true) = (paid, ended.counted > 0) {
            self.correct_turn(ended, charge, now);
        }
        self.forget(ended);
    }

    /// Corrects the tenant's turn by the difference between what its call was thought to take and what it took.
    fn correct_turn(&mut self, ended: &Ended, charge: &Cost, now: Timestamp) {
        let wards = self.wards_for(ended.lane as usize, ended.tenant).map(|(_, ward)| ward);
        let actual = dominance::actual(charge, now.since(ended.since), wards);
        if let Some(tenant) = self.tenants.get_mut(ended.tenant)
            && self.turns.corrected(tenant, ended.band, ended.counted, actual)
        {
            self.turn_changed(ended.tenant, ended.band);
        }
    }

    /// The tenant has one call less.
    pub(super) fn forget(&mut self, ended: &Ended) {
        if let Some(tenant) = self.tenants.get_mut(ended.tenant) {
            tenant.calls = tenant.calls.saturating_sub(1);
        }
    }
}

/// What a call cost in the end.
pub(super) enum Paid<'a> {
    /// The provider told what it counted, and perhaps what the call used, which is for the limits of tenants. What was
    /// reserved for its output matters where the provider gives nothing of that back.
    Known { charge: &'a Cost, usage: Option<&'a Usage>, reserved: Option<u64> },
    /// Nobody knows: what was charged so far stays.
    AsCharged,
}

impl Paid<'_> {
    /// How the call ended, for those who compare it with what answers say.
    fn ending(&self) -> Ending {
        let Self::Known { charge, reserved, .. } = self else { return Ending::Unknown };
        let (total, output) = (charge.get(Dimension::TotalTokens), charge.get(Dimension::OutputTokens));
        if total == 0 && reserved.is_none() {
            return Ending::Refused;
        }
        Ending::Spent(Parts { input: total.saturating_sub(output), output })
    }
}

/// What was used of a dimension: the tokens by usage, whatever the provider counts of them, the rest by the charge.
fn used(charge: &Cost, usage: &Usage, dimension: Dimension) -> u64 {
    match dimension {
        Dimension::InputTokens => usage.input_tokens,
        Dimension::OutputTokens => usage.output_tokens,
        Dimension::TotalTokens => usage.total(),
        other => charge.get(other),
    }
}

/// What one limit was charged for a call so far.
fn charged(charges: &[Charge], limit: usize) -> u64 {
    let own = charges.iter().filter(|charge| charge.limit == limit);
    own.fold(0, |sum, charge| sum.saturating_add(charge.amount))
}

/// Which part of `actual` one charge bears, where a limit has several: the earlier ones bear what they can, the last
/// bears the rest.
fn part(charges: &[Charge], place: usize, actual: u64) -> u64 {
    let Some(charge) = charges.get(place) else { return 0 };
    let same = |each: &&Charge| each.limit == charge.limit;
    let before = charges.iter().take(place).filter(same);
    let left = actual.saturating_sub(before.fold(0, |sum, each| sum.saturating_add(each.amount)));
    let is_last = !charges.iter().skip(place.saturating_add(1)).any(|each| each.limit == charge.limit);
    if is_last { left } else { left.min(charge.amount) }
}
