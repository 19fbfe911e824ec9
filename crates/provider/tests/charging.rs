//! What each provider counts of a call, endpoint by endpoint, and when: the table of the documentation and of what was
//! measured, written down once more and apart from the code.

use tidegate_core::{Charging, Cost, Dimension, Limit, Quota, Usage};
use tidegate_provider::{Adapter, Details, Dialect, Endpoint, EndpointKind, Spent, adapter};

fn adapters() -> impl Iterator<Item = &'static dyn Adapter> {
    Dialect::ALL.into_iter().map(adapter)
}

/// 100 tokens of input, 60 of them from a cache, 20 of output, and something of every other unit.
fn spent() -> Spent {
    let usage = Usage { cached_input_tokens: 60, total_tokens: Some(120), ..Usage::new(100, 20) };
    let details = Details { pages: Some(3), audio_seconds: Some(7), ..Details::default() };
    Spent { usage, details }
}

fn charged(adapter: &dyn Adapter, kind: EndpointKind, spent: &Spent) -> Cost {
    adapter.charge(Endpoint::of(kind), spent)
}

/// Which dialects leave out of the input what was read from a cache.
const WITHOUT_CACHED: [Dialect; 3] = [Dialect::Anthropic, Dialect::Mistral, Dialect::Groq];

#[test]
fn answers_count_a_request_and_their_tokens() {
    for adapter in adapters() {
        let input = if WITHOUT_CACHED.contains(&adapter.dialect()) { 40 } else { 100 };
        for kind in [EndpointKind::Chat, EndpointKind::Completion] {
            let charge = charged(adapter, kind, &Spent { details: Details::default(), ..spent() });
            let counted = [Dimension::Requests, Dimension::InputTokens, Dimension::OutputTokens]
                .map(|dimension| charge.get(dimension));
            assert_eq!(counted, [1, input, 20], "{} {kind:?}", adapter.dialect());
            assert_eq!(charge.get(Dimension::TotalTokens), input + 20, "{} {kind:?}", adapter.dialect());
        }
    }
}

#[test]
fn embeddings_count_their_input_alone() {
    for adapter in adapters() {
        let usage = Usage { total_tokens: Some(8), ..Usage::new(8, 0) };
        let charge = charged(adapter, EndpointKind::Embeddings, &usage.into());
        assert_eq!(charge, Cost::requests(1).input_tokens(8), "{}", adapter.dialect());
    }
}

#[test]
fn moderation_ranking_and_counting_are_requests_and_nothing_else() {
    for adapter in adapters() {
        let kinds = [EndpointKind::Moderation, EndpointKind::Rerank, EndpointKind::CountTokens];
        for kind in kinds.into_iter().filter(|_| adapter.dialect() != Dialect::Anthropic) {
            let charge = charged(adapter, kind, &Spent { details: Details::default(), ..spent() });
            assert_eq!(charge, Cost::requests(1), "{} {kind:?}", adapter.dialect());
        }
        let counting = charged(adapter, EndpointKind::CountTokens, &Spent::from(Usage::new(9, 0)));
        assert_eq!(counting, Cost::requests(1), "{}", adapter.dialect());
    }
}

#[test]
fn pages_and_seconds_count_as_told_and_no_tokens_beside_them() {
    for adapter in adapters().filter(|adapter| adapter.dialect() != Dialect::Anthropic) {
        for (kind, dimension, amount) in
            [(EndpointKind::Ocr, Dimension::Pages, 3), (EndpointKind::Audio, Dimension::AudioSeconds, 7)]
        {
            let charge = charged(adapter, kind, &spent());
            assert_eq!(charge.get(dimension), amount, "{} {kind:?}", adapter.dialect());
            assert_eq!(charge.get(Dimension::TotalTokens), 0, "{} {kind:?}", adapter.dialect());
        }
    }
}

#[test]
fn what_no_limit_governs_costs_nothing() {
    for adapter in adapters() {
        assert_eq!(charged(adapter, EndpointKind::Unmetered, &spent()), Cost::ZERO, "{}", adapter.dialect());
    }
}

#[test]
fn requests_are_estimated_in_the_units_of_their_endpoint() {
    let cases: [(EndpointKind, &[u8], Dimension, u64); 4] = [
        (EndpointKind::Images, br#"{"model":"m","prompt":"a tide","n":3}"#, Dimension::Images, 3),
        (EndpointKind::Speech, br#"{"model":"m","input":"12345678"}"#, Dimension::Characters, 8),
        (EndpointKind::Ocr, br#"{"model":"m","document":{}}"#, Dimension::Pages, 1),
        (EndpointKind::Moderation, br#"{"model":"m","input":"12345678"}"#, Dimension::Requests, 1),
    ];
    for adapter in adapters() {
        for (kind, body, dimension, amount) in cases {
            let cost = adapter.estimate(Endpoint::of(kind), body).cost;
            assert_eq!(cost.get(dimension), amount, "{} {kind:?}", adapter.dialect());
            assert_eq!(cost.get(Dimension::TotalTokens), 0, "{} {kind:?}", adapter.dialect());
        }
    }
}

#[test]
fn each_provider_charges_its_limits_on_tokens_by_its_own_rule() {
    use Charging::{Completion, InputOnly, InputThenOutput, Maximum, MaximumReturned, Unknown};
    for adapter in adapters() {
        let expected = match adapter.dialect() {
            Dialect::Azure => [Maximum, Maximum],
            Dialect::Cerebras => [MaximumReturned, MaximumReturned],
            Dialect::Gemini => [InputOnly, Unknown],
            Dialect::Xai => [InputThenOutput, Unknown],
            Dialect::Mistral => [Completion, Unknown],
            Dialect::Anthropic | Dialect::Fireworks => [Unknown, Completion],
            _ => [Unknown, Unknown],
        };
        let rules = [Dimension::TotalTokens, Dimension::OutputTokens].map(|each| adapter.charging(each));
        assert_eq!(rules, expected, "{}", adapter.dialect());
        let requests = adapter.charging(Dimension::Requests);
        assert_eq!(requests, Charging::Admission, "{}", adapter.dialect());
    }
}

#[test]
fn given_limits_on_tokens_are_charged_by_that_rule_and_others_stay_as_they_are() {
    let given = || {
        let limit = |dimension| Limit::new(dimension, Quota::per_minute(60));
        vec![limit(Dimension::Requests), limit(Dimension::TotalTokens)]
    };
    let rules = |dialect| {
        let limits = adapter(dialect).charged(given());
        limits.iter().map(|limit| limit.charging).collect::<Vec<_>>()
    };
    assert_eq!(rules(Dialect::Gemini), [Charging::Unknown, Charging::InputOnly]);
    assert_eq!(rules(Dialect::Compatible), [Charging::Unknown, Charging::Unknown]);
}
