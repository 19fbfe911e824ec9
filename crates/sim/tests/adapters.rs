//! The adapters understand everything that the emulated providers say: two readings of the same provider facts,
//! written apart, must agree.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tidegate_core::{Class, Dimension, Observation, Timestamp, Usage};
use tidegate_provider::{Adapter, ResponseHead, Verdict, adapter};
use tidegate_sim::{
    Compression, Dialect, Emulator, EmulatorConfig, FaultKind, FaultPlan, Hints, Latency, Limits, Reply,
    Share, WallTime,
};

const DIALECTS: [(Dialect, tidegate_provider::Dialect); 5] = [
    (Dialect::OpenAi, tidegate_provider::Dialect::OpenAi),
    (Dialect::Anthropic, tidegate_provider::Dialect::Anthropic),
    (Dialect::Mistral, tidegate_provider::Dialect::Mistral),
    (Dialect::OpenRouter, tidegate_provider::Dialect::OpenRouter),
    (Dialect::Compatible, tidegate_provider::Dialect::Compatible),
];

/// Every metered endpoint that writes something, with a body for it.
fn calls(dialect: Dialect) -> Vec<(&'static str, Value)> {
    let chat =
        json!({"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "how are you"}]});
    match dialect {
        Dialect::Anthropic => vec![("/v1/messages", chat)],
        Dialect::Mistral => vec![
            ("/v1/chat/completions", chat),
            ("/v1/fim/completions", json!({"model": "m", "prompt": "def f("})),
            ("/v1/conversations", json!({"model": "m", "inputs": "how are you"})),
        ],
        Dialect::OpenRouter => vec![("/v1/chat/completions", chat)],
        Dialect::OpenAi | Dialect::Compatible => vec![
            ("/v1/chat/completions", chat),
            ("/v1/completions", json!({"model": "m", "prompt": "how are you"})),
            ("/v1/responses", json!({"model": "m", "input": "how are you"})),
        ],
    }
}

fn config(dialect: Dialect) -> EmulatorConfig {
    EmulatorConfig::new(dialect).with_latency(Latency::fixed(Duration::from_millis(400)))
}

fn post(path: &str, body: &Value) -> Request<Bytes> {
    Request::post(path).body(Bytes::from(body.to_string())).unwrap()
}

fn head(reply: &Reply) -> ResponseHead<'_> {
    let origin = Duration::from_nanos(WallTime::DEFAULT_ORIGIN.as_unix_nanos());
    ResponseHead {
        status: reply.status.as_u16(),
        headers: &reply.headers,
        received_at: SystemTime::UNIX_EPOCH + origin,
    }
}

fn observed(adapter: &dyn Adapter, path: &str, reply: &Reply) -> Vec<Observation> {
    adapter.observe(adapter.endpoint(&Method::POST, path), &head(reply))
}

fn verdict(adapter: &dyn Adapter, reply: &Reply) -> Verdict {
    adapter.classify(&head(reply), &reply.bytes())
}

/// The usage that an adapter reads from a reply, piece by piece.
fn usage(adapter: &dyn Adapter, path: &str, reply: &Reply) -> Option<Usage> {
    let text = |name: &str| reply.headers.get(name).map(|value| value.to_str().unwrap());
    let endpoint = adapter.endpoint(&Method::POST, path);
    let mut reader = adapter.usage_reader(endpoint, text("content-type"), text("content-encoding"));
    for chunk in &reply.body {
        reader.push(&chunk.bytes);
    }
    let reading = reader.finish();
    assert!(reading.error.is_none(), "{path}: {:?}", reading.error);
    reading.usage
}

#[test]
fn usage_is_read_as_it_was_charged_plain_streamed_and_compressed() {
    for (dialect, spoken) in DIALECTS {
        for (path, body) in calls(dialect) {
            for streamed in [false, true] {
                for encoding in ["identity", "gzip", "br", "zstd", "deflate"] {
                    let config = EmulatorConfig { compression: Compression::Negotiated, ..config(dialect) };
                    let emulator = Emulator::new(config);
                    let mut body = body.clone();
                    if streamed {
                        body["stream"] = json!(true);
                        body["stream_options"] = json!({"include_usage": true});
                    }
                    let mut request = post(path, &body);
                    request.headers_mut().insert("accept-encoding", encoding.parse().unwrap());
                    let reply = emulator.handle(&request, Timestamp::ZERO);
                    let charged = emulator.stats(Timestamp::from_secs(1)).charged;
                    let read = usage(adapter(spoken), path, &reply)
                        .map(|usage| (usage.input_tokens, usage.output_tokens));
                    let wanted = Some((charged.input_tokens, charged.output_tokens));
                    assert_eq!(read, wanted, "{dialect:?} {path}, streamed: {streamed}, {encoding}");
                }
            }
        }
    }
}

#[test]
fn limits_are_observed_as_they_are_enforced() {
    for (dialect, spoken) in DIALECTS {
        let emulator = Emulator::new(config(dialect));
        let (path, body) = calls(dialect).remove(0);
        let reply = emulator.handle(&post(path, &body), Timestamp::ZERO);
        let seen = observed(adapter(spoken), path, &reply);
        if dialect == Dialect::OpenRouter {
            assert!(seen.is_empty(), "{seen:?}");
            continue;
        }
        // Mistral states tokens after the call's own charge.
        let told_at = if dialect == Dialect::Mistral { 400 } else { 0 };
        for limit in emulator.stats(Timestamp::from_millis(told_at)).limits {
            let one = seen.iter().find(|one| one.dimension.name() == limit.dimension);
            let one =
                one.unwrap_or_else(|| panic!("{dialect:?} does not show {}: {seen:?}", limit.dimension));
            assert_eq!(one.limit, Some(limit.limit), "{dialect:?} {}", limit.dimension);
            let left = limit.limit - limit.used;
            let off = one.remaining.unwrap().abs_diff(left);
            assert!(
                off <= one.rounding.max(1),
                "{dialect:?} {}: {:?} of {left}",
                limit.dimension,
                one.remaining
            );
        }
    }
}

#[test]
fn refusals_are_understood_with_their_waits() {
    for (dialect, spoken) in DIALECTS {
        let limits = Limits { requests: Some(1), ..Limits::default() };
        let (path, body) = calls(dialect).remove(0);
        for hints in [Hints::Given, Hints::Withheld] {
            let emulator = Emulator::new(EmulatorConfig { hints, ..config(dialect) }.with_limits(limits));
            emulator.handle(&post(path, &body), Timestamp::ZERO);
            let refusal = emulator.handle(&post(path, &body), Timestamp::from_secs(1));
            assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
            let verdict = verdict(adapter(spoken), &refusal);
            assert_eq!((verdict.class, verdict.retryable), (Class::Throttled, true), "{dialect:?} {hints:?}");
            let tells = hints == Hints::Given && dialect != Dialect::Mistral;
            let reset = observed(adapter(spoken), path, &refusal).iter().find_map(|limit| limit.reset);
            let wait = verdict.retry_after.or(reset);
            let near = wait.is_some_and(|wait| (58..=60).contains(&wait.as_secs()));
            assert_eq!(near, tells, "{dialect:?} {hints:?}: {wait:?}");
        }
    }
}

#[test]
fn a_call_that_can_never_pass_is_told_from_one_that_must_wait() {
    let limits = Limits { total_tokens: Some(10), ..Limits::default() };
    let emulator = Emulator::new(config(Dialect::OpenAi).with_limits(limits));
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "x".repeat(100)}]});
    let refusal = emulator.handle(&post("/v1/chat/completions", &body), Timestamp::ZERO);
    let verdict = verdict(adapter(tidegate_provider::Dialect::OpenAi), &refusal);
    assert_eq!((verdict.class, verdict.retryable), (Class::RequestRejected, false));
}

