//! Streams: the first event is there while the rest is still being made; errors in them are errors.

use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use tidegate::{Class, ManualClock};
use tidegate_client::mistral::ConversationEvent;
use tidegate_client::openai::Message;
use tidegate_client::{Body, Error, FakeAnswer, Mistral, ResponseBody, Transport, TransportError};
use tokio::sync::mpsc;

use crate::harness::{mistral, openai};

/// A transport whose one answer is written by the test, piece by piece.
#[derive(Clone, Debug)]
struct Dictated(Arc<Mutex<Option<mpsc::UnboundedReceiver<Bytes>>>>);

impl Transport for Dictated {
    fn send(
        &self,
        _request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let mut pieces = self.0.lock().unwrap().take().unwrap();
        async move {
            let pieces = futures_util::stream::poll_fn(move |cx| pieces.poll_recv(cx));
            let frames = pieces.map(|piece| Ok(http_body::Frame::data(piece)));
            let body = ResponseBody::new(http_body_util::StreamBody::new(frames));
            let answer = http::Response::builder().header("content-type", "text/event-stream");
            Ok(answer.body(body).unwrap())
        }
        .boxed()
    }
}

const STARTED: &str = "event: conversation.response.started\ndata: {\"type\":\"conversation.response.started\",\"conversation_id\":\"conv_1\"}\n\n";
const DELTA: &str = "event: message.output.delta\ndata: {\"type\":\"message.output.delta\",\"id\":\"m1\",\"content\":\"Up\"}\n\n";
const DREAM: &str = "data: {\"type\":\"dream.delta\",\"of\":\"the sea\"}\n\n";
const DONE: &str = "event: conversation.response.done\ndata: {\"type\":\"conversation.response.done\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n";

#[tokio::test]
async fn each_event_is_handed_over_while_the_rest_is_still_being_made() {
    let (write, pieces) = mpsc::unbounded_channel();
    let transport = Dictated(Arc::new(Mutex::new(Some(pieces))));
    let builder = Mistral::builder().key("k").clock(ManualClock::new()).transport(transport);
    let client = builder.build().unwrap();
    let mut events = client.conversations().start("hi").model("m").stream().await.unwrap();
    let mut context = Context::from_waker(Waker::noop());
    assert!(events.poll_next_unpin(&mut context).is_pending());
    // Half an event is none.
    write.send(Bytes::from(&STARTED[..30])).unwrap();
    assert!(events.poll_next_unpin(&mut context).is_pending());
    write.send(Bytes::from(&STARTED[30..])).unwrap();
    let first = events.next().await.unwrap().unwrap();
    assert!(matches!(first, ConversationEvent::Started(started) if started.conversation_id == "conv_1"));
    assert!(events.poll_next_unpin(&mut context).is_pending());
    write.send(Bytes::from(DELTA)).unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().text().as_deref(), Some("Up"));
    write.send(Bytes::from(DREAM)).unwrap();
    let unknown = events.next().await.unwrap().unwrap();
    assert_eq!(unknown.kind(), "dream.delta");
    write.send(Bytes::from(DONE)).unwrap();
    drop(write);
    assert!(
        matches!(events.next().await.unwrap().unwrap(), ConversationEvent::Done(done) if done.usage.total_tokens == 13)
    );
    assert!(events.next().await.is_none());
    assert_eq!(client.usage().output_tokens, 4);
    assert_eq!(client.api().limiter().snapshot().in_flight, 0);
}

#[tokio::test]
async fn a_stream_that_is_dropped_gives_its_call_up() {
    let (write, pieces) = mpsc::unbounded_channel();
    let transport = Dictated(Arc::new(Mutex::new(Some(pieces))));
    let builder = Mistral::builder().key("k").clock(ManualClock::new()).transport(transport);
    let client = builder.build().unwrap();
    let events = client.conversations().start("hi").model("m").stream().await.unwrap();
    assert_eq!(client.api().limiter().snapshot().in_flight, 1);
    drop(events);
    assert_eq!(client.api().limiter().snapshot().in_flight, 0);
    assert!(write.send(Bytes::from(DELTA)).is_err());
}

#[tokio::test]
async fn the_end_of_a_body_is_waited_for_a_moment_so_that_its_connection_serves_again() {
    // What a host sends behind the end of its answer, and whether it closes the body then.
    for closes in [true, false] {
        let (write, pieces) = mpsc::unbounded_channel();
        let (transport, clock) = (Dictated(Arc::new(Mutex::new(Some(pieces)))), ManualClock::new());
        let builder = Mistral::builder().key("k").clock(clock.clone()).transport(transport);
        let client = builder.build().unwrap();
        let mut events = client.conversations().start("hi").model("m").stream().await.unwrap();
        write.send(Bytes::from(DONE)).unwrap();
        assert!(matches!(events.next().await, Some(Ok(ConversationEvent::Done(_)))));
        assert_eq!(client.api().limiter().snapshot().in_flight, 0, "the answer is there");
        let mut context = Context::from_waker(Waker::noop());
        assert!(events.poll_next_unpin(&mut context).is_pending());
        write.send(Bytes::from("data: [DONE]\n\n")).unwrap();
        assert!(events.poll_next_unpin(&mut context).is_pending(), "it is no event");
        if closes {
            drop(write);
        } else {
            clock.advance(Duration::from_millis(50));
        }
        assert!(events.next().await.is_none());
        assert!(events.next().await.is_none());
        assert_eq!(client.usage().answered, 1);
    }
}

