//! `Ledger`: every reservation from the moment it is asked for until it ends, and ends exactly once.
//!
//! Slots are reused; an id carries the slot's generation, so an id that has ended names nothing. A slot is 120 bytes
//! and links itself into one list at a time: its flow's while it waits, the list of ages once it is granted.

mod ages;
mod reservation;

use alloc::vec::Vec;

use self::ages::Ages;
pub(crate) use self::reservation::{Charge, Ended, NONE, Reservation, Stage};
use crate::Timestamp;
use crate::cost::packed::Packed;
use crate::notes::{Noted, Notes, Reader, noted};

/// Names one reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationId {
    slot: u32,
    generation: u32,
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

noted!(Tally { granted, settled, refunded, expired });

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    slots: Vec<Reservation>,
    free: Vec<u32>,
    /// What each granted call was charged, by the seat that its slot names.
    charges: Vec<Vec<Charge>>,
    free_seats: Vec<u32>,
    ages: Ages,
    live: usize,
    /// Where the generations of new slots begin: later than those of slots that are no more.
    first: u32,
    pub(crate) tally: Tally,
}

/// Nothing is left of reservations that ended but their number, and that no later one has the id of an earlier one.
impl Noted for Ledger {
    fn note(&self, notes: &mut Notes) {
        self.slots.iter().map(|slot| slot.generation).fold(self.first, u32::max).note(notes);
        self.tally.note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = Self { first: notes.read(), tally: notes.read(), ..Self::default() };
    }
}

impl Ledger {
    /// Opens a reservation, by its stage one that waits or one that is granted already. What a granted one was charged
    /// is what it costs, until [`Ledger::list`] gives it a list of its own.
    #[inline(always)]
    pub(crate) fn open(&mut self, reservation: Reservation, now: Timestamp) -> ReservationId {
        self.live = self.live.saturating_add(1);
        let is_granted = reservation.stage != Stage::Queued;
        let (slot, generation) = match self.free.pop() {
            Some(slot) => (slot, self.slots.get(slot as usize).map_or(0, |entry| entry.generation)),
            None => (u32::try_from(self.slots.len()).unwrap_or(u32::MAX), self.first),
        };
        match self.slots.get_mut(slot as usize) {
            Some(entry) => *entry = Reservation { generation, ..reservation },
            None => {
                self.make_room();
                self.slots.push(Reservation { generation, ..reservation });
            }
        }
        if is_granted {
            self.tally.granted = self.tally.granted.saturating_add(1);
            self.ages.push(&mut self.slots, slot, now);
        }
        ReservationId { slot, generation }
    }

    /// Makes room for further slots, a sixteenth at a time: doubling would keep half of a crowd's room empty.
    #[cold]
    fn make_room(&mut self) {
        if self.slots.len() == self.slots.capacity() {
            let more = self.slots.len().checked_div(16).unwrap_or(0).max(4);
            self.slots.reserve_exact(more);
        }
    }

    /// An id that names nothing and never will.
    pub(crate) const fn nobody() -> ReservationId {
        ReservationId { slot: u32::MAX, generation: u32::MAX }
    }

    #[inline]
    pub(crate) fn get(&self, id: ReservationId) -> Option<&Reservation> {
        self.slots.get(id.slot as usize).filter(|slot| slot.is(id.generation))
    }

    pub(crate) fn get_mut(&mut self, id: ReservationId) -> Option<&mut Reservation> {
        self.slots.get_mut(id.slot as usize).filter(|slot| slot.is(id.generation))
    }

    /// The id of what lives in a slot.
    pub(crate) fn id_of(&self, slot: u32) -> Option<ReservationId> {
        let generation = self.slots.get(slot as usize).filter(|entry| entry.stage != Stage::Free)?.generation;
        Some(ReservationId { slot, generation })
    }

    /// What lives in a slot.
    pub(crate) fn at(&self, slot: u32) -> Option<&Reservation> {
        self.slots.get(slot as usize)
    }

    /// What lives in a slot.
    pub(crate) fn at_mut(&mut self, slot: u32) -> Option<&mut Reservation> {
        self.slots.get_mut(slot as usize)
    }

    /// Marks a call granted at `at`; from `now` on its age counts.
    pub(crate) fn grant(&mut self, id: ReservationId, at: Timestamp, now: Timestamp) {
        let Some(slot) = self.get_mut(id) else { return };
        (slot.stage, slot.since, slot.seat, slot.counted) = (Stage::Granted, at, NONE, 0);
        self.ages.push(&mut self.slots, id.slot, now);
        self.tally.granted = self.tally.granted.saturating_add(1);
    }