#[test]
fn faults_are_understood_for_what_they_are() {
    for (dialect, spoken) in DIALECTS {
        for (kind, class) in [
            (FaultKind::ServerError, Class::ServerError),
            (FaultKind::Overloaded, Class::Overloaded),
            (FaultKind::Throttled, Class::Throttled),
        ] {
            let faults = FaultPlan::default().with(kind, Share::millionths(1_000_000));
            let emulator = Emulator::new(EmulatorConfig { faults, ..config(dialect) });
            let (path, body) = calls(dialect).remove(0);
            let reply = emulator.handle(&post(path, &body), Timestamp::ZERO);
            let verdict = verdict(adapter(spoken), &reply);
            // What OpenRouter calls an upstream's 429 is the model's lack of capacity, not the account's limit.
            let upstream = dialect == Dialect::OpenRouter && kind == FaultKind::Throttled;
            let wanted = if upstream { Class::Overloaded } else { class };
            assert_eq!((verdict.class, verdict.retryable), (wanted, true), "{dialect:?} {kind:?}");
        }
    }
}

#[test]
fn the_estimate_is_what_openai_charges_at_admission() {
    let emulator = Emulator::new(config(Dialect::OpenAi));
    let openai = adapter(tidegate_provider::Dialect::OpenAi);
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "how are you today"}]});
    emulator.handle(&post("/v1/chat/completions", &body), Timestamp::ZERO);
    let charged = emulator.stats(Timestamp::ZERO).charged.input_tokens;
    let endpoint = openai.endpoint(&Method::POST, "/v1/chat/completions");
    let estimate = openai.estimate(endpoint, body.to_string().as_bytes()).cost.get(Dimension::InputTokens);
    assert!(estimate.abs_diff(charged) <= 3, "{estimate} estimated, {charged} charged");
}
