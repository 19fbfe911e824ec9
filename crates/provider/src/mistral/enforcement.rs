//! How Mistral counts.
//!
//! Measured to 2026-08: requests in a window of the calendar (a minute; ten seconds in 2025-09), when they arrive;
//! tokens in a counter that weighs the minute before, when the answer is complete; months in a plain counter.

use tidegate_core::{Charging, Dimension, Enforcement, Limit, Observation};

use crate::limits::MONTH;

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = match observation.dimension {
        Dimension::Requests => Enforcement::FixedWindow,
        _ if observation.window == Some(MONTH) => Enforcement::FixedWindow,
        Dimension::TotalTokens => Enforcement::WeightedCounter,
        _ => Enforcement::Unknown,
    };
    observation.charging = charging(observation.dimension);
    observation
}

/// Adds what is known of the counters of 2024 and early 2025: calendar minutes whose reset was stated, charged
/// when the call arrived (the cost in the header held 32 000 for the answer).
pub(crate) fn legacy_hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::FixedWindow;
    observation.charging = Charging::Admission;
    observation
}

/// Requests when they arrive, everything else when the answer is complete: `max_tokens` is not reserved (reports of 2026:
/// 2 000 asked for, 23 counted).
pub(crate) fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::Requests => Charging::Admission,
        Dimension::TotalTokens => Charging::Completion,
        _ => Charging::Unknown,
    }
}

/// Nothing: every limit is told by the first answer.
pub(crate) fn known_limits() -> Vec<Limit> {
    Vec::new()
}
