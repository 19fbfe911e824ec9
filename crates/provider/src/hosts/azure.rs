//! Azure OpenAI and AI Foundry.
//!
//! Recorded 2024-04 to 2026-08: three generations of headers, the newest with the window in a header of its own and
//! resets as whole numbers, some of them milliseconds. Documentation, 2026-08
//! (<https://learn.microsoft.com/azure/ai-foundry/openai/how-to/quota>): tokens are estimated when a call arrives, from
//! prompt, max_tokens and best_of, and not corrected afterwards; limits are a deployment's. Where a call states no
//! maximum, recordings of 2025 show the prompt alone.
//!
//! Of requests the documentation says that their rate is judged over one second or ten; the longer is told, since a refusal
//! makes it shorter. How the minute is counted is left to the answers. Of tokens it says that a running count is reset each
//! minute, but the resets of the newest generation are those of a bucket in every recording where something was used (7 ms
//! at 14 of 120 000, 500 ms at 1 of 120 requests): naming either would be wrong at the other.

use std::time::Duration;

use tidegate_core::{Charging, Dimension};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host =
    Host::of(Dialect::Azure).request_grain(Duration::from_secs(10)).charging(charging);

fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::TotalTokens | Dimension::OutputTokens => Charging::Maximum,
        _ => Charging::Admission,
    }
}
