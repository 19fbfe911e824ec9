//! Bad input, a test for each kind and every dialect's own names where they matter: no panic, no wrong limit, no wait
//! that nobody stated.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_core::Class;
use tidegate_provider::{Dialect, Endpoint, EndpointKind, Inspection, ResponseHead, adapter, inspect};

/// The instant at which every answer arrives: 2025-08-08T15:40:00Z.
const NOW: u64 = 1_754_667_600;

/// The names of one limit: of its limit, of what remains, of its reset.
type Names = [&'static str; 3];

/// The names that a dialect's own host writes.
fn names(dialect: Dialect) -> Names {
    match dialect {
        Dialect::Anthropic => [
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-ratelimit-input-tokens-reset",
        ],
        Dialect::Mistral => ["ratelimitbysize-limit", "ratelimitbysize-remaining", "ratelimitbysize-reset"],
        Dialect::OpenRouter | Dialect::Together => {
            ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]
        }
        Dialect::Cerebras => [
            "x-ratelimit-limit-tokens-minute",
            "x-ratelimit-remaining-tokens-minute",
            "x-ratelimit-reset-tokens-minute",
        ],
        Dialect::HuggingFace => ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
        _ => ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
    }
}

fn answer(dialect: Dialect, status: u16, pairs: &[(&str, &[u8])], body: &[u8]) -> Inspection {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("the name of a header");
        headers.append(name, HeaderValue::from_bytes(value).expect("the value of a header"));
    }
    let received_at: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
    inspect(adapter(dialect), &ResponseHead { status, headers: &headers, received_at }, body)
}

/// A head with these values under a dialect's own names.
fn limited(dialect: Dialect, values: [&[u8]; 3]) -> Inspection {
    let names = names(dialect);
    let pairs: Vec<(&str, &[u8])> = names.into_iter().zip(values).collect();
    answer(dialect, 200, &pairs, b"{}")
}

#[test]
fn negative_numbers_state_no_limit_at_any_host() {
    for dialect in Dialect::ALL {
        let seen = limited(dialect, [b"-1", b"-5", b"-3"]).observed;
        assert_eq!(seen.limits, [], "{dialect}");
        assert!(!seen.ignored.is_empty(), "{dialect}");
        let remaining = limited(dialect, [b"100", b"-5", b"-3"]).observed.limits;
        assert_eq!((remaining[0].limit, remaining[0].remaining, remaining[0].reset), (Some(100), None, None));
    }
}

#[test]
fn huge_numbers_state_no_limit_at_any_host() {
    for dialect in Dialect::ALL {
        for huge in ["9223372036854775807", "18446744073709551615", "99999999999999999999999999", "1e300"] {
            let seen = limited(dialect, [huge.as_bytes(), huge.as_bytes(), huge.as_bytes()]).observed;
            assert_eq!(seen.limits, [], "{dialect} {huge}");
        }
        let reset = limited(dialect, [b"100", b"99", b"99999999999"]).observed.limits;
        assert_eq!((reset[0].limit, reset[0].reset), (Some(100), None), "{dialect}");
    }
}

#[test]
fn what_is_not_a_number_states_no_limit_at_any_host() {
    for dialect in Dialect::ALL {
        for text in ["NaN", "inf", "-inf", "0x10", "1,000", "1_000", "ten", "+5", "5 5", "\"", "{}", "null"] {
            let bytes = text.as_bytes();
            assert_eq!(limited(dialect, [bytes; 3]).observed.limits, [], "{dialect} {text}");
        }
    }
}

#[test]
fn text_that_is_not_utf_8_states_no_limit_at_any_host() {
    for dialect in Dialect::ALL {
        let seen = limited(dialect, [b"\xff\xfe", b"5\x80", b"\xc3"]).observed;
        assert_eq!(seen.limits, [], "{dialect}");
        assert!(!seen.ignored.is_empty(), "{dialect}");
        let refused = answer(dialect, 429, &[("retry-after", b"5\xff")], b"\xff\xfe\x00").verdict;
        assert_eq!((refused.class, refused.retry_after), (Class::Throttled, None), "{dialect}");
    }
}

