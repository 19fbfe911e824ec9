//! What a host that is not known counts: the sum of input and output until its headers say otherwise.

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

/// A request for anything that reached the host: too much is corrected by what its headers say remains, too little
/// is refused.
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
    fn the_sum_counts_until_headers_say_otherwise() {
        let charge = answered(Endpoint::of(EndpointKind::Chat), &Usage::new(10, 5));
        assert_eq!(charge, Cost::requests(1).input_tokens(10).output_tokens(5));
    }
}
