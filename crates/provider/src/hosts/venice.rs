//! Venice: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08: requests reset at epoch seconds, tokens in seconds, under names that look alike.

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Venice);
