//! How OpenRouter counts: requests of free models in windows that end at the stated instant; nothing else.
//!
//! Documentation and reports to 2026-08: 20 a minute and 50 or 1000 a day for `:free` models, failed attempts
//! included; paid models meet the limits of the provider behind them.

use tidegate_core::{ChargedAt, Dimension, Enforcement, Limit, Observation, Quota, Scope};

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::FixedWindow;
    observation.charged_at = ChargedAt::Admission;
    observation
}

/// Models that cost nothing.
const FREE: &str = "*:free";

/// Free models take 20 calls a minute whatever the account has paid (documentation, 2026-08). The daily cap, 50 or
/// 1000 calls, depends on the credit that was ever bought, which only `GET /api/v1/key` tells.
pub(crate) fn known_limits() -> Vec<Limit> {
    vec![Limit::new(Dimension::Requests, Quota::per_minute(20)).scope(Scope::model(FREE))]
}
