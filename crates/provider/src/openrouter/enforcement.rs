//! How OpenRouter counts: requests of free models in windows that end at the stated instant; nothing else.
//!
//! Documentation and reports to 2026-08: 20 a minute and 50 or 1000 a day for `:free` models, failed attempts
//! included; paid models meet the limits of the provider behind them.

use tidegate_core::{Charging, Dimension, Enforcement, Limit, Observation, Quota, Scope};

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::FixedWindow;
    observation.charging = charging(observation.dimension);
    observation
}

/// Requests when they arrive, failed ones too; there is no limit on tokens (documentation, 2026-08).
pub(crate) fn charging(dimension: Dimension) -> Charging {
    if dimension == Dimension::Requests { Charging::Admission } else { Charging::Unknown }
}

/// Models that cost nothing.
pub(crate) const FREE: &str = "*:free";

/// How many calls to free models an account may make in a day of UTC (documentation, 2026-10).
#[derive(Clone, Copy, Debug)]
pub(crate) struct FreeADay {
    /// Where less than `credit` was ever bought.
    pub(crate) without_credit: u64,
    /// Where that was bought.
    pub(crate) with_credit: u64,
    /// Ten dollars, in millionths.
    pub(crate) credit: u64,
}

/// What the documentation states. Failed attempts count, and all keys of an account and all `:free` models count
/// together.
pub(crate) const FREE_A_DAY: FreeADay =
    FreeADay { without_credit: 50, with_credit: 1_000, credit: 10_000_000 };

/// Free models take 20 calls a minute whatever the account has paid (documentation, 2026-08). The daily cap, 50 or
/// 1000 calls, depends on the credit that was ever bought, which only discovery tells.
pub(crate) fn known_limits() -> Vec<Limit> {
    vec![Limit::new(Dimension::Requests, Quota::per_minute(20)).scope(Scope::model(FREE))]
}
