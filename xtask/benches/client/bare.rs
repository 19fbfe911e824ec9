//! `Bare`: calls by `reqwest` alone, as somebody writes them who needs one endpoint.

use serde::{Deserialize, Serialize};
use tidegate_client::TransportConfig;

use crate::{MODEL, QUESTION};

/// Calls by `reqwest` alone.
pub(crate) struct Bare {
    client: reqwest::Client,
    url: String,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    model: String,
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    index: u64,
    message: Said,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    role: String,
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl Bare {
    /// A client with the settings of our transport.
    pub(crate) fn new(url: &str) -> Self {
        let config = TransportConfig::default();
        let builder = reqwest::Client::builder().http1_only().tcp_nodelay(true).no_proxy().referer(false);
        let builder = builder.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
        let builder = builder.connect_timeout(config.connect_timeout).read_timeout(config.read_timeout);
        let builder = builder.pool_max_idle_per_host(config.idle_connections_max).tls_certs_only([]);
        let client = builder.build().expect("a client without certificates is made");
        Self { client, url: url.to_owned() }
    }

    /// A whole call: struct to JSON to structs.
    pub(crate) async fn call(&self) {
        let messages = vec![Message { role: "user", content: QUESTION }];
        let body = serde_json::to_vec(&Request { model: MODEL, messages }).expect("the request is JSON");
        let answer: Answer = serde_json::from_slice(&self.send(body).await).expect("the answer is JSON");
        let Answer { id, model, choices, usage } = answer;
        let said =
            choices.into_iter().map(|Choice { index, message: Said { role, content }, finish_reason }| {
                (index, role, content, finish_reason)
            });
        let used = usage.map(|usage| (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens));
        std::hint::black_box((id, model, said.collect::<Vec<_>>(), used));
    }

    /// A call whose body is written already, and whose answer nobody reads.
    pub(crate) async fn bytes(&self, body: &str) {
        std::hint::black_box(self.send(body.to_owned()).await);
    }

    async fn send(&self, body: impl Into<reqwest::Body>) -> bytes::Bytes {
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body);
        let answer = request.send().await.expect("the server answers");
        answer.bytes().await.expect("the answer is whole")
    }
}
