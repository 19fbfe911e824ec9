//! Whole calls over the scripted transport: paced, retried and settled, in manual time.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use tidegate::call::{CallPolicy, StopReason, Trip};
use tidegate::{Class, Dimension, Learning, Limiter, ManualClock, Rejection};
use tidegate_client::{
    Answer, BaseUrl, BodyEnd, Event, FakeAnswer, FakeTransport, Key, Outgoing, Paced, PacedError, Terms,
    TransportError, TransportErrorKind,
};
use tidegate_provider::{Dialect, adapter};

const CHAT: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]}"#;
const OK: &str =
    r#"{"id":"1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#;
const THROTTLED: &str = r#"{"error":{"message":"Rate limit reached. Please try again in 1s.","type":"requests","code":"rate_limit_exceeded"}}"#;

struct Bench {
    clock: ManualClock,
    transport: FakeTransport,
    paced: Paced,
}

impl Bench {
    fn new(script: impl IntoIterator<Item = FakeAnswer>) -> Self {
        let clock = ManualClock::new();
        let limiter = Limiter::builder()
            .requests_per_minute(60)
            .tokens_per_minute(60_000)
            .learning(Learning::On)
            .clock(clock.clone())
            .build()
            .unwrap();
        let transport = FakeTransport::new(script);
        let base = BaseUrl::parse("https://api.example.com").unwrap();
        let paced = Paced::new(Arc::new(transport.clone()), adapter(Dialect::OpenAi), limiter, base)
            .key(Key::new("sk-test"));
        Self { clock, transport, paced }
    }

    /// Makes a call while time goes by in steps of 100 ms, up to two minutes.
    async fn call(&self, terms: Terms) -> Result<Answer, PacedError> {
        let paced = self.paced.clone();
        let call = tokio::spawn(async move { paced.request(chat(), terms).await });
        for _ in 0..1_200 {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            if call.is_finished() {
                break;
            }
            self.clock.advance(Duration::from_millis(100));
        }
        call.await.unwrap()
    }
}

fn chat() -> Outgoing {
    Outgoing {
        method: Method::POST,
        path: "/v1/chat/completions".to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::from(CHAT),
    }
}

fn ok() -> FakeAnswer {
    FakeAnswer::http(200, &[("content-type", "application/json")], OK)
}

fn throttled() -> FakeAnswer {
    FakeAnswer::http(429, &[("retry-after", "1")], THROTTLED)
}

#[tokio::test]
async fn a_call_goes_out_once_with_the_key_and_comes_back_with_its_usage() {
    let bench = Bench::new([ok()]);
    let answer = bench.call(Terms::default()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.class, answer.attempts), (200, Class::Ok, 1));
    assert_eq!(answer.body, OK);
    assert_eq!(answer.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((9, 3)));
    assert_eq!(answer.model.as_deref(), Some("gpt-4o"));
    let seen = bench.transport.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].uri, "https://api.example.com/v1/chat/completions");
    assert_eq!(seen[0].headers["authorization"], "Bearer sk-test");
    assert_eq!(seen[0].body, CHAT);
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 0);
}

#[tokio::test]
async fn a_refused_call_waits_as_long_as_the_provider_asks_and_is_answered() {
    let bench = Bench::new([throttled(), ok()]);
    let answer = bench.call(Terms::default()).await.unwrap();
    assert_eq!((answer.class, answer.attempts), (Class::Ok, 2));
    assert!(answer.waited >= Duration::from_secs(1), "{:?}", answer.waited);
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 0);
}

#[tokio::test]
async fn a_failure_backs_off_and_tries_again() {
    let reset = TransportError::new(TransportErrorKind::Reset, "api.example.com", "reset by peer");
    let bench = Bench::new([FakeAnswer::Fail(reset), FakeAnswer::http(500, &[], "oops"), ok()]);
    let answer = bench.call(Terms::default()).await.unwrap();
    assert_eq!((answer.class, answer.attempts), (Class::Ok, 3));
}

