//! `request` and `request_bytes`: any request of an API, paced by what is known of it.

use std::time::Duration;

use http::Method;
use serde_json::json as value;
use tidegate::ManualClock;
use tidegate_client::{Chat, Error, FakeAnswer, FakeTransport, Mistral, RequestError};

use crate::harness::{Timekeeper, json, mistral, run};

const LINES: &str = "{\"custom_id\":\"1\",\"error\":{\"message\":\"no\"}}\n{\"custom_id\":\"2\"}\n";

#[tokio::test]
async fn a_post_that_nothing_is_known_of_costs_one_request_and_waits_for_it() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::ZERO, "{}");
    let client = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone()).build().unwrap();
    let used = client.clone();
    run(&clock, Duration::from_millis(10), async move {
        for _ in 0..3 {
            client.request(Method::POST, "/v1/unheard/of", Some(value!({"model": "m"}))).await.unwrap();
        }
        client.request(Method::GET, "/v1/unheard/of", None).await.unwrap();
    })
    .await;
    assert_eq!(keeper.starts_ms(), [0, 1_000, 2_000, 2_000]);
    let tokens = used.limits().into_iter().find(|limit| limit.limit == 500_000).unwrap();
    assert_eq!(tokens.used, 0);
}

#[tokio::test]
async fn a_stream_is_not_asked_for_where_nobody_would_read_it() {
    let (client, fake, _clock) = mistral([]);
    let body = || Some(value!({"model": "m", "messages": [], "stream": true}));
    let path = "/v1/chat/completions";
    for error in [
        client.request(Method::POST, path, body()).await.unwrap_err(),
        client.request_bytes(Method::POST, path, body()).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Request(RequestError::Invalid { field: "stream", .. })), "{error}");
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_no_json_comes_as_its_bytes() {
    let answer = || FakeAnswer::http(200, &[("content-type", "application/octet-stream")], LINES);
    let (client, fake, _clock) = mistral([answer(), FakeAnswer::http(200, &[], "\u{1}\u{2}")]);
    let file = client.request_bytes(Method::GET, "/v1/files/f1/content", None).await.unwrap();
    assert_eq!((file.value.as_ref(), file.meta.attempts), (LINES.as_bytes(), 1));
    assert_eq!(fake.seen()[0].headers["accept"], "*/*");
    let speech = value!({"model": "m", "input": "tide"});
    let speech = client.request_bytes(Method::POST, "/v1/audio/speech", Some(speech)).await.unwrap();
    assert_eq!(speech.value.as_ref(), b"\x01\x02");
    let (client, _fake, _clock) = mistral([answer()]);
    let unread = client.request(Method::GET, "/v1/files/f1/content", None).await.unwrap_err();
    assert!(matches!(unread, Error::Unreadable(_)));
}

#[tokio::test]
async fn a_chat_of_any_provider_has_both() {
    let fake = FakeTransport::new([json("{\"a\":1}"), json("{\"a\":1}")]);
    let builder = Mistral::builder().key("k").clock(ManualClock::new()).transport(fake.clone());
    let chat = Chat::from(builder.build().unwrap().api().clone());
    assert_eq!(chat.request(Method::GET, "/models", None).await.unwrap().value, value!({"a": 1}));
    let bytes = tokio::task::spawn_blocking(move || {
        chat.blocking().request_bytes(Method::GET, "/models", None).unwrap().into_inner()
    });
    assert_eq!(bytes.await.unwrap().as_ref(), b"{\"a\":1}");
    assert_eq!(fake.seen()[1].uri.path(), "/v1/models");
}

#[tokio::test]
async fn a_deletion_may_be_answered_with_anything_that_is_json() {
    let answer = |body| FakeAnswer::http(200, &[("content-type", "application/json")], body);
    for body in ["{}", "", "null", "{\"deleted\":true}"] {
        let (client, _fake, _clock) = mistral([answer(body)]);
        client.conversations().delete("conv_1").send().await.unwrap();
    }
    let (client, _fake, _clock) = mistral([answer("<html>")]);
    let page = client.conversations().delete("conv_1").send().await.unwrap_err();
    assert!(matches!(page, Error::Unreadable(_)), "{page}");
}