#[test]
fn headers_that_come_twice_count_only_where_they_agree_at_any_host() {
    for dialect in Dialect::ALL {
        let [limit, remaining, _] = names(dialect);
        let twice = |second: &[u8]| {
            let pairs = [(limit, &b"100"[..]), (limit, second), (remaining, &b"7"[..])];
            answer(dialect, 200, &pairs, b"{}").observed.limits[0]
        };
        assert_eq!((twice(b"100").limit, twice(b"100").remaining), (Some(100), Some(7)), "{dialect}");
        assert_eq!((twice(b"200").limit, twice(b"200").remaining), (None, Some(7)), "{dialect}");
    }
}

#[test]
fn dates_in_the_past_are_now_and_never_before() {
    for dialect in Dialect::ALL {
        for past in ["Thu, 01 Jan 1970 00:00:00 GMT", "2001-01-01T00:00:00Z", "1000000000"] {
            let seen = limited(dialect, [b"100", b"7", past.as_bytes()]).observed.limits;
            let reset = seen[0].reset.unwrap_or(Duration::ZERO);
            assert_eq!((seen[0].remaining, reset), (Some(7), Duration::ZERO), "{dialect} {past}");
        }
        let late = answer(dialect, 429, &[("retry-after", b"Thu, 01 Jan 1970 00:00:00 GMT")], b"");
        assert_eq!(late.verdict.retry_after.unwrap_or(Duration::ZERO), Duration::ZERO, "{dialect}");
    }
}

#[test]
fn an_error_that_is_cut_short_is_still_the_failure_that_its_status_says() {
    let bodies = [
        r#"{"error":{"message":"Rate limit reached: Limit 10, Used 9, Requested 3. Please try again in 2s.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"limit of 30,000 input tokens per minute"}}"#,
        r#"[{"error":{"code":429,"message":"Please retry in 4.5s.","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"4s"}]}}]"#,
        r#"{"object":"error","message":"Rate limit exceeded \u00e9\ud83d\ude00","type":"rate_limited","code":"1300"}"#,
    ];
    for dialect in Dialect::ALL {
        for body in bodies {
            for end in 0..=body.len() {
                let verdict = answer(dialect, 429, &[], &body.as_bytes()[..end]).verdict;
                assert_eq!(verdict.class, Class::Throttled, "{dialect} {}", &body[..end]);
                assert!(
                    verdict.retry_after.is_none_or(|wait| wait <= Duration::from_secs(5)),
                    "{dialect} {end}"
                );
            }
        }
    }
}

#[test]
fn a_stream_that_is_cut_inside_of_a_letter_keeps_what_it_told() {
    let usage = "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}";
    let stream = format!(
        "data: {{\"choices\":[],{usage}}}\n\ndata: {{\"choices\":[{{\"delta\":{{\"content\":\"naïve 😀"
    );
    for dialect in Dialect::ALL {
        for cut in 0..12 {
            let bytes = &stream.as_bytes()[..stream.len() - cut];
            let mut reader = adapter(dialect).usage_reader(Endpoint::of(EndpointKind::Chat), None, None);
            bytes.chunks(3).for_each(|chunk| reader.push(chunk));
            let reading = reader.finish();
            assert_eq!(reading.usage.map(|usage| usage.total()), Some(5), "{dialect} {cut}");
            assert!(!reading.is_complete() && reading.error.is_none(), "{dialect} {cut}");
        }
    }
}

#[test]
fn a_bomb_of_limits_is_cut_and_noted_at_any_host() {
    let pairs: Vec<(String, String)> = (0..5_000)
        .flat_map(|number| {
            ["limit", "remaining", "reset"]
                .map(|part| (format!("x-ratelimit-{part}-tokens-{number}"), format!("{number}")))
        })
        .collect();
    let pairs: Vec<(&str, &[u8])> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    for dialect in Dialect::ALL {
        let seen = answer(dialect, 200, &pairs, b"{}").observed;
        assert!(seen.limits.len() <= 16 && seen.ignored.len() <= 32, "{dialect}");
    }
}
