//! `Stats`: what the emulated provider counted, in process and as `/_mock/stats` shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::demand::Demand;
use crate::faults::FaultKind;

/// What the emulated provider counted since its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Calls that arrived, whatever became of them; questions about the mock itself do not count.
    pub requests: u64,
    /// Calls answered in full with a 2xx, counted when their answer begins.
    pub answered: u64,
    /// Calls answered with a 429 because a limit was reached. Faults that look like it do not count.
    pub refused: u64,
    /// Calls of others that were admitted.
    pub foreign: u64,
    /// Faults that were played, by the names of [`FaultKind::name`].
    pub faults: BTreeMap<&'static str, u64>,
    /// Admitted calls whose answers are not complete yet.
    pub in_flight: usize,
    /// The limits, with what is used of them now.
    pub limits: Vec<LimitUse>,
    /// What was charged altogether.
    pub charged: Charged,
    /// When the first metered call arrived, in milliseconds since the emulator's beginning.
    pub first_arrival_ms: Option<u64>,
    /// When the last metered call was admitted, in milliseconds since the emulator's beginning.
    pub last_admission_ms: Option<u64>,
    /// The shortest time in which what was charged could have been admitted from the first arrival on.
    pub ideal_ms: Option<u64>,
}

/// One limit and what is used of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitUse {
    /// What is limited, by the names of `Dimension::name`.
    pub dimension: &'static str,
    /// The model that it limits; empty for all.
    pub scope: String,
    /// The window in seconds.
    pub window_s: u64,
    /// What is allowed in a window.
    pub limit: u64,
    /// What is used now.
    pub used: u64,
}

/// What was charged altogether.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Charged {
    /// Requests.
    pub requests: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Tokens as limits on total tokens count them.
    pub total_tokens: u64,
}

impl Charged {
    /// Adds what one call took.
    pub(crate) fn add(&mut self, demand: &Demand) {
        self.requests += demand.requests;
        self.input_tokens += demand.input.unwrap_or(0);
        self.output_tokens = (self.output_tokens + demand.output.unwrap_or(0)).saturating_sub(demand.back);
        self.total_tokens = (self.total_tokens + demand.total.unwrap_or(0)).saturating_sub(demand.back);
    }
}

impl Stats {
    /// Nothing counted, every fault listed with zero.
    pub(crate) fn new() -> Self {
        let faults = FaultKind::ALL.into_iter().map(|kind| (kind.name(), 0)).collect();
        Self { faults, ..Self::default() }
    }

    /// Counts a fault.
    pub(crate) fn fault(&mut self, kind: FaultKind) {
        *self.faults.entry(kind.name()).or_default() += 1;
    }
}