    /// A granted call gave a sign of life.
    pub(crate) fn touch(&mut self, id: ReservationId, now: Timestamp) {
        if self.get(id).is_some_and(|slot| slot.stage != Stage::Queued) {
            self.ages.remove(&mut self.slots, id.slot);
            self.ages.push(&mut self.slots, id.slot, now);
        }
    }

    /// The granted call that has been silent for longest, and since when.
    pub(crate) fn oldest(&self) -> Option<(Timestamp, ReservationId)> {
        let slot = self.ages.first();
        Some((self.at(slot)?.mark, self.id_of(slot)?))
    }

    /// The list of what a granted call was charged; empty for one that was charged what it costs.
    pub(crate) fn charges(&self, id: ReservationId) -> &[Charge] {
        let seat = self.get(id).filter(|slot| slot.stage != Stage::Queued).map(|slot| slot.seat);
        seat.and_then(|seat| self.charges.get(seat as usize)).map_or(&[], Vec::as_slice)
    }

    /// Gives a granted call an empty list of charges, if it has none.
    pub(crate) fn list(&mut self, id: ReservationId) {
        let listed = self.get(id).is_none_or(|slot| slot.stage == Stage::Queued || slot.seat != NONE);
        if !listed {
            let seat = self.take_seat();
            if let Some(slot) = self.get_mut(id) {
                slot.seat = seat;
            }
        }
    }

    /// The list of what a granted call was charged, to change it; `None` for one that waits, and for one that was
    /// charged what it costs.
    pub(crate) fn charges_mut(&mut self, id: ReservationId) -> Option<&mut Vec<Charge>> {
        let seat = self.get(id).filter(|slot| slot.stage != Stage::Queued)?.seat;
        self.charges.get_mut(seat as usize)
    }

    /// Takes a reservation out for good; the second time there is nothing to take. What it was charged is left to
    /// [`Ledger::charged`] until another call is granted.
    pub(crate) fn close(&mut self, id: ReservationId) -> Option<Ended> {
        let stage = self.get(id)?.stage;
        if stage != Stage::Queued {
            self.ages.remove(&mut self.slots, id.slot);
        }
        let slot = self.get_mut(id)?;
        let ended = Ended {
            lane: slot.lane,
            tenant: slot.tenant,
            band: slot.band,
            since: slot.since,
            counted: if stage == Stage::Queued { 0 } else { slot.counted },
            seat: if stage == Stage::Queued { NONE } else { slot.seat },
            is_split: slot.is_split,
            slot: id.slot,
        };
        slot.stage = Stage::Free;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.slot);
        if ended.seat != NONE {
            self.free_seats.push(ended.seat);
        }
        self.live = self.live.saturating_sub(1);
        Some(ended)
    }

    /// Takes out for good a granted call that has no list of charges, and that was settled.
    #[inline]
    pub(crate) fn settled(&mut self, id: ReservationId) {
        self.ages.remove(&mut self.slots, id.slot);
        if let Some(slot) = self.slots.get_mut(id.slot as usize) {
            slot.stage = Stage::Free;
            slot.generation = slot.generation.wrapping_add(1);
        }
        self.free.push(id.slot);
        self.live = self.live.saturating_sub(1);
        self.tally.settled = self.tally.settled.saturating_add(1);
    }

    /// What a call that has just ended cost by its estimate, if that is also what it was charged.
    pub(crate) fn charged_by_cost(&self, ended: &Ended) -> Option<&Packed> {
        (ended.seat == NONE).then(|| self.at(ended.slot)).flatten().map(|slot| &slot.cost)
    }

    /// The list of what a call that has just ended was charged.
    pub(crate) fn charged(&self, ended: &Ended) -> &[Charge] {
        self.charges.get(ended.seat as usize).map_or(&[], Vec::as_slice)
    }

    /// Every reservation that has not ended, in slot order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ReservationId, &Reservation)> {
        self.slots.iter().enumerate().filter(|(_, entry)| entry.stage != Stage::Free).filter_map(
            |(place, entry)| {
                let slot = u32::try_from(place).ok()?;
                Some((ReservationId { slot, generation: entry.generation }, entry))
            },
        )
    }

    /// How many have not ended.
    pub(crate) fn live(&self) -> usize {
        self.live
    }

    /// A list for a call's charges: that of an ended call, with its room, where there is one.
    fn take_seat(&mut self) -> u32 {
        if let Some(seat) = self.free_seats.pop() {
            if let Some(charges) = self.charges.get_mut(seat as usize) {
                charges.clear();
            }
            return seat;
        }
        let seat = u32::try_from(self.charges.len()).unwrap_or(u32::MAX);
        self.charges.push(Vec::new());
        seat
    }
}

