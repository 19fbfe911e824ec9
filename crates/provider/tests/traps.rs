//! The traps that a client of LLM APIs must survive, one test each. All of them were seen in recordings or reports of
//! 2024-04 to 2026-08; the figures here are made up.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tidegate_core::{Class, Dimension, Reach};
use tidegate_provider::{Dialect, Inspection, ResponseHead, WaitSource, Why, adapter, inspect};

/// The instant at which the answers below arrive.
const NOW: u64 = 1_754_667_600;

fn answer(dialect: Dialect, status: u16, pairs: &[(&'static str, &'static str)], body: &[u8]) -> Inspection {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let headers: HeaderMap = pairs.iter().map(pair).collect();
    let received_at: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
    inspect(adapter(dialect), &ResponseHead { status, headers: &headers, received_at }, body)
}

fn refusal(dialect: Dialect, status: u16, body: &Value) -> Inspection {
    answer(dialect, status, &[], body.to_string().as_bytes())
}

fn wait(dialect: Dialect, message: &str) -> Option<u128> {
    let body = json!({"error": {"message": message, "code": "429"}});
    refusal(dialect, 429, &body).verdict.retry_after.map(|wait| wait.as_micros().div_ceil(1_000))
}

#[test]
fn trap_1_retry_after_on_a_success_asks_for_nothing() {
    for dialect in Dialect::ALL {
        let seen = answer(dialect, 200, &[("retry-after", "33")], b"{}");
        assert_eq!((seen.verdict.class, seen.verdict.retry_after), (Class::Ok, None), "{dialect}");
        assert_eq!(seen.observed.ignored[0].why, Why::WaitOnSuccess, "{dialect}");
    }
}

#[test]
fn trap_2_more_left_than_the_limit_is_all_of_it() {
    let together = [("x-ratelimit-limit", "20"), ("x-ratelimit-remaining", "39"), ("x-ratelimit-reset", "2")];
    let limit = answer(Dialect::Together, 200, &together, b"{}").observed.limits[0];
    assert_eq!((limit.limit, limit.remaining), (Some(20), Some(20)));
    let cerebras =
        [("x-ratelimit-limit-tokens-hour", "2000000"), ("x-ratelimit-remaining-tokens-hour", "5999976")];
    let limit = answer(Dialect::Cerebras, 200, &cerebras, b"{}").observed.limits[0];
    assert_eq!((limit.limit, limit.remaining), (Some(2_000_000), Some(2_000_000)));
}

#[test]
fn trap_3_sentinels_and_placeholders_are_no_limits() {
    for (value, why) in [
        ("-1", Why::Negative),
        ("9223372036854767616", Why::Sentinel),
        ("REDACTED", Why::NotACount),
        ("X-RATELIMIT-LIMIT-TOKENS-XXX", Why::NotACount),
        ("NaN", Why::NotACount),
    ] {
        for dialect in [Dialect::OpenAi, Dialect::Azure, Dialect::HuggingFace] {
            let seen = answer(dialect, 200, &[("x-ratelimit-limit-tokens", value)], b"{}");
            assert_eq!(seen.observed.limits, [], "{dialect} {value}");
            assert_eq!(seen.observed.ignored[0].why, why, "{dialect} {value}");
        }
    }
}

#[test]
fn trap_4_a_limit_of_zero_never_passes() {
    let mistral =
        json!({"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "code": "1300"});
    let body = mistral.to_string();
    let seen = answer(Dialect::Mistral, 429, &[("x-ratelimit-limit-req-minute", "0")], body.as_bytes());
    assert_eq!((seen.verdict.class, seen.verdict.retryable), (Class::QuotaExhausted, false));
    let google = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
        {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "quotaValue": "0"}]},
        {"retryDelay": "3s"}]}});
    let seen = refusal(Dialect::Gemini, 429, &google).verdict;
    assert_eq!((seen.class, seen.retryable, seen.retry_after), (Class::QuotaExhausted, false, None));
}

