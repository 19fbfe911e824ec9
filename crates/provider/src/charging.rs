//! The charging rules that several dialects share.

use tidegate_core::{Class, Cost};

use crate::{Endpoint, EndpointKind, Spent};

/// Input and output as they were used, for what produces tokens; embeddings their input; anything else a request.
/// Pages, seconds and money as the answer tells them. What was heard or spoken counts in the unit in which it is told:
/// OpenAI tells seconds for some models and tokens for others (recordings of 2026-08).
pub(crate) fn sum_of_tokens(endpoint: Endpoint, spent: &Spent) -> Cost {
    let usage = &spent.usage;
    let cost = match endpoint.kind {
        EndpointKind::Unmetered => return Cost::ZERO,
        // Some hosts tell an embedding's total alone (Voyage, recordings of 2025 and 2026).
        EndpointKind::Embeddings => Cost::requests(1).input_tokens(usage.input_tokens.max(usage.total())),
        _ if endpoint.produces_tokens() => Cost::from(*usage),
        EndpointKind::Images => Cost::from(*usage),
        EndpointKind::Audio | EndpointKind::Speech if spent.details.audio_seconds.is_none() => {
            Cost::from(*usage)
        }
        _ => Cost::requests(1),
    };
    spent.with_units(cost)
}

/// The same, as if nothing of the input had been read from a cache and counted.
pub(crate) fn without_cached(spent: &Spent) -> Spent {
    let mut spent = *spent;
    let usage = &mut spent.usage;
    let cached = usage.cached_input_tokens.min(usage.input_tokens);
    usage.input_tokens -= cached;
    usage.total_tokens = usage.total_tokens.map(|total| total.saturating_sub(cached));
    spent
}

/// A request for what was refused; for what broke off after its admission, the estimate that was counted then.
pub(crate) fn a_request_each(estimate: &Cost, class: Class) -> Cost {
    match class {
        Class::ServerError | Class::Timeout | Class::Ok => *estimate,
        _ => Cost::requests(1),
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::{Dimension, Usage};

    use super::*;
    use crate::Details;

    #[test]
    fn an_embedding_counts_its_input_however_it_is_told() {
        let usage = Usage { total_tokens: Some(7), ..Usage::default() };
        let embedding = sum_of_tokens(Endpoint::of(EndpointKind::Embeddings), &usage.into());
        assert_eq!(embedding, Cost::requests(1).input_tokens(7));
    }

    #[test]
    fn money_and_seconds_are_counted_as_told() {
        let details = Details { cost_microdollars: Some(12), audio_seconds: Some(4), ..Details::default() };
        let cost = sum_of_tokens(Endpoint::of(EndpointKind::Audio), &Spent { details, ..Spent::default() });
        assert_eq!((cost.get(Dimension::Money), cost.get(Dimension::AudioSeconds)), (12, 4));
        assert_eq!(cost.get(Dimension::TotalTokens), 0);
    }
}
