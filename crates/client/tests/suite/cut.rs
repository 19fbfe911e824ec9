//! Answers that stop before their end: the error says so, with status, request id and how much came, whether the
//! connection broke or was closed as if all were well; and what was seen counts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body::Frame;
use tidegate::{Class, Dimension, ManualClock};
use tidegate_client::{
    Anthropic, Api, Body, BodyEnd, Chat, Error, Event, Events, Mistral, OpenAi, ResponseBody, Transport,
    TransportError, TransportErrorKind, Unfinished, anthropic, mistral, openai,
};

use crate::harness::{COMPLETION, run};

/// A transport that answers every call with these bytes, one piece each, and then closes or breaks the connection.
#[derive(Clone, Debug)]
struct Cut {
    status: u16,
    kind: &'static str,
    pieces: Vec<Bytes>,
    breaks: bool,
}

impl Cut {
    fn stream(text: &str, breaks: bool) -> Self {
        // Small pieces, so that the end never comes with the last event.
        let pieces = text.as_bytes().chunks(40).map(Bytes::copy_from_slice).collect();
        Self { status: 200, kind: "text/event-stream", pieces, breaks }
    }
}

impl Transport for Cut {
    fn send(
        &self,
        _request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let mut frames: Vec<_> = self.pieces.iter().map(|piece| Ok(Frame::data(piece.clone()))).collect();
        if self.breaks {
            frames.push(Err(TransportError::new(TransportErrorKind::Reset, "host", "reset by peer")));
        }
        let body = ResponseBody::new(http_body_util::StreamBody::new(futures_util::stream::iter(frames)));
        let answer = http::Response::builder().status(self.status).header("content-type", self.kind);
        let answer = answer.header("x-request-id", "req-5").body(body).unwrap();
        async move { Ok(answer) }.boxed()
    }
}

const CHUNKS: [&str; 3] = [
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Up and"}}]}"#,
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":" down"}}]}"#,
    "[DONE]",
];
const FINISHED: [&str; 3] = [
    CHUNKS[0],
    r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    r#"{"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#,
];
const RESPONSE: [&str; 3] = [
    r#"{"type":"response.created","response":{"id":"r","object":"response","created_at":1,"model":"m","status":"s","output":[]}}"#,
    r#"{"type":"response.output_text.delta","delta":"Up","item_id":"i","output_index":0,"content_index":0}"#,
    r#"{"type":"response.completed","response":{"id":"r","object":"response","created_at":1,"model":"m","status":"s","output":[]}}"#,
];
const MESSAGE: [&str; 4] = [
    r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"c","usage":{"input_tokens":25,"output_tokens":1}}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Up"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"message_stop"}"#,
];
const CONVERSATION: [&str; 3] = [
    r#"{"type":"conversation.response.started","conversation_id":"conv_1"}"#,
    r#"{"type":"message.output.delta","id":"m1","content":"Up"}"#,
    r#"{"type":"conversation.response.done","usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#,
];

