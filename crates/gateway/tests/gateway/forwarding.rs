//! Bytes pass as they are, both ways, whole and streaming.

use std::io::Write as _;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use tidegate_client::{BaseUrl, Body, Key};
use tokio::sync::mpsc;

use crate::house::{ANSWER, CHAT, House};
use crate::upstream::{Reply, TestUpstream};

#[tokio::test]
async fn a_call_arrives_byte_for_byte_and_so_does_its_answer() {
    let answer = "{ \"id\" :\n 1,  \"odd\": 1e400, \"usage\": {\"prompt_tokens\": 1} }\n";
    let upstream = TestUpstream::start([Reply::json(200, answer).header("x-request-id", "req-1")]).await;
    let house = House::new(&upstream).await;
    let body = "{\"model\" : \"gpt-4o\",\n\"messages\":[],\"x\":\"\\u00e9\"}  ";
    let request = house
        .post("/openai/v1/chat/completions?beta=%2Ftrue")
        .header("authorization", "Bearer sk-caller")
        .header("x-stainless-lang", "python")
        .header("x-tidegate-band", "interactive");
    let got = house.send(request, body).await;
    assert_eq!((got.status.as_u16(), got.text().as_str()), (200, answer));
    assert_eq!(got.header("x-request-id"), "req-1");
    assert_eq!(got.header("x-tidegate-attempts"), "1");
    assert_eq!(got.header("x-tidegate-waited-ms"), "0");
    let seen = upstream.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/chat/completions?beta=%2Ftrue"));
    assert_eq!(seen.body, body);
    assert_eq!(seen.headers["authorization"], "Bearer sk-caller");
    assert_eq!(seen.headers["x-stainless-lang"], "python");
    assert_eq!(seen.headers["host"], upstream.address.to_string());
    assert!(seen.headers.keys().all(|name| !name.as_str().starts_with("x-tidegate")));
}

#[tokio::test]
async fn a_malformed_body_is_the_providers_to_judge() {
    let upstream = TestUpstream::start([Reply::json(400, r#"{"error":{"message":"bad json"}}"#)]).await;
    let house = House::new(&upstream).await;
    let got = house.send(house.post("/openai/v1/chat/completions"), "{not json").await;
    assert_eq!((got.status.as_u16(), got.text().as_str()), (400, r#"{"error":{"message":"bad json"}}"#));
    assert_eq!(upstream.seen()[0].body, "{not json");
}

#[tokio::test]
async fn a_compressed_answer_stays_compressed_and_its_usage_is_read_on_the_side() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(ANSWER.as_bytes()).unwrap();
    let compressed = Bytes::from(encoder.finish().unwrap());
    let headers =
        vec![("content-type", "application/json".to_owned()), ("content-encoding", "gzip".to_owned())];
    let upstream = TestUpstream::start([Reply::Whole(200, headers, compressed.clone())]).await;
    let house = House::new(&upstream).await;
    let request = house.post("/openai/v1/chat/completions").header("accept-encoding", "gzip");
    let got = house.send(request, CHAT).await;
    assert_eq!(got.body, compressed);
    assert_eq!(got.header("content-encoding"), "gzip");
    let metrics = house.get("/metrics").await.text();
    let tokens = "tidegate_tokens_total{provider=\"openai\",model=\"gpt-4o\",direction=\"output\"} 3";
    assert!(metrics.contains(tokens), "{metrics}");
}

#[tokio::test]
async fn pieces_of_a_stream_arrive_while_the_provider_still_produces() {
    let (pieces, stream) = mpsc::channel(1);
    let upstream = TestUpstream::start([Reply::Stream(stream)]).await;
    let house = House::new(&upstream).await;
    let request = house.post("/openai/v1/chat/completions");
    let (head, mut body) = {
        pieces.send(Bytes::from("data: {\"choices\":[]}\n\n")).await.unwrap();
        house.open(request, Body::whole(CHAT)).await.into_parts()
    };
    assert_eq!(head.headers["content-type"], "text/event-stream");
    assert_eq!(body.chunk().await.unwrap().unwrap(), "data: {\"choices\":[]}\n\n");
    // The second piece is made only now that the first has arrived.
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";
    pieces.send(Bytes::from(usage)).await.unwrap();
    drop(pieces);
    assert_eq!(body.collect().await.unwrap().to_bytes(), usage);
    house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
    let metrics = house.get("/metrics").await.text();
    assert!(metrics.contains("direction=\"output\"} 7"), "{metrics}");
}

#[tokio::test]
async fn an_upload_that_no_limit_governs_streams_through_beyond_the_bound() {
    let upstream = TestUpstream::start([]).await;
    let house = House::with(&upstream, |config| config.max_body = 1024).await;
    let big = Bytes::from(vec![b'x'; 512 * 1024]);
    let got = house.send(house.post("/openai/v1/files"), big.clone()).await;
    assert_eq!(got.status, 200);
    assert_eq!(upstream.seen()[0].body, big);
}

#[tokio::test]
async fn a_list_is_fetched_without_a_body() {
    let upstream = TestUpstream::start([]).await;
    let house = House::new(&upstream).await;
    assert_eq!(house.get("/openai/v1/models").await.status, 200);
    let seen = upstream.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/v1/models"));
    assert!(seen.headers.get("transfer-encoding").is_none() && seen.body.is_empty());
}

#[tokio::test]
async fn a_configured_key_takes_the_callers_place() {
    let upstream = TestUpstream::start([]).await;
    let house = House::with(&upstream, |config| config.upstreams[0].key = Key::new("sk-house")).await;
    for path in ["/openai/v1/chat/completions", "/openai/v1/files"] {
        house.send(house.post(path).header("authorization", "Bearer sk-caller"), CHAT).await;
    }
    for seen in upstream.seen() {
        assert_eq!(seen.headers["authorization"], "Bearer sk-house", "{}", seen.path);
    }
}

#[tokio::test]
async fn a_path_written_as_the_provider_writes_it_means_the_same() {
    let upstream = TestUpstream::start([]).await;
    let base = BaseUrl::parse(&format!("{}/api", upstream.base())).unwrap();
    let house = House::with(&upstream, |config| config.upstreams[0].base = base).await;
    for path in ["/openai/v1/models", "/openai/api/v1/models"] {
        assert_eq!(house.get(path).await.status, 200);
    }
    assert!(upstream.seen().iter().all(|seen| seen.path == "/api/v1/models"), "{:?}", upstream.seen());
}

#[tokio::test]
async fn http_2_without_tls_is_spoken_too() {
    let upstream = TestUpstream::start([Reply::json(200, ANSWER)]).await;
    let house = House::new(&upstream).await;
    let address = house.base.strip_prefix("http://").unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("{}/openai/v1/chat/completions", house.base));
    let body = http_body_util::Full::new(Bytes::from(CHAT));
    let answer = sender.send_request(request.body(body).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), ANSWER);
    assert_eq!(upstream.seen()[0].body, CHAT);
}
