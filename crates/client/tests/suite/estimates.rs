//! Estimates over whole calls to the emulated providers: what was learned and remembered is reserved for the next call.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use tidegate::events::Happening;
use tidegate::{Compared, Dimension, Events, Learning, Limiter, ManualClock};
use tidegate_client::{
    BaseUrl, Body, FakeAnswer, FakeTransport, Outgoing, Paced, ResponseBody, Terms, Transport,
    TransportError, TransportErrorKind,
};
use tidegate_provider::adapter;
use tidegate_sim::{Dialect, Emulator, EmulatorConfig, Limits};

/// The emulated provider, answering at once.
#[derive(Clone, Debug)]
struct Emulated {
    emulator: Arc<Mutex<Emulator>>,
    clock: ManualClock,
}

impl Transport for Emulated {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let Self { emulator, clock } = self.clone();
        async move {
            let (head, body) = request.into_parts();
            let unread = |_| TransportError::new(TransportErrorKind::Upload, "the emulator", "it broke off");
            let body = body.collect().await.map_err(unread)?;
            let now = tidegate::Clock::now(&clock);
            let reply = emulator.lock().unwrap().handle(&http::Request::from_parts(head, body), now);
            let mut answer = http::Response::new(ResponseBody::whole(Bytes::from(reply.bytes().to_vec())));
            *answer.status_mut() = reply.status;
            *answer.headers_mut() = reply.headers.clone();
            Ok(answer)
        }
        .boxed()
    }
}

/// An account at an emulated provider.
struct Bench {
    paced: Paced,
    events: Events,
}

impl Bench {
    fn new(dialect: Dialect, describe: impl FnOnce(&mut EmulatorConfig)) -> Self {
        let clock = ManualClock::new();
        let mut config =
            EmulatorConfig::new(dialect).with_limits(Limits::requests_and_tokens(100_000, 1_000_000_000));
        describe(&mut config);
        let limiter = Limiter::builder().learning(Learning::Trusting).clock(clock.clone()).build().unwrap();
        let events = limiter.events();
        let emulator = Arc::new(Mutex::new(Emulator::new(config)));
        let dialect = match dialect {
            Dialect::Mistral => tidegate_provider::Dialect::Mistral,
            _ => tidegate_provider::Dialect::OpenAi,
        };
        let base = BaseUrl::parse("https://api.example.com").unwrap();
        let paced = Paced::new(Arc::new(Emulated { emulator, clock }), adapter(dialect), limiter, base);
        Self { paced, events }
    }

    /// Makes a call; gives its answer, and how its input was estimated.
    async fn call(&mut self, path: &str, body: &Value) -> (Bytes, Option<Compared>) {
        let outgoing = Outgoing {
            method: Method::POST,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_string()),
        };
        let answer = self.paced.request(outgoing, Terms::default()).await.unwrap();
        assert_eq!(answer.status.as_u16(), 200, "{:?}", answer.body);
        let told = std::iter::from_fn(|| self.events.try_recv()).filter_map(|event| match event.what {
            Happening::Estimated { comparison } => comparison.input,
            _ => None,
        });
        (answer.body, told.last())
    }
}

