//! What Anthropic counts.

use tidegate_core::{Class, Cost};

use crate::{Endpoint, EndpointKind, Spent};

/// Input that is not read from a cache, newly cached input included; output as generated (documentation, 2026-08).
pub(crate) fn answered(endpoint: Endpoint, spent: &Spent) -> Cost {
    let usage = &spent.usage;
    let request = Cost::requests(1);
    match endpoint.kind {
        EndpointKind::Unmetered => Cost::ZERO,
        EndpointKind::CountTokens => request,
        _ => request
            .input_tokens(usage.input_tokens.saturating_sub(usage.cached_input_tokens))
            .output_tokens(usage.output_tokens),
    }
}

/// One that broke off counted its input when it arrived: input is estimated at the start of a call and corrected while
/// it runs, output counts as it is made (documentation, 2026-08:
/// <https://platform.claude.com/docs/en/api/rate-limits>). That a refused call takes nothing from a bucket is our
/// reading: no source tells.
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    match class {
        Class::ServerError | Class::Timeout | Class::Ok => *estimate,
        Class::Invalid | Class::Overloaded => Cost::requests(1),
        _ => Cost::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::Usage;

    use super::*;

    #[test]
    fn what_is_read_from_a_cache_is_not_counted() {
        let mut usage = Usage::new(1_000, 50);
        usage.cached_input_tokens = 900;
        let charge = answered(Endpoint::of(EndpointKind::Messages), &usage.into());
        assert_eq!(charge, Cost::requests(1).input_tokens(100).output_tokens(50));
    }
}
