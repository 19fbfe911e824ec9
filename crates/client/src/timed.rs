//! `Timed`: a transport that gives up in time, around any other; by the limiter's clock, so that tests need not wait.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::uri::Authority;
use http_body::{Frame, SizeHint};
use tidegate::Clock;
use tidegate::clock::Sleep;
use tidegate_core::Timestamp;
use tidegate_provider::Dialect;

use crate::{Body, ResponseBody, Transport, TransportError, TransportErrorKind};

/// When a call is given up. All of them hold for one attempt, from the moment at which it is sent: the wait for its
/// turn is not counted.
///
/// How long a connection may take to be made is not among them. Calls share connections, and one that is being made may
/// end up with another call; so that bound is the client's: [`Builder::connect_timeout`](crate::Builder::connect_timeout).
/// A call's own wait for a connection counts in `first_byte`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// How long the head of the answer may take, the wait for a connection included.
    pub first_byte: Duration,
    /// How long the provider may be silent between two pieces of the answer.
    pub between_chunks: Duration,
    /// How long an attempt may take to its last byte. Streams have no such bound: they last as long as they talk. What was
    /// asked for as one is one, whatever content type its answer bears.
    pub whole: Duration,
}

impl Timeouts {
    /// What a dialect's client begins with. Mistral: 60 s, as its users know it. The others: ten minutes, as the SDKs
    /// of OpenAI and Anthropic have it, so that we never give up before them.
    pub(crate) const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Mistral => Self::all(Duration::from_secs(60)),
            _ => Self::all(Duration::from_secs(600)),
        }
    }

    /// The same bound for all.
    #[must_use]
    pub const fn all(span: Duration) -> Self {
        Self { first_byte: span, between_chunks: span, whole: span }
    }
}

/// Marks a request whose answer is to come as a stream, among its extensions. Not every host that streams says so in the
/// head of its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streamed;

/// A transport that gives up in time.
#[derive(Debug)]
pub(crate) struct Timed {
    transport: Arc<dyn Transport>,
    timeouts: Timeouts,
    clock: Arc<dyn Clock>,
}

impl Timed {
    pub(crate) fn new(transport: Arc<dyn Transport>, timeouts: Timeouts, clock: Arc<dyn Clock>) -> Self {
        Self { transport, timeouts, clock }
    }
}

impl Transport for Timed {
    fn send(
        &self,
        mut request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let host = request.uri().authority().cloned();
        let asked = request.extensions_mut().remove::<Streamed>().is_some();
        let (timeouts, clock, sent_at) = (self.timeouts, self.clock.clone(), self.clock.now());
        let answer = self.transport.send(request);
        async move {
            let first = timeouts.first_byte.min(timeouts.whole);
            let sleep = Sleep::until(clock.clone(), sent_at.after(first));
            let answer = match select(answer, sleep).await {
                Either::Left((answer, _)) => answer?,
                Either::Right(((), _)) => return Err(late(&host, "no answer", first)),
            };
            let (head, body) = answer.into_parts();
            // The body of a refusal is none, whatever was asked for.
            let streams = (asked && head.status.is_success()) || is_event_stream(&head.headers);
            let Timeouts { between_chunks: between, whole, .. } = timeouts;
            let ends = (!streams).then(|| sent_at.after(whole));
            let body = TimedBody { body, between, whole, ends, clock, host, sleep: None };
            Ok(http::Response::from_parts(head, ResponseBody::new(body)))
        }
        .boxed()
    }
}

/// The body of an answer, given up when it is silent or takes too long.
struct TimedBody {
    body: ResponseBody,
    between: Duration,
    whole: Duration,
    /// When the whole has to be there; streams have no such instant.
    ends: Option<Timestamp>,
    clock: Arc<dyn Clock>,
    host: Option<Authority>,
    /// Runs while the body is silent.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for TimedBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.sleep = None;
            return Poll::Ready(frame);
        }
        if self.sleep.is_none() {
            let silent = self.clock.now().after(self.between);
            let until = self.ends.map_or(silent, |ends| ends.min(silent));
            self.sleep = Some(Box::pin(Sleep::until(self.clock.clone(), until)));
        }
        match self.sleep.as_mut().map(|sleep| sleep.as_mut().poll(cx)) {
            Some(Poll::Ready(())) => {
                self.sleep = None;
                let is_over = self.ends.is_some_and(|ends| ends <= self.clock.now());
                let late = match is_over {
                    true => late(&self.host, "no whole answer", self.whole),
                    false => late(&self.host, "nothing more", self.between),
                };
                Poll::Ready(Some(Err(late)))
            }
            _ => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether a head says that a stream of events follows. Names of media types know no case (RFC 9110, 8.3.1).
fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/event-stream"))
}

fn late(host: &Option<Authority>, what: &str, span: Duration) -> TransportError {
    let host = host.as_ref().map_or("", Authority::as_str);
    TransportError::new(TransportErrorKind::Timeout, host, format!("{what} within {span:?}"))
}