impl ReservationId {
    /// Its slot in the ledger: a small number, which a later reservation takes over once this one has ended.
    #[must_use]
    pub const fn slot(self) -> u32 {
        self.slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cost;

    fn reservation() -> Reservation {
        Reservation { cost: Packed::from(&Cost::requests(1)), stage: Stage::Queued, ..Reservation::free() }
    }

    #[test]
    fn an_id_that_ended_names_nothing_even_when_its_slot_is_used_again() {
        let mut ledger = Ledger::default();
        let first = ledger.open(reservation(), Timestamp::ZERO);
        assert!(ledger.close(first).is_some());
        assert!(ledger.close(first).is_none());
        let second = ledger.open(reservation(), Timestamp::ZERO);
        assert_ne!(first, second);
        assert!(ledger.get(first).is_none());
        assert!(ledger.get(second).is_some());
        assert!(ledger.get(Ledger::nobody()).is_none());
        assert_eq!(ledger.live(), 1);
    }

    #[test]
    fn charges_belong_to_one_call_and_their_room_is_used_again() {
        let mut ledger = Ledger::default();
        let charge = Charge { limit: 3, amount: 7, late: 0, stamp: crate::bucket::Stamp::default(), mark: 0 };
        let waiting = ledger.open(reservation(), Timestamp::ZERO);
        ledger.list(waiting);
        assert!(ledger.charges_mut(waiting).is_none(), "nothing is charged before the grant");
        assert_eq!(ledger.get(waiting).expect("it waits").seat, NONE, "its seat is its flow's");
        ledger.grant(waiting, Timestamp::ZERO, Timestamp::ZERO);
        assert!(ledger.charges_mut(waiting).is_none(), "what it costs is what it was charged");
        ledger.list(waiting);
        ledger.charges_mut(waiting).expect("granted").push(charge);
        ledger.list(waiting);
        assert_eq!(ledger.charges(waiting), [charge], "a second list is the first");
        let behind = ledger.open(reservation(), Timestamp::ZERO);
        ledger.get_mut(behind).expect("it waits").seat = 0;
        assert_eq!(ledger.charges(behind), [], "its seat is its flow's");
        let room = ledger.charges_mut(waiting).expect("granted").capacity();
        let ended = ledger.close(waiting).expect("it had not ended");
        assert_eq!(ledger.charged(&ended), [charge]);
        let next = ledger.open(reservation(), Timestamp::ZERO);
        ledger.grant(next, Timestamp::ZERO, Timestamp::ZERO);
        ledger.list(next);
        assert_eq!(ledger.charges(next), []);
        assert_eq!(ledger.charges_mut(next).expect("granted").capacity(), room);
    }

    #[test]
    fn the_longest_silent_call_is_found_first_whatever_ends_or_speaks() {
        let mut ledger = Ledger::default();
        let ids: Vec<_> = (0..4_u64)
            .map(|second| {
                let id = ledger.open(reservation(), Timestamp::ZERO);
                ledger.grant(id, Timestamp::ZERO, Timestamp::from_secs(second));
                id
            })
            .collect();
        assert_eq!(ledger.oldest(), Some((Timestamp::ZERO, ids[0])));
        ledger.touch(ids[0], Timestamp::from_secs(9));
        ledger.close(ids[2]);
        assert_eq!(ledger.oldest(), Some((Timestamp::from_secs(1), ids[1])));
        ledger.close(ids[1]);
        assert_eq!(ledger.oldest(), Some((Timestamp::from_secs(3), ids[3])));
        ledger.close(ids[3]);
        assert_eq!(ledger.oldest(), Some((Timestamp::from_secs(9), ids[0])));
        ledger.close(ids[0]);
        assert_eq!(ledger.oldest(), None);
    }

    #[test]
    fn room_is_made_a_sixteenth_at_a_time() {
        let (mut ledger, mut rooms) = (Ledger::default(), alloc::collections::BTreeSet::new());
        for calls in 1..2_000_usize {
            ledger.open(reservation(), Timestamp::ZERO);
            let room = ledger.slots.capacity();
            assert!(room <= calls + calls / 16 + 4, "{calls}: {room}");
            rooms.insert(room);
        }
        assert!(rooms.len() < 120, "made {} times", rooms.len());
    }

    #[test]
    fn a_waiting_call_takes_a_hundred_and_twenty_bytes() {
        assert!(core::mem::size_of::<Reservation>() <= 120, "{}", core::mem::size_of::<Reservation>());
    }
}
