//! Bodies: `Reply`, what goes to the caller, and the bounded reading of what comes from it.

use std::fmt;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tidegate_client::TransportError;

/// The body of a response to a caller.
pub(crate) type Reply = UnsyncBoxBody<Bytes, TransportError>;

/// A response body that is there in full.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Reply {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Why a request's body could not be read.
pub(crate) enum Unread {
    /// It is longer than the bound.
    TooLong,
    /// The caller went away, or sent what is no body.
    Broken(hyper::Error),
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "TooLong",
            Self::Broken(_) => "Broken",
        })
    }
}

/// Reads a whole body of at most `bytes_max`.
///
/// A longer one is read on and thrown away up to twice the bound, since a caller that is still sending would not
/// see the answer; one that announces more than that is not read at all.
pub(crate) async fn read(mut body: Incoming, bytes_max: usize) -> Result<Bytes, Unread> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let thrown_max = bytes_max.saturating_mul(2);
    if announced > thrown_max {
        return Err(Unread::TooLong);
    }
    let mut whole = BytesMut::with_capacity(announced.min(bytes_max));
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Unread::Broken)?.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > thrown_max {
            break;
        }
        if seen <= bytes_max {
            whole.extend_from_slice(&data);
        } else {
            whole = BytesMut::new();
        }
    }
    if seen > bytes_max { Err(Unread::TooLong) } else { Ok(whole.freeze()) }
}
