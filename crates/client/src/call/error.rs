//! `Error`: why a call has no answer, in words that show no key.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use tidegate::{Class, Rejection};
use tidegate_provider::{Dialect, ResponseHead, Verdict, adapter};

use super::reply::{Meta, request_id};
use super::unfinished::Unfinished;
use super::{CallId, Excerpt};
use crate::{Answer, Opened, PacedError};

/// The most bytes of an error's body that are read. Real ones have a few hundred.
const ERROR_BYTES_MAX: usize = 1024 * 1024;

/// What is wrong with a request; told before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Both a model and an agent.
    #[error("`model` and `agent_id` are both given; an agent brings its own model, so leave one out")]
    ModelAndAgent,
    /// Neither a model nor an agent.
    #[error("neither `model` nor `agent_id` is given; set one of them")]
    NoModel,
    /// A field that must hold something holds nothing.
    #[error("`{field}` is empty; give it a value")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A field holds what it must not.
    #[error("`{field}` {problem}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it and what to do.
        problem: &'static str,
    },
    /// No key.
    #[error("no key for {provider}: set {variable}, or give one to the builder")]
    NoKey {
        /// The provider.
        provider: String,
        /// The variable that would hold it.
        variable: String,
    },
    /// A key that no header can carry.
    #[error(
        "the key for {provider} holds a line break or another character that no header can carry; copy it again"
    )]
    BadKey {
        /// The provider.
        provider: String,
    },
    /// A header that is none.
    #[error("`{name}` is no header, or its value is none")]
    Header {
        /// Its name.
        name: String,
    },
    /// A base URL that is none.
    #[error("base URL: {0}")]
    BaseUrl(#[from] crate::BaseUrlError),
    /// Limits that are none.
    #[error("{cause}")]
    Limits {
        /// What is wrong with them.
        cause: String,
    },
    /// A body that cannot be written as JSON.
    #[error("the request cannot be written as JSON: {cause}")]
    Json {
        /// Why.
        cause: String,
    },
    /// A host that nobody knows.
    #[error(
        "no provider is known at {host}; for a host that speaks OpenAI's API, take OpenAi::builder() with a base URL and a key"
    )]
    UnknownHost {
        /// The host.
        host: String,
    },
    /// A provider that nobody knows.
    #[error("no provider is known for `{model}`; write provider/model, or give a base URL")]
    NoProvider {
        /// The model.
        model: String,
    },
}

impl RequestError {
    /// `Ok` where a request names its model and the field beside it holds something.
    pub(crate) fn unless_filled(model: &str, field: &'static str, is_empty: bool) -> Result<(), Self> {
        if model.trim().is_empty() {
            return Err(Self::Empty { field: "model" });
        }
        if is_empty { Err(Self::Empty { field }) } else { Ok(()) }
    }
}

/// Why a call has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request has a mistake; nothing was sent.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The call was not admitted, or no answer arrived.
    #[error(transparent)]
    Call(#[from] PacedError),
    /// The provider answered with an error.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The provider answered with something that is not what it documents.
    #[error(transparent)]
    Unreadable(Box<Unreadable>),
    /// An answer began and did not come to its end.
    #[error(transparent)]
    Unfinished(Box<Unfinished>),
}

/// An error that the provider answered with, in the status, in the body of a success, or in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The name of the call.
    pub call: CallId,
    /// The status of the answer.
    pub status: StatusCode,
    /// What it means for the call.
    pub class: Class,
    /// The provider's code, or its type where it has no code.
    pub code: Option<String>,
    /// The provider's message.
    pub message: Option<String>,
    /// The provider's name of the request.
    pub request_id: Option<String>,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// How many times the call was sent.
    pub attempts: u32,
    /// How the body begins, without the key.
    pub start: String,
}

/// An answer that is not what the provider documents.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreadable {
    /// The name of the call.
    pub call: CallId,
    /// The status of the answer.
    pub status: StatusCode,
    /// The provider's name of the request.
    pub request_id: Option<String>,
    /// How the body begins, without the key.
    pub start: String,
    /// What could not be read.
    pub cause: String,
    /// How many times the call was sent.
    pub attempts: u32,
}

impl Error {
    pub(crate) fn unreadable(meta: &Meta, start: String, cause: String) -> Self {
        let (call, status, attempts) = (meta.call, meta.status, meta.attempts);
        let request_id = meta.request_id.clone();
        Self::Unreadable(Box::new(Unreadable { call, status, request_id, start, cause, attempts }))
    }

    /// The error of a call that has no whole answer. One whose answer had begun says how.
    pub(crate) fn of_paced(error: PacedError, excerpt: &Excerpt) -> Self {
        let PacedError::Transport { error, attempts, waited } = error else { return error.into() };
        match (error.call_id(), error.split()) {
            (Some(call), (cause, Some(partial))) => {
                Unfinished::of(call, &partial, cause, attempts, excerpt).into()
            }
            (_, (error, _)) => PacedError::Transport { error, attempts, waited }.into(),
        }
    }

