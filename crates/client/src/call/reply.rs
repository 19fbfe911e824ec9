//! `Reply`: an answer with what is known of the call that brought it.

use std::ops::Deref;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};
use tidegate::Usage;

use super::{CallId, Error, Excerpt};
use crate::Answer;

/// Where providers name the request, for their support: OpenAI and most others, Anthropic, Mistral (recorded up to
/// 2026-08).
const REQUEST_ID: [HeaderName; 4] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("mistral-correlation-id"),
    HeaderName::from_static("x-kong-request-id"),
];

/// An answer with what is known of the call that brought it. Derefs to the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<T> {
    /// The answer.
    pub value: T,
    /// The call.
    pub meta: Meta,
}

/// What is known of a call that was answered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Meta {
    /// The name of the call, which its events and its span share.
    pub call: CallId,
    /// The status of the answer.
    pub status: StatusCode,
    /// The provider's name of the request.
    pub request_id: Option<String>,
    /// The model that answered: the call's own, or the one that it fell back to.
    pub model: Option<String>,
    /// How many times the call was sent.
    pub attempts: u32,
    /// How long it waited for its turns, all attempts together.
    pub waited: Duration,
    /// From sending the last attempt to the end of its answer; for a stream, to its head.
    pub latency: Duration,
    /// What the answer says it used; a stream says it at its end.
    pub usage: Option<Usage>,
    /// The headers as received.
    pub headers: HeaderMap,
}

impl<T> Reply<T> {
    /// The answer alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The provider's name of the request, without the key.
pub(crate) fn request_id(headers: &HeaderMap, excerpt: &Excerpt) -> Option<String> {
    named_by(headers).map(|id| excerpt.clean(&id))
}

/// The provider's name of the request as it came: whoever shows it cleans it of the key.
pub(crate) fn named_by(headers: &HeaderMap) -> Option<String> {
    REQUEST_ID.iter().find_map(|name| headers.get(name)?.to_str().ok()).map(str::to_owned)
}

/// A whole answer that is no error, its body not yet read as anything.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) body: Bytes,
    pub(crate) meta: Meta,
    /// Cuts the body for a message, without the key.
    pub(crate) excerpt: Excerpt,
}

impl Received {
    pub(crate) fn of(answer: Answer, excerpt: Excerpt) -> Self {
        let meta = Meta {
            call: answer.call,
            status: answer.status,
            request_id: request_id(&answer.headers, &excerpt),
            model: answer.model,
            attempts: answer.attempts,
            waited: answer.waited,
            latency: answer.latency,
            usage: answer.usage,
            headers: answer.headers,
        };
        Self { body: answer.body, meta, excerpt }
    }

    /// The body as it came.
    pub(crate) fn whole(self) -> Reply<Bytes> {
        Reply { value: self.body, meta: self.meta }
    }

    /// Reads the body. An answer without one (204) reads as null; where nothing is to be read of it, any JSON does:
    /// deletions are answered with `{}`, too.
    pub(crate) fn parsed<T: DeserializeOwned>(self) -> Result<Reply<T>, Error> {
        let bytes: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        let tells_nothing = size_of::<T>() == 0;
        // One pass over the whole is quicker than the check of each string that a slice asks for.
        let read = match simdutf8::compat::from_utf8(bytes) {
            Ok(text) if tells_nothing => {
                serde_json::from_str::<IgnoredAny>(text).and_then(|_| serde_json::from_str("null"))
            }
            Ok(text) => serde_json::from_str(text),
            Err(error) => Err(serde::de::Error::custom(error)),
        };
        match read.map_err(|error| error.to_string()) {
            Ok(value) => Ok(Reply { value, meta: self.meta }),
            Err(cause) => {
                // The cause quotes strings of the answer, so that it is cut and cleaned of the key as the body is.
                let (start, cause) = (self.excerpt.of(&self.body), self.excerpt.of(cause.as_bytes()));
                Err(Error::unreadable(&self.meta, start, cause))
            }
        }
    }
}
