//! Azure OpenAI and AI Foundry.
//!
//! Recorded 2024-04 to 2026-08: three generations of headers, the newest with the window in a header of its own and
//! resets as whole numbers, some of them milliseconds. Documentation, 2026-08
//! (<https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota>): tokens are estimated when a call arrives, from
//! prompt, max_tokens and best_of, and not corrected afterwards; limits are a deployment's. Where a call states no
//! maximum, recordings of 2025 show the prompt alone.

use tidegate_core::{Charging, Dimension};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Azure).charging(charging);

fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::TotalTokens | Dimension::OutputTokens => Charging::Maximum,
        _ => Charging::Admission,
    }
}