#[tokio::test]
async fn an_error_inside_a_success_is_retried_like_any_other() {
    let inside = r#"{"error":{"message":"Provider is overloaded","code":503}}"#;
    let bench = Bench::new([FakeAnswer::http(200, &[("content-type", "application/json")], inside), ok()]);
    let base = BaseUrl::parse("https://api.example.com").unwrap();
    let limiter = bench.paced.limiter().clone();
    let transport = Arc::new(bench.transport.clone());
    let paced = Paced::new(transport, adapter(Dialect::OpenRouter), limiter, base);
    let answer = Bench { paced, ..bench }.call(Terms::default()).await.unwrap();
    assert_eq!((answer.class, answer.attempts), (Class::Ok, 2));
    assert_eq!(answer.body, OK);
}

#[tokio::test]
async fn a_permanent_error_is_the_answer() {
    let body = r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    let bench = Bench::new([FakeAnswer::http(401, &[], body)]);
    let answer = bench.call(Terms::default()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.class, answer.attempts), (401, Class::Auth, 1));
    assert_eq!(answer.error.unwrap().code.as_deref(), Some("invalid_api_key"));
    assert_eq!(answer.body, body);
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 0);
}

#[tokio::test]
async fn attempts_are_bounded_and_the_last_refusal_is_handed_over() {
    let bench = Bench::new(std::iter::repeat_with(throttled).take(20));
    let answer = bench.call(Terms::default()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.class), (429, Class::Throttled));
    assert_eq!(answer.attempts as usize, bench.transport.seen().len());
    assert!(answer.attempts <= 10);
}

#[tokio::test]
async fn a_wait_longer_than_allowed_is_told_at_once() {
    let bench = Bench::new([throttled(), ok()]);
    let terms = Terms { max_wait: Some(Duration::from_millis(100)), ..Terms::default() };
    let error = bench.call(terms).await.unwrap_err();
    assert!(
        matches!(error, PacedError::Rejected { rejection: Rejection::Deadline { .. }, attempts: 1, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_handed_over_early_is_settled_when_it_ends_or_is_dropped() {
    let stream = || {
        let events = format!("data: {OK}\n\ndata: [DONE]\n\n");
        FakeAnswer::http(200, &[("content-type", "text/event-stream")], events)
    };
    let bench = Bench::new([stream(), stream()]);
    let ends = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&ends);
    let watch: tidegate_client::Watch = Arc::new(move |event| {
        if let Event::Ended { end, usage, .. } = event {
            heard.lock().unwrap().push((*end, usage.is_some()));
        }
    });
    let opened = bench
        .paced
        .open(bench.paced.prepare(chat()).unwrap(), Terms::default(), watch.clone())
        .await
        .unwrap();
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 1);
    assert!(opened.body.collect().await.unwrap().to_bytes().ends_with(b"[DONE]\n\n"));
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 0);
    bench.clock.advance(Duration::from_secs(5));
    drop(bench.paced.open(bench.paced.prepare(chat()).unwrap(), Terms::default(), watch).await.unwrap());
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 0);
    assert_eq!(*ends.lock().unwrap(), [(BodyEnd::Whole, true), (BodyEnd::GivenUp, false)]);
}

/// How the body of an answer with these bytes ends, and what is said of that; it is given up after `pieces` of it.
async fn ended(kind: &'static str, text: &str, pieces: usize) -> (bool, Vec<(BodyEnd, Class)>) {
    let bench = Bench::new([FakeAnswer::http(200, &[("content-type", kind)], text.to_owned())]);
    let ends = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&ends);
    let watch: tidegate_client::Watch = Arc::new(move |event| {
        if let Event::Ended { end, class, .. } = event {
            heard.lock().unwrap().push((*end, *class));
        }
    });
    let prepared = bench.paced.prepare(chat()).unwrap();
    let mut body = bench.paced.open(prepared, Terms::default(), watch).await.unwrap().body;
    let (mut came, mut is_error) = (Vec::new(), false);
    for _ in 0..pieces {
        match body.frame().await {
            Some(Ok(frame)) => came.extend_from_slice(&frame.into_data().unwrap()),
            Some(Err(_)) => is_error = true,
            None => break,
        }
    }
    assert!(pieces == 0 || came == text.as_bytes(), "the bytes are those that came");
    drop(body);
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 0);
    let ends = ends.lock().unwrap().clone();
    (is_error, ends)
}

