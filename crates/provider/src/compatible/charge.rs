//! What compatible hosts count of usage: input and output as told, less what a host is known not to count.

use tidegate_core::{Class, Cost};

use crate::hosts::Host;
use crate::{Endpoint, Spent, charging};

/// The usage as it is told; without what was read from a cache, where the host does not count that. Groq is known not
/// to, xAI to count it (documentation of both, 2026-08; the addresses are with the hosts). Of others nothing is known,
/// and the sum is the safe side.
pub(crate) fn answered(endpoint: Endpoint, spent: &Spent, host: &Host) -> Cost {
    if host.counts_cached {
        charging::sum_of_tokens(endpoint, spent)
    } else {
        charging::sum_of_tokens(endpoint, &charging::without_cached(spent))
    }
}

/// A request for anything that reached the host: too much is corrected by what its headers say remains, too little
/// is refused. It is OpenAI's rule (documentation, 2026-08:
/// <https://developers.openai.com/api/docs/guides/rate-limits>); that hosts with its bodies share it is assumed.
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    charging::a_request_each(estimate, class)
}

#[cfg(test)]
mod tests {
    use tidegate_core::Usage;

    use super::*;
    use crate::{Dialect, EndpointKind, hosts};

    #[test]
    fn the_sum_counts_until_headers_say_otherwise() {
        let host = hosts::of(Dialect::Compatible).host();
        let charge = answered(Endpoint::of(EndpointKind::Chat), &Usage::new(10, 5).into(), host);
        assert_eq!(charge, Cost::requests(1).input_tokens(10).output_tokens(5));
    }

    #[test]
    fn what_a_host_does_not_count_of_a_cache_comes_off_the_total_too() {
        let usage = Usage { cached_input_tokens: 60, total_tokens: Some(105), ..Usage::new(100, 5) };
        let chat = |dialect| {
            let host = hosts::of(dialect).host();
            answered(Endpoint::of(EndpointKind::Chat), &usage.into(), host)
        };
        let counted = Cost::requests(1).input_tokens(40).output_tokens(5).total_tokens(45);
        assert_eq!(chat(Dialect::Groq), counted);
        assert_eq!(chat(Dialect::Xai).get(tidegate_core::Dimension::TotalTokens), 105);
    }
}
