//! A call is given up in time: before its head, between its pieces, or as a whole; the wait for its turn never counts.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http_body::Frame;
use tidegate::clock::Sleep;
use tidegate::{Class, Clock, ManualClock};
use tidegate_client::{Body, Error, Mistral, ResponseBody, Timeouts, Transport, TransportError};

use crate::harness::{CONVERSATION, Timekeeper, run};

const STEP: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_silent_provider_is_given_up_and_tried_again() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::from_secs(120), CONVERSATION);
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    let client = builder.timeout(Duration::from_secs(60)).max_retries(1).build().unwrap();
    let begun = clock.now();
    let answer = run(&clock, STEP, async move { client.conversations().start("hi").model("m").send().await });
    let error = answer.await.unwrap_err();
    assert_eq!((error.class(), error.attempts()), (Class::Timeout, 2), "{error}");
    let took = clock.now().since(begun);
    assert!((Duration::from_secs(120)..Duration::from_secs(123)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_call_can_have_its_own_timeouts() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::from_secs(5), CONVERSATION);
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    let client = builder.max_retries(0).build().unwrap();
    let error = run(&clock, STEP, async move {
        let call = client.conversations().start("hi").model("m");
        call.timeouts(Timeouts::all(Duration::from_secs(2))).send().await.unwrap_err()
    })
    .await;
    assert_eq!((error.class(), error.attempts()), (Class::Timeout, 1), "{error}");
}

#[tokio::test]
async fn the_wait_for_a_turn_is_not_counted() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::from_millis(100), CONVERSATION);
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    let client = builder.requests_per_minute(1).timeout(Duration::from_secs(1)).build().unwrap();
    let waited = run(&clock, STEP, async move {
        client.conversations().start("hi").model("m").send().await.unwrap();
        client.conversations().start("hi").model("m").send().await.unwrap().meta.waited
    })
    .await;
    assert!(waited > Duration::from_secs(50), "{waited:?}");
}

/// A transport whose answer comes in pieces, so long apart.
#[derive(Clone, Debug)]
struct Dripping {
    clock: ManualClock,
    apart: Duration,
    status: u16,
    kind: &'static str,
    pieces: &'static [&'static str],
}

impl Transport for Dripping {
    fn send(
        &self,
        _request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let Self { clock, apart, status, kind, pieces } = self.clone();
        let frames = stream::iter(pieces).then(move |piece| {
            let (clock, until) = (clock.clone(), clock.now().after(apart));
            async move {
                Sleep::until(clock.into(), until).await;
                Ok(Frame::data(Bytes::from_static(piece.as_bytes())))
            }
        });
        let body = ResponseBody::new(http_body_util::StreamBody::new(frames));
        let answer =
            http::Response::builder().status(status).header("content-type", kind).body(body).unwrap();
        async move { Ok(answer) }.boxed()
    }
}

fn dripping(apart: Duration, kind: &'static str, pieces: &'static [&'static str]) -> (Mistral, ManualClock) {
    dripping_status(200, apart, kind, pieces)
}

fn dripping_status(
    status: u16,
    apart: Duration,
    kind: &'static str,
    pieces: &'static [&'static str],
) -> (Mistral, ManualClock) {
    let clock = ManualClock::new();
    let transport = Dripping { clock: clock.clone(), apart, status, kind, pieces };
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(transport).max_retries(0);
    let (between_chunks, whole) = (Duration::from_secs(10), Duration::from_secs(25));
    let timeouts = Timeouts { between_chunks, whole, ..Timeouts::all(Duration::from_secs(60)) };
    (builder.timeouts(timeouts).build().unwrap(), clock)
}

const PIECES: &[&str] = &["{\"conversation_id\":\"c\",", "\"outputs\":[],", "\"usage\":{}", "}"];

#[tokio::test]
async fn silence_between_two_pieces_is_bounded_and_so_is_the_whole() {
    for (apart, within) in [(11, "nothing more within 10s"), (8, "no whole answer within 25s")] {
        let (client, clock) = dripping(Duration::from_secs(apart), "application/json", PIECES);
        let begun = clock.now();
        let answer =
            run(&clock, STEP, async move { client.conversations().start("hi").model("m").send().await });
        let error = answer.await.unwrap_err();
        assert_eq!(error.class(), Class::Timeout, "{error}");
        assert!(error.to_string().contains(within), "{error}");
        let bound = if apart == 11 { 10 } else { 25 };
        let took = clock.now().since(begun);
        assert!((Duration::from_secs(bound)..Duration::from_secs(bound + 1)).contains(&took), "{took:?}");
    }
    let (client, clock) = dripping(Duration::from_secs(6), "application/json", PIECES);
    let answer = run(&clock, STEP, async move { client.conversations().start("hi").model("m").send().await });
    assert_eq!(answer.await.unwrap().conversation_id, "c");
}

const EVENTS: &[&str] = &[
    "data: {\"type\":\"message.output.delta\",\"id\":\"m\",\"content\":\"1\"}\n\n",
    "data: {\"type\":\"message.output.delta\",\"id\":\"m\",\"content\":\"2\"}\n\n",
    "data: {\"type\":\"message.output.delta\",\"id\":\"m\",\"content\":\"3\"}\n\n",
    "data: {\"type\":\"conversation.response.done\",\"usage\":{}}\n\n",
];

#[tokio::test]
async fn a_stream_lasts_as_long_as_it_talks_and_is_given_up_when_it_falls_silent() {
    let texts = |apart, kind| {
        let (client, clock) = dripping(Duration::from_secs(apart), kind, EVENTS);
        async move {
            let streamed = run(&clock, STEP, async move {
                let streamed = client.conversations().start("hi").model("m").stream().await;
                let mut told = Vec::new();
                let mut events = match streamed {
                    Ok(events) => events,
                    Err(error) => return vec![Err(error)],
                };
                while let Some(event) = events.next().await {
                    told.push(event.map(|event| event.text().unwrap_or_default()));
                }
                told
            });
            streamed.await
        }
    };
    // Not every host that streams says so in its head.
    for kind in [
        "text/event-stream",
        "Text/Event-Stream; charset=utf-8",
        "application/octet-stream",
        "text/plain",
        "application/json",
    ] {
        let whole: Result<Vec<String>, Error> = texts(9, kind).await.into_iter().collect();
        assert_eq!(whole.unwrap().concat(), "123", "{kind}");
        let broken = texts(11, kind).await;
        let is_timeout =
            |told: &Result<_, Error>| told.as_ref().is_err_and(|error| error.class() == Class::Timeout);
        assert!(broken.len() == 1 && is_timeout(&broken[0]), "{kind}");
    }
}

#[tokio::test]
async fn the_refusal_of_a_stream_is_bounded_as_a_whole() {
    let (client, clock) = dripping_status(400, Duration::from_secs(9), "text/plain", &["n", "o", "n", "e"]);
    let begun = clock.now();
    let streamed =
        run(
            &clock,
            STEP,
            async move { client.conversations().start("hi").model("m").stream().await.map(drop) },
        );
    assert!(streamed.await.is_err());
    let took = clock.now().since(begun);
    assert!((Duration::from_secs(25)..Duration::from_secs(26)).contains(&took), "{took:?}");
}
