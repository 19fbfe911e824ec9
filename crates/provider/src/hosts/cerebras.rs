//! Cerebras: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08 (<https://inference-docs.cerebras.ai/support/rate-limits>): buckets of a minute, an hour and a
//! day, told by the names. A call needs room for its prompt and `max_completion_tokens` when it arrives; what it does not
//! use of that is given back. Resets are seconds with a fraction. What is read from a cache counts for one of two token
//! limits and not for the other; no header says which is told, so all of it counts.

use tidegate_core::{Charging, Dimension, Enforcement, Observation};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Cerebras).hint(hint).charging(charging);

/// Adds what is known to what a header stated.
fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation
}

fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::TotalTokens | Dimension::OutputTokens => Charging::MaximumReturned,
        _ => Charging::Admission,
    }
}
