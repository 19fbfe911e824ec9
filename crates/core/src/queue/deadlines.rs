//! `Deadlines`: the waiting calls that have a deadline, the earliest first: a heap of four bytes a call.
//!
//! Each slot knows where it stands, so that a call that leaves takes its entry along and nothing stale is kept. The
//! usual call, whose deadline is later than all others, joins in constant time; at worst it is a logarithm.

use alloc::vec::Vec;

use crate::ledger::{Ledger, NONE};
use crate::{Place, Timestamp};

#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: Vec<u32>,
}

impl Deadlines {
    /// The slot of the call whose deadline comes first.
    pub(super) fn first(&self) -> Option<u32> {
        self.heap.first().copied()
    }

    pub(super) fn push(&mut self, ledger: &mut Ledger, slot: u32) {
        let place = self.heap.len();
        self.heap.push(slot);
        self.rise(ledger, place);
    }

    /// Takes a call out, if it is in.
    pub(super) fn remove(&mut self, ledger: &mut Ledger, slot: u32) {
        let Some(held) = ledger.at_mut(slot).filter(|held| held.alarm != NONE) else { return };
        let place = held.alarm as usize;
        held.alarm = NONE;
        if place < self.heap.len() {
            self.heap.swap_remove(place);
        }
        if place < self.heap.len() {
            self.rise(ledger, place);
            self.sink(ledger, place);
        }
    }

    fn rise(&mut self, ledger: &mut Ledger, mut place: usize) {
        while let Some(above) = place.checked_sub(1).map(|below| below / 2) {
            if self.key(ledger, above) <= self.key(ledger, place) {
                break;
            }
            self.heap.swap(above, place);
            self.note(ledger, place);
            place = above;
        }
        self.note(ledger, place);
    }

    fn sink(&mut self, ledger: &mut Ledger, mut place: usize) {
        loop {
            let left = place.saturating_mul(2).saturating_add(1);
            let right = left.saturating_add(1);
            if left >= self.heap.len() {
                break;
            }
            let later = right >= self.heap.len() || self.key(ledger, left) <= self.key(ledger, right);
            let below = if later { left } else { right };
            if self.key(ledger, place) <= self.key(ledger, below) {
                break;
            }
            self.heap.swap(place, below);
            self.note(ledger, place);
            place = below;
        }
        self.note(ledger, place);
    }

    fn key(&self, ledger: &Ledger, place: usize) -> (Timestamp, Place) {
        let held = self.heap.get(place).and_then(|&slot| ledger.at(slot));
        held.map_or((Timestamp::MAX, Place(u64::MAX)), |held| (held.mark, held.place))
    }

    /// Tells the slot at a place where it stands.
    fn note(&self, ledger: &mut Ledger, place: usize) {
        if let Some(held) = self.heap.get(place).and_then(|&slot| ledger.at_mut(slot)) {
            held.alarm = u32::try_from(place).unwrap_or(NONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Reservation, Stage};
    use proptest::prelude::*;

    proptest! {
        /// Whoever joins and leaves, the first is always the earliest of those that are in.
        #[test]
        fn the_first_is_always_the_earliest(steps in prop::collection::vec((0..40_u64, any::<bool>(), any::<usize>()), 1..120)) {
            let (mut deadlines, mut ledger) = (Deadlines::default(), Ledger::default());
            let mut inside: Vec<u32> = Vec::new();
            for (place, (mark, leave, which)) in steps.into_iter().enumerate() {
                if leave && !inside.is_empty() {
                    let slot = inside.swap_remove(which % inside.len());
                    deadlines.remove(&mut ledger, slot);
                    deadlines.remove(&mut ledger, slot);
                } else {
                    let (place, mark) = (Place(place as u64), Timestamp::from_secs(mark));
                    let id = ledger.open(Reservation { stage: Stage::Queued, place, mark, ..Reservation::free() }, Timestamp::ZERO);
                    deadlines.push(&mut ledger, id.slot());
                    inside.push(id.slot());
                }
                let key = |slot: u32| ledger.at(slot).map(|held| (held.mark, held.place));
                prop_assert_eq!(deadlines.first().and_then(key), inside.iter().filter_map(|&slot| key(slot)).min());
                prop_assert_eq!(deadlines.heap.len(), inside.len());
            }
        }
    }
}
