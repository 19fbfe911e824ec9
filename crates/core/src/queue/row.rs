//! `Row`: the sequence inside one flow, as a list through the calls' own slots, or ordered by deadline.

use alloc::collections::BTreeMap;

use crate::ledger::{Ledger, NONE};
use crate::{Place, Timestamp, Within};

/// The calls of one flow in their sequence.
#[derive(Debug)]
pub(super) enum Row {
    /// By place, linked through the slots: a new call joins in constant time, and any call leaves in constant time.
    /// A retry goes back to its old place, which is searched from the front: it passes only the calls that are older
    /// still, in practice other retries.
    Arrival { first: u32, last: u32 },
    /// By deadline, then by place.
    Deadline(BTreeMap<(Timestamp, Place), u32>),
}

impl Row {
    pub(super) fn new(within: Within) -> Self {
        match within {
            Within::Arrival => Self::Arrival { first: NONE, last: NONE },
            Within::Deadline => Self::Deadline(BTreeMap::new()),
        }
    }

    /// The slot of the call that goes next.
    pub(super) fn first(&self) -> u32 {
        match self {
            Self::Arrival { first, .. } => *first,
            Self::Deadline(calls) => calls.first_key_value().map_or(NONE, |(_, slot)| *slot),
        }
    }

    pub(super) fn push(&mut self, ledger: &mut Ledger, slot: u32) {
        let Some(held) = ledger.at(slot) else { return };
        let (mark, place) = (held.mark, held.place);
        match self {
            Self::Deadline(calls) => drop(calls.insert((mark, place), slot)),
            Self::Arrival { first, last } => {
                let newest = ledger.at(*last).is_none_or(|last| last.place <= place);
                let (before, behind) = if newest { (*last, NONE) } else { gap(ledger, *first, place) };
                if let Some(held) = ledger.at_mut(slot) {
                    (held.before, held.behind) = (before, behind);
                }
                match ledger.at_mut(before) {
                    Some(neighbour) => neighbour.behind = slot,
                    None => *first = slot,
                }
                match ledger.at_mut(behind) {
                    Some(neighbour) => neighbour.before = slot,
                    None => *last = slot,
                }
            }
        }
    }

    pub(super) fn remove(&mut self, ledger: &mut Ledger, slot: u32) {
        let Some(held) = ledger.at_mut(slot) else { return };
        match self {
            Self::Deadline(calls) => drop(calls.remove(&(held.mark, held.place))),
            Self::Arrival { first, last } => {
                let (before, behind) = (held.before, held.behind);
                (held.before, held.behind) = (NONE, NONE);
                match ledger.at_mut(before) {
                    Some(neighbour) => neighbour.behind = behind,
                    None => *first = behind,
                }
                match ledger.at_mut(behind) {
                    Some(neighbour) => neighbour.before = before,
                    None => *last = before,
                }
            }
        }
    }

    /// Every slot in sequence.
    pub(super) fn iter<'a>(&'a self, ledger: &'a Ledger) -> impl Iterator<Item = u32> + 'a {
        let (mut next, calls) = match self {
            Self::Arrival { first, .. } => (*first, None),
            Self::Deadline(calls) => (NONE, Some(calls)),
        };
        let linked = core::iter::from_fn(move || {
            let slot = next;
            next = ledger.at(slot)?.behind;
            Some(slot)
        });
        linked.chain(calls.into_iter().flat_map(|calls| calls.values().copied()))
    }
}

/// The neighbours between which a place belongs, searched from the front.
fn gap(ledger: &Ledger, first: u32, place: Place) -> (u32, u32) {
    let (mut before, mut behind) = (NONE, first);
    while let Some(held) = ledger.at(behind).filter(|held| held.place <= place) {
        before = behind;
        behind = held.behind;
    }
    (before, behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Reservation, Stage};
    use alloc::vec::Vec;

    /// Calls with the given places and deadlines in seconds, 0 for none.
    fn row(within: Within, calls: &[(u64, u64)]) -> (Row, Ledger, Vec<u32>) {
        let (mut row, mut ledger, mut slots) = (Row::new(within), Ledger::default(), Vec::new());
        for &(place, deadline) in calls {
            let mark = if deadline == 0 { Timestamp::MAX } else { Timestamp::from_secs(deadline) };
            let id = ledger.open(
                Reservation { stage: Stage::Queued, place: Place(place), mark, ..Reservation::free() },
                Timestamp::ZERO,
            );
            row.push(&mut ledger, id.slot());
            slots.push(id.slot());
        }
        (row, ledger, slots)
    }

    #[test]
    fn a_retry_comes_back_to_its_place_first_last_or_between() {
        let (mut row, mut ledger, slots) =
            row(Within::Arrival, &[(5, 0), (9, 0), (2, 0), (7, 0), (12, 0), (3, 0)]);
        let expected = [slots[2], slots[5], slots[0], slots[3], slots[1], slots[4]];
        assert_eq!(row.iter(&ledger).collect::<Vec<_>>(), expected);
        for (gone, left) in
            [(slots[0], 5), (slots[2], 4), (slots[4], 3), (slots[3], 2), (slots[1], 1), (slots[5], 0)]
        {
            row.remove(&mut ledger, gone);
            let now: Vec<u32> = row.iter(&ledger).collect();
            assert_eq!(now.len(), left);
            assert!(now.is_sorted_by_key(|&slot| ledger.at(slot).unwrap().place), "{now:?}");
            assert_eq!(row.first(), now.first().copied().unwrap_or(NONE));
        }
        row.push(&mut ledger, slots[1]);
        assert_eq!(row.iter(&ledger).collect::<Vec<_>>(), [slots[1]], "an emptied row begins anew");
    }

    #[test]
    fn the_earliest_deadline_goes_first_and_calls_without_one_last() {
        let (mut row, mut ledger, slots) =
            row(Within::Deadline, &[(1, 0), (2, 30), (3, 10), (4, 30), (5, 0)]);
        let expected = [slots[2], slots[1], slots[3], slots[0], slots[4]];
        assert_eq!(row.iter(&ledger).collect::<Vec<_>>(), expected);
        row.remove(&mut ledger, slots[2]);
        assert_eq!(row.first(), slots[1]);
    }
}
