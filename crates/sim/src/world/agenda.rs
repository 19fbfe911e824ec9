//! `Agenda`: what happens when, in a world without a clock. Events of one instant happen in the order of their making.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tidegate_core::Timestamp;

/// A queue of events by their instants.
#[derive(Debug)]
pub(crate) struct Agenda<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    made: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Timestamp,
    turn: u64,
    event: E,
}

impl<E> Agenda<E> {
    pub(crate) const fn new() -> Self {
        Self { heap: BinaryHeap::new(), made: 0 }
    }

    pub(crate) fn add(&mut self, at: Timestamp, event: E) {
        self.made += 1;
        self.heap.push(Reverse(Entry { at, turn: self.made, event }));
    }

    /// The instant of the next event.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    pub(crate) fn pop(&mut self) -> Option<(Timestamp, E)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.turn) == (other.at, other.turn)
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.turn).cmp(&(other.at, other.turn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_instant_keep_the_order_of_their_making() {
        let mut agenda = Agenda::new();
        agenda.add(Timestamp::from_secs(2), 'c');
        agenda.add(Timestamp::from_secs(1), 'a');
        agenda.add(Timestamp::from_secs(1), 'b');
        let order: Vec<char> = std::iter::from_fn(|| agenda.pop().map(|(_, event)| event)).collect();
        assert_eq!(order, ['a', 'b', 'c']);
    }
}
