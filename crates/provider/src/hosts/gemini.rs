//! Gemini's endpoint that is compatible with OpenAI's.
//!
//! No header states a limit (none in 1 822 recordings to 2026-08); refusals name their quota in the body. Documentation,
//! 2026-08 (<https://ai.google.dev/gemini-api/docs/rate-limits>): tokens a minute are those of the input, and quotas of a
//! day begin at midnight Pacific time. Whether input that is read from a cache counts is not said; it is counted here. How
//! a minute is counted is not said either. A second of sound has 32 tokens (documentation, 2026-08:
//! <https://ai.google.dev/gemini-api/docs/audio>).

use tidegate_core::{Charging, Dimension, Enforcement, Observation};

use super::Host;
use crate::Dialect;
use crate::estimate::Sound;
use crate::limits::DAY;

pub(super) static HOST: Host = Host::of(Dialect::Gemini)
    .hint(hint)
    .charging(charging)
    .time_zone("America/Los_Angeles")
    .sound(Sound::Tokens(32));

/// A quota of a day is whole again at a midnight, and by no part before: paced evenly, 50 calls a day would be one in half
/// an hour.
fn hint(mut observation: Observation) -> Observation {
    if observation.window == Some(DAY) {
        observation.enforcement = Enforcement::FixedWindow;
    }
    observation
}

fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::TotalTokens => Charging::InputOnly,
        Dimension::InputTokens => Charging::Admission,
        _ => Charging::Unknown,
    }
}