fn stream(body: impl Into<Bytes>) -> FakeAnswer {
    FakeAnswer::http(200, &[("content-type", "text/event-stream"), ("x-request-id", "req-3")], body)
}

#[tokio::test]
async fn a_stream_of_chunks_ends_at_done() {
    let body = "data: {\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Up\"}}]}\n\n: note\n\ndata: [DONE]\n\ndata: after\n\n";
    let (client, fake, _clock) = openai([stream(body)]);
    let mut chunks = client.chat("gpt-4o", [Message::user("hi")]).include_usage().stream().await.unwrap();
    assert_eq!(chunks.next().await.unwrap().unwrap().text(), "Up");
    assert!(chunks.next().await.is_none());
    let sent: serde_json::Value = serde_json::from_slice(&fake.seen()[0].body).unwrap();
    assert_eq!((&sent["stream"], &sent["stream_options"]["include_usage"]), (&true.into(), &true.into()));
    assert_eq!(fake.seen()[0].headers["accept"], "text/event-stream");
}

#[tokio::test]
async fn an_error_in_a_stream_is_an_error_with_its_class() {
    let body = "data: {\"error\":{\"message\":\"The server is overloaded\",\"type\":\"server_error\",\"code\":503}}\n\ndata: [DONE]\n\n";
    let (client, _fake, _clock) = openai([stream(body)]);
    let mut chunks = client.chat("gpt-4o", [Message::user("hi")]).stream().await.unwrap();
    let error = chunks.next().await.unwrap().unwrap_err();
    let Error::Api(what) = &error else { panic!("{error}") };
    assert!(what.class != Class::Ok && what.request_id.as_deref() == Some("req-3"), "{error}");
    assert!(chunks.next().await.is_none());
}

#[tokio::test]
async fn the_event_by_which_an_answer_fails_is_an_error_with_what_it_says() {
    let started = "data: {\"type\":\"conversation.response.started\",\"conversation_id\":\"c\"}\n\n";
    let failed =
        "data: {\"type\":\"conversation.response.error\",\"message\":\"busy, sk-secret\",\"code\":503}\n\n";
    let (client, _fake, _clock) = mistral([stream([started, failed].concat())]);
    let mut events = client.conversations().start("hi").model("m").stream().await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().kind(), "conversation.response.started");
    let error = events.next().await.unwrap().unwrap_err();
    let Error::Api(what) = &error else { panic!("{error}") };
    assert_eq!((what.status.as_u16(), what.class), (200, Class::Overloaded));
    assert_eq!((what.code.as_deref(), what.message.as_deref()), (Some("503"), Some("busy, [key]")));
    assert_eq!(what.request_id.as_deref(), Some("req-3"));
    assert!(!what.start.contains("sk-secret"), "{}", what.start);
    assert!(events.next().await.is_none());

    // OpenRouter's, of a provider behind it that fails on the way.
    let chunk = r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"error"}]}"#;
    let (client, _fake, _clock) = openai([stream(format!("data: {chunk}\n\n"))]);
    let mut chunks = client.chat("gpt-4o", [Message::user("hi")]).stream().await.unwrap();
    let error = chunks.next().await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Api(what) if what.class == Class::ServerError), "{error}");

    for (said, class, code) in [
        (
            r#"{"code":"rate_limit_exceeded","message":"slow down"}"#,
            Class::Throttled,
            Some("rate_limit_exceeded"),
        ),
        (r#"{"code":"server_error","message":"no"}"#, Class::ServerError, Some("server_error")),
        ("null", Class::ServerError, None),
    ] {
        let failed = format!(
            r#"data: {{"type":"response.failed","response":{{"id":"r","object":"response","created_at":1,"model":"m","output":[],"status":"failed","error":{said}}},"sequence_number":1}}"#
        );
        let (client, _fake, _clock) = openai([stream(failed + "\n\n")]);
        let mut events = client.respond("gpt-4o", "hi").stream().await.unwrap();
        let error = events.next().await.unwrap().unwrap_err();
        let Error::Api(what) = &error else { panic!("{error}") };
        assert_eq!(
            (what.class, what.code.as_deref(), what.request_id.as_deref()),
            (class, code, Some("req-3"))
        );
        assert!(events.next().await.is_none());
    }
}

#[tokio::test]
async fn an_event_that_is_no_json_ends_the_stream_with_what_it_was() {
    let (client, _fake, _clock) = mistral([stream("data: {\"type\":\"message.output\n\n")]);
    let mut events = client.conversations().start("hi").model("m").stream().await.unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    let Error::Unreadable(what) = &error else { panic!("{error}") };
    assert!(what.start.starts_with("{\"type\""), "{}", what.start);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_refusal_instead_of_a_stream_is_an_error() {
    let (client, _fake, _clock) =
        openai([FakeAnswer::http(401, &[], r#"{"error":{"message":"no key","code":"invalid_api_key"}}"#)]);
    let error = client.chat("gpt-4o", [Message::user("hi")]).stream().await.unwrap_err();
    assert_eq!(error.class(), Class::Auth, "{error}");
}
