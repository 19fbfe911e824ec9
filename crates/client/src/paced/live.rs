//! `LiveBody`: the body of an answer on its way to the caller, read for usage as it passes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use tidegate_provider::Reading;

use super::BodyEnd;
use super::meter::Meter;
use crate::{ResponseBody, TransportError, TransportErrorKind};

/// The body of an answer on its way to the caller: the bytes as received.
///
/// Dropping it gives the rest of the answer up, frees the connection and settles the call.
///
/// An answer that was closed in good order but lacks its own end (the event that ends its stream, the last brace of
/// its document) ends with an error, as one does whose connection broke.
pub struct LiveBody {
    /// What was read before the body was handed over (an error's body, to judge it).
    prefix: Option<Bytes>,
    /// What is still to come; `None` when it broke or ended before.
    rest: Option<ResponseBody>,
    /// What broke it, as long as that is to be told: before it was handed over, or by closing it without its end.
    broken: Option<TransportError>,
    /// Follows the body of a success; an error's call has been settled already. Boxed, since it is large and a body
    /// moves from hand to hand.
    meter: Option<Box<Meter>>,
    /// Whether its reader says how it ends: only who understands what came knows whether that is all.
    is_told: bool,
    /// Whether it was closed in good order and yet lacks its own end.
    is_cut: bool,
}

impl LiveBody {
    /// The body of a success, of which `prefix` has been read.
    pub(crate) fn metered(prefix: Option<Bytes>, body: ResponseBody, mut meter: Box<Meter>) -> Self {
        if let Some(prefix) = &prefix {
            meter.push(prefix);
        }
        let mut live = Self {
            prefix,
            rest: Some(body),
            broken: None,
            meter: Some(meter),
            is_told: false,
            is_cut: false,
        };
        live.see_end();
        live
    }

    /// The body of an error, of which `prefix` has been read.
    pub(crate) fn judged(prefix: Bytes, rest: Option<ResponseBody>, broken: Option<TransportError>) -> Self {
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        Self { prefix, rest, broken, meter: None, is_told: false, is_cut: false }
    }

    /// The same body, whose reader says how it ends. Without a word it was given up.
    pub(crate) fn told(self) -> Self {
        Self { is_told: true, broken: self.broken.filter(|_| !self.is_cut), ..self }
    }

    /// What its reader says of its end. The first word counts.
    pub(crate) fn tell_end(&mut self, end: BodyEnd) {
        if let Some(meter) = &mut self.meter {
            meter.finish(end);
        }
    }

    /// Reads the whole body, at most `bytes_max` of it. Where it breaks off, what came of it is handed over with the
    /// error. One that was closed in good order is handed over as it is: who has all of it sees whether it can be read.
    pub(crate) async fn read(
        mut self,
        bytes_max: usize,
    ) -> Result<(Bytes, Option<Reading>), (TransportError, Bytes)> {
        // Most answers come in one piece, which need not be copied.
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        let broken = loop {
            let data = match self.frame().await.map(|frame| frame.map(Frame::into_data)) {
                None => break None,
                Some(Err(error)) => break Some(error).filter(|_| !self.is_cut),
                Some(Ok(Err(_))) => continue,
                Some(Ok(Ok(data))) => data,
            };
            if first.is_empty() && whole.is_empty() {
                first = data;
            } else {
                whole.extend_from_slice(&std::mem::take(&mut first));
                whole.extend_from_slice(&data);
            }
            if first.len().max(whole.len()) > bytes_max {
                let cause = format!("its answer is longer than {bytes_max} bytes");
                break Some(TransportError::new(TransportErrorKind::Other, "the provider", cause));
            }
        };
        let whole = if whole.is_empty() { first } else { whole.freeze() };
        match broken {
            Some(error) => Err((error, whole)),
            None => Ok((whole, self.meter.as_mut().and_then(|meter| meter.take_reading()))),
        }
    }

    /// Lets the meter see what passes.
    fn see(&mut self, polled: Option<&Result<Frame<Bytes>, TransportError>>) {
        match polled {
            Some(Ok(frame)) => {
                if let (Some(meter), Some(data)) = (&mut self.meter, frame.data_ref()) {
                    meter.push(data);
                }
                self.see_end();
            }
            Some(Err(_)) => self.finish(BodyEnd::Broken),
            None => self.finish(BodyEnd::Whole),
        }
    }

    /// A body of a known length, an empty one above all, may never be polled for its end.
    fn see_end(&mut self) {
        if self.rest.as_ref().is_some_and(ResponseBody::is_end_stream) {
            self.finish(BodyEnd::Whole);
        }
    }

    fn finish(&mut self, end: BodyEnd) {
        if self.is_told {
            return;
        }
        let ended = self.meter.as_mut().and_then(|meter| meter.close(end));
        if end == BodyEnd::Whole && ended == Some(BodyEnd::Broken) {
            let cause = "it was closed before the end of the answer";
            self.broken = Some(TransportError::new(TransportErrorKind::Reset, "the provider", cause));
            self.is_cut = true;
        }
    }
}

impl http_body::Body for LiveBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if let Some(prefix) = self.prefix.take() {
            return Poll::Ready(Some(Ok(Frame::data(prefix))));
        }
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let polled = std::task::ready!(Pin::new(rest).poll_frame(cx));
        self.see(polled.as_ref());
        Poll::Ready(polled.or_else(|| self.broken.take().map(Err)))
    }

    fn is_end_stream(&self) -> bool {
        self.prefix.is_none()
            && self.broken.is_none()
            && self.rest.as_ref().is_none_or(|rest| rest.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), ResponseBody::size_hint);
        if self.broken.is_some() {
            return SizeHint::default();
        }
        let before = self.prefix.as_ref().map_or(0, |prefix| prefix.len() as u64);
        let (lower, upper) = (hint.lower(), hint.upper());
        if let Some(upper) = upper {
            hint.set_upper(upper.saturating_add(before));
        }
        hint.set_lower(lower.saturating_add(before));
        hint
    }
}

impl fmt::Debug for LiveBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveBody")
    }
}
