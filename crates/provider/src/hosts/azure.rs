//! Azure OpenAI and AI Foundry.
//!
//! Recorded 2024-04 to 2026-08: three generations of headers, the newest with the window in a header of its own and
//! resets as whole numbers, some of them milliseconds. Documentation, 2026-08: tokens are estimated when a call
//! arrives (prompt, max_tokens and best_of) and not corrected; limits are a deployment's.

use tidegate_core::{ChargedAt, Observation};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Azure).hint(hint);

/// Adds what is known to what a header stated.
fn hint(mut observation: Observation) -> Observation {
    observation.charged_at = ChargedAt::Admission;
    observation
}
