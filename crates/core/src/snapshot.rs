//! `Snapshot`: the engine's state as people want to see it.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::{Band, Dimension, Reason, Tally, Weight};

/// One limit as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitStatus {
    /// What it counts.
    pub dimension: Dimension,
    /// Which calls it applies to: a model or a glob, an endpoint, `tenant NAME`, several of these, or `account`.
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

impl LimitStatus {
    /// What is used of the limit in thousandths; above 1 000 in debt, and 1 000 where the limit is zero.
    #[must_use]
    pub fn used_permille(&self) -> u64 {
        let part = u128::from(self.used).saturating_mul(1_000).checked_div(u128::from(self.limit));
        part.map_or(1_000, |part| u64::try_from(part).unwrap_or(u64::MAX))
    }
}

/// The calls of one lane, band and tenant that wait, and why the first of them does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStatus {
    /// The model.
    pub lane: String,
    /// The endpoint, where lanes tell endpoints apart.
    pub endpoint: String,
    /// The priority class.
    pub band: Band,
    /// Who asks; empty for calls that name nobody.
    pub tenant: String,
    /// How many of its calls wait.
    pub waiting: usize,
    /// What the first of them waits for.
    pub reason: Reason,
    /// Which calls the limit applies to that it waits for, as in [`LimitStatus::scope`]; `None` where it waits for
    /// no limit.
    pub scope: Option<String>,
    /// How long the first of them will wait, by what is known now; `None` where it waits for another call to end.
    pub until: Option<Duration>,
}

/// What is known of the calls of one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneStatus {
    /// The model.
    pub lane: String,
    /// The endpoint, where lanes tell endpoints apart.
    pub endpoint: String,
    /// How many tokens a thousand bytes of text have, as it was learned; `None` before the first text.
    pub tokens_per_kilobyte: Option<u64>,
    /// By how much the estimates of the input miss lately, in the mean, in thousandths of what was used; `None` before
    /// the first answer that told it.
    pub input_error_permille: Option<u64>,
    /// The same of the output, whose estimates are meant to be above nine of ten answers.
    pub output_error_permille: Option<u64>,
}

/// What one tenant has in the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantStatus {
    /// Its name; empty for calls that name nobody.
    pub name: String,
    /// Its weight beside the others.
    pub weight: Weight,
    /// Its calls that wait, by band, the most urgent first.
    pub waiting_by_band: [usize; Band::COUNT],
    /// Its calls that were granted and have not ended.
    pub in_flight: usize,
}

/// The engine's state at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every limit that applies to something.
    pub limits: Vec<LimitStatus>,
    /// Calls that wait.
    pub waiting: usize,
    /// Calls that wait, by band, the most urgent first.
    pub waiting_by_band: [usize; Band::COUNT],
    /// The flows with calls that wait, in the order of their turns, and at most 64 of them.
    pub flows: Vec<FlowStatus>,
    /// The lanes of which something was learned, at most 64 of them.
    pub lanes: Vec<LaneStatus>,
    /// The tenants with calls that wait or are under way.
    pub tenants: Vec<TenantStatus>,
    /// Calls that were granted and have not ended.
    pub in_flight: usize,
    /// What has happened so far.
    pub tally: Tally,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_told_in_thousandths_whatever_the_limit() {
        let status = |used, limit| LimitStatus {
            dimension: Dimension::Requests,
            scope: String::new(),
            window: Duration::ZERO,
            used,
            limit,
            learned: false,
            waiting: 0,
            next_free: None,
        };
        assert_eq!(status(1, 3).used_permille(), 333);
        assert_eq!(status(9, 6).used_permille(), 1_500);
        assert_eq!(status(0, 0).used_permille(), 1_000);
        assert_eq!(status(u64::MAX, 1).used_permille(), u64::MAX);
    }
}
