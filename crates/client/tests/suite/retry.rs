//! What is tried again and what is not, through the call machine; every attempt passes the limiter.

use std::time::Duration;

use http::Method;
use tidegate::{Class, Clock, ManualClock};
use tidegate_client::{Error, FakeAnswer, FakeTransport, Mistral, TransportError, TransportErrorKind};

use crate::harness::{CONVERSATION, json, mistral, openai, run};

const STEP: Duration = Duration::from_millis(50);
const THROTTLED: &str =
    r#"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","code":"1300"}"#;

#[tokio::test]
async fn refusals_failures_timeouts_and_broken_connections_are_tried_again() {
    let reset = || FakeAnswer::Fail(TransportError::new(TransportErrorKind::Reset, "host", "reset by peer"));
    let cases = [
        FakeAnswer::http(429, &[("retry-after", "2")], THROTTLED),
        FakeAnswer::http(408, &[], ""),
        FakeAnswer::http(500, &[], "oops"),
        FakeAnswer::http(503, &[], "busy"),
        reset(),
    ];
    for case in cases {
        let shown = format!("{case:?}");
        let (client, fake, clock) = mistral([case, json(CONVERSATION)]);
        let answer =
            run(&clock, STEP, async move { client.conversations().start("hi").model("m").send().await });
        assert_eq!(answer.await.unwrap().meta.attempts, 2, "{shown}");
        assert_eq!(fake.seen().len(), 2);
    }
}

