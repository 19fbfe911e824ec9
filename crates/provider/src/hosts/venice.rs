//! Venice: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08: requests reset at epoch seconds, tokens in seconds, under names that look alike. Which tokens of
//! a call count, and when, is not said.

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Venice);