#[test]
fn trap_5_one_code_for_what_passes_and_what_never_will() {
    let limited = |message: &str| json!({"error": {"message": message, "type": "tokens", "code": "rate_limit_exceeded"}});
    let spent = |code: &str| json!({"error": {"message": "m", "type": code, "code": code}});
    let capped = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "m",
        "details": {"error_code": "enforced_spend_limit_reached"}}});
    let cases = [
        (
            Dialect::OpenAi,
            429,
            limited("on tokens per min (TPM): Limit 10, Used 9, Requested 3."),
            Class::Throttled,
        ),
        (Dialect::OpenAi, 429, limited("Request too large: Limit 10, Requested 12."), Class::RequestRejected),
        (Dialect::OpenAi, 429, spent("insufficient_quota"), Class::QuotaExhausted),
        (Dialect::Anthropic, 429, capped, Class::QuotaExhausted),
        (
            Dialect::Xai,
            429,
            json!({"error": "Your team x has either used all available credits or reached its monthly spending limit"}),
            Class::QuotaExhausted,
        ),
        (Dialect::Compatible, 429, json!({"error": {"code": "1113", "message": "m"}}), Class::QuotaExhausted),
    ];
    for (dialect, status, body, class) in cases {
        let verdict = refusal(dialect, status, &body).verdict;
        assert_eq!(
            (verdict.class, verdict.retryable),
            (class, class == Class::Throttled),
            "{dialect} {body}"
        );
    }
    let wall = limited("Request too large for model `m`: Limit 10, Requested 12, please reduce");
    let seen = answer(Dialect::Groq, 413, &[("retry-after", "65")], wall.to_string().as_bytes()).verdict;
    assert_eq!((seen.class, seen.retry_after), (Class::RequestRejected, None));
}

#[test]
fn trap_6_of_two_waits_the_longer_counts() {
    let seen = answer(Dialect::Azure, 429, &[("retry-after-ms", "0"), ("retry-after", "2")], b"{}").verdict;
    assert_eq!(
        (seen.retry_after, seen.waits_by),
        (Some(Duration::from_secs(2)), Some(WaitSource::RetryAfter))
    );
}

#[test]
fn trap_7_a_refusal_without_any_hint_is_still_worth_a_retry() {
    for dialect in Dialect::ALL {
        let seen = answer(dialect, 429, &[], b"").verdict;
        assert_eq!(
            (seen.class, seen.retryable, seen.retry_after),
            (Class::Throttled, true, None),
            "{dialect}"
        );
    }
}

#[test]
fn trap_8_errors_inside_a_success_are_errors() {
    let cases = [
        (
            Dialect::Anthropic,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n",
            Class::Overloaded,
        ),
        (
            Dialect::OpenRouter,
            "data: {\"error\":{\"code\":429,\"message\":\"m\"},\"choices\":[{\"finish_reason\":\"error\"}]}\n\n",
            Class::Throttled,
        ),
        (
            Dialect::OpenRouter,
            "{\"choices\":[{\"finish_reason\":\"error\",\"error\":{\"code\":502,\"message\":\"m\"}}]}",
            Class::ServerError,
        ),
        (
            Dialect::Mistral,
            "event: conversation.response.error\ndata: {\"type\":\"conversation.response.error\",\"message\":\"m\",\"code\":1300}\n\n",
            Class::Throttled,
        ),
        (
            Dialect::Gemini,
            "[{\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}]",
            Class::Overloaded,
        ),
    ];
    for (dialect, body, class) in cases {
        let seen = answer(dialect, 200, &[], body.as_bytes()).verdict;
        assert_eq!(seen.class, class, "{dialect} {body}");
        assert_eq!(seen.error.unwrap().message.as_deref(), Some("m"), "{dialect} {body}");
    }
}

#[test]
fn trap_9_keep_alives_and_padding_are_passed_over() {
    let usage = "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}";
    let cases = [
        (Dialect::OpenRouter, format!(": OPENROUTER PROCESSING\n\ndata: {{{usage}}}\n\ndata: [DONE]\n\n")),
        (Dialect::Xai, format!(": keepalive\n\ndata: {{{usage}}}\n\n: keepalive\n\ndata: [DONE]\n\n")),
        (Dialect::DeepSeek, format!(": keep-alive\n\n\n\ndata: {{{usage}}}\n\ndata: [DONE]\n\n")),
        (Dialect::OpenRouter, format!("\n         \n\n         \n{{{usage}}}")),
        (Dialect::DeepSeek, format!("\n\n\n\n{{{usage}}}")),
    ];
    for (dialect, body) in cases {
        let seen = answer(dialect, 200, &[], body.as_bytes());
        assert_eq!(seen.usage.map(|usage| usage.total()), Some(5), "{dialect} {body}");
        assert!(seen.complete, "{dialect} {body}");
    }
    let ping = "event: ping\ndata: {\"type\":\"ping\"}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2}}\n\n";
    let seen = answer(Dialect::Anthropic, 200, &[], ping.as_bytes());
    assert_eq!(seen.usage.map(|usage| usage.output_tokens), Some(2));
}

