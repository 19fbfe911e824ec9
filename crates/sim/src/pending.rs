//! `Pending`: the charges of answers that are still under way, in the order in which they fall due.

use std::collections::BTreeMap;

use crate::demand::Demand;
use crate::wall::WallTime;

/// What falls due when an answer is complete.
#[derive(Clone, Debug)]
pub(crate) struct Completion {
    pub(crate) lane: String,
    pub(crate) demand: Demand,
}

/// Answers under way: at most as many as calls are in flight.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    due: BTreeMap<(WallTime, u64), Completion>,
}

impl Pending {
    /// Notes an answer that will be complete at `at`; `sequence` tells answers of the same instant apart.
    pub(crate) fn push(&mut self, at: WallTime, sequence: u64, completion: Completion) {
        self.due.insert((at, sequence), completion);
    }

    /// The next answer that is complete by `now`, with its instant.
    pub(crate) fn pop_due(&mut self, now: WallTime) -> Option<(WallTime, Completion)> {
        let entry = self.due.first_entry()?;
        let (at, _) = *entry.key();
        (at <= now).then(|| (at, entry.remove()))
    }

    /// The answers that are complete by `now`, in order, with their instants.
    pub(crate) fn due_by(&self, now: WallTime) -> impl Iterator<Item = (WallTime, &Completion)> {
        self.due.range(..=(now, u64::MAX)).map(|(&(at, _), completion)| (at, completion))
    }

    /// How many answers are under way.
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}
