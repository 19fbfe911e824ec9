//! `Waiters`: the calls that wait for an account, each at the number of its reservation's slot.
//!
//! Whoever is granted is found by one look, where an ordered map would take a dozen, each at memory that nobody has
//! touched since the last grant. A crowd's room is given back once it is gone.

use std::collections::BTreeMap;

use tidegate_core::ReservationId;

use super::state::Waiter;

/// So many seats are kept although nobody waits.
const KEPT: usize = 64;

#[derive(Default)]
pub(super) struct Waiters {
    seats: Vec<Option<(ReservationId, Waiter)>>,
    taken: usize,
    /// Those that were refused, have not seen it yet, and whose slots have a later reservation already.
    displaced: BTreeMap<ReservationId, Waiter>,
}

impl Waiters {
    pub(super) fn is_empty(&self) -> bool {
        self.taken == 0 && self.displaced.is_empty()
    }

    pub(super) fn insert(&mut self, id: ReservationId, waiter: Waiter) {
        let place = id.slot() as usize;
        if self.seats.len() <= place {
            self.seats.resize_with(place.saturating_add(1), || None);
        }
        let Some(seat) = self.seats.get_mut(place) else { return };
        match seat.replace((id, waiter)) {
            Some((earlier, refused)) => drop(self.displaced.insert(earlier, refused)),
            None => self.taken = self.taken.saturating_add(1),
        }
    }

    pub(super) fn get_mut(&mut self, id: ReservationId) -> Option<&mut Waiter> {
        match self.seats.get_mut(id.slot() as usize) {
            Some(Some((seated, waiter))) if *seated == id => Some(waiter),
            _ => self.displaced.get_mut(&id),
        }
    }

    pub(super) fn remove(&mut self, id: ReservationId) -> Option<Waiter> {
        let seat = self.seats.get_mut(id.slot() as usize);
        let Some((_, waiter)) = seat.and_then(|seat| seat.take_if(|(seated, _)| *seated == id)) else {
            return self.displaced.remove(&id);
        };
        self.taken = self.taken.saturating_sub(1);
        if self.taken == 0 && self.seats.len() > KEPT {
            self.seats = Vec::new();
        }
        Some(waiter)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::{Cost, Dimension, Engine, EngineConfig, Limit, Quota, Rejection, Request, Timestamp};

    use super::super::state::Fate;
    use super::*;

    fn closed() -> Waiter {
        Waiter::Decided(Fate::Refused(Rejection::Closed))
    }

    /// The ids of a thousand calls that wait, and of one that waits in the slot of the last of them.
    fn ids() -> (Vec<ReservationId>, ReservationId) {
        let mut engine = Engine::new(EngineConfig::default());
        engine.configure(vec![Limit::new(Dimension::Requests, Quota::per_day(1))], Timestamp::ZERO);
        let mut reserve = || engine.reserve(&Request::new(Cost::requests(1)), Timestamp::ZERO).0;
        let ids: Vec<ReservationId> = (0..1_000).map(|_| reserve()).collect();
        engine.cancel(ids[999], Timestamp::ZERO);
        let heir = engine.reserve(&Request::new(Cost::requests(1)), Timestamp::ZERO).0;
        assert_eq!((heir.slot(), heir == ids[999]), (ids[999].slot(), false));
        (ids, heir)
    }

    #[test]
    fn each_is_found_by_its_own_id_and_by_no_other() {
        let (ids, heir) = ids();
        let mut waiters = Waiters::default();
        ids.iter().for_each(|&id| waiters.insert(id, closed()));
        assert!(waiters.get_mut(heir).is_none() && waiters.remove(heir).is_none());
        assert!(ids.iter().all(|&id| waiters.get_mut(id).is_some()));
        assert!(ids.iter().all(|&id| !waiters.is_empty() && waiters.remove(id).is_some()));
        assert!(waiters.is_empty() && waiters.remove(ids[0]).is_none());
        assert_eq!(waiters.seats.capacity(), 0, "a crowd's room is given back");
    }

    #[test]
    fn whoever_has_not_seen_its_refusal_is_found_beside_the_heir_of_its_slot() {
        let (ids, heir) = ids();
        let mut waiters = Waiters::default();
        waiters.insert(ids[999], closed());
        waiters.insert(heir, closed());
        assert!(waiters.get_mut(ids[999]).is_some() && waiters.get_mut(heir).is_some());
        assert!(waiters.remove(heir).is_some() && !waiters.is_empty());
        assert!(waiters.remove(ids[999]).is_some() && waiters.is_empty());
    }
}