#[tokio::test]
async fn an_answer_that_was_closed_without_its_own_end_is_broken_and_ends_with_an_error() {
    const EVENTS: &str = "text/event-stream";
    const JSON: &str = "application/json";
    let part = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Up\"}}]}\n\n";
    let whole = format!("{part}data: [DONE]\n\n");
    let broken = (true, vec![(BodyEnd::Broken, Class::ServerError)]);
    let fine = (false, vec![(BodyEnd::Whole, Class::Ok)]);
    for (kind, text, expected) in [
        (EVENTS, part, &broken),
        (JSON, &OK[..OK.len() - 1], &broken),
        (EVENTS, &whole, &fine),
        (JSON, OK, &fine),
        // Nothing is known of how these end.
        (EVENTS, "data: {\"value\":\"Up\"}\n\n", &fine),
        ("text/plain", "[Music", &fine),
    ] {
        assert_eq!(&ended(kind, text, 9).await, expected, "{text}");
    }
}

#[tokio::test]
async fn whoever_goes_away_after_the_end_of_an_answer_had_all_of_it() {
    let text = format!("data: {OK}\n\ndata: [DONE]\n\n");
    let (_, ends) = ended("text/event-stream", &text, 1).await;
    assert_eq!(ends, [(BodyEnd::Whole, Class::Ok)]);
    let (_, ends) = ended("text/event-stream", &text, 0).await;
    assert_eq!(ends, [(BodyEnd::GivenUp, Class::Ok)]);
}

#[tokio::test]
async fn a_name_too_long_for_a_model_is_not_remembered() {
    let bench = Bench::new([]);
    let body = CHAT.replace("gpt-4o", &"x".repeat(100_000));
    let prepared = bench.paced.prepare(Outgoing { body: Bytes::from(body), ..chat() }).unwrap();
    assert_eq!(prepared.model(), None);
    assert_eq!(bench.paced.prepare(chat()).unwrap().model(), Some("gpt-4o"));
}

#[tokio::test]
async fn what_no_limit_governs_goes_at_once_and_reserves_nothing() {
    let bench = Bench::new([ok()]);
    let outgoing =
        Outgoing { method: Method::GET, path: "/v1/models".to_owned(), body: Bytes::new(), ..chat() };
    let answer = bench.paced.request(outgoing, Terms::default()).await.unwrap();
    assert_eq!(answer.attempts, 1);
    let used = |limit: &tidegate::LimitStatus| limit.dimension == Dimension::Requests && limit.used > 0;
    assert!(!bench.paced.limiter().snapshot().limits.iter().any(used));
}

/// The chat with another model in it.
fn with_model(body: &[u8], model: &str) -> Bytes {
    String::from_utf8(body.to_vec()).unwrap().replace("gpt-4o", model).into()
}

