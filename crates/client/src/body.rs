//! `Body` and `ResponseBody`: raw bytes on their way to a provider and back, whole or streaming.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Either, Full};

use crate::TransportError;

/// Any error of a body that somebody else produces.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request.
pub struct Body(Outgoing);

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
        Self(Outgoing::Whole(bytes.into()))
    }

    /// A body that passes as it arrives.
    #[must_use]
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<AnyError>,
    {
        Self(Outgoing::Stream(BodyExt::map_err(body, Into::into).boxed()))
    }

    /// The body in the form that the HTTP client takes.
    pub(crate) fn into_reqwest(self) -> reqwest::Body {
        match self.0 {
            Outgoing::Whole(bytes) => bytes.into(),
            Outgoing::Stream(stream) => reqwest::Body::wrap(stream),
        }
    }

    /// The body in the form that goes to a host directly.
    pub(crate) fn into_upload(self) -> Upload {
        Upload(match self.0 {
            Outgoing::Whole(bytes) => Either::Left(Full::new(bytes)),
            Outgoing::Stream(stream) => Either::Right(stream),
        })
    }

    /// Reads the whole body, for transports that answer by themselves.
    ///
    /// # Errors
    ///
    /// When a body that passes as it arrives breaks off.
    pub async fn collect(self) -> Result<Bytes, AnyError> {
        match self.0 {
            Outgoing::Whole(bytes) => Ok(bytes),
            Outgoing::Stream(stream) => Ok(stream.collect().await?.to_bytes()),
        }
    }
}

/// A body on its way to a host.
pub(crate) struct Upload(Either<Full<Bytes>, BoxBody<Bytes, AnyError>>);

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = AnyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnyError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
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
        match &self.0 {
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
