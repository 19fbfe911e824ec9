//! Endings: a reservation is settled, refunded or expired, exactly once, and its turn passes on.

use super::admit::Verdict;
use crate::ledger::{Reservation, Stage};
use crate::{Cost, Dimension, Effect, Engine, Reason, Rejection, ReservationId, Timestamp, Usage};

impl Engine {
    /// The granted call is on its way to the provider: from now on dropping it keeps its estimate charged.
    pub fn sent(&mut self, id: ReservationId, now: Timestamp) {
        if let Some(reservation) = self.ledger.get_mut(id)
            && reservation.stage == Stage::Granted
        {
            reservation.stage = Stage::Sent;
            reservation.touched = now;
        }
    }

    /// A long answer is still coming: the reservation does not expire, and what it used beyond its estimate is
    /// charged at once.
    pub fn progress(&mut self, id: ReservationId, usage: &Usage, now: Timestamp) {
        let Some(reservation) = self.ledger.get_mut(id) else { return };
        reservation.touched = now;
        let so_far = Cost::from(*usage);
        for charge in &mut reservation.charges {
            let Some(ward) = self.wards.get_mut(charge.limit) else { continue };
            let more = so_far.get(ward.dimension).saturating_sub(charge.amount);
            if more > 0 {
                let extra = ward.charge(charge.limit, more, now, now);
                charge.amount = charge.amount.saturating_add(extra.amount);
                charge.stamp = extra.stamp;
            }
        }
    }

    /// Ends a call with what the provider charged for it, and with its usage where the answer told it. Over-use
    /// becomes debt that later calls wait for; what was not used is given back to the window it came from.
    pub fn settle(&mut self, id: ReservationId, charge: &Cost, usage: Option<&Usage>, now: Timestamp) {
        if self.ledger.get(id).is_some_and(|reservation| reservation.stage == Stage::Queued) {
            self.cancel(id, now);
            return;
        }
        let Some(reservation) = self.ledger.close(id) else { return };
        self.ledger.tally.settled = self.ledger.tally.settled.saturating_add(1);
        let mut charge = *charge;
        if let (Some(usage), Some(lane)) = (usage, self.lanes.get_mut(reservation.lane)) {
            lane.expectation.record(usage.output_tokens);
            if lane.expectation.maximum_counts {
                // What the provider counted at the call's arrival it does not give back.
                let counted = reservation.cost.get(Dimension::OutputTokens);
                let more = counted.saturating_sub(charge.get(Dimension::OutputTokens));
                let total = charge.get(Dimension::TotalTokens).saturating_add(more);
                let output = charge.get(Dimension::OutputTokens).saturating_add(more);
                charge = charge.output_tokens(output).total_tokens(total);
            }
        }
        self.end(&reservation, &charge, now);
        self.pump(now);
    }

    /// Gives a call up. Queued, it leaves the queue; granted but not sent, everything is given back; sent, its
    /// estimate stays charged, because the provider may have counted it.
    pub fn cancel(&mut self, id: ReservationId, now: Timestamp) {
        let Some(stage) = self.ledger.get(id).map(|reservation| reservation.stage) else { return };
        if stage == Stage::Queued {
            self.leave_queue(id);
        }
        let Some(reservation) = self.ledger.close(id) else { return };
        match stage {
            Stage::Queued => {}
            Stage::Granted => {
                self.ledger.tally.refunded = self.ledger.tally.refunded.saturating_add(1);
                self.end(&reservation, &Cost::ZERO, now);
            }
            Stage::Sent => {
                self.ledger.tally.settled = self.ledger.tally.settled.saturating_add(1);
                self.end(&reservation, &reservation.cost, now);
            }
        }
        self.pump(now);
    }

    /// Refuses every waiting call and every later one.
    pub fn close(&mut self, now: Timestamp) {
        self.closed = true;
        while let Some(id) = self.queue.first() {
            self.refuse(id, Rejection::Closed);
        }
        self.wake = None;
        self.want_leases(now);
    }

    /// Refuses the queued calls whose deadline has come.
    pub(super) fn refuse_late(&mut self, now: Timestamp) {
        while let Some(&(deadline, id)) = self.deadlines.first().filter(|(deadline, _)| *deadline <= now) {
            self.deadlines.remove(&(deadline, id));
            let Some(reservation) = self.ledger.get(id) else { continue };
            let (lane, cost) = (reservation.lane, reservation.cost);
            let (fits, at, reason) = match self.verdict(lane, &cost, now) {
                Verdict::At(at, reason) => (at <= now, at, reason),
                Verdict::OnRelease(reason) => (false, now, reason),
                Verdict::Never(_) => (false, now, Reason::Turn),
            };
            // The head may fit at this very instant; then the pump that follows grants it.
            if !fits || !self.is_head(id) {
                self.refuse(id, Rejection::Deadline { retry_after: at.since(now), reason });
            }
        }
    }

    /// Ends the reservations that gave no sign of life for the configured age.
    pub(super) fn expire_old(&mut self, now: Timestamp) {
        let age = self.config.reservation_age;
        while let Some(&(since, id)) = self.ages.front().filter(|(since, _)| since.after(age) <= now) {
            self.ages.pop_front();
            let Some(touched) = self.ledger.get(id).map(|reservation| reservation.touched) else { continue };
            if touched > since {
                self.ages.push_back((touched, id));
                continue;
            }
            if let Some(reservation) = self.ledger.close(id) {
                self.ledger.tally.expired = self.ledger.tally.expired.saturating_add(1);
                self.end(&reservation, &reservation.cost, now);
                self.effects.push_back(Effect::Expired { id });
            }
        }
    }

    fn is_head(&self, id: ReservationId) -> bool {
        self.queue.flows().any(|(_, flow)| flow.head().is_some_and(|(_, head)| head == id))
    }

    /// Settles every limit's charge.
    fn end(&mut self, reservation: &Reservation, actual: &Cost, now: Timestamp) {
        for charge in &reservation.charges {
            if let Some(ward) = self.wards.get_mut(charge.limit) {
                ward.settle(charge, actual.get(ward.dimension), now);
            }
        }
        self.forget_ages();
    }

    /// Drops the ended calls at the front of the age list, so that it does not outgrow the calls under way.
    fn forget_ages(&mut self) {
        while self.ages.front().is_some_and(|(_, id)| self.ledger.get(*id).is_none()) {
            self.ages.pop_front();
        }
        if self.ages.len() > self.ledger.live().saturating_mul(2).saturating_add(64) {
            let ledger = &self.ledger;
            self.ages.retain(|(_, id)| ledger.get(*id).is_some());
        }
    }
}
