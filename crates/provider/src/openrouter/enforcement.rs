//! How OpenRouter counts: requests of free models in windows that end at the stated instant; nothing else.
//!
//! Documentation and reports to 2026-08: 20 a minute and 50 or 1000 a day for `:free` models, failed attempts
//! included; paid models meet the limits of the provider behind them.

use tidegate_core::{ChargedAt, Enforcement, Observation};

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::FixedWindow;
    observation.charged_at = ChargedAt::Admission;
    observation
}