    /// The name of the call, which its events, its span and its answer share; `None` where it did not come to be one.
    #[must_use]
    pub fn call_id(&self) -> Option<CallId> {
        match self {
            Self::Request(_) => None,
            Self::Call(error) => error.call_id(),
            Self::Api(error) => Some(error.call),
            Self::Unreadable(error) => Some(error.call),
            Self::Unfinished(error) => Some(error.call),
        }
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Unreadable(error) => Some(error.status),
            Self::Unfinished(error) => Some(error.status),
            Self::Request(_) | Self::Call(_) => None,
        }
    }

    /// The provider's name of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::Unreadable(error) => error.request_id.as_deref(),
            Self::Unfinished(error) => error.request_id.as_deref(),
            Self::Request(_) | Self::Call(_) => None,
        }
    }

    /// What the failure means: the word that metrics and output use.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Request(_) => Class::Invalid,
            Self::Call(error) => error.class(),
            Self::Api(error) => error.class,
            Self::Unreadable(_) => Class::ServerError,
            Self::Unfinished(error) => error.class(),
        }
    }

    /// When to come back, where that is known: the provider's wish, or our own prediction for a call that was not
    /// admitted in time.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            Self::Call(PacedError::Rejected {
                rejection: Rejection::Deadline { retry_after, .. }, ..
            }) => Some(*retry_after),
            Self::Call(PacedError::Stopped { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    /// How many times the call was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Request(_) => 0,
            Self::Call(error) => error.attempts(),
            Self::Api(error) => error.attempts,
            Self::Unreadable(error) => error.attempts,
            Self::Unfinished(error) => error.attempts,
        }
    }

    /// Whether a limit is why: the provider refused for now, or the call would have waited longer than it may.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.class(), Class::Throttled | Class::Overloaded)
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.attempts() == 0
    }
}

impl From<Unfinished> for Error {
    fn from(error: Unfinished) -> Self {
        Self::Unfinished(Box::new(error))
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

/// What an answer's head and its call tell.
struct Head {
    call: CallId,
    status: StatusCode,
    request_id: Option<String>,
    attempts: u32,
}

impl ApiError {
    /// The error that a whole answer is.
    pub(crate) fn of_answer(answer: Answer, excerpt: &Excerpt) -> Self {
        let head = Head {
            call: answer.call,
            status: answer.status,
            request_id: request_id(&answer.headers, excerpt),
            attempts: answer.attempts,
        };
        let verdict =
            Verdict { error: answer.error, retry_after: answer.retry_after, ..Verdict::of(answer.class) };
        Self::of(head, verdict, &answer.body, excerpt)
    }

    /// The error that an answer is which was to come in pieces.
    pub(crate) async fn of_opened(
        opened: Opened,
        dialect: Dialect,
        received_at: SystemTime,
        excerpt: &Excerpt,
    ) -> Self {
        let (call, status, attempts) = (opened.call, opened.status, opened.attempts);
        let request_id = request_id(&opened.headers, excerpt);
        // What came of a body that breaks off here says no less than none.
        let body = opened.body.read(ERROR_BYTES_MAX).await.map_or_else(|(_, came)| came, |(body, _)| body);
        let head = ResponseHead { status: status.as_u16(), headers: &opened.headers, received_at };
        let verdict = adapter(dialect).classify(&head, &body);
        Self::of(Head { call, status, request_id, attempts }, verdict, &body, excerpt)
    }

    /// The error that a piece of a stream is.
    pub(crate) fn of_event(meta: &Meta, verdict: Verdict, text: &str, excerpt: &Excerpt) -> Self {
        let (call, status, attempts) = (meta.call, meta.status, meta.attempts);
        let head = Head { call, status, request_id: meta.request_id.clone(), attempts };
        Self::of(head, verdict, text.as_bytes(), excerpt)
    }

    fn of(head: Head, verdict: Verdict, body: &[u8], excerpt: &Excerpt) -> Self {
        let Head { call, status, request_id, attempts } = head;
        let error = verdict.error.unwrap_or_default();
        Self {
            call,
            status,
            // Neither a redirect nor anything else that is no success is one.
            class: if verdict.class == Class::Ok { Class::ServerError } else { verdict.class },
            code: error.code.map(|code| excerpt.clean(&code)),
            message: error.message.map(|message| excerpt.clean(&message)),
            request_id,
            retry_after: verdict.retry_after,
            attempts,
            start: excerpt.of(body),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the provider answered {} ({})", self.status.as_u16(), self.class.name())?;
        match &self.message {
            Some(message) => write!(f, ": {message}")?,
            None if self.start.is_empty() => {}
            None => write!(f, ": {}", self.start)?,
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        write!(
            f,
            "the provider's answer ({status}) cannot be read: {}; it begins `{}`",
            self.cause, self.start
        )?;
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Unreadable {}
