//! The emulator behind real loopback sockets: plain and streamed answers, faults, statistics, many calls at once.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tidegate_sim::{
    Compression, Dialect, Emulator, EmulatorConfig, FaultKind, FaultPlan, Latency, Limits, Share, serve,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A served emulator, which ends with the test.
struct Served {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Served {
    async fn start(config: EmulatorConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            stopped.await.ok();
        };
        let server = tokio::spawn(serve(Arc::new(Emulator::new(config)), listener, shutdown));
        Self { address, stop: Some(stop), server }
    }

    /// Everything that comes back until the server closes, whether or not that is a whole answer.
    async fn raw(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok();
        answer
    }

    async fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\ncontent-length: {length}\r\n"
        );
        String::from_utf8_lossy(&self.raw(&format!("{head}{headers}\r\n{body}")).await).into_owned()
    }

    async fn stats(&self) -> Value {
        let answer = self.raw("GET /_mock/stats HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n").await;
        let text = String::from_utf8(answer).unwrap();
        serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), self.server).await.unwrap().unwrap();
    }
}

const CHAT: &str = r#"{"model":"m","messages":[{"role":"user","content":"how are you"}],"max_tokens":20}"#;
const STREAM: &str = r#"{"model":"m","messages":[{"role":"user","content":"how are you"}],"stream":true}"#;

fn quick(dialect: Dialect) -> EmulatorConfig {
    EmulatorConfig::new(dialect).with_latency(Latency::fixed(Duration::from_millis(30)))
}

fn always(kind: FaultKind, config: EmulatorConfig) -> EmulatorConfig {
    EmulatorConfig { faults: FaultPlan::default().with(kind, Share::millionths(1_000_000)), ..config }
}

#[tokio::test]
async fn plain_and_streamed_calls_are_answered_and_counted() {
    let served = Served::start(quick(Dialect::OpenAi)).await;
    let plain = served.post("/v1/chat/completions", "", CHAT).await;
    assert!(plain.starts_with("HTTP/1.1 200 OK\r\n"), "{plain}");
    assert!(plain.contains("x-ratelimit-remaining-requests: 499\r\n"), "{plain}");
    let stream = served.post("/v1/chat/completions", "", STREAM).await;
    assert!(stream.contains("content-type: text/event-stream"), "{stream}");
    assert!(stream.contains("data: [DONE]"), "{stream}");
    let stats = served.stats().await;
    assert_eq!((&stats["requests"], &stats["answered"]), (&2.into(), &2.into()), "{stats}");
    served.stop().await;
}

#[tokio::test]
async fn exactly_the_limit_is_admitted_of_many_calls_at_once() {
    let limits = Limits { requests: Some(40), ..Limits::default() };
    let slow = Latency::fixed(Duration::from_millis(200));
    let served = Arc::new(Served::start(quick(Dialect::OpenAi).with_limits(limits).with_latency(slow)).await);
    let calls = (0..100).map(|_| {
        let served = Arc::clone(&served);
        tokio::spawn(async move { served.post("/v1/chat/completions", "", CHAT).await })
    });
    let mut answered = 0;
    let mut refused = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap().split(' ').nth(1) {
            Some("200") => answered += 1,
            Some("429") => refused += 1,
            other => panic!("unexpected status {other:?}"),
        }
    }
    // A call comes back every 1.5 s, so that a slow machine may see a few more than 40.
    assert!((40..45).contains(&answered), "{answered}");
    assert_eq!(answered + refused, 100);
    let stats = served.stats().await;
    assert_eq!(stats["refused"], refused);
    assert_eq!(stats["ideal_ms"], (answered - 40) * 1_500, "the bucket at once, then one every 1.5 s");
}

#[tokio::test]
async fn a_reset_closes_without_an_answer_and_a_truncation_in_its_middle() {
    let served = Served::start(always(FaultKind::Reset, quick(Dialect::OpenAi))).await;
    assert_eq!(served.post("/v1/chat/completions", "", CHAT).await, "");
    served.stop().await;

    let served = Served::start(always(FaultKind::Truncate, quick(Dialect::OpenAi))).await;
    let plain = served.post("/v1/chat/completions", "", CHAT).await;
    let (head, body) = plain.split_once("\r\n\r\n").unwrap();
    let length: usize =
        head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    assert!(!body.is_empty() && body.len() < length, "{} of {length}", body.len());
    let stream = served.post("/v1/chat/completions", "", STREAM).await;
    assert!(
        stream.contains("data: {") && !stream.contains("[DONE]") && !stream.ends_with("0\r\n\r\n"),
        "{stream}"
    );
    served.stop().await;
}

#[tokio::test]
async fn a_hanging_call_ends_with_the_server() {
    let served = Served::start(always(FaultKind::Hang, quick(Dialect::OpenAi))).await;
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-length: {}\r\n\r\n{CHAT}",
        CHAT.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    while served.stats().await["faults"]["hang"] != 1 {}
    served.stop().await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    assert!(answer.is_empty());
}

#[tokio::test]
async fn compressed_streams_are_whole_in_every_encoding() {
    let config = EmulatorConfig { compression: Compression::Negotiated, ..quick(Dialect::OpenAi) };
    let served = Served::start(config).await;
    for encoding in ["gzip", "br", "zstd", "deflate"] {
        // HTTP/1.0 has no chunks: the body is what follows the head.
        let head = format!("POST /v1/chat/completions HTTP/1.0\r\naccept-encoding: {encoding}\r\n");
        let request = format!("{head}content-length: {}\r\n\r\n{STREAM}", STREAM.len());
        let answer = served.raw(&request).await;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        assert!(head.contains(&format!("content-encoding: {encoding}\r\n")), "{head}");
        let text = decode(encoding, &answer[end..]);
        assert!(text.ends_with("data: [DONE]\n\n"), "{encoding}: {text}");
    }
    served.stop().await;
}

fn decode(encoding: &str, bytes: &[u8]) -> String {
    use std::io::Read;
    let mut text = String::new();
    match encoding {
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text),
        "deflate" => flate2::read::ZlibDecoder::new(bytes).read_to_string(&mut text),
        "zstd" => zstd::stream::read::Decoder::new(bytes).unwrap().read_to_string(&mut text),
        _ => brotli::Decompressor::new(bytes, 4_096).read_to_string(&mut text),
    }
    .unwrap();
    text
}

#[tokio::test]
async fn a_body_above_the_bound_is_refused() {
    let served = Served::start(quick(Dialect::OpenAi)).await;
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let length = 33 * 1024 * 1024;
    let head = format!(
        "POST /v1/embeddings HTTP/1.1\r\nhost: mock\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let piece = vec![b'x'; 64 * 1024];
    for _ in 0..length / piece.len() {
        if stream.write_all(&piece).await.is_err() {
            break;
        }
    }
    stream.read_exact(&mut answer).await.ok();
    assert_eq!(&answer, b"HTTP/1.1 413");
    served.stop().await;
}
