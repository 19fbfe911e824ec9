//! On shutdown what waits is told to come back, and what is under way ends.

use std::time::Duration;

use http_body_util::BodyExt;
use tidegate::{Dimension, Limit, Quota};
use tidegate_client::Body;
use tokio::sync::mpsc;

use crate::house::{CHAT, House, shared};
use crate::upstream::{Reply, TestUpstream};

#[tokio::test]
async fn waiting_calls_get_503_and_running_ones_end() {
    let (pieces, stream) = mpsc::channel(1);
    let upstream = TestUpstream::start([Reply::Stream(stream)]).await;
    let limits = vec![Limit::new(Dimension::Concurrency, Quota::concurrency(1))];
    let house = shared(House::with(&upstream, |config| config.upstreams[0].limits = limits).await);
    let first = house.open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await;
    let second = tokio::spawn({
        let house = house.clone();
        async move { house.chat().await }
    });
    house.status_when(|status| status["accounts"][0]["waiting"] == 1).await;
    house.stop();
    let refused = second.await.unwrap();
    assert_eq!(refused.status, 503);
    assert!(!refused.header("retry-after").is_empty());
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("shutting down"));
    pieces.send("data: [DONE]\n\n".into()).await.unwrap();
    drop(pieces);
    assert_eq!(first.into_body().collect().await.unwrap().to_bytes(), "data: [DONE]\n\n");
    house.ended().await;
}

#[tokio::test]
async fn a_call_that_does_not_end_is_given_up_after_the_drain() {
    let (alive, mut gone) = mpsc::channel(1);
    let upstream = TestUpstream::start([Reply::Silence(alive)]).await;
    let house = shared(House::with(&upstream, |config| config.drain = Duration::from_millis(50)).await);
    let call = tokio::spawn({
        let house = house.clone();
        async move { house.try_open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await.is_err() }
    });
    upstream.arrival().await;
    house.stop();
    house.ended().await;
    assert_eq!(gone.recv().await, None);
    assert!(call.await.unwrap(), "the caller's connection is closed");
}
