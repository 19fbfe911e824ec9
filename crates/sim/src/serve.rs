//! The emulator behind real sockets: the only part of the crate that awaits, sleeps or reads time.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tidegate::{Clock, RealClock};
use tidegate_core::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Sleep;

use crate::emulator::Emulator;
use crate::reply::{Fault, Reply};
use crate::wall::WallTime;

/// The longest body that is read: Anthropic's bound for messages (documented, 2026-08), the largest of the four.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How long to leave a listener alone that has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// How long after its last byte a truncated answer's connection closes: long enough for that byte to leave.
const CUT_AFTER: Duration = Duration::from_millis(10);

/// Answers HTTP/1.1 and HTTP/2 on `listener` until `shutdown` is done; connections still open are then closed.
///
/// Ties the emulator to the present civil time, so that calendar minutes and dates are true. Never fails: a
/// connection that breaks concerns only itself.
pub async fn serve(emulator: Arc<Emulator>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    emulator.anchor(RealClock.now(), wall());
    let mut shutdown = std::pin::pin!(shutdown);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(Arc::clone(&emulator), stream));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(emulator: Arc<Emulator>, stream: TcpStream) {
    // Small events must leave at their instants; without this they would wait for the peer's acknowledgement. A
    // socket that cannot be told so still works.
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request| answer(Arc::clone(&emulator), request));
    // An error here is the peer that went away, or a fault that was played; both end this connection only.
    auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok();
}

/// Answers one request; an error closes the connection without an answer.
async fn answer(emulator: Arc<Emulator>, request: Request<Incoming>) -> io::Result<Response<Timed>> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(respond(too_large())),
        Err(error) => return Err(io::Error::other(error)),
    };
    let arrived = RealClock.now();
    let mut reply = emulator.handle(&Request::from_parts(head, body), arrived);
    if reply.fault == Some(Fault::Hang) {
        std::future::pending::<()>().await;
    }
    sleep_until(arrived.after(reply.after)).await;
    if reply.fault == Some(Fault::Reset) {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    emulator.refresh(&mut reply, RealClock.now());
    Ok(respond(reply))
}

fn respond(reply: Reply) -> Response<Timed> {
    let head_left = RealClock.now();
    let mut pieces: VecDeque<_> =
        reply.body.into_iter().map(|chunk| (head_left.after(chunk.at), Ok(chunk.bytes))).collect();
    if reply.fault == Some(Fault::Truncate) {
        let last = pieces.back().map_or(head_left, |&(at, _)| at);
        pieces.push_back((last.after(CUT_AFTER), Err(io::ErrorKind::ConnectionReset.into())));
    }
    let mut response = Response::new(Timed { pieces, waiting: None });
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

fn too_large() -> Reply {
    let body = r#"{"error":{"message":"request too large: 32 MiB at most","type":"request_too_large"}}"#;
    Reply::plain(StatusCode::PAYLOAD_TOO_LARGE, "application/json", Bytes::from_static(body.as_bytes()))
}

/// A body whose pieces leave at their instants. A piece that is an error closes the connection.
struct Timed {
    pieces: VecDeque<(Timestamp, io::Result<Bytes>)>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Body for Timed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(&(due, _)) = self.pieces.front() else { return Poll::Ready(None) };
        if self.waiting.is_none() && RealClock.now() < due {
            self.waiting = Some(Box::pin(sleep_until(due)));
        }
        if let Some(waiting) = &mut self.waiting
            && waiting.as_mut().poll(cx).is_pending()
        {
            return Poll::Pending;
        }
        self.waiting = None;
        Poll::Ready(self.pieces.pop_front().map(|(_, piece)| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }
}

fn wall() -> WallTime {
    let since_epoch = RealClock.wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    WallTime::default().after(since_epoch)
}

fn sleep_until(instant: Timestamp) -> Sleep {
    sleep(instant.since(RealClock.now()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the emulator's driver: the one place of the crate that sleeps"
)]
fn sleep(span: Duration) -> Sleep {
    tokio::time::sleep(span)
}
