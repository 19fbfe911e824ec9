//! A call that a limit governs: read in full, estimated, held until its turn, retried, settled.

use http::{Response, header};
use http_body_util::BodyExt;
use tidegate::Class;
use tidegate_client::{Opened, Outgoing, Paced, PacedError, Prepared, Terms};
use tidegate_provider::{RefusalKind, adapter};
use tracing::debug;

use super::breaking::Breaking;
use super::record::Record;
use super::{Inbound, refuse};
use crate::ask::Ask;
use crate::body::{self, Reply};
use crate::{headers, respond};

/// From this many bytes on, estimating takes long enough to hold up other calls of the same thread.
const LONG_BODY_BYTES: usize = 256 * 1024;

/// Makes one call for a caller. Dropping the future, when the caller goes away, gives up its place in the queue or
/// the call at the provider.
pub(crate) async fn call(inbound: Inbound, ask: Ask) -> Response<Reply> {
    let Inbound { state, upstream, path, request } = inbound;
    let adapter = adapter(upstream.dialect);
    let account = match state.accounts.of(&upstream, request.headers()) {
        Ok(account) => account,
        Err(none) => return respond::refusal(adapter, RefusalKind::QueueFull, &none.to_string(), None),
    };
    let (mut head, incoming) = request.into_parts();
    // Held until the call is handed over or has failed: until then it may have to be sent again.
    let body::Read { bytes: body, held: _held } = match state.bodies.read(incoming).await {
        Ok(read) => read,
        Err(unread) => {
            debug!(provider = %upstream.name, ?unread, "a request's body was not read");
            state.metrics.request(
                &state.metrics.labels(&upstream.name, None),
                ask.band,
                refuse::outcome_of(&unread),
            );
            return refuse::unread(adapter, &unread);
        }
    };
    headers::to_provider(&mut head.headers);
    // Written anew from the body's length: the caller may have sent it in chunks.
    head.headers.remove(header::CONTENT_LENGTH);
    let outgoing = Outgoing { method: head.method, path, headers: head.headers, body };
    let paced = account.paced().clone().key(upstream.key.clone());
    let prepared = match prepare(&paced, outgoing).await {
        Ok(prepared) => prepared,
        Err(error) => return refuse::failed(adapter, &upstream.name, &error, || account.next_turn()),
    };
    let record = Record::new(state.clone(), account, &upstream.name, &prepared, ask.band);
    let max_wait = ask.max_wait.map_or(state.max_wait, |asked| asked.min(state.max_wait));
    let terms = Terms { band: ask.band, max_wait: Some(max_wait) };
    match paced.open(prepared, terms, record.watch()).await {
        Ok(opened) => {
            record.opened(opened.class);
            if opened.class == Class::Ok {
                state.accounts.learn_owner(record.account(), &opened.headers);
            }
            reply(opened)
        }
        Err(error) => {
            record.failed(&error);
            let mut response =
                refuse::failed(adapter, &upstream.name, &error, || record.account().next_turn());
            headers::name(response.headers_mut(), record.call());
            response
        }
    }
}

/// Estimates a call: at once when it is short, beside the other calls when it is long.
async fn prepare(paced: &Paced, outgoing: Outgoing) -> Result<Prepared, PacedError> {
    if outgoing.body.len() < LONG_BODY_BYTES {
        return paced.prepare(outgoing);
    }
    let (paced, path) = (paced.clone(), outgoing.path.clone());
    let prepared = tokio::task::spawn_blocking(move || paced.prepare(outgoing)).await;
    prepared.unwrap_or(Err(PacedError::Path { path }))
}

/// The provider's answer as it came, with what the gateway has to say about it.
fn reply(opened: Opened) -> Response<Reply> {
    let Opened { call, status, headers, body, class, attempts, waited, limited_by, .. } = opened;
    let mut response = Response::new(Breaking::new(body).boxed_unsync());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    headers::to_caller(response.headers_mut());
    if matches!(class, Class::QuotaExhausted | Class::RequestRejected) {
        headers::call_off_retries(response.headers_mut());
    }
    headers::tell(response.headers_mut(), attempts, waited, limited_by.as_ref());
    headers::name(response.headers_mut(), call);
    response
}
