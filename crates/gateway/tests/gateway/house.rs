//! `House`: a running gateway with one upstream, and a caller's way to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use tidegate_client::{
    BaseUrl, Body, HttpTransport, ResponseBody, Transport, TransportConfig, TransportError,
};
use tidegate_gateway::{Builder, Gateway, GatewayConfig, Upstream};
use tidegate_provider::Dialect;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::upstream::TestUpstream;

pub(crate) const CHAT: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]}"#;
pub(crate) const ANSWER: &str =
    r#"{"id":"1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#;
pub(crate) const THROTTLED: &str =
    r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#;

/// A running gateway.
pub(crate) struct House {
    pub(crate) base: String,
    /// Ends the gateway, once.
    stop: Mutex<Option<oneshot::Sender<()>>>,
    running: Mutex<Option<JoinHandle<()>>>,
    caller: HttpTransport,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    /// A gateway whose `openai` is `upstream`, with changes to its config.
    pub(crate) async fn with(upstream: &TestUpstream, change: impl FnOnce(&mut GatewayConfig)) -> Self {
        let base = BaseUrl::parse(&upstream.base()).unwrap();
        let mut config = GatewayConfig {
            upstreams: vec![Upstream::new("openai", base, Dialect::OpenAi)],
            ..GatewayConfig::default()
        };
        change(&mut config);
        Self::of(Gateway::builder(config)).await
    }

    /// A gateway that reaches OpenAI over this transport.
    pub(crate) async fn over(transport: impl Transport + 'static) -> Self {
        let base = BaseUrl::parse("https://api.openai.com").unwrap();
        let config = GatewayConfig {
            upstreams: vec![Upstream::new("openai", base, Dialect::OpenAi)],
            ..GatewayConfig::default()
        };
        Self::of(Gateway::builder(config).transport(Arc::new(transport))).await
    }

    async fn of(gateway: Builder) -> Self {
        let bound = gateway.bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let base = format!("http://{}", bound.local_addr());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(bound.run(async {
            let _ = stopped.await;
        }));
        let caller = HttpTransport::new(&TransportConfig::default()).unwrap();
        Self { base, stop: Mutex::new(Some(stop)), running: Mutex::new(Some(running)), caller }
    }

    /// A gateway whose `openai` is `upstream`.
    pub(crate) async fn new(upstream: &TestUpstream) -> Self {
        Self::with(upstream, |_| ()).await
    }

    /// Begins the shutdown.
    pub(crate) fn stop(&self) {
        let stop = self.stop.lock().unwrap().take().unwrap();
        stop.send(()).unwrap();
    }

    /// Resolves when the gateway has ended.
    pub(crate) async fn ended(&self) {
        let running = self.running.lock().unwrap().take().unwrap();
        tokio::time::timeout(Duration::from_secs(10), running)
            .await
            .expect("the gateway should end")
            .unwrap();
    }

    /// Sends a request and hands the answer over while it arrives.
    pub(crate) async fn open(
        &self,
        request: http::request::Builder,
        body: Body,
    ) -> http::Response<ResponseBody> {
        self.try_open(request, body).await.unwrap()
    }

    /// The same, when the gateway may not answer.
    pub(crate) async fn try_open(
        &self,
        request: http::request::Builder,
        body: Body,
    ) -> Result<http::Response<ResponseBody>, TransportError> {
        self.caller.send(request.body(body).unwrap()).await
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: http::request::Builder, body: impl Into<Bytes>) -> Got {
        let (head, body) = self.open(request, Body::whole(body)).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got { status: head.status, headers: head.headers, body }
    }

    pub(crate) fn post(&self, path: &str) -> http::request::Builder {
        Request::post(format!("{}{path}", self.base)).header("content-type", "application/json")
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send(Request::get(format!("{}{path}", self.base)), "").await
    }

    /// A chat call that is answered in full.
    pub(crate) async fn chat(&self) -> Got {
        self.send(self.post("/openai/v1/chat/completions"), CHAT).await
    }

    /// Asks for the status until it is as wanted: the gateway settles a moment after the caller has its answer.
    pub(crate) async fn status_when(&self, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let asked = async {
            loop {
                let status = self.get("/api/v1/status").await.json();
                if wanted(&status) {
                    return status;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), asked)
            .await
            .expect("the status should become as wanted")
    }
}

/// Shares a house between tasks of a test.
pub(crate) fn shared(house: House) -> Arc<House> {
    Arc::new(house)
}
