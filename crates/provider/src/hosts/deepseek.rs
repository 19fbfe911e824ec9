//! DeepSeek: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08: calls under way at once are limited, for each account and model, and nothing else: neither
//! calls a minute nor tokens are counted. No header states it (none in 264 recordings).

use tidegate_core::{Dimension, Limit, Quota, Scope};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host = Host::of(Dialect::DeepSeek).known_limits(known_limits);

/// The models by the part of their name that the documentation uses, with the calls that they take at once.
const AT_ONCE: [(&str, u64); 2] = [("*v4-pro*", 500), ("*flash*", 2_500)];

fn known_limits() -> Vec<Limit> {
    let limit = |(model, calls)| {
        Limit::new(Dimension::Concurrency, Quota::concurrency(calls)).scope(Scope::model(model))
    };
    AT_ONCE.into_iter().map(limit).collect()
}
