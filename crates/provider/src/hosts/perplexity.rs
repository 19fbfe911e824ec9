//! Perplexity: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08: a leaky bucket of requests; no header states it, and tokens are not limited.

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::Perplexity);
