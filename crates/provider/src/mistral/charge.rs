//! What Mistral counts.

use tidegate_core::{Class, Cost};

use crate::{Endpoint, EndpointKind, Spent};

/// Prompt and completion less what was cached, exact in 75 of 75 recordings to 2026-08. Sound in a prompt counts as
/// seconds of audio and not as tokens, although the total holds it (14 recordings of 2026: 3 + 11 tokens beside 375 of
/// sound). The tokens of connectors count, up to thirty times the rest (conversations, documentation of 2026-08).
pub(crate) fn answered(endpoint: Endpoint, spent: &Spent) -> Cost {
    let (usage, details) = (&spent.usage, &spent.details);
    let request = Cost::requests(1);
    let cost = match endpoint.kind {
        EndpointKind::Unmetered => return Cost::ZERO,
        EndpointKind::Embeddings => request.input_tokens(usage.input_tokens),
        _ if endpoint.produces_tokens() => {
            let input = usage.input_tokens.saturating_sub(usage.cached_input_tokens);
            let connectors = details.connector_tokens.unwrap_or(0);
            let total = input.saturating_add(usage.output_tokens).saturating_add(connectors);
            request.input_tokens(input).output_tokens(usage.output_tokens).total_tokens(total)
        }
        _ => request,
    };
    spent.with_units(cost)
}

/// Requests count when they arrive, tokens when an answer is complete (measured to 2026-08; a report of 2,000 tokens
/// that were asked for and 23 that were counted agrees). That a refused request takes nothing of the window that
/// refused it is our reading: no source tells.
pub(crate) fn refused(_: &Cost, class: Class) -> Cost {
    match class {
        Class::Throttled | Class::Auth | Class::QuotaExhausted => Cost::ZERO,
        _ => Cost::requests(1),
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::{Dimension, Usage};

    use super::*;
    use crate::Details;

    #[test]
    fn cached_tokens_come_off_and_connectors_count() {
        let mut usage = Usage::new(93, 29);
        usage.cached_input_tokens = 16;
        usage.total_tokens = Some(122);
        let chat = answered(Endpoint::of(EndpointKind::Chat), &usage.into());
        assert_eq!(chat.get(Dimension::TotalTokens), 106);
        let mut searched = Usage::new(188, 55);
        searched.total_tokens = Some(7_355);
        let details = Details { connector_tokens: Some(7_112), ..Details::default() };
        let conversation =
            answered(Endpoint::of(EndpointKind::Conversations), &Spent { usage: searched, details });
        assert_eq!(conversation.get(Dimension::TotalTokens), 7_355);
    }

    #[test]
    fn sound_counts_in_seconds_and_not_in_tokens() {
        let mut usage = Usage::new(3, 11);
        usage.total_tokens = Some(389);
        let details = Details { input_audio_tokens: Some(375), audio_seconds: Some(3), ..Details::default() };
        let spent = Spent { usage, details };
        let chat = answered(Endpoint::of(EndpointKind::Chat), &spent);
        assert_eq!((chat.get(Dimension::TotalTokens), chat.get(Dimension::AudioSeconds)), (14, 3));
        let transcription = answered(Endpoint::of(EndpointKind::Audio), &spent);
        assert_eq!(transcription, Cost::requests(1).with(Dimension::AudioSeconds, 3));
    }

    #[test]
    fn documents_count_their_pages() {
        let details = Details { pages: Some(29), ..Details::default() };
        let spent = Spent { details, ..Spent::default() };
        let read = answered(Endpoint::of(EndpointKind::Ocr), &spent);
        assert_eq!(read, Cost::requests(1).with(Dimension::Pages, 29));
    }

    #[test]
    fn a_refused_request_takes_nothing_of_the_window_that_refused_it() {
        let estimate = Cost::requests(1).input_tokens(10);
        assert_eq!(refused(&estimate, Class::Throttled), Cost::ZERO);
        assert_eq!(refused(&estimate, Class::ServerError), Cost::requests(1));
    }
}
