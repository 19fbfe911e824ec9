//! The gateway's own paths:
//!
//! * `GET /healthz`: the process is alive.
//! * `GET /readyz`: it takes calls; 503 once it is shutting down.
//! * `GET /metrics`: Prometheus text.
//! * `GET /api/v1/status`: accounts, their limits, queues and last refusals, as JSON.
//!
//! Any other path answers 404 with the list of those that exist.

use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::json;

use crate::body::Reply;
use crate::metrics::{CONTENT_TYPE, Gauges, Page};
use crate::respond;
use crate::route::Own;
use crate::state::State;
use crate::status::Status;

/// Answers one of the gateway's own paths.
pub(crate) fn answer(state: &State, own: Own, method: &Method) -> Response<Reply> {
    if method != Method::GET && method != Method::HEAD {
        let mut response = respond::own_error(StatusCode::METHOD_NOT_ALLOWED, "this path is read with GET");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match own {
        Own::Health => respond::json(StatusCode::OK, &json!({ "status": "ok" })),
        Own::Ready if state.is_closing() => {
            respond::json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "shutting down" }))
        }
        Own::Ready => respond::json(StatusCode::OK, &json!({ "status": "ready" })),
        Own::Metrics => metrics(state),
        Own::Status => {
            let accounts = state.accounts.all();
            respond::json(StatusCode::OK, &Status::of(accounts.iter().map(AsRef::as_ref)))
        }
    }
}

/// Answers a path that does not exist with those that do.
pub(crate) fn unknown(state: &State, path: &str) -> Response<Reply> {
    let paths = state.routes.listed();
    let message = format!("nothing is at {path}; use one of these paths, such as /openai/v1 as a base URL");
    respond::json(StatusCode::NOT_FOUND, &json!({ "error": { "message": message, "paths": paths } }))
}

fn metrics(state: &State) -> Response<Reply> {
    let mut page = Page::new();
    state.metrics.write(&mut page);
    Gauges::of(&state.accounts.all()).write(&mut page);
    respond::with_type(StatusCode::OK, CONTENT_TYPE, page.finish())
}
