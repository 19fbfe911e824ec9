//! What OpenAI counts.

use tidegate_core::{Class, Cost, Usage};

use crate::{Endpoint, EndpointKind};

/// Input and output for what produces tokens. The documentation counts the larger of `max_tokens` and the
/// estimated input at admission; measurements since 2025-04 show the input only. Where the rule is not certain the
/// sum is the safe side, and `remaining` corrects it.
pub(crate) fn answered(endpoint: Endpoint, usage: &Usage) -> Cost {
    match endpoint.kind {
        EndpointKind::Unmetered => Cost::ZERO,
        EndpointKind::Embeddings => Cost::requests(1).input_tokens(usage.input_tokens),
        _ if endpoint.produces_tokens() => Cost::from(*usage),
        _ => Cost::requests(1),
    }
}

/// Unsuccessful requests count as requests (documentation, 2026-08). One that broke off after its admission keeps
/// the tokens that were counted then.
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    match class {
        Class::ServerError | Class::Timeout | Class::Ok => *estimate,
        _ => Cost::requests(1),
    }
}
