//! `Reply`: everything that goes back for one request, with the instants at which it goes.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// What goes back for one request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// How long after the request's arrival the head leaves.
    pub after: Duration,
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer. A body that is one piece has its `content-length` here.
    pub headers: HeaderMap,
    /// The body in the pieces in which it leaves.
    pub body: Vec<Chunk>,
    /// What goes wrong with the connection, if anything does.
    pub fault: Option<Fault>,
    /// Which limits the headers speak of, when they are true only at the moment at which the head leaves.
    pub(crate) late: Option<Late>,
}

/// One piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// How long after the head it leaves.
    pub at: Duration,
    /// Its bytes.
    pub bytes: Bytes,
}

/// What goes wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It closes instead of sending the head.
    Reset,
    /// It closes after the last piece of the body, which is not the whole body.
    Truncate,
    /// Nothing ever comes.
    Hang,
}

/// What a head that leaves later needs to be told again.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    pub(crate) lane: String,
    pub(crate) query_cost: u64,
}

impl Reply {
    /// When the last byte leaves, counted from the request's arrival.
    #[must_use]
    pub fn ends_after(&self) -> Duration {
        self.after + self.body.last().map_or(Duration::ZERO, |chunk| chunk.at)
    }

    /// The whole body.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        match self.body.as_slice() {
            [only] => only.bytes.clone(),
            chunks => chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect(),
        }
    }

    /// An answer of one piece that leaves at once.
    pub(crate) fn plain(status: StatusCode, content_type: &'static str, body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        let body = vec![Chunk { at: Duration::ZERO, bytes: body }];
        Self { after: Duration::ZERO, status, headers, body, fault: None, late: None }
    }

    /// Adds headers, replacing those of the same name. A value that no header can carry is left out.
    pub(crate) fn set(&mut self, headers: &[(&'static str, String)]) {
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                self.headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}
