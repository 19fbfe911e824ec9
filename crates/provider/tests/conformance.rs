//! The contract of `Adapter`, run by every dialect. What only one dialect does is tested beside its code.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tidegate_core::{Class, Cost, Dimension, Usage};
use tidegate_provider::{
    Adapter, Dialect, Endpoint, EndpointKind, LocalRefusal, Reading, RefusalKind, ResponseHead, Verdict,
    adapter,
};

/// Bodies that no adapter may stumble over.
const RUBBISH: [&[u8]; 10] = [
    b"",
    b" ",
    b"{",
    b"[]",
    b"null",
    b"{\"model\": 5, \"messages\": {\"a\": [[[[",
    b"\xff\xfe\x00",
    b"<html><body>bad gateway</body></html>",
    b"data: {\"usage\": {\"prompt_tokens\": -1}}\n\n",
    b"{\"error\": {\"message\": [1], \"code\": {}}}",
];

fn adapters() -> impl Iterator<Item = &'static dyn Adapter> {
    Dialect::ALL.into_iter().map(adapter)
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).ok(), HeaderValue::from_str(value).ok())
    };
    pairs.iter().map(pair).filter_map(|(name, value)| Some((name?, value?))).collect()
}

fn classify(adapter: &dyn Adapter, status: u16, pairs: &[(&str, &str)], body: &[u8]) -> Verdict {
    let headers = headers(pairs);
    adapter.classify(&ResponseHead { status, headers: &headers, received_at: SystemTime::UNIX_EPOCH }, body)
}

/// The path of each dialect's usual call.
fn usual_path(adapter: &dyn Adapter) -> &'static str {
    match adapter.dialect() {
        Dialect::Anthropic => "/v1/messages",
        Dialect::OpenRouter => "/api/v1/chat/completions",
        _ => "/v1/chat/completions",
    }
}

/// A plain answer and a stream of each dialect that both used 20 tokens of input, 5 of them cached, and 7 of output.
fn usual_answers(adapter: &dyn Adapter) -> (String, String) {
    if adapter.dialect() == Dialect::Anthropic {
        let usage = json!({"input_tokens": 15, "cache_read_input_tokens": 5, "output_tokens": 7});
        let start = json!({"type": "message_start", "message": {"type": "message", "usage":
            {"input_tokens": 15, "cache_read_input_tokens": 5, "output_tokens": 1}}});
        let delta = json!({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7}});
        let stop = json!({"type": "message_stop"});
        let stream = format!(
            "event: message_start\ndata: {start}\n\nevent: ping\ndata: {{\"type\": \"ping\"}}\n\nevent: message_delta\ndata: {delta}\n\nevent: message_stop\ndata: {stop}\n\n"
        );
        return (json!({"type": "message", "content": [], "usage": usage}).to_string(), stream);
    }
    let usage = json!({"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27,
        "prompt_tokens_details": {"cached_tokens": 5}});
    let chunk = json!({"choices": [{"delta": {"content": "\"usage\": {} — naïve"}}], "usage": null});
    let last = json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage});
    let stream = format!(": keep-alive\n\ndata: {chunk}\n\ndata: {last}\n\ndata: [DONE]\n\n");
    (json!({"object": "chat.completion", "choices": [], "usage": usage}).to_string(), stream)
}

fn read(adapter: &dyn Adapter, encoding: Option<&str>, body: &[u8], chunk: usize) -> Reading {
    let mut reader = adapter.usage_reader(Endpoint::of(EndpointKind::Chat), None, encoding);
    body.chunks(chunk).for_each(|part| reader.push(part));
    reader.finish()
}

#[test]
fn calls_of_a_model_are_metered_and_everything_else_is_not() {
    for adapter in adapters() {
        let endpoint = |method: Method, path: &str| adapter.endpoint(&method, path);
        assert!(endpoint(Method::POST, usual_path(adapter)).is_metered(), "{adapter:?}");
        assert!(endpoint(Method::POST, usual_path(adapter)).produces_tokens(), "{adapter:?}");
        assert!(
            endpoint(Method::POST, &format!("{}?beta=true", usual_path(adapter))).is_metered(),
            "{adapter:?}"
        );
        for path in
            ["/v1/models", "/v1/files", "/v1/batches", "/v1/messages/batches", "/", "", "*", "/v1/../x"]
        {
            assert!(!endpoint(Method::GET, path).is_metered(), "{adapter:?} GET {path}");
            assert!(!endpoint(Method::POST, path).is_metered(), "{adapter:?} POST {path}");
        }
        assert!(!endpoint(Method::GET, usual_path(adapter)).is_metered(), "{adapter:?}");
    }
}

