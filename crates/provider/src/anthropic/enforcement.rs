//! How Anthropic counts: token buckets that refill continuously.
//!
//! Documentation to 2026-08: "continuously replenished"; measured: a reset is the instant at which the bucket is
//! full again. Input is estimated when the call arrives and corrected while it runs; output counts as it is
//! produced, and `max_tokens` has no effect.

use tidegate_core::{ChargedAt, Dimension, Enforcement, Limit, Observation};

/// What is left of tokens is rounded to thousands (documentation, 2026-08).
const TOKEN_ROUNDING: u64 = 1_000;

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation.charged_at = match observation.dimension {
        Dimension::Requests | Dimension::InputTokens => ChargedAt::Admission,
        Dimension::OutputTokens => ChargedAt::Completion,
        _ => ChargedAt::Unknown,
    };
    if observation.dimension != Dimension::Requests {
        observation.rounding = TOKEN_ROUNDING;
    }
    observation
}

/// Nothing: every limit is told by the first answer.
pub(crate) fn known_limits() -> Vec<Limit> {
    Vec::new()
}
