//! The charging rules that several dialects share.

use tidegate_core::{Class, Cost, Dimension, Usage};

use crate::{Endpoint, EndpointKind};

/// Input and output as they were used, for what produces tokens; embeddings their input; anything else a request.
pub(crate) fn sum_of_tokens(endpoint: Endpoint, usage: &Usage) -> Cost {
    match endpoint.kind {
        EndpointKind::Unmetered => Cost::ZERO,
        EndpointKind::Embeddings => Cost::requests(1).input_tokens(usage.input_tokens),
        _ if endpoint.produces_tokens() => Cost::from(*usage),
        EndpointKind::Images => Cost::from(*usage).with(Dimension::Images, 1),
        _ => Cost::requests(1),
    }
}

/// A request for what was refused; for what broke off after its admission, the estimate that was counted then.
pub(crate) fn a_request_each(estimate: &Cost, class: Class) -> Cost {
    match class {
        Class::ServerError | Class::Timeout | Class::Ok => *estimate,
        _ => Cost::requests(1),
    }
}
