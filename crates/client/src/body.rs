//! `Body` and `ResponseBody`: raw bytes on their way to a provider and back, whole or streaming.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Either, Full};
use tidegate::Departure;

use crate::TransportError;

/// Any error of a body that somebody else produces.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request.
pub struct Body {
    outgoing: Outgoing,
    /// Who wants to know when it leaves.
    departure: Option<Departure>,
}

/// A whole body can be measured and sent again; a stream can only be sent once.
enum Outgoing {
    Whole(Bytes),
    Stream(BoxBody<Bytes, AnyError>),
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    /// A body that is there in full.
    #[must_use]
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self { outgoing: Outgoing::Whole(bytes.into()), departure: None }
    }

    /// A body that passes as it arrives.
    #[must_use]
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<AnyError>,
    {
        let stream = BodyExt::map_err(body, Into::into).boxed();
        Self { outgoing: Outgoing::Stream(stream), departure: None }
    }

    /// The same body, of which somebody wants to know when it leaves.
    pub(crate) fn departing(self, departure: Option<Departure>) -> Self {
        Self { departure, ..self }
    }

    /// The body in the form that the HTTP client takes.
    pub(crate) fn into_reqwest(self) -> reqwest::Body {
        reqwest::Body::wrap(self.into_upload())
    }

    /// The body in the form that goes to a host directly.
    pub(crate) fn into_upload(self) -> Upload {
        let body = match self.outgoing {
            Outgoing::Whole(bytes) => Either::Left(Full::new(bytes)),
            Outgoing::Stream(stream) => Either::Right(stream),
        };
        Upload { body, departure: self.departure }
    }

    /// Reads the whole body, for transports that answer by themselves.
    ///
    /// # Errors
    ///
    /// When a body that passes as it arrives breaks off.
    pub async fn collect(self) -> Result<Bytes, AnyError> {
        if let Some(departure) = self.departure {
            departure.left();
        }
        match self.outgoing {
            Outgoing::Whole(bytes) => Ok(bytes),
            Outgoing::Stream(stream) => Ok(stream.collect().await?.to_bytes()),
        }
    }
}

/// A body on its way to a host.
pub(crate) struct Upload {
    body: Either<Full<Bytes>, BoxBody<Bytes, AnyError>>,
    departure: Option<Departure>,
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = AnyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnyError>>> {
        // It is asked for when there is a connection, on which the head is just written.
        if let Some(departure) = self.departure.take() {
            departure.left();
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::whole(bytes)
    }
}

impl fmt::Debug for Body {
    /// Says what kind of body it is; never what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outgoing {
            Outgoing::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Outgoing::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

/// The body of an answer, still arriving. Dropping it gives the rest of the answer up.
pub struct ResponseBody(BoxBody<Bytes, TransportError>);

impl ResponseBody {
    /// A body that passes as it arrives.
    #[must_use]
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error = TransportError> + Send + Sync + 'static,
    {
        Self(body.boxed())
    }

    /// A body that is there in full.
    #[must_use]
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Full::new(bytes.into()).map_err(|never| match never {}).boxed())
    }

    /// The next piece of data; `None` at the end. Trailers are passed over.
    ///
    /// # Errors
    ///
    /// When the connection broke before the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        while let Some(frame) = self.0.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseBody")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tidegate::{Cost, Dimension, Limit, Limiter, ManualClock, Quota, Refill};

    use super::*;

    /// When a call counts no more of which the bytes were asked for a second after it was sent.
    async fn counts_until(ask: impl AsyncFnOnce(Body)) -> Duration {
        let clock = ManualClock::new();
        let quota = Quota::per_minute(1).refill(Refill::SlidingWindow);
        let limit = Limit::new(Dimension::Requests, quota);
        let limiter = Limiter::builder().limit(limit).clock(clock.clone()).build().unwrap();
        let permit = limiter.try_acquire(Cost::requests(1)).unwrap();
        permit.sent();
        let body = Body::whole("{}").departing(permit.departure());
        clock.advance(Duration::from_secs(1));
        ask(body).await;
        match limiter.quote(Cost::requests(1)) {
            tidegate::Decision::Wait { until, .. } => until.since(tidegate::Timestamp::ZERO),
            other => panic!("it counts for a while: {other:?}"),
        }
    }

    #[test]
    fn a_call_leaves_when_its_bytes_are_asked_for() {
        tidegate::block_on(async {
            let minute = Duration::from_secs(60);
            assert_eq!(counts_until(async |body| drop(body)).await, minute);
            let ways = [
                counts_until(async |body| drop(body.into_upload().collect().await.unwrap())).await,
                counts_until(async |body| drop(body.into_reqwest().collect().await.unwrap())).await,
                counts_until(async |body| drop(body.collect().await.unwrap())).await,
            ];
            assert_eq!(ways, [minute + Duration::from_secs(1); 3]);
        });
    }

    #[test]
    fn a_whole_body_says_how_long_it_is() {
        let length = |body: &dyn http_body::Body<Data = Bytes, Error = AnyError>| body.size_hint().exact();
        assert_eq!(length(&Body::whole("four").into_upload()), Some(4));
        assert_eq!(http_body::Body::size_hint(&Body::whole("four").into_reqwest()).exact(), Some(4));
    }
}
