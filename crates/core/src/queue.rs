//! `Queue`: the one bounded queue: rows of calls, one a flow, and the order in which their heads have their turn.
//!
//! Joining and leaving takes constant time inside a row; the order of rows costs a logarithm of how many there are.

mod deadlines;
mod flow;
mod row;
pub(crate) mod turns;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Bound::{Excluded, Included};

use self::deadlines::Deadlines;
pub(crate) use self::flow::{Flow, FlowKey, Turn};
use self::row::Row;
use crate::ledger::{Ledger, NONE};
use crate::{Band, Cost, ReservationId, Timestamp, Within};

/// Every call that waits.
#[derive(Debug)]
pub(crate) struct Queue {
    flows: Vec<Flow>,
    free: Vec<u32>,
    index: BTreeMap<FlowKey, u32>,
    /// The flows with calls in them, in the order of their turns.
    line: BTreeSet<Turn>,
    deadlines: Deadlines,
    within: Within,
    len: usize,
    capacity: usize,
}

impl Queue {
    pub(crate) fn new(capacity: usize, within: Within) -> Self {
        Self {
            flows: Vec::new(),
            free: Vec::new(),
            index: BTreeMap::new(),
            line: BTreeSet::new(),
            deadlines: Deadlines::default(),
            within,
            len: 0,
            capacity,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len >= self.capacity
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts a call into its flow's row; says whether it now stands first there. New calls stand last, a retry comes
    /// back to where it stood.
    pub(crate) fn push(&mut self, ledger: &mut Ledger, id: ReservationId, turn: (u64, u32)) -> bool {
        let Some(held) = ledger.get(id) else { return false };
        let key = FlowKey::of(held);
        let cost = held.cost.whole();
        let alarm = held.mark != Timestamp::MAX;
        let place = self.flow_of(key);
        let Some(flow) = self.flows.get_mut(place as usize) else { return false };
        if let Some(held) = ledger.get_mut(id) {
            held.seat = place;
        }
        flow.row.push(ledger, id.slot());
        flow.cost = flow.cost.plus(&cost);
        flow.len = flow.len.saturating_add(1);
        self.len = self.len.saturating_add(1);
        let first = flow.row.first() == id.slot();
        if alarm {
            self.deadlines.push(ledger, id.slot());
        }
        if first {
            self.stand(ledger, place, turn);
        }
        first
    }

    /// Takes a call out. Its flow's next call has the given turn.
    pub(crate) fn remove(&mut self, ledger: &mut Ledger, id: ReservationId, turn: (u64, u32)) {
        let Some(held) = ledger.get(id) else { return };
        let (place, cost) = (held.seat, held.cost.whole());
        let Some(flow) = self.flows.get_mut(place as usize) else { return };
        let first = flow.row.first() == id.slot();
        self.deadlines.remove(ledger, id.slot());
        flow.row.remove(ledger, id.slot());
        flow.cost = flow.cost.minus(&cost);
        flow.len = flow.len.saturating_sub(1);
        self.len = self.len.saturating_sub(1);
        if flow.len == 0 {
            self.line.remove(&flow.turn);
            self.index.remove(&flow.key);
            self.free.push(place);
        } else if first {
            self.stand(ledger, place, turn);
        }
    }

    /// Gives every row of a tenant in a band its new turn.
    pub(crate) fn turn_changed(&mut self, ledger: &Ledger, tenant: u32, band: Band, turn: (u64, u32)) {
        let (first, last) = (FlowKey { tenant, band, lane: 0 }, FlowKey { tenant, band, lane: u32::MAX });
        let mut next = Included(first);
        while let Some((&key, &place)) = self.index.range((next, Included(last))).next() {
            self.stand(ledger, place, turn);
            next = Excluded(key);
        }
    }

    /// The rows of a band in the order of their turns.
    pub(crate) fn line(&self, band: Band) -> impl Iterator<Item = (&Turn, &Flow)> {
        let line = self.line.range(Turn::first(band)..=Turn::last(band));
        line.filter_map(|turn| Some((turn, self.flows.get(turn.flow as usize)?)))
    }

    /// Every row that has calls in it.
    pub(crate) fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.line.iter().filter_map(|turn| self.flows.get(turn.flow as usize))
    }

    pub(crate) fn flow(&self, key: FlowKey) -> Option<&Flow> {
        self.flows.get(*self.index.get(&key)? as usize)
    }

    /// The call whose deadline comes first, and that deadline.
    pub(crate) fn deadline(&self, ledger: &Ledger) -> Option<(Timestamp, ReservationId)> {
        let slot = self.deadlines.first()?;
        Some((ledger.at(slot)?.mark, ledger.id_of(slot)?))
    }

    /// Any call that waits.
    pub(crate) fn first(&self, ledger: &Ledger) -> Option<ReservationId> {
        self.flows().find_map(|flow| ledger.id_of(flow.head()))
    }

    /// The oldest call of the least urgent band that waits, unless even that is more urgent than `band`. Rows are
    /// looked at by their heads: it costs as much as there are rows in that band.
    pub(crate) fn oldest(&self, ledger: &Ledger, band: Band) -> Option<ReservationId> {
        let least = self.line.last()?.band;
        let heads = self.line(least).filter(|_| least >= band).map(|(_, flow)| flow.head());
        let oldest = heads.min_by_key(|&slot| ledger.at(slot).map(|held| held.place))?;
        ledger.id_of(oldest)
    }

    fn flow_of(&mut self, key: FlowKey) -> u32 {
        if let Some(&place) = self.index.get(&key) {
            return place;
        }
        let fresh = Flow { key, row: Row::new(self.within), cost: Cost::ZERO, len: 0, turn: Turn::nobody() };
        let place = match self.free.pop() {
            Some(place) => place,
            None => u32::try_from(self.flows.len()).unwrap_or(NONE),
        };
        match self.flows.get_mut(place as usize) {
            Some(slot) => *slot = fresh,
            None => self.flows.push(fresh),
        }
        self.index.insert(key, place);
        place
    }

    /// Puts a row where its turn and its head's place belong.
    fn stand(&mut self, ledger: &Ledger, place: u32, (tag, tie): (u64, u32)) {
        let Some(flow) = self.flows.get_mut(place as usize) else { return };
        let Some(head) = ledger.at(flow.row.first()) else { return };
        let turn = Turn { band: flow.key.band, tag, tie, place: head.place, flow: place };
        if flow.turn != turn {
            self.line.remove(&flow.turn);
            self.line.insert(turn);
            flow.turn = turn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use crate::ledger::{Reservation, Stage};

    const BAND: Band = Band::Standard;

    /// A queue, its ledger, and calls that wait in it: each with its tenant, its lane and its turn.
    fn queue(calls: &[(u32, u32, u64)]) -> (Queue, Ledger, Vec<ReservationId>) {
        let (mut queue, mut ledger) = (Queue::new(8, Within::Arrival), Ledger::default());
        let open = |(place, &(tenant, lane, tag)): (u64, &(u32, u32, u64))| {
            let held = Reservation {
                stage: Stage::Queued,
                place: Place(place),
                tenant,
                lane,
                ..Reservation::free()
            };
            let id = ledger.open(Reservation { band: BAND, ..held }, Timestamp::ZERO);
            queue.push(&mut ledger, id, (tag, 0));
            id
        };
        let ids = (0..).zip(calls).map(open).collect();
        (queue, ledger, ids)
    }

    /// Tenant, lane and turn of each row in the order of their turns.
    fn line(queue: &Queue) -> Vec<(u32, u32, u64)> {
        queue.line(BAND).map(|(turn, flow)| (flow.key.tenant, flow.key.lane, turn.tag)).collect()
    }

    #[test]
    fn a_tenants_new_turn_is_that_of_all_its_rows_and_of_nobody_elses() {
        let (mut queue, ledger, _) = queue(&[(1, 0, 10), (1, 7, 10), (2, 0, 20)]);
        assert_eq!(line(&queue), [(1, 0, 10), (1, 7, 10), (2, 0, 20)]);
        queue.turn_changed(&ledger, 1, Band::Batch, (40, 0));
        queue.turn_changed(&ledger, 1, BAND, (30, 0));
        assert_eq!(line(&queue), [(2, 0, 20), (1, 0, 30), (1, 7, 30)]);
    }

    #[test]
    fn a_row_has_a_new_turn_when_its_first_call_leaves_and_not_before() {
        let (mut queue, mut ledger, ids) = queue(&[(1, 0, 10), (1, 0, 10), (1, 0, 10), (2, 0, 20)]);
        queue.remove(&mut ledger, ids[1], (30, 0));
        assert_eq!(line(&queue), [(1, 0, 10), (2, 0, 20)]);
        queue.remove(&mut ledger, ids[0], (30, 0));
        assert_eq!(line(&queue), [(2, 0, 20), (1, 0, 30)]);
        let flow = queue.flow(FlowKey { tenant: 1, band: BAND, lane: 0 }).expect("one call is left");
        assert_eq!((flow.head(), queue.len()), (ids[2].slot(), 2));
    }
}