#[test]
fn every_body_has_an_estimate() {
    for adapter in adapters() {
        let endpoint = adapter.endpoint(&Method::POST, usual_path(adapter));
        for body in RUBBISH {
            let estimate = adapter.estimate(endpoint, body);
            assert_eq!(estimate.cost.get(Dimension::Requests), 1, "{adapter:?} {body:?}");
        }
        let broken = adapter.estimate(endpoint, b"{this is no json");
        assert_eq!((broken.lane.as_str(), broken.cost.get(Dimension::InputTokens)), ("", 4), "{adapter:?}");
        let body = json!({"model": "some-model", "max_tokens": 100, "stream": true,
            "messages": [{"role": "user", "content": "x".repeat(400)}]});
        let estimate = adapter.estimate(endpoint, body.to_string().as_bytes());
        assert_eq!(estimate.lane, "some-model", "{adapter:?}");
        assert_eq!((estimate.max_output, estimate.streams, estimate.expects_output), (Some(100), true, true));
        let input = estimate.cost.get(Dimension::InputTokens);
        assert!((100..=110).contains(&input), "{adapter:?}: {input}");
        assert_eq!(estimate.cost.get(Dimension::OutputTokens), 0, "output is left to experience");
    }
}

#[test]
fn nothing_is_observed_where_no_header_says_anything() {
    let names = [
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
        "anthropic-ratelimit-tokens-limit",
        "x-ratelimit-limit-req-minute",
        "x-ratelimit-limit",
    ];
    for adapter in adapters() {
        let endpoint = Endpoint::of(EndpointKind::Chat);
        for garbage in ["-1", "NaN", "REDACTED", "", "9223372036854767616", "1e5", "0x10", "5;w=1", "½"] {
            let mut map = HeaderMap::new();
            for name in names {
                map.insert(name, HeaderValue::from_bytes(garbage.as_bytes()).unwrap());
            }
            let head = ResponseHead { status: 200, headers: &map, received_at: SystemTime::UNIX_EPOCH };
            assert_eq!(adapter.observe(endpoint, &head), [], "{adapter:?} {garbage:?}");
        }
    }
}

#[test]
fn a_success_asks_for_nothing_whatever_its_headers_say() {
    for adapter in adapters() {
        let (plain, stream) = usual_answers(adapter);
        for body in [plain.as_bytes(), stream.as_bytes(), b"", b"<html></html>", b"plain words"] {
            let verdict = classify(adapter, 200, &[("retry-after", "30"), ("x-should-retry", "true")], body);
            assert_eq!(verdict, Verdict::OK, "{adapter:?}");
        }
    }
}

#[test]
fn every_failure_has_a_class_whatever_its_body_holds() {
    let expected = [
        (400, Class::Invalid),
        (401, Class::Auth),
        (402, Class::QuotaExhausted),
        (403, Class::Auth),
        (404, Class::Invalid),
        (408, Class::Timeout),
        (413, Class::RequestRejected),
        (422, Class::Invalid),
        (429, Class::Throttled),
        (500, Class::ServerError),
        (502, Class::ServerError),
        (503, Class::Overloaded),
        (504, Class::Timeout),
        (529, Class::Overloaded),
    ];
    for adapter in adapters() {
        for (status, class) in expected {
            for body in RUBBISH {
                let verdict = classify(adapter, status, &[("retry-after", "3")], body);
                assert_eq!(verdict.class, class, "{adapter:?} {status} {body:?}");
                assert_eq!(verdict.retryable, class.is_retryable(), "{adapter:?} {status}");
                let wait = class.is_retryable().then_some(Duration::from_secs(3));
                assert_eq!(verdict.retry_after, wait, "{adapter:?} {status}");
            }
        }
    }
}

#[test]
fn charges_are_made_of_the_usage_and_refusals_cost_no_more_than_the_estimate() {
    let usage = Usage::new(1_000, 200);
    let estimate = Cost::requests(1).input_tokens(900);
    let classes = [Class::Throttled, Class::Overloaded, Class::Invalid, Class::ServerError, Class::Timeout];
    for adapter in adapters() {
        let chat = adapter.charge(adapter.endpoint(&Method::POST, usual_path(adapter)), &usage.into());
        assert_eq!(chat.get(Dimension::Requests), 1, "{adapter:?}");
        assert!(chat.get(Dimension::TotalTokens) <= usage.total(), "{adapter:?}");
        assert!(chat.get(Dimension::OutputTokens) <= usage.output_tokens, "{adapter:?}");
        assert_eq!(
            adapter.charge(Endpoint::of(EndpointKind::Unmetered), &usage.into()),
            Cost::ZERO,
            "{adapter:?}"
        );
        for class in classes {
            let refused = adapter.charge_refused(&estimate, class);
            for dimension in Dimension::ALL {
                assert!(refused.get(dimension) <= estimate.get(dimension), "{adapter:?} {class} {dimension}");
            }
        }
    }
}