fn framed(events: &[&str]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

macro_rules! client {
    ($client:ty, $cut:expr) => {
        <$client>::builder().key("sk-secret").clock(ManualClock::new()).transport($cut).build().unwrap()
    };
}

/// All pieces of a stream, and its error.
async fn drained<T: serde::de::DeserializeOwned>(mut events: Events<T>) -> (usize, Option<Error>) {
    let mut pieces = 0;
    while let Some(event) = events.next().await {
        match event {
            Ok(_) => pieces += 1,
            Err(error) => {
                assert!(events.next().await.is_none(), "an error is the last item");
                return (pieces, Some(error));
            }
        }
    }
    assert!(events.next().await.is_none());
    (pieces, None)
}

/// What the stream of each dialect tells, and whether its call is over.
async fn told(dialect: &str, cut: Cut) -> (usize, Option<Error>) {
    let over = |api: &Api| assert_eq!(api.limiter().snapshot().in_flight, 0);
    match dialect {
        "chat" => {
            let client = client!(OpenAi, cut);
            let events = client.chat("m", [openai::Message::user("hi")]).stream().await.unwrap();
            let told = drained(events).await;
            over(client.api());
            told
        }
        "responses" => {
            let client = client!(OpenAi, cut);
            let told = drained(client.respond("m", "hi").stream().await.unwrap()).await;
            over(client.api());
            told
        }
        "messages" => {
            let client = client!(Anthropic, cut);
            let call = client.messages("c", 9, [anthropic::Message::user("hi")]);
            let told = drained(call.stream().await.unwrap()).await;
            over(client.api());
            told
        }
        "conversations" => {
            let client = client!(Mistral, cut);
            let told = drained(client.conversations().start("hi").model("m").stream().await.unwrap()).await;
            over(client.api());
            told
        }
        _ => {
            let client = client!(Mistral, cut);
            let call = client.chat("m", [mistral::Message::user("hi")]);
            let told = drained(call.stream().await.unwrap()).await;
            over(client.api());
            told
        }
    }
}

fn unfinished(error: Option<Error>) -> Unfinished {
    match error.expect("a cut stream ends with an error") {
        Error::Unfinished(what) => *what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_that_stops_before_its_end_event_ends_with_an_error_in_every_dialect() {
    let all: [(&str, &[&str]); 5] = [
        ("chat", &CHUNKS),
        ("responses", &RESPONSE),
        ("messages", &MESSAGE),
        ("conversations", &CONVERSATION),
        ("mistral", &CHUNKS),
    ];
    for (dialect, events) in all {
        let whole = framed(events);
        let handed = events.len() - usize::from(events.contains(&"[DONE]"));
        for breaks in [false, true] {
            // What comes after the end is nobody's business.
            let (pieces, error) = told(dialect, Cut::stream(&whole, breaks)).await;
            assert!(pieces == handed && error.is_none(), "{dialect} {pieces}: {error:?}");
            for length in 1..events.len() {
                let text = framed(&events[..length]);
                let (pieces, error) = told(dialect, Cut::stream(&text, breaks)).await;
                let what = unfinished(error);
                assert_eq!((pieces, what.bytes), (length, text.len() as u64), "{dialect}: {what}");
                assert_eq!((what.status.as_u16(), what.request_id.as_deref()), (200, Some("req-5")));
                assert_eq!((what.cause.is_some(), what.class()), (breaks, Class::ServerError), "{what}");
                let shown = what.to_string();
                let why = if breaks { "reset by peer" } else { "it ended before its end event" };
                assert!(shown.contains(why) && shown.contains("[request req-5]"), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_at_any_byte_never_passes_for_whole() {
    for (dialect, events) in [("chat", &CHUNKS[..]), ("conversations", &CONVERSATION[..])] {
        let whole = framed(events);
        // The last two bytes are the blank line, which some hosts leave out.
        for length in 1..whole.len() - 2 {
            let (pieces, error) = told(dialect, Cut::stream(&whole[..length], false)).await;
            assert!(error.is_some() && pieces < events.len(), "{dialect} cut after {length}: {error:?}");
            // Where no event came at all it is an answer without events.
            assert!(
                matches!(error, Some(Error::Unfinished(_))) || pieces == 0,
                "{dialect} {length}: {error:?}"
            );
        }
        assert!(told(dialect, Cut::stream(&whole[..whole.len() - 2], false)).await.1.is_none());
    }
}

#[tokio::test]
async fn hosts_that_leave_the_end_event_out_are_whole_once_every_choice_has_finished() {
    for (length, breaks) in [(2, false), (2, true), (3, false), (3, true)] {
        let (pieces, error) = told("chat", Cut::stream(&framed(&FINISHED[..length]), breaks)).await;
        assert_eq!(pieces, length, "{error:?}");
        assert!(error.is_none(), "{error:?}");
    }
    let change = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}"#;
    let (_, error) = told("messages", Cut::stream(&framed(&[MESSAGE[0], change]), false)).await;
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn one_chat_over_all_providers_and_the_blocking_twins_tell_it_too() {
    let cut = || Cut::stream(&framed(&CHUNKS[..2]), false);
    let (builder, model) = Chat::builder_for("gpt-4o").unwrap();
    let chat: Chat = builder.key("k").clock(ManualClock::new()).transport(cut()).build().unwrap();
    let chat = chat.model(&model);
    let mut pieces = chat.ask("hi").stream().await.unwrap();
    assert_eq!(pieces.next().await.unwrap().unwrap().text, "Up and");
    assert_eq!(pieces.next().await.unwrap().unwrap().text, " down");
    assert_eq!(unfinished(pieces.next().await.unwrap().err()).attempts, 1);
    assert!(pieces.next().await.is_none());
    let told: Vec<_> = tokio::task::spawn_blocking(move || {
        let client = client!(OpenAi, cut()).blocking();
        client.chat("m", [openai::Message::user("hi")]).stream().unwrap().map(|item| item.is_ok()).collect()
    })
    .await
    .unwrap();
    assert_eq!(told, [true, true, false]);
}

/// How the body of a stream ended, and how many output tokens its call counts afterwards.
async fn settled(text: &str) -> (BodyEnd, Class, u64) {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let heard = ended.clone();
    let client = OpenAi::builder()
        .key("k")
        .clock(ManualClock::new())
        .limits(|limits| limits.output_tokens_per_minute(100_000).burst(100_000))
        .on_event(move |_, event| {
            if let Event::Ended { end, class, .. } = event {
                heard.lock().unwrap().push((*end, *class));
            }
        })
        .transport(Cut::stream(text, false))
        .build()
        .unwrap();
    let call = client.chat("m", [openai::Message::user("hi")]).max_tokens(5_000);
    drained(call.stream().await.unwrap()).await;
    let used =
        client.limits().into_iter().find(|limit| limit.dimension == Dimension::OutputTokens).unwrap().used;
    let ended = ended.lock().unwrap().clone();
    assert_eq!(ended.len(), 1, "{ended:?}");
    (ended[0].0, ended[0].1, used)
}

#[tokio::test]
async fn what_was_seen_of_a_cut_stream_counts_and_its_end_is_told_as_broken() {
    let words = format!(
        r#"{{"id":"c","model":"m","choices":[{{"index":0,"delta":{{"content":"{}"}}}}]}}"#,
        "up and down ".repeat(100)
    );
    let (end, class, used) = settled(&framed(&[&words])).await;
    assert_eq!((end, class), (BodyEnd::Broken, Class::ServerError));
    // About a token for four letters; neither nothing nor the 5 000 that it might have had.
    assert!((200..1_000).contains(&used), "{used}");
    let (end, class, whole) = settled(&framed(&[&words, "[DONE]"])).await;
    assert_eq!((end, class, whole), (BodyEnd::Whole, Class::Ok, used));
}

#[tokio::test]
async fn what_a_cut_stream_stated_is_kept() {
    let client = client!(Anthropic, Cut::stream(&framed(&MESSAGE[..2]), false));
    let call = client.messages("c", 9, [anthropic::Message::user("hi")]);
    assert!(drained(call.stream().await.unwrap()).await.1.is_some());
    let used = client.usage();
    assert_eq!((used.answered, used.input_tokens), (0, 25));
}

#[tokio::test]
async fn a_document_whose_connection_breaks_keeps_status_request_id_and_first_bytes() {
    for (length, attempts) in [(0, 2), (57, 2)] {
        let body = COMPLETION.replace("\"c1\"", "\"sk-secret\"");
        let pieces = vec![Bytes::copy_from_slice(&body.as_bytes()[..length])];
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let cut = Cut { status: 200, kind: "application/json", pieces, breaks: true };
        let clock = ManualClock::new();
        let client = OpenAi::builder().key("sk-secret").clock(clock.clone()).max_retries(1).transport(cut);
        let client = client.build().unwrap();
        let error = run(&clock, Duration::from_millis(50), async move {
            client.chat("m", [openai::Message::user("hi")]).send().await.unwrap_err()
        })
        .await;
        assert_eq!((error.status().unwrap().as_u16(), error.request_id()), (200, Some("req-5")));
        assert_eq!((error.class(), error.attempts()), (Class::ServerError, attempts), "{error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("sk-secret"), "{shown}");
        let what = unfinished(Some(error));
        assert_eq!(what.bytes, length as u64);
        assert_eq!(what.start.starts_with("{\"id\":\"[key]\""), length > 0, "{}", what.start);
        assert_eq!(what.cause.map(|cause| cause.kind()), Some(TransportErrorKind::Reset));
    }
}

#[tokio::test]
async fn an_error_whose_body_breaks_off_is_still_the_providers_error() {
    let start = Bytes::from_static(br#"{"error":{"message":"no such key","code":"invalid_api_key"},"mor"#);
    let cut = Cut { status: 401, kind: "application/json", pieces: vec![start], breaks: true };
    let client = client!(OpenAi, cut);
    let whole = client.chat("m", [openai::Message::user("hi")]).send().await.unwrap_err();
    let streamed = client!(
        OpenAi,
        Cut {
            status: 401,
            kind: "application/json",
            pieces: vec![Bytes::from_static(b"{\"err")],
            breaks: true
        }
    );
    let streamed = streamed.chat("m", [openai::Message::user("hi")]).stream().await.unwrap_err();
    for (error, begins) in [(whole, "{\"error\":{\"message\""), (streamed, "{\"err")] {
        let Error::Api(what) = &error else { panic!("{error:?}") };
        assert_eq!(
            (what.status.as_u16(), what.class, what.request_id.as_deref()),
            (401, Class::Auth, Some("req-5"))
        );
        assert!(what.start.starts_with(begins), "{}", what.start);
    }
}
