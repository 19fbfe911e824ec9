//! What a host that is not known counts: the sum of input and output until its headers say otherwise.

use tidegate_core::{Class, Cost, Usage};

use crate::{Endpoint, EndpointKind};

/// The usage as it is told.
pub(crate) fn answered(endpoint: Endpoint, usage: &Usage) -> Cost {
    match endpoint.kind {
        EndpointKind::Unmetered => Cost::ZERO,
        EndpointKind::Embeddings => Cost::requests(1).input_tokens(usage.input_tokens),
        _ if endpoint.produces_tokens() => Cost::from(*usage),
        _ => Cost::requests(1),
    }
}

/// A request for anything that reached the host: too much is corrected by what its headers say remains, too little
/// is refused.
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    match class {
        Class::ServerError | Class::Timeout | Class::Ok => *estimate,
        _ => Cost::requests(1),
    }
}
