//! `Connections`: serves the callers' connections, HTTP/1.1 and HTTP/2, and ends them in order.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tidegate::clock::Sleep;
use tidegate::{Clock, RealClock};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tracing::debug;

use crate::service;
use crate::state::State;

/// The most connections at once: more than the queue of one account, so that each waiting call can have its own.
const CONNECTIONS_MAX: usize = 16_384;

/// How long a caller may take to send its headers, and stay idle between two calls. Longer than the SDKs keep
/// idle connections (httpx and undici: 5 s), so that they and not we close first.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(75);

/// The most calls at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 1_024;

/// The open connections.
pub(crate) struct Connections {
    state: Arc<State>,
    builder: auto::Builder<TokioExecutor>,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(crate) fn new(state: Arc<State>) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT);
        builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
        Self { state, builder, graceful: GracefulShutdown::new(), tasks: JoinSet::new() }
    }

    /// Whether one more connection can be served.
    pub(crate) fn has_room(&self) -> bool {
        self.tasks.len() < CONNECTIONS_MAX
    }

    /// Serves a connection until its end, beside the others.
    pub(crate) fn serve(&mut self, stream: TcpStream) {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "a connection was gone before it was served");
        }
        let state = Arc::clone(&self.state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&state);
            async move { Ok::<_, Infallible>(service::answer(state, request).await) }
        });
        let connection = self.builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = self.graceful.watch(connection);
        self.tasks.spawn(async move {
            // A caller that goes away in the middle is no fault of ours.
            if let Err(error) = connection.await {
                debug!(error = %error, "a connection broke");
            }
        });
    }

    /// Resolves when one connection has ended; never while there is none.
    pub(crate) async fn one_ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending().await
        }
    }

    /// Lets calls under way end for at most `patience`; gives up those that are left.
    pub(crate) async fn drain(mut self, patience: Duration) {
        let ended = async {
            self.graceful.shutdown().await;
            while self.tasks.join_next().await.is_some() {}
        };
        if tokio::time::timeout(patience, ended).await.is_err() {
            debug!("calls under way were given up");
        }
    }
}

/// Waits a moment after a failure to accept, such as too many open files, which only time can mend.
pub(crate) async fn pause() {
    Sleep::until(RealClock.into(), RealClock.now().after(Duration::from_millis(50))).await;
}