#[tokio::test]
async fn mistakes_and_permanent_refusals_are_not() {
    let entitled = [("x-ratelimit-limit-req-minute", "0"), ("x-ratelimit-remaining-req-minute", "0")];
    let cases = [
        (
            FakeAnswer::http(
                400,
                &[],
                r#"{"object":"error","message":"bad","type":"invalid_model","code":"1500"}"#,
            ),
            Class::Invalid,
        ),
        (FakeAnswer::http(401, &[], r#"{"detail":"Invalid API Key"}"#), Class::Auth),
        (FakeAnswer::http(429, &entitled, THROTTLED), Class::QuotaExhausted),
    ];
    for (case, class) in cases {
        let (client, fake, clock) = mistral([case, json(CONVERSATION)]);
        let answer =
            run(&clock, STEP, async move { client.conversations().start("hi").model("m").send().await });
        let error = answer.await.unwrap_err();
        assert_eq!((error.class(), error.attempts()), (class, 1), "{error}");
        assert_eq!(fake.seen().len(), 1);
    }
}

#[tokio::test]
async fn three_retries_pause_one_second_and_longer_and_then_the_failure_is_told() {
    let (client, fake, clock) = mistral((0..9).map(|_| FakeAnswer::http(500, &[], "oops")));
    let begun = clock.now();
    let answer = run(&clock, STEP, async move { client.conversations().start("hi").model("m").send().await });
    let error = answer.await.unwrap_err();
    assert_eq!((error.attempts(), fake.seen().len()), (4, 4));
    // Pauses of up to 1, 2 and 4 s, each drawn from the upper half, and a call a second.
    let took = clock.now().since(begun);
    assert!((Duration::from_secs(3)..=Duration::from_millis(7_500)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_name_of_the_callers_is_sent_with_every_attempt() {
    let (client, fake, clock) = mistral([FakeAnswer::http(500, &[], "oops"), json(CONVERSATION)]);
    run(&clock, STEP, async move {
        let call = client.conversations().start("hi").model("m").idempotency_key("order-7");
        call.send().await.unwrap();
    })
    .await;
    let seen = fake.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|request| request.headers["idempotency-key"] == "order-7"));
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn a_name_of_ours_is_another_for_each_call_and_the_same_for_each_attempt() {
    let (fake, clock) = (
        FakeTransport::new([
            FakeAnswer::http(500, &[], "oops"),
            json(CONVERSATION),
            json(CONVERSATION),
            json("[]"),
        ]),
        ManualClock::new(),
    );
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(fake.clone());
    let client = builder.idempotency_keys().build().unwrap();
    run(&clock, STEP, async move {
        client.conversations().start("hi").model("m").send().await.unwrap();
        client.conversations().start("hi").model("m").send().await.unwrap();
        client.conversations().list().send().await.unwrap();
    })
    .await;
    let seen = fake.seen();
    let names: Vec<_> = seen.iter().map(|request| request.headers.get("idempotency-key")).collect();
    assert!(
        names[0].is_some() && names[0] == names[1] && names[2].is_some() && names[1] != names[2],
        "{names:?}"
    );
    assert_eq!(names[3], None);
}

#[tokio::test]
async fn without_being_asked_for_no_name_is_sent() {
    let (client, fake, _clock) = mistral([json(CONVERSATION)]);
    client.conversations().start("hi").model("m").send().await.unwrap();
    assert!(!fake.seen()[0].headers.contains_key("idempotency-key"));
}

/// A client of OpenAI over a script, in manual time, and what one request of it took: its attempts, and how long.
async fn requested(
    method: Method,
    path: &'static str,
    script: Vec<FakeAnswer>,
) -> (Result<u32, Error>, Duration) {
    let (client, _fake, clock) = openai(script);
    let begun = clock.now();
    let answered = run(&clock, STEP, async move { client.request(method, path, None).await });
    let answered = answered.await.map(|reply| reply.meta.attempts);
    (answered, clock.now().since(begun))
}

#[tokio::test]
async fn what_only_reads_and_what_may_be_repeated_by_its_method_is_tried_again() {
    let reset = || FakeAnswer::Fail(TransportError::new(TransportErrorKind::Reset, "host", "reset by peer"));
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let cases = [
            FakeAnswer::http(429, &[("retry-after", "2")], "{}"),
            FakeAnswer::http(408, &[], ""),
            FakeAnswer::http(500, &[], "oops"),
            FakeAnswer::http(503, &[], "busy"),
            reset(),
        ];
        for case in cases {
            let shown = format!("{method} {case:?}");
            let (attempts, took) = requested(method.clone(), "/models", vec![case.clone(), json("{}")]).await;
            assert_eq!(attempts.unwrap(), 2, "{shown}");
            // Half a second, of which a random half is taken; or what was asked for.
            let asked = shown.contains("retry-after");
            let pause = if asked { Duration::from_secs(2) } else { Duration::from_millis(250) };
            assert!((pause..pause * 2 + STEP * 2).contains(&took), "{shown} after {took:?}");
        }
    }
}

#[tokio::test]
async fn what_may_have_done_its_work_is_sent_once_unless_it_is_known_to_be_safe() {
    for method in [Method::POST, Method::PATCH] {
        for answer in [FakeAnswer::http(503, &[], "busy"), FakeAnswer::http(429, &[], "{}")] {
            let script = vec![answer, json("{}")];
            let (answered, _took) = requested(method.clone(), "/files", script).await;
            assert_eq!(answered.unwrap_err().attempts(), 1, "{method}");
        }
    }
}

#[tokio::test]
async fn a_list_is_not_asked_for_again_after_a_mistake_nor_for_ever() {
    let (answered, took) =
        requested(Method::GET, "/models", vec![FakeAnswer::http(404, &[], "{}"), json("{}")]).await;
    assert_eq!((answered.unwrap_err().attempts(), took), (1, Duration::ZERO));
    let busy = (0..20).map(|_| FakeAnswer::http(429, &[], "{}")).collect();
    let (answered, took) = requested(Method::GET, "/models", busy).await;
    let error = answered.unwrap_err();
    assert_eq!((error.class(), error.attempts()), (Class::Throttled, 6), "{error}");
    // Pauses of up to 0.5, 1, 2, 4 and 8 s, each drawn from the upper half.
    assert!((Duration::from_millis(7_750)..Duration::from_millis(16_000)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn the_pauses_of_a_refused_list_are_its_wait_and_are_bounded_as_such() {
    let refused = || FakeAnswer::http(429, &[("retry-after", "20")], "{}");
    let (client, fake, clock) =
        openai([refused(), json(r#"{"object":"list","data":[]}"#), refused(), json("{}")]);
    let begun = clock.now();
    let (listed, hurried) = run(&clock, STEP, async move {
        let listed = client.models().max_wait(Duration::from_secs(30)).send().await;
        (listed, client.models().max_wait(Duration::from_secs(10)).send().await)
    })
    .await;
    assert_eq!(listed.unwrap().meta.waited, Duration::from_secs(20));
    let error = hurried.unwrap_err();
    assert_eq!((error.class(), error.attempts()), (Class::Throttled, 1), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
    assert_eq!(fake.seen().len(), 3);
    assert!(clock.now().since(begun) < Duration::from_secs(21));
}
