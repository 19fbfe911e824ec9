//! `Snapshot`: the engine's state as people want to see it.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::{Dimension, Tally};

/// One limit as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitStatus {
    /// What it counts.
    pub dimension: Dimension,
    /// Which calls it applies to: a model, a glob, or `account`.
    pub scope: String,
    /// Its period; zero for concurrency.
    pub window: Duration,
    /// What is used of it, debt included.
    pub used: u64,
    /// The amount per period.
    pub limit: u64,
    /// Learned from the provider, rather than given.
    pub learned: bool,
    /// How many waiting calls it applies to.
    pub waiting: usize,
    /// How long until the smallest cost fits; zero when it does.
    pub next_free: Option<Duration>,
}

/// The engine's state at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every limit that applies to something.
    pub limits: Vec<LimitStatus>,
    /// Calls that wait.
    pub waiting: usize,
    /// Calls that wait, by band, the most urgent first.
    pub waiting_by_band: [usize; 3],
    /// Calls that were granted and have not ended.
    pub in_flight: usize,
    /// What has happened so far.
    pub tally: Tally,
}
