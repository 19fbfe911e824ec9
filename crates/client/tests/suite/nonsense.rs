//! A server that says nonsense: an error with status, request id and the first bytes, and never the key.

use tidegate::{Class, ManualClock};
use tidegate_client::openai::Message;
use tidegate_client::{Chat, Error, FakeAnswer, FakeTransport, OpenAi, Outgoing};

use crate::harness::{mistral, openai};

const HTML: &str = "<html><body>502 Bad Gateway, key sk-secret</body></html>";

fn ok(kind: &'static str, body: &'static str) -> FakeAnswer {
    FakeAnswer::http(200, &[("content-type", kind), ("x-request-id", "req-9")], body)
}

#[tokio::test]
async fn html_truncated_json_and_wrong_types_are_unreadable() {
    for body in [HTML, r#"{"id":"c1","model":"gpt-4o","cho"#, r#"{"id":7,"model":[],"choices":{}}"#, "[]", ""]
    {
        let (client, _fake, _clock) = openai([ok("application/json", body)]);
        let error = client.chat("gpt-4o", [Message::user("hi")]).send().await.unwrap_err();
        let Error::Unreadable(what) = &error else { panic!("{body}: {error}") };
        assert_eq!((what.status.as_u16(), what.request_id.as_deref()), (200, Some("req-9")));
        let begins = &what.start[..what.start.len().min(10)];
        assert!(body.starts_with(begins), "{}", what.start);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("sk-secret"), "{shown}");
    }
}

#[tokio::test]
async fn an_error_inside_a_success_is_an_error_of_the_provider() {
    let inside = r#"{"error":{"message":"you exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let (client, _fake, _clock) = openai([ok("application/json", inside)]);
    let error = client.chat("gpt-4o", [Message::user("hi")]).send().await.unwrap_err();
    let Error::Api(what) = &error else { panic!("{error}") };
    assert_eq!((what.status.as_u16(), what.class), (200, Class::QuotaExhausted));
    assert_eq!(what.request_id.as_deref(), Some("req-9"));
}

#[tokio::test]
async fn an_error_that_quotes_the_key_does_not_pass_it_on() {
    let body = r#"{"object":"error","message":"Unauthorized: sk-secret is no key","type":"x","code":"1"}"#;
    let (client, _fake, _clock) = mistral([FakeAnswer::http(401, &[], body)]);
    let error = client.models().list().send().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.class(), error.attempts()), (401, Class::Auth, 1));
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("[key]") && !shown.contains("sk-secret"), "{shown}");
}

#[tokio::test]
async fn unknown_fields_entries_and_events_are_kept() {
    let body = r#"{"conversation_id":"conv_1","mood":"calm","outputs":[{"type":"dream","of":"the sea"}],
        "usage":{"prompt_tokens":1,"dreams":2}}"#;
    let (client, _fake, _clock) = mistral([ok("application/json", body)]);
    let answer = client.conversations().start("hi").model("m").send().await.unwrap();
    assert_eq!(answer.extra["mood"], "calm");
    assert_eq!((answer.outputs[0].kind(), &answer.usage.extra["dreams"]), ("dream", &2.into()));
    let back = serde_json::to_value(&answer.outputs[0]).unwrap();
    assert_eq!(back, serde_json::json!({"type": "dream", "of": "the sea"}));
}

#[tokio::test]
async fn a_key_that_is_echoed_in_a_header_or_as_json_spells_it_is_not_shown() {
    let key = "sk/secret+1";
    let body = r#"{"error":{"message":"wrong key sk\/secret\u002b1","type":"invalid_request_error"}}"#;
    let head = [("content-type", "application/json"), ("x-request-id", "req-sk/secret+1")];
    for streams in [false, true] {
        let fake = FakeTransport::new([FakeAnswer::http(401, &head, body)]);
        let client = OpenAi::builder().key(key).transport(fake).clock(ManualClock::new()).build().unwrap();
        let call = client.chat("gpt-4o", [Message::user("hi")]);
        let error = if streams {
            call.stream().await.map(|_| ()).unwrap_err()
        } else {
            call.send().await.map(|_| ()).unwrap_err()
        };
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("secret"), "{shown}");
        assert_eq!(error.request_id(), Some("req-[key]"));
    }
}

#[test]
fn a_key_of_the_callers_own_is_not_printed() {
    let (client, _fake, _clock) = openai([]);
    for name in ["authorization", "x-api-key", "Api-Key", "proxy-authorization"] {
        let call = client.chat("m", [Message::user("hi")]).header(name, "Bearer mine");
        let question = Chat::from(client.api().clone()).ask("hi").header(name, "Bearer mine");
        let mut headers = http::HeaderMap::new();
        headers.insert(http::HeaderName::try_from(name).unwrap(), "Bearer mine".parse().unwrap());
        let (method, path, body) = (http::Method::GET, "/v1/models".to_owned(), bytes::Bytes::new());
        let outgoing = Outgoing { method, path, headers, body };
        let shown = format!("{call:?} {question:?} {outgoing:?}");
        assert!(shown.contains(&name.to_lowercase()) && !shown.contains("mine"), "{shown}");
    }
}
