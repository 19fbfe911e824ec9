//! `Class`: how a call ended, in the words that decide what happens next.

use core::fmt;

/// How a call ended. Adapters name it, [`Engine`](crate::Engine) learns from it, the call machine acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Answered.
    Ok,
    /// Refused for now: the caller's own limit is used up. Waiting helps.
    Throttled,
    /// Refused for now: the provider has no capacity. Waiting helps, a slower rate of ours does not.
    Overloaded,
    /// Refused for good: the quota, plan or credit is used up. Retrying cannot help.
    QuotaExhausted,
    /// This request can never pass (larger than the limit); others can.
    RequestRejected,
    /// The key is missing, wrong or not allowed.
    Auth,
    /// The request is malformed or names what does not exist.
    Invalid,
    /// The provider failed, or could not be reached.
    ServerError,
    /// The provider took too long.
    Timeout,
}

impl Class {
    /// The name that output, metrics and messages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Overloaded => "overloaded",
            Self::QuotaExhausted => "quota_exhausted",
            Self::RequestRejected => "request_rejected",
            Self::Auth => "auth",
            Self::Invalid => "invalid",
            Self::ServerError => "server_error",
            Self::Timeout => "timeout",
        }
    }

    /// Whether the same request can succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::Overloaded | Self::ServerError | Self::Timeout)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