#[test]
fn trap_10_one_name_has_a_unit_for_each_provider() {
    let reset = |dialect, text: &'static str| {
        let pairs = [("x-ratelimit-remaining-requests", "1"), ("x-ratelimit-reset-requests", text)];
        let reset = answer(dialect, 200, &pairs, b"{}").observed.limits[0].reset;
        reset.map(|reset| reset.as_micros().div_ceil(1_000))
    };
    assert_eq!(reset(Dialect::OpenAi, "1m0.5s"), Some(60_500));
    assert_eq!(reset(Dialect::Groq, "10.974999999s"), Some(10_975));
    assert_eq!(reset(Dialect::Venice, "1754667660"), Some(60_000));
    assert_eq!(reset(Dialect::Azure, "7"), Some(7_000));
    assert_eq!(reset(Dialect::Cerebras, "33.382867"), Some(33_383));
    assert_eq!(reset(Dialect::Compatible, "1754667660000"), Some(60_000));
    assert_eq!(reset(Dialect::Compatible, "2025-08-08T15:41:00Z"), Some(60_000));
    assert_eq!(reset(Dialect::Compatible, "Fri, 08 Aug 2025 15:41:00 GMT"), Some(60_000));
}

#[test]
fn trap_11_waits_stand_in_messages() {
    let cases = [
        (Dialect::OpenAi, "Please try again in 17.552s. Visit us.", 17_552),
        (Dialect::OpenAi, "Please try again in 20ms.", 20),
        (Dialect::OpenAi, "Please try again in 6m0s.", 360_000),
        (Dialect::Groq, "Please try again in 9m38.016s. Need more?", 578_016),
        (Dialect::Azure, "have exceeded it. Please retry after 45 seconds.", 45_000),
        (Dialect::Azure, "Rate limit is exceeded. Try again in 2 seconds.", 2_000),
        (Dialect::Compatible, "limit reached, resets at 2025-08-08T15:41:00Z (2056)", 60_000),
        (Dialect::OpenRouter, "Rate limited. Retry after 40 seconds.", 40_000),
    ];
    for (dialect, message, millis) in cases {
        assert_eq!(wait(dialect, message), Some(millis), "{dialect}: {message}");
    }
    let google = json!({"error": {"code": 429, "message": "Please retry in 48.5s.", "status": "RESOURCE_EXHAUSTED",
        "details": [{"retryDelay": "48s"}]}});
    let seen = refusal(Dialect::Gemini, 429, &google).verdict;
    assert_eq!(seen.retry_after, Some(Duration::from_millis(48_500)), "the cut one is the smaller");
}

#[test]
fn a_refusal_of_the_host_behind_is_not_the_accounts() {
    let body = json!({"error": {"message": "Provider returned error", "code": 429,
        "metadata": {"raw": "m is temporarily rate-limited upstream.", "provider_name": "Somebody"}}});
    let seen = refusal(Dialect::OpenRouter, 429, &body).verdict;
    assert_eq!((seen.class, seen.reach), (Class::Overloaded, Reach::Lane));
}

#[test]
fn a_bomb_of_headers_is_bounded() {
    let mut headers = HeaderMap::new();
    for number in 0..20_000 {
        let name = HeaderName::try_from(format!("x-ratelimit-limit-tokens-{number}")).unwrap();
        headers.insert(name, HeaderValue::from_static("5"));
    }
    for number in 0..200 {
        headers.append("x-ratelimit-remaining-requests", HeaderValue::from(number));
    }
    for dialect in Dialect::ALL {
        let head = ResponseHead { status: 200, headers: &headers, received_at: UNIX_EPOCH };
        let seen = inspect(adapter(dialect), &head, b"{}").observed;
        assert!(seen.limits.len() <= 16 && seen.ignored.len() <= 32, "{dialect}");
        assert!(seen.limits.iter().all(|limit| limit.dimension != Dimension::Requests), "{dialect}");
    }
}
