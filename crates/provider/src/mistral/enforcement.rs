//! How Mistral counts.
//!
//! Measured to 2026-08: requests in a window of the calendar (a minute; ten seconds in 2025-09), when they arrive;
//! tokens in a counter that weighs the minute before, when the answer is complete; months in a plain counter.

use tidegate_core::{ChargedAt, Dimension, Enforcement, Limit, Observation};

use crate::limits::MONTH;

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    (observation.enforcement, observation.charged_at) = match observation.dimension {
        Dimension::Requests => (Enforcement::FixedWindow, ChargedAt::Admission),
        _ if observation.window == Some(MONTH) => (Enforcement::FixedWindow, ChargedAt::Completion),
        Dimension::TotalTokens => (Enforcement::WeightedCounter, ChargedAt::Completion),
        _ => (Enforcement::Unknown, ChargedAt::Unknown),
    };
    observation
}

/// Adds what is known of the counters of 2024 and early 2025: calendar minutes whose reset was stated, charged
/// when the call arrived (the cost in the header held 32 000 for the answer).
pub(crate) fn legacy_hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::FixedWindow;
    observation.charged_at = ChargedAt::Admission;
    observation
}

/// Nothing: every limit is told by the first answer.
pub(crate) fn known_limits() -> Vec<Limit> {
    Vec::new()
}
