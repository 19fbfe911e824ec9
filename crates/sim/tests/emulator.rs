//! What the emulated providers answer, refuse and charge, told through the public face without sockets.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tidegate_core::Timestamp;
use tidegate_sim::{
    Compression, Dialect, Emulator, EmulatorConfig, Enforcement, EnforcementPlan, Fault, FaultKind,
    FaultPlan, Grain, Hints, KeyPolicy, Latency, Limits, RefusedCharge, Reply, Share, TokenCharge, WallTime,
    Workload,
};

const ALL: [Dialect; 4] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Mistral, Dialect::OpenRouter];

fn config(dialect: Dialect) -> EmulatorConfig {
    EmulatorConfig::new(dialect).with_latency(Latency::fixed(Duration::from_millis(400)))
}

fn chat_path(dialect: Dialect) -> &'static str {
    if dialect == Dialect::Anthropic { "/v1/messages" } else { "/v1/chat/completions" }
}

/// A chat call whose prompt has this many characters.
fn chat(chars: usize) -> Value {
    json!({"model": "m", "max_tokens": 40, "messages": [{"role": "user", "content": "x".repeat(chars)}]})
}

fn post(path: &str, body: &Value) -> Request<Bytes> {
    Request::post(path).body(Bytes::from(body.to_string())).unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.get(name).map(|value| value.to_str().unwrap())
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.bytes()).unwrap()
}

fn text_of(reply: &Reply) -> String {
    String::from_utf8(reply.bytes().to_vec()).unwrap()
}

#[test]
fn the_same_seed_and_calls_give_the_same_bytes() {
    for dialect in ALL {
        let run = |seed| -> Vec<(u16, Bytes, String, Duration)> {
            let config = EmulatorConfig::new(dialect).with_seed(seed);
            let emulator = Emulator::new(config);
            let replies = Workload::new(dialect, 1).take(60).zip(0_u64..).map(|(item, number)| {
                let request = Request::post(item.path).body(item.body).unwrap();
                let reply = emulator.handle(&request, at(number * 37));
                (reply.status.as_u16(), reply.bytes(), format!("{:?}", reply.headers), reply.ends_after())
            });
            replies.collect()
        };
        assert_eq!(run(5), run(5), "{dialect:?}");
        assert_ne!(run(5), run(6), "{dialect:?}");
    }
}

