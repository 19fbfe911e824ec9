//! `Record`: what happened in a trial, for the checkers. Plain values.

use std::time::Duration;

use tidegate_core::{Band, Dimension, Tally, Timestamp};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Nothing yet: at the end of a trial this is a call that waits for ever.
    Open,
    /// Answered.
    Answered,
    /// Failed at the provider, or refused too often.
    Failed,
    /// The caller gave up.
    GivenUp,
    /// The engine refused it.
    Rejected,
}

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// When it was asked for.
    pub arrived: Timestamp,
    /// When it was last granted.
    pub granted: Option<Timestamp>,
    /// The order of that grant among all grants of the trial.
    pub turn: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// Which instance it belongs to.
    pub node: usize,
    /// Its model.
    pub model: u64,
    /// Its tenant.
    pub tenant: u64,
    /// Its band.
    pub band: Band,
    /// What became of it.
    pub fate: Fate,
}

/// An amount that was taken from a limit, or given back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// When it counts.
    pub at: Timestamp,
    /// Which limit's dimension.
    pub dimension: Dimension,
    /// How much was taken; below zero what was given back.
    pub amount: i64,
    /// It was taken by a grant, which had to fit; else by a settlement, which need not.
    pub is_grant: bool,
    /// Of a mere checkpoint, in which nothing is taken: what all instances hold in leases, and what is on its way to
    /// them. Only where there are several.
    pub leased: Option<u64>,
}

/// One instance at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRecord {
    /// How its reservations ended.
    pub tally: Tally,
    /// Calls that still wait.
    pub waiting: usize,
    /// Calls that are still under way.
    pub in_flight: usize,
    /// How often it was woken.
    pub wakes: u64,
}

/// What happened in a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The calls, in the order of their arrival.
    pub calls: Vec<CallRecord>,
    /// What was taken from the declared limits, in the order in which it happened.
    pub spends: Vec<Spend>,
    /// The instances.
    pub nodes: Vec<NodeRecord>,
    /// Refusals by the provider's own limits.
    pub refused: u64,
    /// When the last event happened.
    pub ended: Timestamp,
    /// The seconds in which something shared was cut off from the store, each with a margin.
    pub stormy: Vec<(Timestamp, Timestamp)>,
}

impl Record {
    /// How many calls were answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.calls.iter().filter(|call| call.fate == Fate::Answered).count()
    }

    /// When the last call was granted.
    #[must_use]
    pub fn last_grant(&self) -> Timestamp {
        self.calls.iter().filter_map(|call| call.granted).max().unwrap_or_default()
    }

    /// The longest time that a call that was granted at its first attempt waited for it.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        let first = self.calls.iter().filter(|call| call.attempts == 1);
        first.filter_map(|call| Some(call.granted?.since(call.arrived))).max().unwrap_or_default()
    }
}
