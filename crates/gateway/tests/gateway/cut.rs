//! Answers that the provider closes in good order before their own end: the bytes pass, and everybody hears of it.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tidegate::{Dimension, Limit, Quota};
use tidegate_client::{BaseUrl, Body, ResponseBody, Transport, TransportError};
use tidegate_gateway::Upstream;
use tidegate_provider::Dialect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{CHAT, House};
use crate::upstream::{Reply, TestUpstream};

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

/// A call of each dialect, and its answer in pieces of which the last one ends it.
fn calls() -> [(Dialect, &'static str, &'static str, &'static str, Vec<&'static str>); 6] {
    let chat = vec![
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Up and\"},\"finish_reason\":null}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" down\"},\"finish_reason\":null}]}\n\n",
        "data: [DONE]\n\n",
    ];
    let finished =
        vec![chat[0], "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"];
    let responses = vec![
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n",
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Up\"}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\"}}\n\n",
    ];
    let messages = vec![
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Up\"}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];
    let conversations = vec![
        "event: conversation.response.started\ndata: {\"type\":\"conversation.response.started\",\"conversation_id\":\"c\"}\n\n",
        "event: conversation.response.done\ndata: {\"type\":\"conversation.response.done\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n",
    ];
    let document = vec!["{\"id\":\"1\",", "\"choices\":[]", "}"];
    [
        (Dialect::OpenAi, "/v1/chat/completions", CHAT, EVENTS, chat),
        (Dialect::Compatible, "/v1/chat/completions", CHAT, EVENTS, finished),
        (Dialect::OpenAi, "/v1/responses", CHAT, EVENTS, responses),
        (Dialect::Anthropic, "/v1/messages", CHAT, EVENTS, messages),
        (Dialect::Mistral, "/v1/conversations", CHAT, EVENTS, conversations),
        (Dialect::OpenAi, "/v1/chat/completions", CHAT, JSON, document),
    ]
}

/// A gateway in front of one provider that speaks this dialect.
async fn house(upstream: &TestUpstream, dialect: Dialect) -> House {
    House::with(upstream, |config| {
        let base = BaseUrl::parse(&upstream.base()).unwrap();
        let limit = Limit::new(Dimension::OutputTokens, Quota::per_minute(100_000));
        config.upstreams = vec![Upstream { limits: vec![limit], ..Upstream::new("it", base, dialect) }];
    })
    .await
}

/// What comes of an answer with these pieces: its bytes, whether it ends with an error, and the metrics then.
async fn passed(
    dialect: Dialect,
    path: &str,
    call: &'static str,
    kind: &'static str,
    pieces: &[&'static str],
) -> (String, bool, String) {
    let pieces = pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
    let upstream = TestUpstream::start([Reply::Chunked(kind, pieces)]).await;
    let house = house(&upstream, dialect).await;
    let mut body = house.open(house.post(&format!("/it{path}")), Body::whole(call)).await.into_body();
    let (mut bytes, mut is_error) = (Vec::new(), false);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(_) => is_error = true,
        }
    }
    house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
    (String::from_utf8(bytes).unwrap(), is_error, house.get("/metrics").await.text())
}

#[tokio::test]
async fn an_answer_without_its_end_passes_byte_for_byte_and_then_breaks_off() {
    for (dialect, path, call, kind, pieces) in calls() {
        let outcome = |outcome: &str| format!("band=\"standard\",outcome=\"{outcome}\"}} 1");
        let (bytes, is_error, metrics) = passed(dialect, path, call, kind, &pieces).await;
        assert_eq!((bytes, is_error), (pieces.concat(), false), "{path}");
        assert!(metrics.contains(&outcome("ok")), "{path}: {metrics}");
        let cut = &pieces[..pieces.len() - 1];
        let (bytes, is_error, metrics) = passed(dialect, path, call, kind, cut).await;
        assert_eq!((bytes, is_error), (cut.concat(), true), "{path}");
        assert!(metrics.contains(&outcome("broken")), "{path}: {metrics}");
    }
}

/// A provider whose answer is there at once, the last byte and the close after it.
#[derive(Debug)]
struct AtOnce(Bytes);

impl Transport for AtOnce {
    fn send(
        &self,
        _: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let frames = [Ok(Frame::data(self.0.clone()))];
        let body = ResponseBody::new(StreamBody::new(futures_util::stream::iter(frames)));
        let answer = http::Response::builder().header("content-type", EVENTS).body(body).unwrap();
        async move { Ok(answer) }.boxed()
    }
}

#[tokio::test]
async fn an_answer_that_is_there_at_once_loses_none_of_its_bytes_to_its_break() {
    let event = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "up and down ".repeat(80)
    );
    for events in [1, 100] {
        let text = Bytes::from(event.repeat(events));
        let house = House::over(AtOnce(text.clone())).await;
        let request = house.post("/openai/v1/chat/completions");
        let mut body = house.open(request, Body::whole(CHAT)).await.into_body();
        let (mut came, mut is_error) = (0, false);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => came += frame.into_data().unwrap().len(),
                Err(_) => is_error = true,
            }
        }
        assert_eq!((came, is_error), (text.len(), true));
    }
}

#[tokio::test]
async fn what_a_stream_without_its_end_showed_is_what_it_is_settled_with() {
    let words: &'static str = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "up and down ".repeat(100)
    )
    .leak();
    let call = r#"{"model":"gpt-4o","max_tokens":5000,"stream":true,"messages":[]}"#;
    let upstream =
        TestUpstream::start([Reply::Chunked(EVENTS, vec![Bytes::from_static(words.as_bytes())])]).await;
    let house = house(&upstream, Dialect::OpenAi).await;
    let request = house.post("/it/v1/chat/completions");
    assert!(house.open(request, Body::whole(call)).await.into_body().collect().await.is_err());
    let status = house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
    let limits = status["accounts"][0]["limits"].as_array().unwrap();
    let used = limits.iter().find(|limit| limit["dimension"] == "output_tokens").unwrap()["used"].as_u64();
    // About a token for four letters; neither nothing nor the 5 000 that it might have had.
    assert!((200..1_000).contains(&used.unwrap()), "{status}");
}

#[tokio::test]
async fn the_connection_of_a_caller_ends_without_the_mark_of_a_whole_body() {
    let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Up\"}}]}\n\n";
    let end = "data: [DONE]\n\n";
    for (pieces, is_whole) in [(vec![event], false), (vec![event, end], true)] {
        let text = pieces.concat();
        let pieces = pieces.into_iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
        let upstream = TestUpstream::start([Reply::Chunked(EVENTS, pieces)]).await;
        let house = house(&upstream, Dialect::OpenAi).await;
        let mut socket = TcpStream::connect(house.base.trim_start_matches("http://")).await.unwrap();
        let request = format!(
            "POST /it/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{CHAT}",
            CHAT.len()
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(event), "{answer}");
        assert_eq!(answer.ends_with("\r\n0\r\n\r\n"), is_whole, "{text}: {answer}");
    }
}
