//! Hugging Face's router: how it differs from other compatible hosts.
//!
//! Recorded to 2026-08: the IETF's fields with a fixed window, and the headers of the provider behind, whose way of
//! charging is not known either.

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::HuggingFace);