#[test]
fn a_repeated_question_has_the_same_answer_whatever_came_between() {
    let emulator = Emulator::new(config(Dialect::OpenAi));
    let text = |millis| {
        let reply = json_of(&emulator.handle(&post("/v1/chat/completions", &chat(80)), at(millis)));
        reply["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    };
    let first = text(0);
    emulator.handle(&post("/v1/chat/completions", &chat(81)), at(10));
    assert_eq!(text(20), first);
}

#[test]
fn openai_tells_six_headers_with_resets_in_go_durations() {
    let limits = Limits::requests_and_tokens(500, 200_000);
    let emulator = Emulator::new(config(Dialect::OpenAi).with_limits(limits));
    // 6 604 characters are 1 651 tokens and 3 more.
    let reply = emulator.handle(&post("/v1/chat/completions", &chat(6_604)), at(0));
    let told = [
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-remaining-requests", "499"),
        ("x-ratelimit-reset-requests", "120ms"),
        ("x-ratelimit-limit-tokens", "200000"),
        ("x-ratelimit-remaining-tokens", "198346"),
        ("x-ratelimit-reset-tokens", "496ms"),
        ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ];
    for (name, value) in told {
        assert_eq!(header(&reply, name), Some(value), "{name}");
    }
    let answer = json_of(&reply);
    assert_eq!(answer["model"], "m");
    assert_eq!(answer["usage"]["prompt_tokens"], 1_654);
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(answer["usage"]["completion_tokens"], text.len().div_ceil(4));
    assert!(answer["usage"]["completion_tokens"].as_u64() <= Some(40));
}

#[test]
fn a_refused_call_is_admitted_at_the_told_instant_and_not_a_millisecond_before() {
    let limits = Limits { total_tokens: Some(30_000), ..Limits::default() };
    let emulator = Emulator::new(
        EmulatorConfig { token_charge: TokenCharge::InputOnly, ..config(Dialect::OpenAi) }
            .with_limits(limits),
    );
    let (first, second) = (chat((18_928 - 3) * 4), chat((11_159 - 3) * 4));
    let path = "/v1/chat/completions";
    assert_eq!(emulator.handle(&post(path, &first), at(0)).status, StatusCode::OK);
    let refusal = emulator.handle(&post(path, &second), at(0));
    assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
    let message = json_of(&refusal)["error"]["message"].as_str().unwrap().to_owned();
    let told = "Limit 30000, Used 18928, Requested 11159. Please try again in 174ms.";
    assert!(message.contains(told), "{message}");
    assert_eq!(
        (header(&refusal, "retry-after-ms"), header(&refusal, "retry-after")),
        (Some("174"), Some("1"))
    );
    assert_eq!(emulator.handle(&post(path, &second), at(173)).status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(emulator.handle(&post(path, &second), at(174)).status, StatusCode::OK);
    assert_eq!(emulator.stats(at(174)).refused, 2);
}

#[test]
fn a_call_above_the_limit_itself_is_too_large_and_is_told_no_wait() {
    let limits = Limits { total_tokens: Some(100), ..Limits::default() };
    let emulator = Emulator::new(config(Dialect::OpenAi).with_limits(limits));
    let refusal = emulator.handle(&post("/v1/chat/completions", &chat(400)), at(0));
    let error = &json_of(&refusal)["error"];
    assert!(error["message"].as_str().unwrap().starts_with("Request too large for m"), "{error}");
    assert_eq!(error["code"], "rate_limit_exceeded");
    assert_eq!(header(&refusal, "retry-after"), None);
}

#[test]
fn refused_calls_use_up_a_request_only_where_that_is_chosen() {
    for (rule, used) in [(RefusedCharge::Nothing, 2), (RefusedCharge::OneRequest, 3)] {
        let limits = Limits { requests: Some(2), ..Limits::default() };
        let emulator = Emulator::new(
            EmulatorConfig { refused_charge: rule, ..config(Dialect::OpenAi) }.with_limits(limits),
        );
        for _ in 0..3 {
            emulator.handle(&post("/v1/chat/completions", &chat(8)), at(0));
        }
        assert_eq!(emulator.stats(at(0)).limits[0].used, used, "{rule:?}");
    }
}

#[test]
fn output_is_charged_when_the_answer_is_complete() {
    let emulator = Emulator::new(config(Dialect::OpenAi));
    let reply = emulator.handle(&post("/v1/chat/completions", &chat(40)), at(0));
    let output = json_of(&reply)["usage"]["completion_tokens"].as_u64().unwrap();
    let before = emulator.stats(at(399));
    assert_eq!((before.charged.total_tokens, before.in_flight), (13, 1));
    let after = emulator.stats(at(400));
    assert_eq!((after.charged.total_tokens, after.in_flight), (13 + output, 0));
    assert_eq!((after.requests, after.answered, after.refused), (1, 1, 0));
}

#[test]
fn withheld_hints_leave_a_refusal_without_headers_or_wait() {
    for dialect in ALL {
        let limits = Limits { requests: Some(1), ..Limits::default() };
        let config = EmulatorConfig { hints: Hints::Withheld, ..config(dialect) }.with_limits(limits);
        let emulator = Emulator::new(config);
        emulator.handle(&post(chat_path(dialect), &chat(8)), at(0));
        let refusal = emulator.handle(&post(chat_path(dialect), &chat(8)), at(0));
        assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(header(&refusal, "retry-after"), None);
        assert!(!text_of(&refusal).contains("try again in"));
        let rates = refusal.headers.keys().filter(|name| name.as_str().contains("ratelimit")).count();
        assert_eq!(rates > 0, dialect == Dialect::Mistral, "{dialect:?}");
    }
}

#[test]
fn anthropic_tells_twelve_headers_on_plain_answers_and_streams() {
    let emulator = Emulator::new(config(Dialect::Anthropic));
    let mut streamed = chat(80);
    streamed["stream"] = json!(true);
    for body in [chat(80), streamed] {
        let reply = emulator.handle(&post("/v1/messages", &body), at(0));
        let rates =
            reply.headers.keys().filter(|name| name.as_str().starts_with("anthropic-ratelimit-")).count();
        assert_eq!(rates, 12);
        assert_eq!(header(&reply, "anthropic-ratelimit-tokens-limit"), Some("2400000"));
        assert_eq!(header(&reply, "anthropic-ratelimit-requests-reset"), Some("2026-01-01T00:00:00Z"));
    }
}

#[test]
fn anthropic_refuses_by_output_once_it_is_used_up() {
    let limits = Limits { output_tokens: Some(60), ..Limits::default() };
    let config = EmulatorConfig { output_tokens: 40..=40, ..config(Dialect::Anthropic) }.with_limits(limits);
    let emulator = Emulator::new(config);
    for _ in 0..2 {
        assert_eq!(emulator.handle(&post("/v1/messages", &chat(8)), at(0)).status, StatusCode::OK);
    }
    // 80 of 60 are used at 400 ms: a token a second comes in, so one is left 21 s later.
    let refusal = emulator.handle(&post("/v1/messages", &chat(8)), at(400));
    assert_eq!(header(&refusal, "retry-after"), Some("21"));
    assert_eq!(header(&refusal, "anthropic-ratelimit-output-tokens-remaining"), Some("0"));
    let error = json_of(&refusal);
    assert_eq!(error["error"]["type"], "rate_limit_error");
    assert!(
        error["error"]["message"].as_str().unwrap().contains("rate limit of 60 output tokens per minute")
    );
    assert_eq!(
        emulator.handle(&post("/v1/messages", &chat(8)), at(21_399)).status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(emulator.handle(&post("/v1/messages", &chat(8)), at(21_400)).status, StatusCode::OK);
}

#[test]
fn mistral_states_tokens_after_its_own_charge_and_nothing_on_streams() {
    let emulator = Emulator::new(config(Dialect::Mistral));
    let mut reply = emulator.handle(&post("/v1/chat/completions", &chat(40)), at(0));
    let usage = json_of(&reply)["usage"]["total_tokens"].as_u64().unwrap();
    let told = |reply: &Reply| header(reply, "x-ratelimit-remaining-tokens-minute").map(str::to_owned);
    let remaining = Some((100_000 - usage).to_string());
    assert_eq!(told(&reply), remaining);
    assert_eq!(header(&reply, "x-ratelimit-tokens-query-cost"), Some(usage.to_string().as_str()));
    emulator.refresh(&mut reply, at(400));
    assert_eq!(told(&reply), remaining);
    assert_eq!(header(&reply, "x-ratelimit-remaining-req-minute"), Some("99"));
    assert!(reply.headers.keys().all(|name| !name.as_str().contains("reset")));

    let mut streamed = chat(40);
    streamed["stream"] = json!(true);
    let reply = emulator.handle(&post("/v1/chat/completions", &streamed), at(500));
    assert!(reply.headers.keys().all(|name| !name.as_str().contains("ratelimit")));
    assert!(text_of(&reply).contains("\"usage\":{"));
}

#[test]
fn a_later_look_at_headers_does_not_move_the_emulators_time() {
    let limits = Limits { requests: Some(60), ..Limits::default() };
    let config = EmulatorConfig {
        enforcement: EnforcementPlan::uniform(Enforcement::Bucket),
        ..config(Dialect::Mistral)
    };
    let emulator = Emulator::new(config.with_limits(limits));
    let mut first = emulator.handle(&post("/v1/chat/completions", &chat(40)), at(0));
    emulator.refresh(&mut first, at(400));
    let second = emulator.handle(&post("/v1/chat/completions", &chat(40)), at(10));
    assert_eq!(header(&second, "x-ratelimit-remaining-req-minute"), Some("58"));
    assert_eq!(emulator.arrivals()[1].at_ms, 10);
    assert_eq!(emulator.stats(at(399)).in_flight, 2);
}

#[test]
fn mistral_counts_requests_by_calendar_minute_and_never_tells_a_wait() {
    let origin = WallTime::from_unix_secs(WallTime::DEFAULT_ORIGIN.as_unix_secs() + 55);
    let limits = Limits { requests: Some(4), ..Limits::default() };
    let emulator = Emulator::new(
        EmulatorConfig { wall_origin: Some(origin), ..config(Dialect::Mistral) }.with_limits(limits),
    );
    let statuses = |millis| -> Vec<u16> {
        let call = || emulator.handle(&post("/v1/chat/completions", &chat(8)), at(millis)).status.as_u16();
        (0..8).map(|_| call()).collect()
    };
    assert_eq!(statuses(0), [200, 200, 200, 200, 429, 429, 429, 429]);
    assert_eq!(statuses(4_999), [429; 8]);
    assert_eq!(statuses(5_000), [200, 200, 200, 200, 429, 429, 429, 429]);
    let refusal = emulator.handle(&post("/v1/chat/completions", &chat(8)), at(5_001));
    assert_eq!(json_of(&refusal)["code"], "1300");
    assert_eq!(header(&refusal, "x-ratelimit-limit-req-minute"), Some("4"));
    assert_eq!(header(&refusal, "retry-after"), None);
}

#[test]
fn openrouter_tells_its_limit_on_its_own_refusal_only() {
    let emulator = Emulator::new(config(Dialect::OpenRouter));
    let mut replies: Vec<Reply> =
        (0..21).map(|_| emulator.handle(&post("/api/v1/chat/completions", &chat(8)), at(2_000))).collect();
    let refusal = replies.pop().unwrap();
    for reply in &replies {
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(header(reply, "x-ratelimit-limit"), None);
        assert!(text_of(reply).starts_with("\n         \n{"));
        assert!(json_of(reply)["usage"]["cost"].is_number());
    }
    assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&refusal, "x-ratelimit-reset"), Some("1767225660000"));
    assert_eq!(json_of(&refusal)["error"]["metadata"]["headers"]["X-RateLimit-Reset"], "1767225660000");
}

#[test]
fn streams_carry_usage_where_and_when_the_provider_sends_it() {
    for dialect in ALL {
        for asked in [false, true] {
            let emulator = Emulator::new(config(dialect));
            let mut body = chat(40);
            body["stream"] = json!(true);
            if asked {
                body["stream_options"] = json!({"include_usage": true});
            }
            let reply = emulator.handle(&post(chat_path(dialect), &body), at(0));
            let text = text_of(&reply);
            let has_usage = text.contains("\"usage\":{");
            assert_eq!(has_usage, asked || dialect != Dialect::OpenAi, "{dialect:?}, asked: {asked}");
            assert_eq!(text.ends_with("data: [DONE]\n\n"), dialect != Dialect::Anthropic, "{dialect:?}");
            assert_eq!(reply.ends_after(), Duration::from_millis(400));
            let spoken: String = events(&text).iter().filter_map(spoken).collect();
            assert!(spoken.starts_with('#') && spoken.ends_with('.'), "{spoken}");
        }
    }
}

/// The data of every event, comments and the end left out.
fn events(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
}

/// What an event adds to the text.
fn spoken(event: &Value) -> Option<String> {
    let text = event.pointer("/choices/0/delta/content").or_else(|| event.pointer("/delta/text"))?;
    text.as_str().map(str::to_owned)
}

#[test]
fn responses_and_conversations_end_with_their_usage() {
    let openai = Emulator::new(config(Dialect::OpenAi));
    let body = json!({"model": "m", "input": "how are you", "stream": true});
    let text = text_of(&openai.handle(&post("/v1/responses", &body), at(0)));
    let last = events(&text).pop().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["usage"]["input_tokens"], 6);

    let mistral = Emulator::new(config(Dialect::Mistral));
    let body = json!({"model": "m", "inputs": "how are you", "stream": true});
    let text = text_of(&mistral.handle(&post("/v1/conversations/conv_1", &body), at(0)));
    let all = events(&text);
    assert_eq!(all[0]["conversation_id"], "conv_1");
    assert_eq!(all.last().unwrap()["usage"]["prompt_tokens"], 6);
}

#[test]
fn models_and_token_counts_are_not_metered() {
    for dialect in ALL {
        let limits = Limits { requests: Some(1), ..Limits::default() };
        let emulator = Emulator::new(config(dialect).with_limits(limits));
        for _ in 0..3 {
            let reply = emulator.handle(&Request::get("/v1/models").body(Bytes::new()).unwrap(), at(0));
            assert_eq!(reply.status, StatusCode::OK, "{dialect:?}");
        }
        assert_eq!(emulator.stats(at(0)).limits[0].used, 0);
    }
    let anthropic = Emulator::new(config(Dialect::Anthropic));
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "12345678"}]});
    assert_eq!(
        json_of(&anthropic.handle(&post("/v1/messages/count_tokens", &body), at(0)))["input_tokens"],
        5
    );
}

