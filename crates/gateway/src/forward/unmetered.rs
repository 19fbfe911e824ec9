//! What no limit governs (lists, files, batches, every GET): streams through both ways at once, sent once.

use std::time::Duration;

use http::Response;
use http_body_util::BodyExt;
use tidegate::{Band, Class};
use tidegate_client::{Body, PacedError, TransportError};
use tidegate_provider::{RefusalKind, ResponseHead, adapter};
use tracing::debug;

use super::breaking::Breaking;
use super::{Inbound, refuse};
use crate::body::Reply;
use crate::metrics::Labels;
use crate::state::State;
use crate::{headers, respond};

/// Passes one request through.
pub(crate) async fn pass(inbound: Inbound) -> Response<Reply> {
    let Inbound { state, upstream, path, request } = inbound;
    let adapter = adapter(upstream.dialect);
    let labels = state.metrics.labels(&upstream.name, None);
    let (mut head, incoming) = request.into_parts();
    headers::to_provider(&mut head.headers);
    if let Some(key) = &upstream.key {
        key.apply(upstream.dialect, &mut head.headers);
    }
    let Ok(uri) = upstream.base.uri(&path) else {
        return respond::refusal(adapter, RefusalKind::NotFound, "the path makes no URL", None);
    };
    let mut outgoing = http::Request::new(Body::stream(incoming));
    *outgoing.method_mut() = head.method;
    *outgoing.uri_mut() = uri;
    *outgoing.headers_mut() = head.headers;
    match state.transport.send(outgoing).await {
        Ok(answer) => {
            let (head, body) = answer.into_parts();
            let status = head.status.as_u16();
            let received_at = state.clock.wall();
            let seen = ResponseHead { status, headers: &head.headers, received_at };
            count(&state, &labels, adapter.classify(&seen, &[]).class);
            let mut response = Response::from_parts(head, Breaking::new(body).boxed_unsync());
            headers::to_caller(response.headers_mut());
            headers::tell(response.headers_mut(), 1, Duration::ZERO, None);
            response
        }
        Err(error) => {
            debug!(provider = %upstream.name, %error, "a request was not answered");
            count(&state, &labels, error.class());
            refuse::failed(adapter, &upstream.name, &unanswered(error), Duration::default)
        }
    }
}

fn unanswered(error: TransportError) -> PacedError {
    PacedError::Transport { error, attempts: 1, waited: Duration::ZERO }
}

fn count(state: &State, labels: &Labels, class: Class) {
    state.metrics.answered(labels, class);
    state.metrics.request(labels, Band::Standard, class.name());
}
