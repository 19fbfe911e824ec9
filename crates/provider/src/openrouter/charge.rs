//! What OpenRouter counts: requests. It has no limit on tokens; they are told for limits that a caller sets.

use tidegate_core::{Class, Cost, Dimension, Usage};

use crate::{Endpoint, EndpointKind};

/// The usage as it is told.
pub(crate) fn answered(endpoint: Endpoint, usage: &Usage) -> Cost {
    match endpoint.kind {
        EndpointKind::Unmetered => Cost::ZERO,
        EndpointKind::Embeddings => Cost::requests(1).input_tokens(usage.input_tokens),
        _ if endpoint.produces_tokens() => Cost::from(*usage),
        EndpointKind::Images => Cost::from(*usage).with(Dimension::Images, 1),
        _ => Cost::requests(1),
    }
}

/// Failed attempts count (documentation, 2026-08).
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    match class {
        Class::ServerError | Class::Timeout | Class::Ok => *estimate,
        _ => Cost::requests(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_attempts_count_as_requests() {
        assert_eq!(refused(&Cost::requests(1).input_tokens(9), Class::Throttled), Cost::requests(1));
    }
}
