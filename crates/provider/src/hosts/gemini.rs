//! Gemini's endpoint that is compatible with OpenAI's.
//!
//! No header states a limit (none in 1 822 recordings to 2026-08); refusals name their quota in the body.

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Gemini);
