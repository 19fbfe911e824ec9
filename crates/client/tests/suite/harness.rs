//! What the tests share: clients in manual time, a transport that notes when each call starts, answers of providers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tidegate::clock::Sleep;
use tidegate::{Clock, ManualClock, Timestamp};
use tidegate_client::{
    Body, FakeAnswer, FakeTransport, Mistral, OpenAi, ResponseBody, Transport, TransportError,
};

pub(crate) const CONVERSATION: &str = r#"{"object":"conversation.response","conversation_id":"conv_1","outputs":[
    {"type":"message.output","role":"assistant","content":"Up and down.","id":"msg_1","model":"mistral-small"}],
    "usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#;

pub(crate) const COMPLETION: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[
    {"index":0,"message":{"role":"assistant","content":"Up and down."},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#;

pub(crate) fn json(body: impl Into<bytes::Bytes>) -> FakeAnswer {
    FakeAnswer::http(200, &[("content-type", "application/json"), ("x-request-id", "req-1")], body)
}

/// Mistral over a script, in manual time.
pub(crate) fn mistral(script: impl IntoIterator<Item = FakeAnswer>) -> (Mistral, FakeTransport, ManualClock) {
    let (fake, clock) = (FakeTransport::new(script), ManualClock::new());
    let client = Mistral::builder().key("sk-secret").transport(fake.clone()).clock(clock.clone());
    (client.build().unwrap(), fake, clock)
}

/// OpenAI over a script, in manual time.
pub(crate) fn openai(script: impl IntoIterator<Item = FakeAnswer>) -> (OpenAi, FakeTransport, ManualClock) {
    let (fake, clock) = (FakeTransport::new(script), ManualClock::new());
    let client = OpenAi::builder().key("sk-secret").transport(fake.clone()).clock(clock.clone());
    (client.build().unwrap(), fake, clock)
}

/// Runs a future while manual time goes by in steps, at most an hour of it.
pub(crate) async fn run<F>(clock: &ManualClock, step: Duration, future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let task = tokio::spawn(future);
    let start = clock.now();
    while clock.now().since(start) < Duration::from_secs(3_600) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        if task.is_finished() {
            break;
        }
        clock.advance(step);
    }
    task.await.unwrap()
}

/// A transport that answers each call with the same body after some time, and notes when each call starts.
#[derive(Clone, Debug)]
pub(crate) struct Timekeeper {
    clock: ManualClock,
    latency: Duration,
    body: &'static str,
    starts: Arc<Mutex<Vec<Timestamp>>>,
}

impl Timekeeper {
    pub(crate) fn new(clock: &ManualClock, latency: Duration, body: &'static str) -> Self {
        Self { clock: clock.clone(), latency, body, starts: Arc::default() }
    }

    /// When the calls started, in milliseconds after the first.
    pub(crate) fn starts_ms(&self) -> Vec<u128> {
        let starts = self.starts.lock().unwrap();
        starts.iter().map(|start| start.since(starts[0]).as_millis()).collect()
    }
}

impl Transport for Timekeeper {
    fn send(
        &self,
        _request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let now = self.clock.now();
        self.starts.lock().unwrap().push(now);
        let (clock, until, body) = (self.clock.clone(), now.after(self.latency), self.body);
        async move {
            Sleep::until(clock.into(), until).await;
            let mut answer = http::Response::new(ResponseBody::whole(Bytes::from_static(body.as_bytes())));
            answer.headers_mut().insert("content-type", "application/json".parse().unwrap());
            Ok(answer)
        }
        .boxed()
    }
}
