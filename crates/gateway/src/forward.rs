//! Forwards a request to its provider and the answer back, byte for byte.
//!
//! A call that a limit governs is read in full, waits for its turn and is retried ([`metered`]); anything else
//! streams through at once ([`unmetered`]).

mod breaking;
mod metered;
mod record;
mod refuse;
mod unmetered;

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use tidegate_provider::{RefusalKind, adapter};

use crate::Upstream;
use crate::ask::Ask;
use crate::body::Reply;
use crate::respond;
use crate::state::State;

/// A request on its way to a provider.
pub(crate) struct Inbound {
    pub(crate) state: Arc<State>,
    pub(crate) upstream: Arc<Upstream>,
    /// Path and query under `/v1`.
    pub(crate) path: String,
    pub(crate) request: Request<Incoming>,
}

/// Forwards one request.
pub(crate) async fn forward(inbound: Inbound) -> Response<Reply> {
    let adapter = adapter(inbound.upstream.dialect);
    if inbound.state.is_closing() {
        return refuse::shutting_down(adapter);
    }
    let ask = match Ask::read(inbound.request.headers()) {
        Ok(ask) => ask,
        Err(bad) => return respond::refusal(adapter, RefusalKind::BadRequest, &bad.to_string(), None),
    };
    if adapter.endpoint(inbound.request.method(), &inbound.path).is_metered() {
        metered::call(inbound, ask).await
    } else {
        unmetered::pass(inbound).await
    }
}
