//! Fireworks: how it differs from other compatible hosts.
//!
//! Documentation and reports to 2026-08: prompt, cache-adjusted prompt and generated tokens are limited apart, and
//! the limits move with use. No recording.

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Fireworks);
