//! `Direct`: calls to hosts that no proxy stands before, over hyper's own pool of connections.
//!
//! `reqwest` does the same over the same pool, but takes each URL apart twice for redirects that are never followed, and
//! keeps a copy of each request for them: more work than the rest of a call (measured 2026-11).

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use http::header::{ACCEPT, HeaderValue};
use http::uri::Authority;
use http::{Request, Response, Uri};
use http_body::{Frame, SizeHint};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tidegate::clock::Sleep;
use tidegate::{Clock, RealClock};
use tower_service::Service;

use super::{TransportConfig, name_of};
use crate::body::Upload;
use crate::{ResponseBody, TransportError, TransportErrorKind};

/// How long an idle connection is kept, how often a silent one is asked whether it lives, and after how many questions,
/// or how long without an answer to what was sent, it counts as dead: as `reqwest` has them.
const IDLE: Duration = Duration::from_secs(90);
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNANSWERED: Duration = Duration::from_secs(30);

/// Calls without a proxy. Clones share their connections.
#[derive(Clone)]
pub(super) struct Direct {
    client: Client<Connector, Upload>,
    /// How long a host may be silent; `None` leaves it to whoever calls.
    silence: Option<Duration>,
}

impl Direct {
    /// Connections by this configuration, over TLS by that one.
    pub(super) fn new(config: &TransportConfig, trust: &Arc<rustls::ClientConfig>) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(config.connect_timeout));
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        http.set_tcp_user_timeout(Some(UNANSWERED));
        let connector =
            Connector { https: HttpsConnector::from((http, trust.clone())), within: config.connect_timeout };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(config.idle_connections_max)
            .build(connector);
        Self { client, silence: Some(config.read_timeout).filter(|span| *span != Duration::MAX) }
    }

    /// Sends a request, and resolves when the head of its answer is there.
    pub(super) fn send(
        &self,
        mut request: Request<Upload>,
        host: Option<Authority>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, TransportError>> + use<> {
        // What every client says that wants nothing in particular.
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        let (answer, silence) = (self.client.request(request), self.silence);
        async move {
            let answer = match silence {
                None => answer.await,
                Some(span) => match within(span, answer).await {
                    Some(answer) => answer,
                    None => return Err(silent(&host)),
                },
            };
            let broken = |error: Error| TransportError::of_chain(&error, error.is_connect(), name_of(&host));
            let answer = answer.map_err(broken)?;
            Ok(answer.map(|body| ResponseBody::new(Arriving { body, host, silence, sleep: None })))
        }
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").field("silence", &self.silence).finish_non_exhaustive()
    }
}

/// The host was silent for too long.
fn silent(host: &Option<Authority>) -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, name_of(host), "operation timed out")
}

/// What comes of a future, if it comes in time.
async fn within<F: Future>(span: Duration, future: F) -> Option<F::Output> {
    match select(pin!(future), sleep(span)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

fn sleep(span: Duration) -> Sleep {
    Sleep::until(RealClock.into(), RealClock.now().after(span))
}

/// Makes connections in time: name lookup, TCP and TLS together.
#[derive(Clone)]
struct Connector {
    https: HttpsConnector<HttpConnector>,
    within: Duration,
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector> as Service<Uri>>::Response;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, span) = (self.https.call(uri), self.within);
        async move {
            let late = || io::Error::new(io::ErrorKind::TimedOut, "operation timed out");
            within(span, connecting).await.unwrap_or_else(|| Err(late().into()))
        }
        .boxed()
    }
}

/// The body of an answer, given up when its host is silent for too long.
struct Arriving<B> {
    body: B,
    host: Option<Authority>,
    silence: Option<Duration>,
    /// Runs while the host is silent.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<B> http_body::Body for Arriving<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + 'static,
{
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.sleep = None;
            let broken = |error: B::Error| TransportError::of_chain(&error, false, name_of(&self.host));
            return Poll::Ready(frame.map(|frame| frame.map_err(broken)));
        }
        let Some(silence) = self.silence else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(silence)));
        ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        Poll::Ready(Some(Err(silent(&self.host))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
