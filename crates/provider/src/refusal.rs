//! `Refusal`: an error of our own, to be answered in the provider's shape.

use std::time::Duration;

/// Why Tidegate answers a call itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The call would wait longer than its caller allows: 429.
    TooLong,
    /// The queue is full: 429.
    QueueFull,
    /// The caller's own steering (a header of ours) cannot be read: 400.
    BadRequest,
    /// The body is over the bound: 413.
    TooLarge,
    /// The provider cannot be reached: 502.
    Unreachable,
    /// The provider took too long: 504.
    Timeout,
    /// The gateway is shutting down: 503.
    ShuttingDown,
    /// No such provider or path: 404.
    NotFound,
    /// The caller may not do this: 403.
    Forbidden,
    /// The provider does not know the key, as an earlier call showed: 401.
    Unauthorized,
    /// The provider wants to be paid first, as an earlier call showed: 402.
    Unpaid,
    /// The provider's quota is used up for longer than waiting helps, as an earlier call showed: 429.
    QuotaExhausted,
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::TooLong,
        Self::QueueFull,
        Self::BadRequest,
        Self::TooLarge,
        Self::Unreachable,
        Self::Timeout,
        Self::ShuttingDown,
        Self::NotFound,
        Self::Forbidden,
        Self::Unauthorized,
        Self::Unpaid,
        Self::QuotaExhausted,
    ];

    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLong | Self::QueueFull | Self::QuotaExhausted => 429,
            Self::BadRequest => 400,
            Self::TooLarge => 413,
            Self::Unreachable => 502,
            Self::Timeout => 504,
            Self::ShuttingDown => 503,
            Self::NotFound => 404,
            Self::Forbidden => 403,
            Self::Unauthorized => 401,
            Self::Unpaid => 402,
        }
    }

    /// A code that tells our own errors from the provider's in every dialect that has room for one.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "rate_limit_exceeded",
            Self::QueueFull => "queue_full",
            Self::BadRequest => "bad_request",
            Self::TooLarge => "request_too_large",
            Self::Unreachable => "upstream_unreachable",
            Self::Timeout => "upstream_timeout",
            Self::ShuttingDown => "shutting_down",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Unauthorized => "invalid_api_key",
            Self::Unpaid => "payment_required",
            Self::QuotaExhausted => "insufficient_quota",
        }
    }
}

/// An error of our own, before it has the provider's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalRefusal<'a> {
    /// Why.
    pub kind: RefusalKind,
    /// What the reader can do about it.
    pub message: &'a str,
    /// When it is worth trying again.
    pub retry_after: Option<Duration>,
}

/// An error of our own in a provider's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The headers that go with it; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, JSON.
    pub body: String,
}

/// Whether the SDKs of a dialect read the headers that steer their own retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SdkRetries {
    /// They read `retry-after-ms` and `x-should-retry`.
    Steered,
    /// They read `retry-after` at most.
    Plain,
}

impl Refusal {
    /// The refusal with its body, and the headers that every dialect shares.
    pub(crate) fn new(local: &LocalRefusal<'_>, sdk: SdkRetries, body: &serde_json::Value) -> Self {
        let status = local.kind.status();
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if let Some(wait) = local.retry_after {
            headers.push(("retry-after", seconds_up(wait).to_string()));
            if sdk == SdkRetries::Steered {
                headers.push(("retry-after-ms", wait.as_micros().div_ceil(1_000).to_string()));
            }
        }
        // The call has waited here already, or waiting does not help: an SDK that retried on top of that would only
        // join the queue again, or be refused again.
        if sdk == SdkRetries::Steered && matches!(status, 429 | 503) {
            headers.push(("x-should-retry", "false".to_owned()));
        }
        Self { status, headers, body: body.to_string() }
    }
}

/// Whole seconds, rounded up, at least one: a zero would ask for an immediate retry.
fn seconds_up(wait: Duration) -> u64 {
    let whole = wait.as_secs();
    let part = u64::from(wait.subsec_nanos() > 0);
    whole.saturating_add(part).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_in_whole_seconds_rounded_up() {
        assert_eq!(seconds_up(Duration::from_millis(1)), 1);
        assert_eq!(seconds_up(Duration::from_millis(1_000)), 1);
        assert_eq!(seconds_up(Duration::from_millis(1_001)), 2);
        assert_eq!(seconds_up(Duration::ZERO), 1);
    }

    #[test]
    fn only_refusals_that_an_sdk_would_retry_tell_it_not_to() {
        let body = serde_json::json!({});
        let headers = |kind, sdk| {
            let local = LocalRefusal { kind, message: "", retry_after: Some(Duration::from_millis(1_500)) };
            Refusal::new(&local, sdk, &body).headers
        };
        let steered = headers(RefusalKind::TooLong, SdkRetries::Steered);
        assert!(steered.contains(&("retry-after", "2".to_owned())));
        assert!(steered.contains(&("retry-after-ms", "1500".to_owned())));
        assert!(steered.contains(&("x-should-retry", "false".to_owned())));
        let plain = headers(RefusalKind::NotFound, SdkRetries::Plain);
        assert!(plain.iter().all(|(name, _)| *name != "x-should-retry"));
    }
}
