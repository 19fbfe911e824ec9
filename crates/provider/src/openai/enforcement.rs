//! How OpenAI counts: every limit is a bucket that refills continuously.
//!
//! Measured to 2026-08: reset = used / limit * window for requests and tokens, and the wait of a refusal is
//! (used + requested - limit) / limit * window, so the capacity is the limit. Tokens are counted when the call
//! arrives: the headers stand before the first byte of the answer and never move by its output.

use tidegate_core::{ChargedAt, Enforcement, Observation};

/// Adds what is known to what a header stated.
pub(crate) fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation.charged_at = ChargedAt::Admission;
    observation
}
