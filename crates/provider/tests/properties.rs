//! Arbitrary input: nothing panics, nothing is invented, and chunking never changes a reading.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use tidegate_core::Dimension;
use tidegate_provider::{
    Adapter, Dialect, Endpoint, EndpointKind, Reading, ResponseHead, adapter, parse_duration, parse_instant,
};

const HEADERS: [&str; 14] = [
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
    "x-ratelimit-limit-tokens-minute",
    "x-ratelimit-remaining-tokens-minute",
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
    "ratelimitbysize-reset",
    "x-ratelimit-reset",
    "x-ratelimit-limit",
    "retry-after",
    "retry-after-ms",
    "date",
];

fn dialect() -> impl Strategy<Value = &'static dyn Adapter> {
    prop::sample::select(Dialect::ALL.to_vec()).prop_map(adapter)
}

/// Values near those that providers send, and any others.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,20}",
        "-?[0-9]{0,6}(\\.[0-9]{0,12})?(ms|s|m|h|d|us)?([0-9]{1,3}(s|ms))?",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z",
        "(Mon|Tue), [0-3][0-9] (Jan|Feb) 20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-5][0-9] GMT",
        "[ -~]{0,30}",
    ]
}

/// Pieces of JSON and of event streams in any order.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\n\n",
        " ",
        "data: ",
        "data:",
        "event: x",
        "[DONE]",
        "\"usage\"",
        "\"error\"",
        "\"prompt_tokens\"",
        "\"input_tokens\"",
        "\"message\"",
        "\"choices\"",
        "\"type\"",
        "\"response\"",
        "\"message_start\"",
        "null",
        "12",
        "-3",
        "1e99",
        "ä",
        "{\"usage\": {\"prompt_tokens\": 3}}",
        "{\"error\": {\"message\": \"m\"}}",
    ];
    let piece = prop_oneof![
        9 => prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn read(adapter: &dyn Adapter, encoding: Option<&str>, chunks: &[&[u8]]) -> Reading {
    let mut reader = adapter.usage_reader(Endpoint::of(EndpointKind::Chat), None, encoding);
    for chunk in chunks {
        reader.push(chunk);
        let _ = reader.so_far();
    }
    reader.finish()
}

/// The bytes cut at the given places.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut start = 0;
    for place in places {
        chunks.push(&bytes[start..place]);
        start = place;
    }
    chunks.push(&bytes[start..]);
    chunks
}

proptest! {
    #[test]
    fn header_values_are_read_or_left_out(text in value(), bytes in vec(any::<u8>(), 0..40)) {
        let _ = parse_duration(&text);
        let _ = parse_instant(&text);
        let lossy = String::from_utf8_lossy(&bytes);
        let _ = (parse_duration(&lossy), parse_instant(&lossy));
    }

    #[test]
    fn durations_in_go_notation_come_back_exactly(millis in 0_u64..30_000_000_000) {
        let (hours, rest) = (millis / 3_600_000, millis % 3_600_000);
        let (minutes, seconds, fraction) = (rest / 60_000, rest % 60_000 / 1_000, rest % 1_000);
        let text = format!("{hours}h{minutes}m{seconds}.{fraction:03}s");
        prop_assert_eq!(parse_duration(&text), Some(Duration::from_millis(millis)));
        prop_assert_eq!(parse_duration(&format!("{millis}ms")), Some(Duration::from_millis(millis)));
    }

    #[test]
    fn heads_state_only_numbers_that_stand_in_them(
        adapter in dialect(),
        pairs in vec((prop::sample::select(HEADERS.to_vec()), value()), 0..12),
        status in 100_u16..600,
        body in soup(),
    ) {
        let mut headers = HeaderMap::new();
        for (name, text) in &pairs {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        let head = ResponseHead { status, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        for limit in adapter.observe(Endpoint::of(EndpointKind::Chat), &head) {
            for number in [limit.limit, limit.remaining].into_iter().flatten() {
                let whole = |text: &str| text.trim().split('.').next().and_then(|text| text.parse().ok());
                let stated = pairs.iter().any(|(_, text)| whole(text) == Some(number));
                prop_assert!(stated, "{number} stands in no header");
            }
            prop_assert!(limit.remaining.unwrap_or(0) <= limit.limit.unwrap_or(u64::MAX));
        }
        let verdict = adapter.classify(&head, &body);
        prop_assert!(verdict.retry_after.is_none() || verdict.class.is_retryable());
        prop_assert!(!verdict.retryable || verdict.class.is_retryable());
    }

    #[test]
    fn chunking_never_changes_a_reading(
        adapter in dialect(),
        body in soup(),
        places in vec(any::<usize>(), 0..8),
        encoding in prop::sample::select(vec![None, Some("gzip"), Some("br"), Some("zstd"), Some("deflate")]),
    ) {
        let whole = read(adapter, encoding, &[&body]);
        prop_assert_eq!(read(adapter, encoding, &cut(&body, &places)), whole);
    }

    #[test]
    fn any_bytes_can_be_estimated(adapter in dialect(), body in soup()) {
        let estimate = adapter.estimate(Endpoint::of(EndpointKind::Chat), &body);
        prop_assert_eq!(estimate.cost.get(Dimension::Requests), 1);
    }
}
