//! `Inspection`: everything that is understood of one whole answer, for people and tests. Nothing paces by it.

mod stored;

use serde_json::Value;
use tidegate_core::Usage;

use crate::reading::decoded;
use crate::{Adapter, Endpoint, EndpointKind, Observed, ResponseHead, Verdict};

/// Everything that is understood of one whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// How the call ended.
    pub verdict: Verdict,
    /// What the head states of limits, and what was not heeded.
    pub observed: Observed,
    /// The usage, where the body states one; of the results of a batch, that of all of them together.
    pub usage: Option<Usage>,
    /// Whether the body came to its end, as far as its format tells.
    pub complete: bool,
    /// The model that answered.
    pub model: Option<String>,
    /// The provider's own name for the call.
    pub request_id: Option<String>,
}

/// Headers that name a call, the provider's own before those of proxies (recordings to 2026-08).
const REQUEST_IDS: [&str; 10] = [
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-ms-request-id",
    "mistral-correlation-id",
    "x-amzn-requestid",
    "x-generation-id",
    "x-goog-request-id",
    "inference-id",
    "cf-ray",
];

/// Where documents name their model.
const MODELS: [&str; 8] = [
    "/model",
    "/message/model",
    "/response/model",
    "/modelVersion",
    "/response/modelVersion",
    "/interaction/model",
    "/result/message/model",
    "/response/body/model",
];

/// The most of a body in which the model is looked for.
const SEARCHED_MAX: usize = 4 * 1024 * 1024;

/// The most events of a stream in which the model is looked for.
const EVENTS_MAX: usize = 64;

/// Understands a whole answer of a model, compressed or not.
///
/// The endpoint is not known, so the body is read as that of a chat, whose readers know the shapes of all.
#[must_use]
pub fn inspect(adapter: &dyn Adapter, head: &ResponseHead<'_>, body: &[u8]) -> Inspection {
    let endpoint = Endpoint::of(EndpointKind::Chat);
    let encoding = head.text("content-encoding");
    let mut reader = adapter.usage_reader(endpoint, head.text("content-type"), encoding);
    reader.push(body);
    let reading = reader.finish();
    let plain = decoded(encoding, body, SEARCHED_MAX);
    let name = |name: &&str| head.text(*name).map(str::to_owned);
    let in_body = |document: &Value| document.get("request_id").and_then(Value::as_str).map(str::to_owned);
    Inspection {
        verdict: adapter.classify(head, body),
        observed: adapter.read_head(endpoint, head),
        usage: reading.usage.or_else(|| stored::usage(&plain)),
        complete: reading.is_complete(),
        model: find(&plain, |document| {
            let named = |place: &&str| document.pointer(place).and_then(Value::as_str);
            MODELS.iter().find_map(named).filter(|model| !model.is_empty()).map(str::to_owned)
        }),
        request_id: REQUEST_IDS.iter().find_map(name).or_else(|| find(&plain, in_body)),
    }
}

/// The first that the documents of a body tell: the body itself, or the first events of a stream.
fn find<T>(body: &[u8], what: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let documents = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    let mut documents = documents.map_while(Result::ok).take(EVENTS_MAX);
    let first =
        |document: &Value| what(document.as_array().and_then(|list| list.first()).unwrap_or(document));
    if let Some(told) = documents.find_map(|document| first(&document)) {
        return Some(told);
    }
    let lines = body.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data:"));
    let events = lines.filter_map(|data| serde_json::from_slice::<Value>(data).ok());
    events.take(EVENTS_MAX).find_map(|event| what(&event))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::{Dialect, adapter};

    fn inspected(dialect: Dialect, body: &str) -> Inspection {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::from_static("req_1"));
        let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        inspect(adapter(dialect), &head, body.as_bytes())
    }

    #[test]
    fn model_and_request_are_named_by_plain_answers_and_streams() {
        let plain = inspected(
            Dialect::OpenAi,
            r#"{"model":"m-1","usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
        );
        assert_eq!((plain.model.as_deref(), plain.request_id.as_deref()), (Some("m-1"), Some("req_1")));
        assert_eq!(plain.usage.map(|usage| usage.total()), Some(5));
        let stream = ": hi\n\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m-2\"}}\n\n";
        assert_eq!(inspected(Dialect::Anthropic, stream).model.as_deref(), Some("m-2"));
    }

    #[test]
    fn a_body_that_is_no_document_names_nothing() {
        for body in ["", "<html></html>", "data: {\"mod", "[]", "null", "{\"model\": 5}"] {
            assert_eq!(inspected(Dialect::Compatible, body).model, None, "{body}");
        }
    }
}
