//! `Partial`: what had come of an answer when it broke off.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::call::named_by;

/// How much of its beginning is kept: more than any error shows.
const START_BYTES_MAX: usize = 1024;

/// What had come of an answer when it broke off.
#[derive(Clone, PartialEq, Eq)]
pub struct Partial {
    status: StatusCode,
    request_id: Option<String>,
    bytes: u64,
    start: Bytes,
}

impl Partial {
    /// An answer with this head, of whose body this much came.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, came: &[u8]) -> Self {
        let bytes = u64::try_from(came.len()).unwrap_or(u64::MAX);
        // A copy, so that the error does not hold all of the body.
        let start = Bytes::copy_from_slice(&came[..came.len().min(START_BYTES_MAX)]);
        Self { status, request_id: named_by(headers), bytes, start }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The provider's name of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How many bytes of its body came.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How the body begins, as it came: whoever shows it cleans it of the key.
    pub(crate) fn start(&self) -> &[u8] {
        &self.start
    }
}

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of its answer ({}) had come", self.bytes, self.status.as_u16())?;
        match &self.request_id {
            Some(id) => write!(f, " [request {id}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Partial {
    /// Without the body's beginning, which may quote the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partial")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_how_much_came_and_keeps_only_the_beginning_which_it_never_prints() {
        let headers =
            HeaderMap::from_iter([(http::HeaderName::from_static("x-request-id"), "r-1".parse().unwrap())]);
        let body = "sk-secret".repeat(1_000);
        let partial = Partial::of(StatusCode::OK, &headers, body.as_bytes());
        assert_eq!((partial.bytes(), partial.start().len()), (9_000, START_BYTES_MAX));
        assert_eq!(partial.to_string(), "9000 bytes of its answer (200) had come [request r-1]");
        assert!(!format!("{partial:?}").contains("sk-"));
    }
}
