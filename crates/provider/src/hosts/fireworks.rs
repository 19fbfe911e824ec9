//! Fireworks: how it differs from other compatible hosts.
//!
//! Documentation and reports to 2026-08 (<https://docs.fireworks.ai/serverless/rate-limits>): prompt, cache-adjusted prompt
//! and generated tokens are limited apart, and the limits move with use. Output counts as it is generated. What is read
//! from a cache counts for one of the two limits on prompts; the stricter paces, so all of it is counted. No recording.

use tidegate_core::{Charging, Dimension};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Fireworks).charging(charging);

fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::InputTokens => Charging::Admission,
        Dimension::OutputTokens => Charging::Completion,
        _ => Charging::Unknown,
    }
}
