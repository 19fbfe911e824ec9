//! What Anthropic counts.

use tidegate_core::{Class, Cost, Usage};

use crate::{Endpoint, EndpointKind};

/// Input that is not read from a cache, newly cached input included; output as generated (documentation, 2026-08).
pub(crate) fn answered(endpoint: Endpoint, usage: &Usage) -> Cost {
    let request = Cost::requests(1);
    match endpoint.kind {
        EndpointKind::Unmetered => Cost::ZERO,
        EndpointKind::CountTokens => request,
        _ => request
            .input_tokens(usage.input_tokens.saturating_sub(usage.cached_input_tokens))
            .output_tokens(usage.output_tokens),
    }
}

/// A refused call takes nothing from a bucket; one that broke off counted its input when it arrived.
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    match class {
        Class::ServerError | Class::Timeout | Class::Ok => *estimate,
        Class::Invalid | Class::Overloaded => Cost::requests(1),
        _ => Cost::ZERO,
    }
}
