//! `Ready`: a request in the form in which it is sent.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use crate::call::{Act, Options};
use crate::timed::Timeouts;
use crate::{Outgoing, RequestError, Terms};

/// How the model is to choose its words, as far as a span tells it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sampling {
    pub(crate) max_tokens: Option<u64>,
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
}

impl Sampling {
    /// The names that the APIs of chat, messages, responses and conversations have for it.
    fn of(json: &Value) -> Self {
        let place = json.get("completion_args").unwrap_or(json);
        let number = |name| place.get(name).and_then(Value::as_f64);
        let bounds = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let max_tokens = bounds.iter().find_map(|name| place.get(name).and_then(Value::as_u64));
        Self { max_tokens, temperature: number("temperature"), top_p: number("top_p") }
    }
}

/// A request in the form in which it is sent.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) outgoing: Outgoing,
    pub(crate) act: Act,
    pub(crate) model: Option<String>,
    pub(crate) streams: bool,
    pub(crate) sampling: Sampling,
    pub(crate) terms: Terms,
    pub(crate) timeouts: Option<Timeouts>,
}

impl Ready {
    pub(crate) fn new(
        method: Method,
        path: String,
        json: Option<Value>,
        act: Act,
        options: Options,
    ) -> Result<Self, RequestError> {
        let field = |name: &str| json.as_ref().and_then(|json| json.get(name));
        let model = field("model").and_then(Value::as_str).map(str::to_owned);
        let streams = field("stream").and_then(Value::as_bool).unwrap_or(false);
        let sampling = json.as_ref().map(Sampling::of).unwrap_or_default();
        let mut headers = options.headers;
        let body = match &json {
            None => Bytes::new(),
            Some(json) => {
                headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
                let written = serde_json::to_vec(json);
                written.map_err(|error| RequestError::Json { cause: error.to_string() })?.into()
            }
        };
        let accepted = if streams { "text/event-stream" } else { "application/json" };
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static(accepted));
        let outgoing = Outgoing { method, path, headers, body };
        Ok(Self { outgoing, act, model, streams, sampling, terms: options.terms, timeouts: options.timeouts })
    }

    /// The request with the client's own headers under those of the call.
    pub(crate) fn outgoing(self, of_client: &HeaderMap) -> Outgoing {
        let mut outgoing = self.outgoing;
        for (name, value) in of_client {
            outgoing.headers.entry(name).or_insert_with(|| value.clone());
        }
        outgoing
    }
}
