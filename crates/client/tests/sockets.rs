//! The real transport over loopback sockets: nothing is added, decoded or followed, and failures have names.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::time::Duration;

use bytes::Bytes;
use http_body_util::StreamBody;
use tidegate_client::openai::Message;
use tidegate_client::{
    Body, Error, HttpTransport, Mistral, OpenAi, PacedError, Timeouts, Transport, TransportConfig,
    TransportErrorKind, Unfinished,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

fn transport() -> HttpTransport {
    HttpTransport::new(&TransportConfig::default()).unwrap()
}

/// Answers the first connection with `answer` as it is, and tells what was read until `until`.
async fn one_answer(until: &'static [u8], answer: &'static [u8]) -> (String, oneshot::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.windows(until.len()).any(|window| window == until) {
            let mut buffer = [0; 1024];
            let count = socket.read(&mut buffer).await.unwrap();
            if count == 0 {
                break;
            }
            seen.extend_from_slice(&buffer[..count]);
        }
        socket.write_all(answer).await.unwrap();
        socket.shutdown().await.unwrap();
        let _ = tell.send(seen);
    });
    (base, told)
}

#[tokio::test]
async fn a_request_arrives_with_its_own_headers_and_body_alone() {
    let (base, told) = one_answer(b"{\"a\": 1}", b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let request = http::Request::post(format!("{base}/v1/x?q=1"))
        .header("accept", "text/event-stream")
        .header("x-one", "1")
        .body(Body::whole("{\"a\": 1}"))
        .unwrap();
    let answer = transport().send(request).await.unwrap();
    assert_eq!(answer.status(), 204);
    let seen = String::from_utf8(told.await.unwrap()).unwrap();
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let mut names: Vec<_> = head.lines().skip(1).filter_map(|line| line.split(':').next()).collect();
    names.sort_unstable();
    assert!(head.starts_with("POST /v1/x?q=1 HTTP/1.1"), "{head}");
    assert_eq!(names, ["accept", "content-length", "host", "x-one"]);
    assert_eq!(body, "{\"a\": 1}");
}

#[tokio::test]
async fn a_compressed_answer_and_a_redirect_come_back_as_they_are() {
    let answer = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08";
    let (base, _told) = one_answer(b"\r\n\r\n", answer).await;
    let mut got = transport().send(http::Request::get(base).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(got.status(), 302);
    assert_eq!(got.headers()["content-encoding"], "gzip");
    assert_eq!(got.body_mut().chunk().await.unwrap().unwrap(), Bytes::from_static(b"\x1f\x8b\x08"));
    assert_eq!(got.body_mut().chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_body_streams_as_it_is_produced() {
    let (base, told) = one_answer(b"0\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let pieces =
        ["one", "two"].map(|piece| Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from(piece))));
    let body = Body::stream(StreamBody::new(futures_util::stream::iter(pieces)));
    let answer = transport().send(http::Request::post(base).body(body).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = String::from_utf8(told.await.unwrap()).unwrap();
    assert!(
        seen.contains("transfer-encoding: chunked") && seen.contains("one") && seen.contains("two"),
        "{seen}"
    );
}

#[tokio::test]
async fn nobody_listening_is_a_failure_to_connect_that_hides_the_query() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let request =
        http::Request::get(format!("http://{address}/v1?key=sk-secret")).body(Body::empty()).unwrap();
    let error = transport().send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
    let text = format!("{error} {error:?}");
    assert!(text.contains(&address.to_string()) && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_a_reset() {
    let (base, _told) = one_answer(b"\r\n\r\n", b"").await;
    let error = transport().send(http::Request::get(base).body(Body::empty()).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Reset, "{error}");
}

#[tokio::test]
async fn a_body_cut_short_ends_in_a_reset() {
    let (base, _told) = one_answer(b"\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
    let mut answer = transport().send(http::Request::get(base).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.body_mut().chunk().await.unwrap().unwrap(), "half");
    assert_eq!(answer.body_mut().chunk().await.unwrap_err().kind(), TransportErrorKind::Reset);
}

#[tokio::test]
async fn a_silent_provider_is_given_up_after_the_read_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let config = TransportConfig { read_timeout: Duration::from_millis(50), ..TransportConfig::default() };
    let request = http::Request::get(base).body(Body::empty()).unwrap();
    let error = HttpTransport::new(&config).unwrap().send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn a_connection_that_is_not_made_in_time_is_a_failure_to_connect() {
    // A queue of connections that nobody accepts: the kernel lets further ones hang.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let crowd: Vec<_> = (0..16).map(|_| tokio::spawn(tokio::net::TcpStream::connect(address))).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let config =
        TransportConfig { connect_timeout: Duration::from_millis(100), ..TransportConfig::default() };
    let request = http::Request::get(format!("http://{address}")).body(Body::empty()).unwrap();
    let error = HttpTransport::new(&config).unwrap().send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error}");
    assert!(error.nothing_was_sent());
    crowd.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_client_bounds_how_long_its_connections_take_whatever_bounds_a_call_has() {
    // The kernel accepts connections, and nobody answers the handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let builder = Mistral::builder().key("k").base_url(&base).max_retries(0).learned_limits();
    let client = builder.connect_timeout(Duration::from_millis(100)).build().unwrap();
    let call = client.models().list().timeouts(Timeouts::all(Duration::from_secs(3_600)));
    for error in [client.models().list().send().await.unwrap_err(), call.send().await.unwrap_err()] {
        let Error::Call(PacedError::Transport { error, .. }) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_sees_nothing_of_a_call_over_it() {
    // The beginning of a handshake, answered in plain text.
    let (base, told) = one_answer(b"\x16\x03\x01", b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let request = http::Request::post(base.replace("http:", "https:")).header("authorization", "sk-secret");
    let error = transport().send(request.body(Body::whole("secret")).unwrap()).await.unwrap_err();
    assert!(error.nothing_was_sent(), "{error}");
    let seen = told.await.unwrap();
    assert!(!String::from_utf8_lossy(&seen).contains("secret"));
}

fn through(proxy: &str) -> HttpTransport {
    HttpTransport::new(&TransportConfig { proxy: Some(proxy.to_owned()), ..TransportConfig::default() })
        .unwrap()
}

#[tokio::test]
async fn a_proxy_is_handed_the_whole_address_and_brings_the_answer_back() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-request-id: 7\r\n\r\nok";
    let (proxy, told) = one_answer(b"hi", answer).await;
    let request = http::Request::post("http://api.provider.test/v1/chat").body(Body::whole("hi")).unwrap();
    let mut got = through(&proxy).send(request).await.unwrap();
    assert_eq!((got.status().as_u16(), &got.headers()["x-request-id"]), (200, &"7".parse().unwrap()));
    assert_eq!(got.body_mut().chunk().await.unwrap().unwrap(), "ok");
    let seen = String::from_utf8(told.await.unwrap()).unwrap();
    assert!(seen.starts_with("POST http://api.provider.test/v1/chat HTTP/1.1"), "{seen}");
}

#[tokio::test]
async fn a_proxy_never_sees_the_key_of_a_call_over_tls() {
    let (proxy, told) = one_answer(b"\r\n\r\n", b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    let request =
        http::Request::post("https://api.provider.test/v1/chat").header("authorization", "Bearer sk-secret");
    let error = through(&proxy).send(request.body(Body::whole("hi")).unwrap()).await.unwrap_err();
    assert!(error.nothing_was_sent(), "{error}");
    let seen = String::from_utf8(told.await.unwrap()).unwrap();
    assert!(seen.starts_with("CONNECT api.provider.test:443 HTTP/1.1"), "{seen}");
    assert!(!seen.contains("sk-secret") && !error.to_string().contains("sk-secret"), "{seen}");
}

#[tokio::test]
async fn a_proxy_is_passed_by_on_the_way_to_this_machine() {
    let (here, told) = one_answer(b"\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let request = http::Request::get(format!("{here}/v1/models")).body(Body::empty()).unwrap();
    let answer = through(&format!("http://{nobody}")).send(request).await.unwrap();
    assert_eq!(answer.status(), 204);
    assert!(told.await.unwrap().starts_with(b"GET /v1/models HTTP/1.1"));
}

/// The error of a chat at a server that answers with these bytes and closes the connection; streamed, how many pieces
/// came before it.
async fn cut(answer: &'static [u8], streams: bool) -> (usize, Unfinished) {
    let (base, _told) = one_answer(b"\"hi\"", answer).await;
    let client = OpenAi::builder().key("k").base_url(&base).max_retries(0).build().unwrap();
    let call = client.chat("m", [Message::user("hi")]);
    let (pieces, error) = if streams {
        let mut chunks = call.stream().await.unwrap();
        let mut pieces = 0;
        loop {
            match chunks.next().await.expect("the stream ends without an error") {
                Ok(_) => pieces += 1,
                Err(error) => break (pieces, error),
            }
        }
    } else {
        (0, call.send().await.unwrap_err())
    };
    assert_eq!(client.api().limiter().snapshot().in_flight, 0);
    match error {
        Error::Unfinished(what) => (pieces, *what),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_whose_connection_closes_is_unfinished_however_its_length_was_told() {
    // Without a length the end of the connection is the end of the body; in chunks the last one is missing.
    let closed = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: r-1\r\nconnection: close\r\n\r\n\
        data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[]}\n\ndata: {\"id\":";
    let chunked = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: r-1\r\ntransfer-encoding: chunked\r\n\r\n\
        2b\r\ndata: {\"id\":\"c\",\"model\":\"m\",\"choices\":[]}\n\n\r\n";
    for (answer, is_clean, bytes) in [(&closed[..], true, 55), (&chunked[..], false, 43)] {
        let (pieces, what) = cut(answer, true).await;
        assert_eq!((pieces, what.bytes, what.cause.is_none()), (1, bytes, is_clean), "{what}");
        assert_eq!((what.status.as_u16(), what.request_id.as_deref()), (200, Some("r-1")));
    }
}

#[tokio::test]
async fn a_document_whose_connection_closes_early_says_what_came() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\nx-request-id: r-1\r\n\r\n{\"id\":\"c\"";
    let (_, what) = cut(half, false).await;
    assert_eq!((what.status.as_u16(), what.request_id.as_deref(), what.bytes), (200, Some("r-1"), 9));
    assert_eq!((what.start.as_str(), what.cause.is_some()), ("{\"id\":\"c\"", true), "{what}");
}