#[tokio::test]
async fn a_call_whose_quota_is_used_up_falls_back_to_another_model_if_it_can() {
    let used_up = || {
        FakeAnswer::http(
            429,
            &[],
            r#"{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        )
    };
    let policy = || CallPolicy::default().fallbacks(["other"]);
    let mut bench = Bench::new([used_up(), ok()]);
    bench.paced = bench.paced.policy(policy()).set_model(with_model);
    let answer = bench.call(Terms::default()).await.unwrap();
    assert_eq!((answer.class, answer.attempts, answer.model.as_deref()), (Class::Ok, 2, Some("other")));
    assert_eq!(bench.transport.seen()[1].body, CHAT.replace("gpt-4o", "other"));

    let mut bench = Bench::new([used_up(), ok()]);
    bench.paced = bench.paced.policy(policy());
    assert_eq!(bench.call(Terms::default()).await.unwrap().class, Class::QuotaExhausted);
}

#[tokio::test]
async fn who_watches_hears_of_each_refusal() {
    let bench = Bench::new([throttled(), ok()]);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&heard);
    let watch: tidegate_client::Watch = Arc::new(move |event| {
        if let Event::Answered { class, .. } = event {
            theirs.lock().unwrap().push(*class);
        }
    });
    let paced = bench.paced.clone();
    let call = tokio::spawn(async move { paced.request_watched(chat(), Terms::default(), watch).await });
    while !call.is_finished() {
        tokio::task::yield_now().await;
        bench.clock.advance(Duration::from_millis(100));
    }
    assert_eq!(call.await.unwrap().unwrap().class, Class::Ok);
    assert_eq!(*heard.lock().unwrap(), [Class::Throttled, Class::Ok]);
}

#[tokio::test]
async fn a_key_that_is_not_known_stops_the_account_until_one_call_tries_again() {
    let unknown = || {
        FakeAnswer::http(401, &[], r#"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#)
    };
    let bench = Bench::new([unknown(), ok(), ok()]);
    assert_eq!(bench.call(Terms::default()).await.unwrap().class, Class::Auth);
    let error = bench.call(Terms::default()).await.unwrap_err();
    let PacedError::Stopped { why, retry_after, attempts: 0, .. } = error else { panic!("{error:?}") };
    assert!(matches!(why, StopReason::CircuitOpen { why: Trip::Permanent(Class::Auth), .. }), "{why:?}");
    assert_eq!(bench.transport.seen().len(), 1, "what is known to fail is not sent");
    assert_eq!(bench.paced.limiter().circuits().len(), 1);
    bench.clock.advance(retry_after.unwrap());
    assert_eq!(bench.call(Terms::default()).await.unwrap().class, Class::Ok);
    assert!(bench.paced.limiter().circuits().is_empty());
    assert_eq!(bench.paced.limiter().snapshot().in_flight, 0);
}

#[tokio::test]
async fn an_upstream_that_is_dead_stops_calls_after_a_while_and_says_why() {
    let refused = || TransportError::new(TransportErrorKind::Connect, "api.example.com", "nobody listens");
    let bench = Bench::new(std::iter::repeat_with(|| FakeAnswer::Fail(refused())).take(100));
    let mut stopped = None;
    for _ in 0..10 {
        if let Err(PacedError::Stopped { why, .. }) = bench.call(Terms::default()).await {
            stopped = Some(why);
            break;
        }
    }
    let Some(StopReason::CircuitOpen { why, .. }) = stopped else { panic!("{stopped:?}") };
    assert!(matches!(why, Trip::Failing { class: Class::ServerError, failed: 20, calls: 20 }), "{why:?}");
    assert_eq!(bench.transport.seen().len(), 20);
}

#[tokio::test]
async fn a_call_that_would_wait_too_long_for_its_model_goes_to_one_that_is_free() {
    let policy = CallPolicy::default().fallbacks(["other"]).fallback_wait(Duration::from_secs(2));
    let mut bench = Bench::new([ok(), ok()]);
    let scope = tidegate::Scope::model("gpt-4o");
    let slow = tidegate::Limit::new(Dimension::Requests, tidegate::Quota::per_minute(1)).scope(scope);
    let limiter = Limiter::builder().limit(slow).clock(bench.clock.clone()).build().unwrap();
    let base = BaseUrl::parse("https://api.example.com").unwrap();
    let transport = Arc::new(bench.transport.clone());
    bench.paced =
        Paced::new(transport, adapter(Dialect::OpenAi), limiter, base).policy(policy).set_model(with_model);
    let models: Vec<_> = [bench.call(Terms::default()).await, bench.call(Terms::default()).await]
        .map(|answer| answer.unwrap().model.unwrap())
        .into();
    assert_eq!(models, ["gpt-4o", "other"]);
}
