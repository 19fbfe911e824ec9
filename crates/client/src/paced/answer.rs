//! `Opened` and `Answer`: how a call ended, its answer still arriving or whole; `PacedError`: why it has none.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tidegate::call::StopReason;
use tidegate_core::{Class, Reason, Rejection, Timestamp, Usage};
use tidegate_provider::ErrorBody;

use crate::{CallId, LiveBody, TransportError};

/// An answer whose body still arrives.
#[derive(Debug)]
pub struct Opened {
    /// The name of the call.
    pub call: CallId,
    /// Its status.
    pub status: StatusCode,
    /// Its headers as received.
    pub headers: HeaderMap,
    /// Its body as received.
    pub body: LiveBody,
    /// How it ended, as far as the head and an error's body tell.
    pub class: Class,
    /// The model that the call named in its last attempt.
    pub model: Option<String>,
    /// How many times the call was sent.
    pub attempts: u32,
    /// How long it waited for its turns, all attempts together.
    pub waited: Duration,
    /// What it waited for last; `None` if it did not wait.
    pub limited_by: Option<Reason>,
    /// When the last attempt was sent.
    pub sent_at: Timestamp,
    /// Why no other attempt followed, where one might have.
    pub stopped: Option<StopReason>,
}

/// An answer in full.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The name of the call.
    pub call: CallId,
    /// Its status.
    pub status: StatusCode,
    /// Its headers as received.
    pub headers: HeaderMap,
    /// Its body as received: still compressed if the call accepted that.
    pub body: Bytes,
    /// How the call ended, errors inside the body included.
    pub class: Class,
    /// What the body says of an error.
    pub error: Option<ErrorBody>,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// What the answer says it used.
    pub usage: Option<Usage>,
    /// The model that the call named in its last attempt.
    pub model: Option<String>,
    /// How many times the call was sent.
    pub attempts: u32,
    /// How long it waited for its turns, all attempts together.
    pub waited: Duration,
    /// From sending the last attempt to the end of its answer.
    pub latency: Duration,
    /// Why no other attempt followed, where one might have.
    pub stopped: Option<StopReason>,
}

/// Why a call has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PacedError {
    /// It was not admitted.
    #[error("{rejection}")]
    Rejected {
        /// The name of the call.
        call: CallId,
        /// Why.
        rejection: Rejection,
        /// How many times it had been sent before.
        attempts: u32,
        /// How long it had waited.
        waited: Duration,
    },
    /// It was not sent, or not again, because calls like it are known to fail.
    #[error("{why}")]
    Stopped {
        /// The name of the call.
        call: CallId,
        /// What is known, and when to come back.
        why: StopReason,
        /// How long until another try makes sense, where that is known.
        retry_after: Option<Duration>,
        /// The status of the refusal that no retry can mend, where it was one (401, 402, 403, 429).
        status: Option<StatusCode>,
        /// How many times it had been sent before.
        attempts: u32,
        /// How long it had waited.
        waited: Duration,
    },
    /// No answer, or no whole answer, arrived.
    #[error("{error}")]
    Transport {
        /// What happened in the last attempt.
        error: TransportError,
        /// How many times it was sent.
        attempts: u32,
        /// How long it waited.
        waited: Duration,
    },
    /// The path makes no URL.
    #[error("`{path}` is no path; write it as /v1/...")]
    Path {
        /// The path.
        path: String,
    },
}

/// A failure before anything was sent.
pub(crate) const fn unsent(error: TransportError) -> PacedError {
    PacedError::Transport { error, attempts: 0, waited: Duration::ZERO }
}

impl PacedError {
    /// The name of the call; `None` where it did not come to be one.
    #[must_use]
    pub const fn call_id(&self) -> Option<CallId> {
        match self {
            Self::Rejected { call, .. } | Self::Stopped { call, .. } => Some(*call),
            Self::Transport { error, .. } => error.call_id(),
            Self::Path { .. } => None,
        }
    }

    /// How many times the call was sent.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        match self {
            Self::Rejected { attempts, .. }
            | Self::Stopped { attempts, .. }
            | Self::Transport { attempts, .. } => *attempts,
            Self::Path { .. } => 0,
        }
    }

    /// How long it waited.
    #[must_use]
    pub const fn waited(&self) -> Duration {
        match self {
            Self::Rejected { waited, .. } | Self::Stopped { waited, .. } | Self::Transport { waited, .. } => {
                *waited
            }
            Self::Path { .. } => Duration::ZERO,
        }
    }

    /// The class of the failure, for output: a call that can never be admitted is a rejected request.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Rejected { rejection: Rejection::Unaffordable { left: 0, .. }, .. } => {
                Class::QuotaExhausted
            }
            Self::Rejected {
                rejection: Rejection::Never { .. } | Rejection::Unaffordable { .. }, ..
            } => Class::RequestRejected,
            Self::Rejected { .. } => Class::Throttled,
            Self::Stopped { why: StopReason::CircuitOpen { why, .. }, .. } => why.class(),
            Self::Stopped { .. } => Class::ServerError,
            Self::Transport { error, .. } => error.class(),
            Self::Path { .. } => Class::Invalid,
        }
    }
}
