//! Groq: how it differs from other compatible hosts.
//!
//! Recorded to 2026-08: OpenAI's six names; the request pair is the day's, the token pair the minute's, and
//! reset = used / limit * window holds exactly, so the limits are buckets. Documentation, 2026-08
//! (<https://console.groq.com/docs/rate-limits>): what is read from a cache does not count. Refusals (reports to 2026-08)
//! ask for room for prompt and output, headers show the prompt alone: which of the two is counted stays open.

use tidegate_core::{Enforcement, Observation};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Groq).hint(hint).without_cached();

/// Adds what is known to what a header stated.
fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation
}
