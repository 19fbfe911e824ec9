//! `TestUpstream`: a provider on a loopback socket that answers as a test tells it to, and remembers what it saw.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A request as the upstream saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// One answer.
pub(crate) enum Reply {
    /// A whole one.
    Whole(u16, Vec<(&'static str, String)>, Bytes),
    /// A stream of events whose pieces the test sends.
    Stream(mpsc::Receiver<Bytes>),
    /// A chunked answer of this media type that is closed in good order.
    Chunked(&'static str, Vec<Bytes>),
    /// None: the connection stays silent until it is dropped, which the sender learns by its receiver closing.
    Silence(mpsc::Sender<()>),
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Whole(
            status,
            vec![("content-type", "application/json".to_owned())],
            Bytes::from(body.to_owned()),
        )
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Whole(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// The upstream.
#[derive(Clone)]
pub(crate) struct TestUpstream {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    arrivals: Arc<tokio::sync::Semaphore>,
}

impl TestUpstream {
    /// Listens on a free port. Beyond its script it answers 200 with an empty object.
    pub(crate) async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            seen: Arc::default(),
            arrivals: Arc::new(tokio::sync::Semaphore::new(0)),
        };
        let served = upstream.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let upstream = served.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| upstream.clone().answer(request));
                    let builder = auto::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        upstream
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything seen so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until one more request has arrived.
    pub(crate) async fn arrival(&self) {
        let arrived = tokio::time::timeout(Duration::from_secs(10), self.arrivals.acquire()).await;
        arrived.expect("a request should have arrived").unwrap().forget();
    }

    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let path = head.uri.path_and_query().unwrap().to_string();
        self.seen.lock().unwrap().push(Seen { method: head.method, path, headers: head.headers, body });
        let reply = self.script.lock().unwrap().pop_front().unwrap_or_else(|| Reply::json(200, "{}"));
        self.arrivals.add_permits(1);
        match reply {
            Reply::Whole(status, headers, body) => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                Ok(response.body(Full::new(body).boxed()).unwrap())
            }
            Reply::Stream(pieces) => {
                let frames = futures_util::stream::unfold(pieces, |mut pieces| async move {
                    let piece = pieces.recv().await?;
                    Some((Ok::<_, Infallible>(Frame::data(piece)), pieces))
                });
                let body = StreamBody::new(frames);
                let response = Response::builder().header("content-type", "text/event-stream");
                Ok(response.body(body.boxed()).unwrap())
            }
            Reply::Chunked(kind, pieces) => {
                let frames =
                    futures_util::stream::iter(pieces.into_iter().map(|piece| Ok(Frame::data(piece))));
                let response = Response::builder().header("content-type", kind);
                Ok(response.body(StreamBody::new(frames).boxed()).unwrap())
            }
            Reply::Silence(_alive) => std::future::pending().await,
        }
    }
}
