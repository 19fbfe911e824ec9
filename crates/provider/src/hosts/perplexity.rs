//! Perplexity: how it differs from other compatible hosts.
//!
//! Documentation, 2026-09 (<https://docs.perplexity.ai/docs/admin/rate-limits-usage-tiers>): requests fill a leaky bucket, so
//! that there is a burst, and what is left comes back continuously; tokens are not limited. No header states it, and how
//! much it is follows the account's tier, which nothing tells.

use tidegate_core::{Dimension, Enforcement, Observation};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Perplexity).hint(hint);

/// Adds what is known to what a refusal, or a proxy, stated.
fn hint(mut observation: Observation) -> Observation {
    if observation.dimension == Dimension::Requests {
        observation.enforcement = Enforcement::Bucket;
    }
    observation
}
