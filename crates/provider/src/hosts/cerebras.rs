//! Cerebras: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08: buckets of a minute, an hour and a day, told by the names; a call is charged its prompt
//! and `max_completion_tokens` when it arrives. Resets are seconds with a fraction.

use tidegate_core::{ChargedAt, Enforcement, Observation};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Cerebras).hint(hint);

/// Adds what is known to what a header stated.
fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation.charged_at = ChargedAt::Admission;
    observation
}