#[test]
fn our_own_errors_read_as_the_providers() {
    for adapter in adapters() {
        for kind in RefusalKind::ALL {
            let message = "a \"quoted\" reason";
            let wait = Some(Duration::from_millis(2_300));
            let refusal = adapter.refusal(&LocalRefusal { kind, message, retry_after: wait });
            assert_eq!(refusal.status, kind.status());
            let pairs: Vec<(&str, &str)> =
                refusal.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let verdict = classify(adapter, refusal.status, &pairs, refusal.body.as_bytes());
            let expected = match kind {
                RefusalKind::TooLong | RefusalKind::QueueFull => Class::Throttled,
                RefusalKind::TooLarge => Class::RequestRejected,
                RefusalKind::Unreachable => Class::ServerError,
                RefusalKind::Timeout => Class::Timeout,
                RefusalKind::ShuttingDown => Class::Overloaded,
                RefusalKind::BadRequest | RefusalKind::NotFound => Class::Invalid,
                RefusalKind::Unpaid | RefusalKind::QuotaExhausted => Class::QuotaExhausted,
                _ => Class::Auth,
            };
            assert_eq!(verdict.class, expected, "{adapter:?} {kind:?}");
            assert_eq!(verdict.error.unwrap().message.as_deref(), Some(message), "{adapter:?} {kind:?}");
            if expected.is_retryable() {
                assert_eq!(verdict.retry_after, Some(Duration::from_secs(3)), "{adapter:?} {kind:?}");
            }
            serde_json::from_str::<Value>(&refusal.body).unwrap();
        }
    }
}

#[test]
fn plain_and_streamed_answers_tell_the_same_usage_in_any_chunking() {
    for adapter in adapters() {
        let (plain, stream) = usual_answers(adapter);
        for body in [&plain, &stream, &format!("\n         \n{plain}"), &stream.replace('\n', "\r\n")] {
            for size in 1..body.len() + 1 {
                let reading = read(adapter, None, body.as_bytes(), size);
                let usage = reading.usage.unwrap_or_else(|| panic!("{adapter:?}: no usage in {body}"));
                assert_eq!((usage.input_tokens, usage.cached_input_tokens), (20, 5), "{adapter:?}");
                assert_eq!((usage.output_tokens, usage.total()), (7, 27), "{adapter:?}");
                assert!(reading.is_complete() && reading.error.is_none(), "{adapter:?}: {reading:?}");
            }
        }
    }
}

#[test]
fn compressed_answers_tell_the_same_usage() {
    use std::io::Read;
    for adapter in adapters() {
        for text in [usual_answers(adapter).0, usual_answers(adapter).1] {
            let plain = read(adapter, None, text.as_bytes(), usize::MAX);
            let mut gzip = Vec::new();
            let mut encoder = flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::best());
            encoder.read_to_end(&mut gzip).unwrap();
            let mut br = Vec::new();
            brotli::CompressorReader::new(text.as_bytes(), 4096, 5, 20).read_to_end(&mut br).unwrap();
            let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
            for (name, body) in [("gzip", gzip), ("br", br), ("zstd", zstd)] {
                for size in [1, 13, usize::MAX] {
                    assert_eq!(read(adapter, Some(name), &body, size), plain, "{adapter:?} {name}");
                }
            }
        }
    }
}

#[test]
fn an_answer_that_breaks_off_is_not_complete_and_never_fails() {
    for adapter in adapters() {
        let (plain, stream) = usual_answers(adapter);
        for body in [plain.as_str(), stream.trim_end()] {
            // Why the answer ends is told one event before the mark that ends a stream of OpenAI's shape.
            let all_there = body.find("\n\ndata: [DONE]").unwrap_or(body.len());
            for end in 0..body.len() - 1 {
                let reading = read(adapter, None, &body.as_bytes()[..end], 5);
                assert!(reading.error.is_none(), "{adapter:?}: {reading:?}");
                assert_eq!(reading.is_complete(), end >= all_there, "{adapter:?} after {end}: {reading:?}");
            }
        }
    }
}

#[test]
fn what_is_not_metered_tells_no_usage() {
    for adapter in adapters() {
        let mut reader = adapter.usage_reader(Endpoint::of(EndpointKind::Unmetered), None, None);
        reader.push(usual_answers(adapter).0.as_bytes());
        assert_eq!(reader.finish(), Reading::default(), "{adapter:?}");
    }
}

#[test]
fn a_usage_of_zeros_states_nothing() {
    for adapter in adapters() {
        let reading = read(adapter, None, br#"{"usage": {"prompt_tokens": 0, "total_tokens": 0}}"#, 9);
        assert!(reading.usage.is_some(), "{adapter:?}");
        assert_eq!(reading.stated(), None, "{adapter:?}");
    }
}

#[test]
fn an_error_in_the_middle_of_a_stream_is_found() {
    for adapter in adapters() {
        let (_, stream) = usual_answers(adapter);
        let fault =
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy", "code": "503"}});
        let broken = format!("{}\n\nevent: error\ndata: {fault}\n\n", stream.split("\n\n").next().unwrap());
        let verdict = read(adapter, None, broken.as_bytes(), 11).error.unwrap();
        assert!(verdict.retryable, "{adapter:?}: {verdict:?}");
        assert_eq!(verdict.error.unwrap().message.as_deref(), Some("busy"), "{adapter:?}");
    }
}
