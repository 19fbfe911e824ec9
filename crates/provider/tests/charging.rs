//! What each provider counts of a call, endpoint by endpoint, and when: the table of the documentation and of what was
//! measured, written down once more and apart from the code.

use std::time::SystemTime;

use base64::Engine;
use http::{HeaderMap, HeaderValue};
use tidegate_core::{Charging, Cost, Dimension, Enforcement, Limit, Observation, Quota, Usage};
use tidegate_provider::{
    Adapter, Details, Dialect, Endpoint, EndpointKind, HeaderNames, ResponseHead, Spent, adapter, adapter_at,
    settlement,
};

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
        let kinds = [
            EndpointKind::Moderation,
            EndpointKind::Rerank,
            EndpointKind::CountTokens,
            EndpointKind::Unknown,
        ];
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
    let cases: [(EndpointKind, &[u8], Dimension, u64); 3] = [
        (EndpointKind::Images, br#"{"model":"m","prompt":"a tide","n":3}"#, Dimension::Images, 3),
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

/// Tokens of a second of sound, where sound counts in tokens.
fn tokens_a_second(dialect: Dialect) -> u64 {
    match dialect {
        Dialect::Mistral => 0,
        Dialect::Gemini => 32,
        _ => 10,
    }
}

/// Three seconds of sound at 64 kbit/s.
fn three_seconds() -> Vec<u8> {
    let mut file = vec![0xff, 0xfb, 0x50, 0xc4];
    file.resize(24_000, 0x55);
    file
}

#[test]
fn text_to_be_spoken_costs_its_characters_and_its_tokens_where_those_count() {
    for adapter in adapters() {
        let body = r#"{"model":"m","voice":"v","input":"12345678 ü"}"#.as_bytes();
        let estimate = adapter.estimate(Endpoint::of(EndpointKind::Speech), body);
        let tokens = if adapter.dialect() == Dialect::Mistral { 0 } else { 3 };
        let cost = estimate.cost;
        assert_eq!(
            (cost.get(Dimension::Characters), cost.get(Dimension::TotalTokens), estimate.expects_output),
            (10, tokens, false),
            "{}",
            adapter.dialect()
        );
    }
}

#[test]
fn an_upload_of_sound_costs_its_seconds_and_its_tokens_where_those_count() {
    let head = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nlistener\r\n\
                --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n";
    let form = [head.as_bytes(), &three_seconds(), b"\r\n--b--\r\n"].concat();
    let elsewhere =
        "--b\r\nContent-Disposition: form-data; name=\"file_url\"\r\n\r\nhttps://example.com/a.mp3\r\n--b--";
    for adapter in adapters() {
        let dialect = adapter.dialect();
        let estimate = adapter.estimate(Endpoint::of(EndpointKind::Audio), &form);
        let cost = estimate.cost;
        assert_eq!(estimate.lane, "listener", "{dialect}");
        assert_eq!(cost.get(Dimension::AudioSeconds), 3, "{dialect}");
        assert_eq!(cost.get(Dimension::InputTokens), 3 * tokens_a_second(dialect), "{dialect}");
        assert_eq!(estimate.expects_output, dialect != Dialect::Mistral, "{dialect}");
        let unknown = adapter.estimate(Endpoint::of(EndpointKind::Audio), elsewhere.as_bytes()).cost;
        assert_eq!(unknown, Cost::requests(1), "{dialect}");
    }
}

#[test]
fn sound_in_a_message_costs_what_its_length_tells() {
    let data = base64::engine::general_purpose::STANDARD.encode(three_seconds());
    let message =
        |part: &str| format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}"#);
    let parts = [
        format!(r#"{{"type":"input_audio","input_audio":{{"data":"{data}","format":"mp3"}}}}"#),
        format!(r#"{{"type":"input_audio","input_audio":"{data}"}}"#),
        format!(r#"{{"type":"audio_url","audio_url":{{"url":"data:audio/mpeg;base64,{data}"}}}}"#),
        format!(r#"{{"inlineData":{{"mimeType":"audio/mp3","data":"{data}"}}}}"#),
    ];
    for adapter in adapters() {
        let dialect = adapter.dialect();
        let cost =
            |part: &str| adapter.estimate(Endpoint::of(EndpointKind::Chat), message(part).as_bytes()).cost;
        let frame = cost("").get(Dimension::InputTokens);
        for part in &parts {
            let cost = cost(part);
            let tokens = cost.get(Dimension::InputTokens) - frame;
            assert_eq!(
                (cost.get(Dimension::AudioSeconds), tokens),
                (3, 3 * tokens_a_second(dialect)),
                "{dialect}"
            );
        }
        let picture = cost(&format!(r#"{{"inlineData":{{"mimeType":"image/png","data":"{data}"}}}}"#));
        assert_eq!(picture.get(Dimension::AudioSeconds), 0, "{dialect}");
        assert!(picture.get(Dimension::InputTokens) < 1_000, "{dialect}: base64 is no text");
    }
}

#[test]
fn what_was_heard_counts_in_the_unit_in_which_it_is_told() {
    let body = |usage: &str| format!(r#"{{"text":"How far is the moon","usage":{usage}}}"#);
    let settled = |usage: &str| {
        let adapter = adapter(Dialect::OpenAi);
        let endpoint = Endpoint::of(EndpointKind::Audio);
        let mut reader = adapter.usage_reader(endpoint, None, None);
        reader.push(body(usage).as_bytes());
        let estimate = Cost::requests(1).input_tokens(40).with(Dimension::AudioSeconds, 5);
        let charge =
            settlement(adapter, endpoint, &reader.finish(), &[], &estimate).expect("it is told").charge;
        [Dimension::AudioSeconds, Dimension::InputTokens, Dimension::OutputTokens]
            .map(|each| charge.get(each))
    };
    // As OpenAI answered for two models in 2026-08.
    let tokens = r#"{"type":"tokens","total_tokens":182,"input_tokens":37,"input_token_details":{"text_tokens":0,"audio_tokens":37},"output_tokens":145}"#;
    assert_eq!(settled(tokens), [5, 37, 145]);
    assert_eq!(settled(r#"{"type":"duration","seconds":4}"#), [4, 0, 0]);
}

#[test]
fn each_provider_charges_its_limits_on_tokens_by_its_own_rule() {
    use Charging::{Completion, InputOnly, InputThenOutput, Maximum, MaximumReturned, Unknown};
    for adapter in adapters() {
        let expected = match adapter.dialect() {
            Dialect::Azure => [Maximum, Maximum],
            Dialect::Cerebras => [MaximumReturned, MaximumReturned],
            Dialect::Gemini => [InputOnly, Unknown],
            Dialect::Xai | Dialect::Venice => [InputThenOutput, Unknown],
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

#[test]
fn given_limits_of_a_day_begin_when_the_providers_day_does() {
    let zones = |dialect, named: Option<&str>| {
        let limit =
            |quota| Limit { zone: named.map(str::to_owned), ..Limit::new(Dimension::Requests, quota) };
        let given =
            vec![limit(Quota::per_day(50)), limit(Quota::per_month(900)), limit(Quota::per_minute(5))];
        adapter(dialect).charged(given).into_iter().map(|limit| limit.zone).collect::<Vec<_>>()
    };
    let pacific = Some("America/Los_Angeles".to_owned());
    assert_eq!(zones(Dialect::Gemini, None), [pacific, None, None]);
    assert_eq!(zones(Dialect::Gemini, Some("UTC")), vec![Some("UTC".to_owned()); 3], "what is given counts");
    for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Gemini) {
        assert_eq!(zones(dialect, None), [None, None, None], "{dialect}");
    }
    let elsewhere = adapter_at(Dialect::OpenAi, "gateway.example", HeaderNames::default());
    assert_eq!(elsewhere.time_zone(), None);
}

/// The limits that a refusal's body states.
fn stated(adapter: &dyn Adapter, message: &str, details: &str) -> Vec<Observation> {
    let body = format!(r#"{{"error":{{"message":"{message}","code":429,"details":[{details}]}}}}"#);
    let headers = HeaderMap::new();
    let head = ResponseHead { status: 429, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
    adapter.classify(&head, body.as_bytes()).limits
}

/// What they are known for: their window in seconds, enforcement and charging.
fn refused(adapter: &dyn Adapter, message: &str, details: &str) -> Vec<(u64, Enforcement, Charging)> {
    let limits = stated(adapter, message, details);
    limits
        .iter()
        .map(|limit| (limit.window.unwrap_or_default().as_secs(), limit.enforcement, limit.charging))
        .collect()
}

#[test]
fn a_limit_that_only_a_refusal_states_is_known_like_one_of_a_header() {
    use Charging::{Admission, Unknown};
    const TPM: &str = "on tokens per min (TPM): Limit 30000, Used 18928, Requested 11159.";
    let of = |dialect, message| refused(adapter(dialect), message, "");
    assert_eq!(of(Dialect::OpenAi, TPM), [(60, Enforcement::Bucket, Unknown)]);
    assert_eq!(of(Dialect::Groq, TPM), [(60, Enforcement::Bucket, Unknown)]);
    assert_eq!(of(Dialect::Azure, TPM), [(60, Enforcement::Unknown, Charging::Maximum)]);
    assert_eq!(of(Dialect::Compatible, TPM), [(60, Enforcement::Unknown, Unknown)]);
    let anthropic = "the rate limit for your organization of 20,000 input tokens per minute";
    assert_eq!(of(Dialect::Anthropic, anthropic), [(60, Enforcement::Bucket, Admission)]);
    let requests = "limited to 1 requests per minute";
    assert_eq!(of(Dialect::OpenRouter, requests), [(60, Enforcement::FixedWindow, Admission)]);
    assert_eq!(of(Dialect::Perplexity, requests), [(60, Enforcement::Bucket, Admission)]);
    let elsewhere = adapter_at(Dialect::OpenAi, "gateway.example", HeaderNames::default());
    assert_eq!(refused(elsewhere, TPM, ""), [(60, Enforcement::Unknown, Unknown)]);
    let unhinted: Vec<_> =
        stated(adapter(Dialect::OpenAi), TPM, "").into_iter().map(Observation::unhinted).collect();
    assert_eq!(stated(elsewhere, TPM, ""), unhinted);
}

#[test]
fn requests_that_are_judged_by_a_finer_period_say_so() {
    let grains = |dialect| -> Vec<_> {
        let mut headers = HeaderMap::new();
        for name in ["x-ratelimit-limit-requests", "x-ratelimit-limit-tokens"] {
            headers.insert(name, HeaderValue::from_static("480"));
        }
        let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        let limits = adapter(dialect).observe(Endpoint::of(EndpointKind::Chat), &head);
        limits.iter().map(|limit| (limit.dimension, limit.grain.map(|grain| grain.as_secs()))).collect()
    };
    let (requests, tokens) = (Dimension::Requests, Dimension::TotalTokens);
    assert_eq!(grains(Dialect::Xai), [(requests, Some(1)), (tokens, None)]);
    assert_eq!(grains(Dialect::Azure), [(requests, Some(10)), (tokens, None)]);
    assert_eq!(grains(Dialect::Groq), [(requests, None), (tokens, None)]);
}

#[test]
fn geminis_quotas_of_a_day_are_windows_and_those_of_a_minute_are_not_said() {
    let violations = r#"{"violations":[
        {"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50"},
        {"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"},
        {"quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaValue":"250000"}]}"#;
    let stated = stated(adapter(Dialect::Gemini), "Resource exhausted.", violations);
    let zones: Vec<_> = stated.iter().map(|limit| limit.zone).collect();
    assert_eq!(zones, [Some("America/Los_Angeles"), None, None], "the day's begins at another midnight");
    let known = refused(adapter(Dialect::Gemini), "Resource exhausted.", violations);
    let admission = Charging::Admission;
    assert_eq!(
        known,
        [
            (86_400, Enforcement::FixedWindow, admission),
            (60, Enforcement::Unknown, admission),
            (60, Enforcement::Unknown, admission),
        ]
    );
}
