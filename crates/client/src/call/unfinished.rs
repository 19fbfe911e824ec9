//! `Unfinished`: the error that an answer is which began and did not come to its end.

use std::fmt;

use http::StatusCode;
use tidegate::Class;

use super::{CallId, Excerpt};
use crate::{Partial, TransportError};

/// An answer that began and did not come to its end: a body that broke off, or a stream that ended before the event
/// which ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// The name of the call.
    pub call: CallId,
    /// The status of the answer.
    pub status: StatusCode,
    /// The provider's name of the request.
    pub request_id: Option<String>,
    /// How many bytes of its body came.
    pub bytes: u64,
    /// How the body begins, without the key; empty where events of it were handed over.
    pub start: String,
    /// What broke it; `None` where it was closed as if it were whole.
    pub cause: Option<TransportError>,
    /// How many times the call was sent.
    pub attempts: u32,
}

impl Unfinished {
    /// A body that broke off after this much of it.
    pub(crate) fn of(
        call: CallId,
        partial: &Partial,
        cause: TransportError,
        attempts: u32,
        excerpt: &Excerpt,
    ) -> Self {
        Self {
            call,
            status: partial.status(),
            request_id: partial.request_id().map(|id| excerpt.clean(id)),
            bytes: partial.bytes(),
            start: excerpt.of(partial.start()),
            cause: Some(cause),
            attempts,
        }
    }

    /// What it means for the call: as what broke it says, else a failure of the provider.
    #[must_use]
    pub fn class(&self) -> Class {
        self.cause.as_ref().map_or(Class::ServerError, TransportError::class)
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the provider's answer ({}) stopped after {} bytes", self.status.as_u16(), self.bytes)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}")?,
            None => f.write_str(": it ended before its end event")?,
        }
        if !self.start.is_empty() {
            write!(f, "; it begins `{}`", self.start)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Unfinished {}
