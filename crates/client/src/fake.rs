//! `FakeTransport`: a transport that records what it is given and answers from a script. For tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use crate::{Body, ResponseBody, Transport, TransportError, TransportErrorKind};

/// A request as the transport saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// Its absolute URI.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Bytes,
}

/// One answer of the script.
#[derive(Clone, Debug)]
pub enum FakeAnswer {
    /// An answer.
    Http {
        /// Its status.
        status: StatusCode,
        /// Its headers.
        headers: HeaderMap,
        /// Its whole body.
        body: Bytes,
    },
    /// No answer arrives.
    Fail(TransportError),
}

impl FakeAnswer {
    /// An answer of a status, with headers and a body.
    ///
    /// # Panics
    ///
    /// When the status or a header is none: a script is written by hand.
    #[must_use]
    pub fn http(status: u16, headers: &[(&'static str, &'static str)], body: impl Into<Bytes>) -> Self {
        let headers = headers
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let status = StatusCode::from_u16(status).expect("a script names statuses from 100 to 999");
        Self::Http { status, headers, body: body.into() }
    }
}

/// A transport that records what it is given and answers from a script, in order.
#[derive(Clone, Debug, Default)]
pub struct FakeTransport {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<FakeAnswer>,
    seen: Vec<Recorded>,
}

impl FakeTransport {
    /// A transport that gives these answers, one a request. Beyond the last one every call fails to connect.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = FakeAnswer>) -> Self {
        let state = State { script: script.into_iter().collect(), seen: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The requests so far, in the order in which they came.
    #[must_use]
    pub fn seen(&self) -> Vec<Recorded> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}

impl Transport for FakeTransport {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let state = Arc::clone(&self.state);
        async move {
            let (head, body) = request.into_parts();
            let fail = |kind, cause: &str| TransportError::new(kind, "the fake host", cause);
            let body =
                body.collect().await.map_err(|error| fail(TransportErrorKind::Upload, &error.to_string()))?;
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.seen.push(Recorded { method: head.method, uri: head.uri, headers: head.headers, body });
            match state.script.pop_front() {
                Some(FakeAnswer::Http { status, headers, body }) => {
                    let mut answer = http::Response::new(ResponseBody::whole(body));
                    *answer.status_mut() = status;
                    *answer.headers_mut() = headers;
                    Ok(answer)
                }
                Some(FakeAnswer::Fail(error)) => Err(error),
                None => Err(fail(TransportErrorKind::Connect, "the script has no further answer")),
            }
        }
        .boxed()
    }
}
