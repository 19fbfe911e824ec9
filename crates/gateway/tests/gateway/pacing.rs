//! Calls wait for their turn, refusals of the provider stay here, and whoever goes away gives its place up.

use std::time::Duration;

use tidegate::{Dimension, Limit, Quota};
use tidegate_client::Body;
use tokio::sync::mpsc;

use crate::house::{ANSWER, CHAT, House, THROTTLED, shared};
use crate::upstream::{Reply, TestUpstream};

/// One call at once.
fn one_at_once() -> Vec<Limit> {
    vec![Limit::new(Dimension::Concurrency, Quota::concurrency(1))]
}

#[tokio::test]
async fn a_refusal_of_the_provider_is_retried_and_not_seen_by_the_caller() {
    let refused = Reply::json(429, THROTTLED).header("retry-after-ms", "50").header("retry-after", "0");
    let upstream = TestUpstream::start([refused, Reply::json(200, ANSWER)]).await;
    let house = House::new(&upstream).await;
    let got = house.chat().await;
    assert_eq!((got.status.as_u16(), got.text().as_str()), (200, ANSWER));
    assert_eq!(got.header("x-tidegate-attempts"), "2");
    let status = house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
    let refusals = &status["accounts"][0]["recent_refusals"];
    assert_eq!((&refusals[0]["class"], &refusals[0]["model"]), (&"throttled".into(), &"gpt-4o".into()));
    let metrics = house.get("/metrics").await.text();
    assert!(metrics.contains("tidegate_retries_total{class=\"throttled\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_refusal_for_good_is_the_callers_to_see() {
    let spent = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let upstream = TestUpstream::start([Reply::json(429, spent)]).await;
    let house = House::new(&upstream).await;
    let got = house.chat().await;
    assert_eq!((got.status.as_u16(), got.text().as_str()), (429, spent));
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_call_that_would_wait_too_long_is_told_so_in_the_providers_shape() {
    let upstream = TestUpstream::start([]).await;
    let limits = vec![Limit::new(Dimension::Requests, Quota::every(1, Duration::from_secs(60)))];
    let house = House::with(&upstream, |config| config.upstreams[0].limits = limits).await;
    assert_eq!(house.chat().await.status, 200);
    let request = house.post("/openai/v1/chat/completions").header("x-tidegate-max-wait", "500ms");
    let got = house.send(request, CHAT).await;
    assert_eq!(got.status, 429);
    let wait: u64 = got.header("retry-after").parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert_eq!(got.header("x-should-retry"), "false");
    assert!(got.json()["error"]["message"].as_str().unwrap().starts_with("openai: "), "{}", got.text());
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_call_waits_for_its_turn_and_is_told_how_long_and_for_what() {
    let (pieces, stream) = mpsc::channel(1);
    let upstream = TestUpstream::start([Reply::Stream(stream), Reply::json(200, ANSWER)]).await;
    let house = shared(House::with(&upstream, |config| config.upstreams[0].limits = one_at_once()).await);
    let first = house.open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await;
    let second = tokio::spawn({
        let house = house.clone();
        async move { house.chat().await }
    });
    house.status_when(|status| status["accounts"][0]["waiting"] == 1).await;
    assert_eq!(upstream.seen().len(), 1);
    drop(pieces);
    drop(first);
    let got = second.await.unwrap();
    assert_eq!(got.status, 200);
    assert_eq!(got.header("x-tidegate-limited-by"), "concurrency");
    assert_ne!(got.header("x-tidegate-waited-ms"), "0");
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_says_when_to_come_back() {
    let (pieces, stream) = mpsc::channel::<bytes::Bytes>(1);
    let upstream = TestUpstream::start([Reply::Stream(stream)]).await;
    let house = shared(
        House::with(&upstream, |config| {
            config.max_queue = 1;
            config.upstreams[0].limits = one_at_once();
        })
        .await,
    );
    let first = house.open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await;
    let second = tokio::spawn({
        let house = house.clone();
        async move { house.chat().await }
    });
    house.status_when(|status| status["accounts"][0]["waiting"] == 1).await;
    let third = house.chat().await;
    assert_eq!((third.status.as_u16(), third.header("x-should-retry")), (429, "false"));
    assert!(third.header("retry-after").parse::<u64>().unwrap() >= 1);
    drop((pieces, first));
    assert_eq!(second.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_caller_that_goes_away_while_it_waits_frees_its_place() {
    let (pieces, stream) = mpsc::channel(1);
    let upstream = TestUpstream::start([Reply::Stream(stream)]).await;
    let house = shared(House::with(&upstream, |config| config.upstreams[0].limits = one_at_once()).await);
    let first = house.open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await;
    let second = tokio::spawn({
        let house = house.clone();
        async move { house.chat().await }
    });
    house.status_when(|status| status["accounts"][0]["waiting"] == 1).await;
    second.abort();
    house.status_when(|status| status["accounts"][0]["waiting"] == 0).await;
    drop((pieces, first));
    house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
    assert_eq!(upstream.seen().len(), 1);
    let metrics = house.get("/metrics").await.text();
    assert!(metrics.contains("outcome=\"abandoned\"} "), "{metrics}");
}

#[tokio::test]
async fn a_caller_that_goes_away_before_the_answer_ends_the_call_at_the_provider() {
    let (alive, mut gone) = mpsc::channel(1);
    let upstream = TestUpstream::start([Reply::Silence(alive)]).await;
    let house = shared(House::new(&upstream).await);
    let call = tokio::spawn({
        let house = house.clone();
        async move { house.chat().await }
    });
    upstream.arrival().await;
    call.abort();
    let ended = tokio::time::timeout(Duration::from_secs(10), gone.recv()).await;
    assert_eq!(ended, Ok(None), "the provider should see the connection close");
    house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_of_a_stream_ends_the_call_too() {
    let (pieces, stream) = mpsc::channel(1);
    let upstream = TestUpstream::start([Reply::Stream(stream)]).await;
    let house = House::new(&upstream).await;
    pieces.send("data: {\"choices\":[]}\n\n".into()).await.unwrap();
    let mut answer = house.open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await;
    answer.body_mut().chunk().await.unwrap().unwrap();
    drop(answer);
    tokio::time::timeout(Duration::from_secs(10), pieces.closed()).await.unwrap();
    house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
}

#[tokio::test]
async fn what_no_limit_governs_does_not_queue() {
    let (pieces, stream) = mpsc::channel::<bytes::Bytes>(1);
    let upstream = TestUpstream::start([Reply::Stream(stream)]).await;
    let house = House::with(&upstream, |config| config.upstreams[0].limits = one_at_once()).await;
    let first = house.open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await;
    assert_eq!(house.get("/openai/v1/models").await.status, 200);
    drop((pieces, first));
}
