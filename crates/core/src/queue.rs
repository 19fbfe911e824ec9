//! `Queue`: the one bounded queue. FIFO inside a flow; a flow is a band of a lane.

use alloc::collections::BTreeMap;

use crate::{Band, Cost, Place, ReservationId};

/// A band of a lane: what is FIFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlowKey {
    pub(crate) band: Band,
    pub(crate) lane: usize,
}

/// The calls of one flow, by their place.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    waiting: BTreeMap<Place, ReservationId>,
    /// The sum of what waits, for predictions.
    pub(crate) cost: Cost,
}

impl Flow {
    /// The call whose turn is next.
    pub(crate) fn head(&self) -> Option<(Place, ReservationId)> {
        self.waiting.first_key_value().map(|(place, id)| (*place, *id))
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The call at a place.
    pub(crate) fn at(&self, place: Place) -> Option<ReservationId> {
        self.waiting.get(&place).copied()
    }
}

/// Every call that waits.
#[derive(Debug)]
pub(crate) struct Queue {
    flows: BTreeMap<FlowKey, Flow>,
    len: usize,
    capacity: usize,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { flows: BTreeMap::new(), len: 0, capacity }
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

    /// Puts a call at its place: new calls have the highest place and so stand last, a retry comes back to where
    /// it stood.
    pub(crate) fn push(&mut self, key: FlowKey, place: Place, id: ReservationId, cost: &Cost) {
        let flow = self.flows.entry(key).or_default();
        if flow.waiting.insert(place, id).is_none() {
            self.len = self.len.saturating_add(1);
        }
        flow.cost = flow.cost.plus(cost);
    }

    pub(crate) fn remove(&mut self, key: FlowKey, place: Place, cost: &Cost) {
        let Some(flow) = self.flows.get_mut(&key) else { return };
        if flow.waiting.remove(&place).is_some() {
            self.len = self.len.saturating_sub(1);
            flow.cost = flow.cost.minus(cost);
        }
        if flow.waiting.is_empty() {
            self.flows.remove(&key);
        }
    }

    /// The flows with calls in them, most urgent band first.
    pub(crate) fn flows(&self) -> impl Iterator<Item = (FlowKey, &Flow)> {
        self.flows.iter().map(|(key, flow)| (*key, flow))
    }

    pub(crate) fn flow(&self, key: FlowKey) -> Option<&Flow> {
        self.flows.get(&key)
    }

    /// Any call that waits.
    pub(crate) fn first(&self) -> Option<ReservationId> {
        self.flows.values().find_map(|flow| flow.head().map(|(_, id)| id))
    }
}
