//! `Ledger`: every reservation from the moment it is asked for until it ends, and ends exactly once.
//!
//! Slots are reused; an id carries the slot's generation, so an id that has ended names nothing.

use alloc::vec::Vec;

use crate::bucket::Stamp;
use crate::{Band, Cost, Place, Timestamp};

/// Names one reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationId {
    slot: u32,
    generation: u32,
}

/// How far a reservation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waiting for its turn.
    Queued,
    /// May go; nothing was sent yet.
    Granted,
    /// On its way to the provider since this instant.
    Sent,
}

/// What one limit was charged for a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The limit's place in the engine.
    pub(crate) limit: usize,
    /// What was charged.
    pub(crate) amount: u64,
    /// The window that it was charged to.
    pub(crate) stamp: Stamp,
    /// What was left right after the charge, less the limit's corrections so far.
    pub(crate) left: i128,
}

/// One call's hold on its limits.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    pub(crate) lane: usize,
    pub(crate) band: Band,
    pub(crate) place: Place,
    pub(crate) cost: Cost,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) stage: Stage,
    /// When it joined the queue; after the grant, when it was granted.
    pub(crate) since: Timestamp,
    /// When it last gave a sign of life.
    pub(crate) touched: Timestamp,
    pub(crate) charges: Vec<Charge>,
}

/// How many reservations there were and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Granted.
    pub granted: u64,
    /// Ended with what was really charged.
    pub settled: u64,
    /// Given back whole.
    pub refunded: u64,
    /// Ended by age.
    pub expired: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    slots: Vec<Slot>,
    free: Vec<u32>,
    live: usize,
    pub(crate) tally: Tally,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    reservation: Option<Reservation>,
}

impl Ledger {
    pub(crate) fn open(&mut self, reservation: Reservation) -> ReservationId {
        self.live = self.live.saturating_add(1);
        if let Some(slot) = self.free.pop()
            && let Some(entry) = self.slots.get_mut(slot as usize)
        {
            entry.reservation = Some(reservation);
            return ReservationId { slot, generation: entry.generation };
        }
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.slots.push(Slot { generation: 0, reservation: Some(reservation) });
        ReservationId { slot, generation: 0 }
    }

    pub(crate) fn get(&self, id: ReservationId) -> Option<&Reservation> {
        let slot = self.slots.get(id.slot as usize).filter(|slot| slot.generation == id.generation)?;
        slot.reservation.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: ReservationId) -> Option<&mut Reservation> {
        let slot = self.slots.get_mut(id.slot as usize).filter(|slot| slot.generation == id.generation)?;
        slot.reservation.as_mut()
    }

    /// Takes a reservation out for good; the second time there is nothing to take.
    pub(crate) fn close(&mut self, id: ReservationId) -> Option<Reservation> {
        let slot = self.slots.get_mut(id.slot as usize).filter(|slot| slot.generation == id.generation)?;
        let reservation = slot.reservation.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.slot);
        self.live = self.live.saturating_sub(1);
        Some(reservation)
    }

    /// Every reservation that has not ended, in slot order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ReservationId, &Reservation)> {
        self.slots.iter().enumerate().filter_map(|(place, slot)| {
            let id = ReservationId { slot: u32::try_from(place).ok()?, generation: slot.generation };
            Some((id, slot.reservation.as_ref()?))
        })
    }

    pub(crate) fn live(&self) -> usize {
        self.live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reservation() -> Reservation {
        Reservation {
            lane: 0,
            band: Band::Standard,
            place: Place(0),
            cost: Cost::requests(1),
            deadline: None,
            stage: Stage::Queued,
            since: Timestamp::ZERO,
            touched: Timestamp::ZERO,
            charges: Vec::new(),
        }
    }

    #[test]
    fn an_id_that_ended_names_nothing_even_when_its_slot_is_used_again() {
        let mut ledger = Ledger::default();
        let first = ledger.open(reservation());
        assert!(ledger.close(first).is_some());
        assert!(ledger.close(first).is_none());
        let second = ledger.open(reservation());
        assert_ne!(first, second);
        assert!(ledger.get(first).is_none());
        assert!(ledger.get(second).is_some());
        assert_eq!(ledger.live(), 1);
    }
}