#[test]
fn a_hidden_grain_refuses_while_the_headers_show_room() {
    let plan = EnforcementPlan::uniform(Enforcement::Quantised(Grain::Second));
    let limits = Limits { requests: Some(120), ..Limits::default() };
    let emulator =
        Emulator::new(EmulatorConfig { enforcement: plan, ..config(Dialect::OpenAi) }.with_limits(limits));
    let call = |millis| emulator.handle(&post("/v1/chat/completions", &chat(8)), at(millis));
    assert_eq!([call(0).status, call(0).status], [StatusCode::OK; 2]);
    let refusal = call(0);
    assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&refusal, "x-ratelimit-remaining-requests"), Some("118"));
    assert_eq!(call(999).status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(call(1_000).status, StatusCode::OK);
}

#[test]
fn faults_are_played_in_the_providers_words_and_counted_apart_from_refusals() {
    let play = |dialect, kind| {
        let faults = FaultPlan::default().with(kind, Share::millionths(1_000_000));
        let emulator = Emulator::new(EmulatorConfig { faults, ..config(dialect) });
        let reply = emulator.handle(&post(chat_path(dialect), &chat(40)), at(0));
        let stats = emulator.stats(at(1_000));
        assert_eq!(
            (stats.faults[kind.name()], stats.refused, stats.answered),
            (1, 0, 0),
            "{dialect:?} {kind:?}"
        );
        (reply, stats.charged.requests)
    };
    let overloaded = |dialect| play(dialect, FaultKind::Overloaded).0.status.as_u16();
    assert_eq!(ALL.map(overloaded), [503, 529, 429, 503]);
    for dialect in ALL {
        assert_eq!(play(dialect, FaultKind::ServerError).0.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(play(dialect, FaultKind::ServerError).1, 1);
        let (throttled, charged) = play(dialect, FaultKind::Throttled);
        assert_eq!((throttled.status, charged), (StatusCode::TOO_MANY_REQUESTS, 0));
        assert_eq!(play(dialect, FaultKind::Reset).0.fault, Some(Fault::Reset));
        assert_eq!(play(dialect, FaultKind::Hang).0.fault, Some(Fault::Hang));
        let cut = play(dialect, FaultKind::Truncate).0;
        assert_eq!(cut.fault, Some(Fault::Truncate));
        let promised: usize = header(&cut, "content-length").unwrap().parse().unwrap();
        assert_eq!(cut.bytes().len(), promised / 2);
    }
}

#[test]
fn mistakes_are_answered_in_the_providers_shape() {
    let openai = Emulator::new(EmulatorConfig { key: KeyPolicy::Required, ..config(Dialect::OpenAi) });
    let mut request = post("/v1/chat/completions", &chat(8));
    assert_eq!(openai.handle(&request, at(0)).status, StatusCode::UNAUTHORIZED);
    request.headers_mut().insert("authorization", "Bearer secret".parse().unwrap());
    assert_eq!(openai.handle(&request, at(0)).status, StatusCode::OK);
    assert_eq!(openai.arrivals().len(), 2);
    assert!(!openai.arrivals()[1].key_id.contains("secret") && !openai.arrivals()[1].key_id.is_empty());

    for dialect in ALL {
        let emulator = Emulator::new(config(dialect));
        assert_eq!(emulator.handle(&post("/v1/nothing", &json!({})), at(0)).status, StatusCode::NOT_FOUND);
        let broken = Request::post(chat_path(dialect)).body(Bytes::from_static(b"{")).unwrap();
        let wanted = if dialect == Dialect::Mistral { 422 } else { 400 };
        assert_eq!(emulator.handle(&broken, at(0)).status.as_u16(), wanted);
        assert_eq!(emulator.stats(at(0)).charged.requests, 0);
    }
}

#[test]
fn answers_are_compressed_as_the_call_asks() {
    let emulator =
        Emulator::new(EmulatorConfig { compression: Compression::Negotiated, ..config(Dialect::OpenAi) });
    let asked = |accept: &str| {
        let mut request = post("/v1/chat/completions", &chat(40));
        request.headers_mut().insert("accept-encoding", accept.parse().unwrap());
        let reply = emulator.handle(&request, at(0));
        header(&reply, "content-encoding").map(str::to_owned)
    };
    assert_eq!(asked("gzip, deflate").as_deref(), Some("gzip"));
    assert_eq!(asked("gzip;q=0.5, br").as_deref(), Some("br"));
    assert_eq!(asked("zstd").as_deref(), Some("zstd"));
    assert_eq!(asked("identity, *;q=0.1"), None);
    assert_eq!(asked("br;q=0"), None);
}

#[test]
fn questions_about_the_mock_are_answered_and_not_counted() {
    let emulator = Emulator::new(config(Dialect::OpenAi));
    let mut body = chat(8);
    body["user"] = json!("row-1");
    emulator.handle(&post("/v1/chat/completions", &body), at(250));
    let ask =
        |path: &str| json_of(&emulator.handle(&Request::get(path).body(Bytes::new()).unwrap(), at(900)));
    let stats = ask("/_mock/stats");
    assert_eq!(
        (&stats["requests"], &stats["answered"], &stats["refused"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!((&stats["first_arrival_ms"], &stats["last_admission_ms"]), (&json!(250), &json!(250)));
    assert_eq!(stats["limits"][0]["dimension"], "requests");
    assert_eq!(ask("/_mock/arrivals")[0]["at_ms"], 250);
    assert_eq!(ask("/_mock/markers"), json!({"row-1": [1, 1]}));
}
