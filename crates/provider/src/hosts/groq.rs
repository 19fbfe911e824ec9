//! Groq: how it differs from other compatible hosts.
//!
//! Recorded to 2026-08: OpenAI's six names; the request pair is the day's, the token pair the minute's, and
//! reset = used / limit * window holds exactly, so the limits are buckets. Requests count when they arrive.

use tidegate_core::{ChargedAt, Dimension, Enforcement, Observation};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Groq).hint(hint);

/// Adds what is known to what a header stated.
fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    if observation.dimension == Dimension::Requests {
        observation.charged_at = ChargedAt::Admission;
    }
    observation
}