fn parsed(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[tokio::test]
async fn the_vocabulary_of_a_model_is_learned_from_its_answers() {
    let two = NonZeroU64::new(2).unwrap();
    let mut bench = Bench::new(Dialect::OpenAi, |config| config.chars_per_token = two);
    let text = "It was the best of tides. ".repeat(100);
    let body = json!({"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 50});
    let (_, first) = bench.call("/v1/chat/completions", &body).await;
    let first = first.unwrap();
    assert!(first.estimated * 10 < first.used * 6, "four bytes a token at first: {first:?}");
    for _ in 0..40 {
        bench.call("/v1/chat/completions", &body).await;
    }
    let (_, last) = bench.call("/v1/chat/completions", &body).await;
    let last = last.unwrap();
    assert!(last.estimated.abs_diff(last.used) * 100 <= last.used * 2, "within 2 %: {last:?}");
    let lane = &bench.paced.limiter().snapshot().lanes[0];
    assert!(lane.tokens_per_kilobyte.unwrap() > 480, "{lane:?}");
}

#[tokio::test]
async fn a_conversation_is_estimated_with_its_history_on_its_own_lane() {
    let mut bench = Bench::new(Dialect::Mistral, |_| ());
    let start = json!({"model": "m", "inputs": "What does the tide do?", "tools": [{"type": "web_search"}]});
    let (started, _) = bench.call("/v1/conversations", &start).await;
    let path = format!("/v1/conversations/{}", parsed(&started)["conversation_id"].as_str().unwrap());
    for stream in [false, true, false] {
        let next = json!({"inputs": "And then, when the moon has gone?", "stream": stream});
        let (_, compared) = bench.call(&path, &next).await;
        let compared = compared.unwrap();
        assert!(compared.used > 7_112, "the search is read again: {compared:?}");
        assert!(compared.estimated.abs_diff(compared.used) <= 8, "{compared:?}");
    }
    let snapshot = bench.paced.limiter().snapshot();
    assert!(snapshot.lanes.iter().all(|lane| lane.lane == "m"), "{:?}", snapshot.lanes);
}

#[tokio::test]
async fn a_response_that_goes_on_is_estimated_with_what_went_before() {
    let mut bench = Bench::new(Dialect::OpenAi, |config| config.output_tokens = 400..=400);
    let mut previous = Value::Null;
    for turn in 0..4 {
        let body = json!({"model": "m", "input": "And then?", "previous_response_id": previous,
            "stream": turn == 2});
        let (answer, compared) = bench.call("/v1/responses", &body).await;
        let compared = compared.unwrap();
        assert!(
            compared.used >= 400 * turn && compared.estimated.abs_diff(compared.used) <= 8,
            "{compared:?}"
        );
        let text = std::str::from_utf8(&answer).unwrap();
        let id = text.split("\"resp_").nth(1).unwrap().split('"').next().unwrap();
        previous = json!(format!("resp_{id}"));
    }
}

#[tokio::test]
async fn a_call_is_settled_with_what_the_head_says_was_counted() {
    let headers = [("content-type", "application/json"), ("x-ratelimit-tokens-query-cost", "106")];
    let usage = r#"{"usage":{"prompt_tokens":93,"completion_tokens":29,"total_tokens":122}}"#;
    let transport = FakeTransport::new([FakeAnswer::http(200, &headers, usage)]);
    let limiter = Limiter::builder().clock(ManualClock::new()).build().unwrap();
    let mut events = limiter.events();
    let base = BaseUrl::parse("https://api.example.com").unwrap();
    let mistral = adapter(tidegate_provider::Dialect::Mistral);
    let paced = Paced::new(Arc::new(transport), mistral, limiter, base);
    let body = Bytes::from(r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#);
    let path = "/v1/chat/completions".to_owned();
    let outgoing = Outgoing { method: Method::POST, path, headers: HeaderMap::new(), body };
    paced.request(outgoing, Terms::default()).await.unwrap();
    let charge = std::iter::from_fn(|| events.try_recv()).find_map(|event| match event.what {
        Happening::Settled { charge, .. } => Some(charge.get(Dimension::TotalTokens)),
        _ => None,
    });
    assert_eq!(charge, Some(106), "what the provider says it counted, and not the sum of its usage");
}

#[tokio::test]
async fn a_usage_of_zeros_leaves_the_reservation_or_what_a_stream_showed() {
    const ZEROS: &str = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"connector_tokens":0}"#;
    let plain = format!(r#"{{"conversation_id":"conv_1","outputs":[],"usage":{ZEROS}}}"#);
    let text = "Up and down. ".repeat(20);
    let stream = format!(
        "data: {{\"type\":\"message.output.delta\",\"content\":\"{text}\"}}\n\n\
         data: {{\"type\":\"conversation.response.done\",\"usage\":{ZEROS}}}\n\n"
    );
    for (answer, output) in [(plain, 100), (stream, 65)] {
        let transport = FakeTransport::new([FakeAnswer::http(200, &[], answer)]);
        let limits = Limiter::builder().clock(ManualClock::new()).tokens_per_minute(6_000).burst(6_000);
        let base = BaseUrl::parse("https://api.example.com").unwrap();
        let mistral = adapter(tidegate_provider::Dialect::Mistral);
        let paced = Paced::new(Arc::new(transport), mistral, limits.build().unwrap(), base);
        let body = r#"{"model":"m","inputs":"What does the tide do?","completion_args":{"max_tokens":100}}"#;
        let outgoing = Outgoing {
            method: Method::POST,
            path: "/v1/conversations".to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::from(body),
        };
        paced.request(outgoing, Terms::default()).await.unwrap();
        let used = paced.limiter().snapshot().limits[0].used;
        // 22 bytes of text and the frame, and the output.
        assert_eq!(used, 6 + 3 + output);
    }
}
