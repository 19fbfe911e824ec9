//! `Cell`: one provider of the matrix.

use std::time::Duration;

use crate::contact::{chats, provider};
use crate::{Burst, Dialect, EmulatorConfig, Enforcement, EnforcementPlan, Grain, Limits, TokenCharge};

/// The limit that binds where calls are counted, a minute.
const REQUESTS: u64 = 300;
/// The limit that binds where tokens are counted, a minute: some two hundred and fifty calls.
const TOKENS: u64 = 15_000;
/// So much of the other one that it never binds.
const PLENTY_OF_REQUESTS: u64 = 1_200;
const PLENTY_OF_TOKENS: u64 = 10_000_000;

/// What binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weigh {
    /// The limit on requests: every call weighs one.
    Requests,
    /// The limit on tokens: calls weigh by their input, which is counted when they arrive.
    Tokens,
}

/// One provider of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// How it counts, as the table names it.
    pub shape: &'static str,
    pub(super) plan: EnforcementPlan,
    pub(super) dialect: Dialect,
    /// What binds.
    pub weigh: Weigh,
    /// By how much calls may arrive later than others.
    pub jitter: Duration,
    /// What others use with the same key, in hundredths of the limit.
    pub foreign_percent: u64,
    /// Which calls, latencies and others it has.
    pub seed: u64,
}

/// The first seed of a cell.
pub const SEED: u64 = 7;

/// The ways of counting: nine, a hidden second behind a bucket's headers, and Mistral's pair.
const SHAPES: [(&str, Enforcement, Enforcement, Dialect); 11] = [
    uniform("burst_of_1", Enforcement::Burst(Burst::One)),
    uniform("burst_of_1s", Enforcement::Burst(Burst::Second)),
    uniform("burst_of_10s", Enforcement::Burst(Burst::TenSeconds)),
    uniform("bucket", Enforcement::Bucket),
    uniform("window_1s", Enforcement::Window(Grain::Second)),
    uniform("window_10s", Enforcement::Window(Grain::TenSeconds)),
    uniform("window_60s", Enforcement::Fixed),
    uniform("sliding_60s", Enforcement::Sliding),
    uniform("counter", Enforcement::Counter),
    uniform("hidden_1s", Enforcement::Quantised(Grain::Second)),
    ("mistral", Enforcement::Fixed, Enforcement::Counter, Dialect::Mistral),
];

const fn uniform(name: &'static str, kind: Enforcement) -> (&'static str, Enforcement, Enforcement, Dialect) {
    (name, kind, kind, Dialect::Compatible)
}

/// Every cell, in the order of the table.
#[must_use]
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for weigh in [Weigh::Requests, Weigh::Tokens] {
        for (shape, requests, tokens, dialect) in SHAPES {
            // A bucket that holds one token holds no call.
            if weigh == Weigh::Tokens && requests == Enforcement::Burst(Burst::One) {
                continue;
            }
            for foreign_percent in [0, 30] {
                for jitter in [0, 50, 200].map(Duration::from_millis) {
                    let plan = EnforcementPlan { requests, tokens };
                    cells.push(Cell { shape, plan, dialect, weigh, jitter, foreign_percent, seed: SEED });
                }
            }
        }
    }
    cells
}

impl Cell {
    /// The same with other calls, latencies and others.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Its name, unlike that of every other.
    #[must_use]
    pub fn name(&self) -> String {
        let weigh = match self.weigh {
            Weigh::Requests => "requests",
            Weigh::Tokens => "tokens",
        };
        format!(
            "{weigh}/{}/jitter_{}ms/foreign_{}",
            self.shape,
            self.jitter.as_millis(),
            self.foreign_percent
        )
    }

    pub(super) fn provider(&self) -> EmulatorConfig {
        let limits = match self.weigh {
            Weigh::Requests => Limits::requests_and_tokens(REQUESTS, PLENTY_OF_TOKENS),
            Weigh::Tokens => Limits::requests_and_tokens(PLENTY_OF_REQUESTS, TOKENS),
        };
        EmulatorConfig {
            limits,
            enforcement: self.plan,
            token_charge: TokenCharge::InputOnly,
            foreign_percent: self.foreign_percent,
            ..provider(self.dialect, self.seed)
        }
    }

    /// What the limit that binds allows a minute.
    pub(super) const fn limit(&self) -> u64 {
        match self.weigh {
            Weigh::Requests => REQUESTS,
            Weigh::Tokens => TOKENS,
        }
    }

    /// Whether others use a limit that holds a second's worth or less. Nobody can know when they come, and so little is
    /// left that each of their calls may take the place of one: no pace is free of refusals but by their regularity.
    pub(super) fn others_meet_a_second(&self) -> bool {
        let kind = match self.weigh {
            Weigh::Requests => self.plan.requests,
            Weigh::Tokens => self.plan.tokens,
        };
        let fine = matches!(
            kind,
            Enforcement::Burst(Burst::One | Burst::Second)
                | Enforcement::Window(Grain::Second)
                | Enforcement::Quantised(Grain::Second)
        );
        fine && self.foreign_percent > 0
    }

    /// So many calls: path and body.
    pub(super) fn calls(&self, count: usize) -> Vec<(String, Vec<u8>)> {
        chats(count, self.seed, "/v1/chat/completions")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_a_name_of_its_own() {
        let mut names: Vec<String> = cells().iter().map(Cell::name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), count), (count, 6 * (11 + 10)));
    }
}
