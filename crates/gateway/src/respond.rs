//! Responses that the gateway writes itself: JSON of its own paths, and errors in a provider's own shape.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use tidegate_provider::{Adapter, LocalRefusal, RefusalKind};

use crate::body::{self, Reply};

/// A JSON document.
pub(crate) fn json(status: StatusCode, document: &impl serde::Serialize) -> Response<Reply> {
    match serde_json::to_vec(document) {
        Ok(text) => with_type(status, "application/json", text),
        Err(error) => with_type(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string()),
    }
}

/// A body of a media type.
pub(crate) fn with_type(
    status: StatusCode,
    content_type: &'static str,
    text: impl Into<bytes::Bytes>,
) -> Response<Reply> {
    let mut response = Response::new(body::whole(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An error of our own without a provider: the paths that belong to the gateway.
pub(crate) fn own_error(status: StatusCode, message: &str) -> Response<Reply> {
    json(status, &serde_json::json!({ "error": { "message": message } }))
}

/// An error of our own in the provider's shape.
pub(crate) fn refusal(
    adapter: &dyn Adapter,
    kind: RefusalKind,
    message: &str,
    retry_after: Option<Duration>,
) -> Response<Reply> {
    let refusal = adapter.refusal(&LocalRefusal { kind, message, retry_after });
    let mut response = Response::new(body::whole(refusal.body));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in refusal.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
