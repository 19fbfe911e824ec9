//! What comes in the place of a stream, or inside one, and is no event: an error with what came, and never the key.

use tidegate::Class;
use tidegate_client::openai::Message;
use tidegate_client::{Error, FakeAnswer, Unreadable};

use crate::harness::{COMPLETION, mistral, openai};

const EVENT: &str = "data: {\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Up\"}}]}\n\n";

/// The error that the stream of one answer begins with, after which it is over.
async fn begins_with(kind: &'static str, body: impl Into<bytes::Bytes>) -> Error {
    let answer = FakeAnswer::http(200, &[("content-type", kind), ("x-request-id", "req-9")], body);
    let (client, _fake, _clock) = openai([answer]);
    let mut chunks = client.chat("gpt-4o", [Message::user("hi")]).stream().await.unwrap();
    let error = chunks.next().await.expect("the stream ends without an error").unwrap_err();
    assert!(chunks.next().await.is_none());
    assert_eq!((error.status().unwrap().as_u16(), error.request_id()), (200, Some("req-9")));
    assert_eq!(client.api().limiter().snapshot().in_flight, 0);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("sk-secret"), "{shown}");
    error
}

fn unreadable(error: Error) -> Unreadable {
    match error {
        Error::Unreadable(what) => *what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_instead_of_a_stream_is_an_error_with_its_first_bytes() {
    let page = "<html><body>Sign in, sk-secret</body></html>";
    let Error::Api(what) = begins_with("text/html; charset=utf-8", page).await else { panic!("no page") };
    assert_eq!((what.class, what.code.as_deref()), (Class::ServerError, Some("html")));
    assert!(what.start.starts_with("<html>") && what.start.contains("[key]"), "{}", what.start);
    // A page that nobody calls one ends without an event.
    let what = unreadable(begins_with("text/event-stream", page).await);
    assert!(what.start.starts_with("<html>") && what.cause.contains("without an event"), "{what}");
}

#[tokio::test]
async fn a_long_page_is_shown_as_far_as_any_error() {
    let page = format!("<html>{}\ndata: [DONE]\n\n</html>", "x".repeat(2 * 1024 * 1024));
    let Error::Api(what) = begins_with("text/html", page).await else { panic!("no page") };
    assert!(what.start.len() <= 300, "{} bytes", what.start.len());
}

#[tokio::test]
async fn an_error_document_instead_of_a_stream_is_an_error_of_the_provider() {
    let body = r#"{"error":{"message":"no quota for sk-secret","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    for kind in ["application/json", "text/event-stream", "application/octet-stream"] {
        let error = begins_with(kind, body).await;
        let Error::Api(what) = &error else { panic!("{kind}: {error:?}") };
        assert_eq!(what.class, Class::QuotaExhausted, "{kind}");
        assert_eq!(what.message.as_deref(), Some("no quota for [key]"));
    }
}

#[tokio::test]
async fn a_whole_answer_instead_of_a_stream_is_an_error_with_its_first_bytes() {
    for (kind, cause) in
        [("application/json", "it is no event stream"), ("text/event-stream", "it ended without an event")]
    {
        let what = unreadable(begins_with(kind, COMPLETION).await);
        assert_eq!(what.cause, cause);
        assert!(what.start.starts_with("{\"id\":\"c1\"") && what.start.len() <= 300, "{}", what.start);
    }
}

#[tokio::test]
async fn comments_alone_or_nothing_at_all_are_no_events() {
    for body in ["", "\n\n", ": keep-alive\n\n: keep-alive\n\n", "event: ping\n\n", "data:\n\n"] {
        let what = unreadable(begins_with("text/event-stream", body).await);
        assert_eq!(what.start, body.trim());
    }
}

#[tokio::test]
async fn events_under_an_odd_content_type_are_events_all_the_same() {
    let odd = ["application/stream+json", "application/octet-stream", "text/plain", "application/json"];
    let heads = odd.map(|kind| vec![("content-type", kind)]).into_iter().chain([Vec::new()]);
    for head in heads {
        let (client, _fake, _clock) =
            openai([FakeAnswer::http(200, &head, format!("{EVENT}data: [DONE]\n\n"))]);
        let mut chunks = client.chat("gpt-4o", [Message::user("hi")]).stream().await.unwrap();
        let first = chunks.next().await.unwrap();
        assert_eq!(first.unwrap().text(), "Up", "{head:?}");
        assert!(chunks.next().await.is_none(), "{head:?}");
    }
}

#[tokio::test]
async fn a_stream_that_ends_at_once_by_its_own_word_is_empty() {
    let done = FakeAnswer::http(200, &[("content-type", "text/event-stream")], ": note\n\ndata: [DONE]\n\n");
    let (client, _fake, _clock) = openai([done]);
    let mut chunks = client.chat("gpt-4o", [Message::user("hi")]).stream().await.unwrap();
    assert!(chunks.next().await.is_none());
}

/// The key where a field of another type belongs, which the reader of JSON quotes.
const MISTYPED: &str = r#"{"id":1,"usage":"sk-secret"}"#;

#[tokio::test]
async fn what_could_not_be_read_is_told_without_the_key() {
    for usage in ["sk-secret".to_owned(), format!("{}sk-secret", "x".repeat(270))] {
        let body = MISTYPED.replace("1,", "\"c\",").replace("sk-secret", &usage);
        let what = unreadable(begins_with("text/event-stream", format!("data: {body}\n\n")).await);
        assert!(what.cause.contains("invalid type: string") && what.cause.len() <= 300, "{what}");
        let head = [("content-type", "application/json"), ("x-request-id", "req-9")];
        let (client, _fake, _clock) = openai([FakeAnswer::http(200, &head, body)]);
        let error = client.chat("gpt-4o", [Message::user("hi")]).send().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("sk-s"), "{shown}");
        assert!(unreadable(error).cause.contains("invalid type: string"), "{shown}");
    }
}

#[tokio::test]
async fn no_operation_tells_the_key_in_what_it_could_not_read() {
    let head = [("content-type", "application/json")];
    let (client, _fake, _clock) = mistral([FakeAnswer::http(200, &head, MISTYPED)]);
    let error = client.conversations().start("hi").model("m").send().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sk-secret"));
    let piece =
        format!("data: {}\n\n", MISTYPED.replace("\"id\":1", "\"type\":\"conversation.response.done\""));
    let (client, _fake, _clock) = mistral([FakeAnswer::http(200, &[], piece)]);
    let mut events = client.conversations().start("hi").model("m").stream().await.unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sk-secret"));
}
