//! How OpenAI counts: every limit is a bucket that refills continuously.
//!
//! Measured to 2026-08: reset = used / limit * window for requests and tokens, and the wait of a refusal is
//! (used + requested - limit) / limit * window, so the capacity is the limit. A request is counted when it arrives.
//! Of tokens the headers never show more than the input, since they stand before the first byte of the answer;
//! whether the output is counted when it is complete they cannot tell, so that is left open.

use tidegate_core::{Charging, Dimension, Enforcement, Limit, Observation};

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation.charging = charging(observation.dimension);
    observation
}

/// Of tokens the documentation (2026-08) and what was measured since 2025-04 contradict one another: how the level
/// falls decides.
pub(crate) fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::Requests | Dimension::InputTokens => Charging::Admission,
        _ => Charging::Unknown,
    }
}

/// Nothing: every limit is told by the first answer.
pub(crate) fn known_limits() -> Vec<Limit> {
    Vec::new()
}
