//! Granting: hands the turn to the next call the moment it fits, in order, and finds out when to wake up next.

use alloc::vec::Vec;
use core::time::Duration;

use super::admit::Verdict;
use crate::ledger::Stage;
use crate::queue::FlowKey;
use crate::{Effect, Engine, Place, Rejection, ReservationId, Timestamp};

/// How late a wake-up may be without shifting the schedule: the charge still counts from the scheduled instant.
/// Twenty milliseconds is the p99 of timer lateness on a busy two-core machine.
const LATENESS_MAX: Duration = Duration::from_millis(20);

/// The head of a flow, in the order of turns.
struct Head {
    key: FlowKey,
    place: Place,
    id: ReservationId,
}

/// What the next call in order needs.
enum Next {
    Grant { id: ReservationId, at: Timestamp },
    Refuse { id: ReservationId, rejection: Rejection },
    Nothing { wake: Option<Timestamp> },
}

impl Engine {
    /// Grants everything that may go now.
    pub(super) fn pump(&mut self, now: Timestamp) {
        self.watch_store(now);
        // What was scheduled for an instant that has just passed still happens at that instant.
        let due = self.wake.map_or(now, |wake| wake.max(now.before(LATENESS_MAX)).min(now));
        loop {
            match self.next(due, now) {
                Next::Grant { id, at } => {
                    self.leave_queue(id);
                    self.grant_now(id, at, now);
                    self.effects.push_back(Effect::Granted { id, at });
                }
                Next::Refuse { id, rejection } => self.refuse(id, rejection),
                Next::Nothing { wake } => {
                    self.wake = wake;
                    self.want_leases(now);
                    return;
                }
            }
        }
    }

    /// The first call in order that may go. A flow that is blocked by its own model's limit steps aside; the first
    /// one that is blocked by a shared limit is that limit's head, and nobody passes it there.
    fn next(&self, due: Timestamp, now: Timestamp) -> Next {
        let mut wake: Option<Timestamp> = None;
        let mut claimed: Vec<usize> = Vec::new();
        for head in self.heads() {
            let Some(reservation) = self.ledger.get(head.id) else { continue };
            if self.wards_in(head.key.lane).any(|(place, _)| claimed.contains(&place)) {
                continue;
            }
            let from = due.max(reservation.since.min(now));
            match self.verdict(head.key.lane, &reservation.cost, from) {
                Verdict::At(at, _) if at <= now => return Next::Grant { id: head.id, at },
                Verdict::Never(rejection) => return Next::Refuse { id: head.id, rejection },
                Verdict::At(at, _) => wake = Some(wake.map_or(at, |wake| wake.min(at))),
                Verdict::OnRelease(_) => {}
            }
            let blocking = self.wards_in(head.key.lane).filter(|(_, ward)| {
                let fits = ward.fit(0, reservation.cost.get(ward.dimension), from);
                ward.reach.is_shared() && !matches!(fits, crate::bucket::Fit::At(at) if at <= now)
            });
            claimed.extend(blocking.map(|(place, _)| place));
        }
        Next::Nothing { wake }
    }

    /// The heads of all flows: urgent bands first, inside a band by place.
    fn heads(&self) -> Vec<Head> {
        let flows = self.queue.flows();
        let mut heads: Vec<Head> =
            flows.filter_map(|(key, flow)| flow.head().map(|(place, id)| Head { key, place, id })).collect();
        heads.sort_unstable_by_key(|head| (head.key.band, head.place));
        heads
    }

    /// Charges every limit at the instant `at` and marks the call granted.
    pub(super) fn grant_now(&mut self, id: ReservationId, at: Timestamp, now: Timestamp) {
        let Some(reservation) = self.ledger.get_mut(id) else { return };
        let (lane, cost) = (reservation.lane, reservation.cost);
        reservation.stage = Stage::Granted;
        reservation.since = at;
        reservation.touched = now;
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        lane.granted(&cost, at);
        for &place in &lane.wards {
            let Some(ward) = self.wards.get_mut(place) else { continue };
            let amount = cost.get(ward.dimension);
            if amount > 0 {
                reservation.charges.push(ward.charge(place, amount, at, now));
            }
        }
        self.ledger.tally.granted = self.ledger.tally.granted.saturating_add(1);
        self.ages.push_back((now, id));
    }

    /// Takes a call out of the queue, whatever becomes of it.
    pub(super) fn leave_queue(&mut self, id: ReservationId) {
        let Some(reservation) = self.ledger.get(id) else { return };
        let key = FlowKey { band: reservation.band, lane: reservation.lane };
        self.queue.remove(key, reservation.place, &reservation.cost);
        if let Some(deadline) = reservation.deadline {
            self.deadlines.remove(&(deadline, id));
        }
    }

    /// Ends a queued call without a grant.
    pub(super) fn refuse(&mut self, id: ReservationId, rejection: Rejection) {
        self.leave_queue(id);
        if self.ledger.close(id).is_some() {
            self.effects.push_back(Effect::Refused { id, rejection });
        }
    }
}
