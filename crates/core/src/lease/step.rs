//! `Step` and `Grants`: what an instance says to the store, and what the store answers. Plain values.

use alloc::string::String;
use alloc::vec::Vec;

use super::Terms;

/// Names one instance of the program, for as long as it runs. Two that run must differ; drawn at random they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u64);

/// What an instance says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who.
    pub instance: InstanceId,
    /// Grows with each step of the instance. Only the newest is given leases.
    pub number: u64,
    /// How far ahead the instance wants to have something to spend, in milliseconds.
    pub horizon_ms: u64,
    /// The instance leaves: what it holds has been returned, and nothing is to be kept free for it.
    pub leaves: bool,
    /// The shared limits and how the instance stands with each.
    pub claims: Vec<Claim>,
    /// What it wants, the most urgent first.
    pub wants: Vec<Want>,
}

/// How an instance stands with one shared limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The limit's name, the same in every instance.
    pub limit: String,
    /// Its rule.
    pub terms: Terms,
    /// All that the instance has seen granted, and what its calls used beyond that. Of a window: in this window.
    pub granted: u64,
    /// All that it took as its safe share while it could not reach the store. Of a window: in this window.
    pub taken: u64,
    /// All that it gave back of both.
    pub returned: u64,
    /// Of a window: how long until it ends, in milliseconds. Of others zero.
    pub ends_ms: u64,
}

/// What an instance wants to spend together: amounts of one or more limits, all or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// A call waits that the instance has nothing for: where nothing is left, its slot is booked however far away it
    /// is. What is not urgent is booked within the horizon only.
    pub urgent: bool,
    /// The amounts.
    pub parts: Vec<Part>,
}

/// The wanted amount of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which of the step's claims.
    pub claim: usize,
    /// What the next call needs; less is of no use.
    pub least: u64,
    /// What the calls of the horizon need.
    pub most: u64,
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// Which step this answers.
    pub number: u64,
    /// How many instances live, this one included.
    pub live: u64,
    /// What the store counts as granted, of each claim; more than the instance has seen was lost on the way.
    pub granted: Vec<u64>,
    /// What is left of each claim, for the safe share of windows and for people. Zero where it is booked or owed.
    pub left: Vec<u64>,
    /// The leases.
    pub leases: Vec<Lease>,
    /// Something is not to be had: ask again after so many milliseconds. Zero where everything was granted.
    pub retry_ms: u64,
}

/// What an instance may spend, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which of the step's claims, and how much of each.
    pub amounts: Vec<(usize, u64)>,
    /// From when, in milliseconds after the answer.
    pub after_ms: u64,
    /// Until when, in milliseconds after the step was made. Slots stay until they are returned.
    pub until_ms: u64,
}
