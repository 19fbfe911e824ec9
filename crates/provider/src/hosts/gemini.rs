//! Gemini's endpoint that is compatible with OpenAI's.
//!
//! No header states a limit (none in 1 822 recordings to 2026-08); refusals name their quota in the body. Documentation,
//! 2026-08 (<https://ai.google.dev/gemini-api/docs/rate-limits>): tokens a minute are those of the input. Whether input
//! that is read from a cache counts is not said; it is counted here.

use tidegate_core::{Charging, Dimension};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Gemini).charging(charging);

fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::TotalTokens => Charging::InputOnly,
        Dimension::InputTokens => Charging::Admission,
        _ => Charging::Unknown,
    }
}
