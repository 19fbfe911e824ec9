//! What a host that is not known counts: the sum of input and output until its headers say otherwise.

use tidegate_core::{Class, Cost};

use crate::{Endpoint, Spent, charging};

/// The usage as it is told.
pub(crate) fn answered(endpoint: Endpoint, spent: &Spent) -> Cost {
    charging::sum_of_tokens(endpoint, spent)
}

/// A request for anything that reached the host: too much is corrected by what its headers say remains, too little
/// is refused.
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    charging::a_request_each(estimate, class)
}

#[cfg(test)]
mod tests {
    use tidegate_core::Usage;

    use super::*;
    use crate::EndpointKind;

    #[test]
    fn the_sum_counts_until_headers_say_otherwise() {
        let charge = answered(Endpoint::of(EndpointKind::Chat), &Usage::new(10, 5).into());
        assert_eq!(charge, Cost::requests(1).input_tokens(10).output_tokens(5));
    }
}
