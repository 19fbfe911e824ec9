//! How Anthropic counts: token buckets that refill continuously.
//!
//! Documentation to 2026-08: "continuously replenished"; measured: a reset is the instant at which the bucket is
//! full again. Input is estimated when the call arrives and corrected while it runs; output counts as it is
//! produced, and `max_tokens` has no effect.

use tidegate_core::{Charging, Dimension, Enforcement, Limit, Observation};

/// What is left of tokens is rounded to thousands (documentation, 2026-08).
const TOKEN_ROUNDING: u64 = 1_000;

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation.charging = charging(observation.dimension);
    if observation.dimension != Dimension::Requests {
        observation.rounding = TOKEN_ROUNDING;
    }
    observation
}

/// Input when the call arrives, output when it was produced; of their sum it is not said.
pub(crate) fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::Requests | Dimension::InputTokens => Charging::Admission,
        Dimension::OutputTokens => Charging::Completion,
        _ => Charging::Unknown,
    }
}

/// Nothing: every limit is told by the first answer.
pub(crate) fn known_limits() -> Vec<Limit> {
    Vec::new()
}
