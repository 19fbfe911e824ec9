//! Errors of our own on a provider's path, in the provider's own shape.

use std::time::Duration;

use http::{Response, StatusCode};
use tidegate::{Class, Rejection};
use tidegate_client::{PacedError, TransportError, TransportErrorKind};
use tidegate_provider::{Adapter, RefusalKind};

use crate::body::{Reply, Unread};
use crate::{headers, respond};

/// When to come back after a shutdown has begun: a process is replaced in a few seconds.
const RESTART: Duration = Duration::from_secs(5);

/// The gateway is shutting down.
pub(crate) fn shutting_down(adapter: &dyn Adapter) -> Response<Reply> {
    respond::refusal(
        adapter,
        RefusalKind::ShuttingDown,
        "the gateway is shutting down; try again",
        Some(RESTART),
    )
}

/// The body of a request was not read.
pub(crate) fn unread(adapter: &dyn Adapter, unread: &Unread) -> Response<Reply> {
    match unread {
        Unread::TooLong { bytes_max } => {
            let message = format!(
                "the body is longer than the {bytes_max} bytes that the gateway reads; raise its max_body"
            );
            respond::refusal(adapter, RefusalKind::TooLarge, &message, None)
        }
        Unread::NoRoom => {
            let message = "the gateway holds as many bytes of waiting calls as it may; send fewer at once";
            respond::refusal(adapter, RefusalKind::QueueFull, message, None)
        }
        Unread::Broken => {
            respond::refusal(adapter, RefusalKind::BadRequest, "the body of the request broke off", None)
        }
    }
}

/// What the metrics call it.
pub(crate) const fn outcome_of(unread: &Unread) -> &'static str {
    match unread {
        Unread::TooLong { .. } => "too_large",
        Unread::NoRoom => "queue_full",
        Unread::Broken => "abandoned",
    }
}

/// The call has no answer of the provider. `next_turn` is when the account's queue moves on.
pub(crate) fn failed(
    adapter: &dyn Adapter,
    provider: &str,
    error: &PacedError,
    next_turn: impl FnOnce() -> Duration,
) -> Response<Reply> {
    let (kind, retry_after) = match error {
        PacedError::Rejected { rejection: Rejection::QueueFull { .. }, .. } => {
            (RefusalKind::QueueFull, Some(next_turn()))
        }
        PacedError::Rejected { rejection, .. } => of_rejection(rejection),
        PacedError::Stopped { status: Some(status), retry_after, .. } => {
            return stopped(adapter, provider, error, *status, *retry_after);
        }
        PacedError::Stopped { retry_after, .. } => (RefusalKind::Unreachable, *retry_after),
        PacedError::Transport { error, .. } => (of_transport(error), None),
        _ => (RefusalKind::NotFound, None),
    };
    if kind == RefusalKind::ShuttingDown {
        return shutting_down(adapter);
    }
    let message = format!("{provider}: {error}");
    let mut response = respond::refusal(adapter, kind, &message, retry_after);
    headers::tell(response.headers_mut(), error.attempts(), error.waited(), None);
    response
}

/// A call like others that the provider refused for good: the status that it gave them, in its own shape, so that its
/// SDK raises the same error and does not try again. No `retry-after` asks it to: `x-tidegate-circuit` tells until when
/// we answer in the provider's place.
fn stopped(
    adapter: &dyn Adapter,
    provider: &str,
    error: &PacedError,
    status: StatusCode,
    until: Option<Duration>,
) -> Response<Reply> {
    let kind = match status.as_u16() {
        401 => RefusalKind::Unauthorized,
        402 => RefusalKind::Unpaid,
        403 => RefusalKind::Forbidden,
        // Some hosts say with a 400 that the key is wrong or the credit is used up.
        _ if error.class() == Class::Auth => RefusalKind::Unauthorized,
        _ => RefusalKind::QuotaExhausted,
    };
    let wait = until.unwrap_or_default();
    let message = format!(
        "{provider}: not sent, since the provider refused a call like it with status {} ({}); one call tries again \
         in {:.1} s",
        status.as_u16(),
        error.class(),
        wait.as_secs_f64()
    );
    let mut response = respond::refusal(adapter, kind, &message, None);
    headers::tell(response.headers_mut(), error.attempts(), error.waited(), None);
    headers::tell_circuit(response.headers_mut(), wait);
    response
}

fn of_rejection(rejection: &Rejection) -> (RefusalKind, Option<Duration>) {
    match rejection {
        // Never is not "later": no SDK retries a 413.
        Rejection::Never { .. } => (RefusalKind::TooLarge, None),
        // As the provider would answer it, which no SDK retries either.
        Rejection::Unaffordable { .. } => (RefusalKind::Unpaid, None),
        Rejection::Deadline { retry_after, .. } => (RefusalKind::TooLong, Some(*retry_after)),
        Rejection::Closed => (RefusalKind::ShuttingDown, Some(RESTART)),
        _ => (RefusalKind::QueueFull, None),
    }
}

fn of_transport(error: &TransportError) -> RefusalKind {
    match error.kind() {
        TransportErrorKind::Timeout => RefusalKind::Timeout,
        _ => RefusalKind::Unreachable,
    }
}
