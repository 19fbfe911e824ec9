//! Overload: answers that come late for their length tell that the provider is busy, whether they stream or not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tidegate::clock::Sleep;
use tidegate::{Class, Clock, Cost, Dimension, Feedback, ManualClock, Permit, Request, Usage};
use tidegate_client::openai::Message;
use tidegate_client::{Body, OpenAi, ResponseBody, Transport, TransportError};

use crate::harness::{COMPLETION, run};

const STREAM: &str = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Up\"}}]}\n\ndata: [DONE]\n\n";

/// A transport whose answers take as long as the test says.
#[derive(Clone, Debug)]
struct Busy {
    clock: ManualClock,
    latency: Arc<Mutex<Duration>>,
    streams: bool,
}

impl Transport for Busy {
    fn send(
        &self,
        _request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let until = self.clock.now().after(*self.latency.lock().unwrap());
        let (kind, body) =
            if self.streams { ("text/event-stream", STREAM) } else { ("application/json", COMPLETION) };
        let clock = self.clock.clone();
        async move {
            Sleep::until(clock.into(), until).await;
            let mut answer = http::Response::new(ResponseBody::whole(Bytes::from_static(body.as_bytes())));
            answer.headers_mut().insert("content-type", kind.parse().unwrap());
            Ok(answer)
        }
        .boxed()
    }
}

/// Sends ten calls at once.
async fn ten(client: &OpenAi, clock: &ManualClock, streams: bool) {
    let client = client.clone();
    let calls = async move {
        let calls = (0..10).map(|_| {
            let call = client.chat("gpt-4o", [Message::user("hi")]);
            tokio::spawn(async move {
                if streams {
                    let mut events = call.stream().await.unwrap();
                    while events.next().await.is_some() {}
                } else {
                    call.send().await.unwrap();
                }
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
    };
    run(clock, Duration::from_millis(50), calls).await;
}

/// The limit on calls at once that an overloaded provider has after answers of which all but the first ten take so long.
async fn limit_after(later: Duration, streams: bool) -> u64 {
    let (clock, latency) = (ManualClock::new(), Arc::new(Mutex::new(Duration::from_secs(1))));
    let transport = Busy { clock: clock.clone(), latency: latency.clone(), streams };
    let builder = OpenAi::builder().key("k").clock(clock.clone()).transport(transport);
    let client = builder.requests_per_second(10_000.0).build().unwrap();
    let limiter = client.api().limiter().clone();
    let ask = || limiter.try_acquire(Request::new(Cost::requests(1)).lane("gpt-4o"));
    let mut under_way: Vec<Permit> = (0..40).map(|_| ask().unwrap()).collect();
    clock.advance(Duration::from_millis(100));
    for permit in under_way.drain(..5) {
        permit.observe(&Feedback::of(Class::Overloaded));
        permit.settle(Usage::default());
    }
    under_way.truncate(15);
    ten(&client, &clock, streams).await;
    *latency.lock().unwrap() = later;
    for _ in 0..5 {
        ten(&client, &clock, streams).await;
    }
    let limits = limiter.snapshot().limits;
    limits.iter().find(|limit| limit.dimension == Dimension::Concurrency).unwrap().limit
}

#[tokio::test]
async fn late_answers_take_places_away_whether_they_stream_or_not() {
    for streams in [false, true] {
        let soon = limit_after(Duration::from_secs(1), streams).await;
        let late = limit_after(Duration::from_secs(5), streams).await;
        assert!(late < soon, "streams {streams}: {late} after late ones, {soon} after others");
    }
}
