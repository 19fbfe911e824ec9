//! `Breaking`: the body of an answer on its way to a caller, who is told of its break only after its bytes have left.
//!
//! An answer that breaks off has to end so for the caller too. Its status has been sent, and its bytes pass as they
//! came, so that no event can say it: only the connection can, which ends without the mark of a whole body. Every SDK
//! takes that for a failure, and none takes what came for an answer. The server that writes to the caller ends the
//! connection at once when a body fails, and what it has not written by then is lost.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tidegate::clock::Sleep;
use tidegate::{Clock, RealClock};
use tidegate_client::TransportError;

/// How long the bytes before a break have to leave. Writing them takes less than a millisecond unless the caller is slow
/// to read, and nobody is held up by it: the answer is lost either way.
const LEAVING: Duration = Duration::from_millis(20);

/// A body whose error is held back for a moment.
#[derive(Debug)]
pub(crate) struct Breaking<B> {
    body: B,
    /// The error, and when it is told.
    held: Option<(TransportError, Pin<Box<Sleep>>)>,
}

impl<B> Breaking<B> {
    pub(crate) const fn new(body: B) -> Self {
        Self { body, held: None }
    }
}

impl<B: Body<Data = Bytes, Error = TransportError> + Unpin> Body for Breaking<B> {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if self.held.is_none() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Err(error)) => {
                    let until = RealClock.now().after(LEAVING);
                    self.held = Some((error, Box::pin(Sleep::until(RealClock.into(), until))));
                }
                passed => return Poll::Ready(passed),
            }
        }
        if let Some((_, sleep)) = &mut self.held {
            ready!(sleep.as_mut().poll(cx));
        }
        Poll::Ready(self.held.take().map(|(error, _)| Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
