//! `Reply`, the body that goes to a caller, and `Bodies`, the bounded reading of those that come from callers.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tidegate_client::TransportError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The body of a response to a caller.
pub(crate) type Reply = UnsyncBoxBody<Bytes, TransportError>;

/// A response body that is there in full.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Reply {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Reads the bodies of requests, within a bound for each and one for all that are held at once.
#[derive(Debug)]
pub(crate) struct Bodies {
    bytes_max: usize,
    /// What may still be held, in units of [`UNIT_BYTES`].
    room: Arc<Semaphore>,
}

/// The grain in which held bytes are counted.
const UNIT_BYTES: usize = 1024;

/// A whole body; its room is free again when `held` is dropped.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) bytes: Bytes,
    pub(crate) held: Option<OwnedSemaphorePermit>,
}

/// Why a request's body could not be read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is longer than the bound.
    TooLong {
        /// The bound.
        bytes_max: usize,
    },
    /// The bodies of all calls together leave no room for it.
    NoRoom,
    /// The caller went away, or sent what is no body.
    Broken,
}

impl Bodies {
    pub(crate) fn new(bytes_max: usize, held_bytes_max: usize) -> Self {
        let units = (held_bytes_max / UNIT_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        Self { bytes_max, room: Arc::new(Semaphore::new(units)) }
    }

    /// Reads a whole body.
    ///
    /// One that is too long is read on and thrown away up to twice the bound, since a caller that is still sending
    /// would not see the answer; one that announces more than that is not read at all.
    pub(crate) async fn read(&self, mut body: Incoming) -> Result<Read, Unread> {
        let too_long = Unread::TooLong { bytes_max: self.bytes_max };
        let thrown_max = self.bytes_max.saturating_mul(2);
        if usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) > thrown_max {
            return Err(too_long);
        }
        let (mut whole, mut held, mut seen) = (BytesMut::new(), None, 0_usize);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            seen = seen.saturating_add(data.len());
            if seen > thrown_max {
                break;
            }
            if seen <= self.bytes_max {
                self.hold(&mut held, seen)?;
                whole.extend_from_slice(&data);
            } else {
                (whole, held) = (BytesMut::new(), None);
            }
        }
        if seen > self.bytes_max { Err(too_long) } else { Ok(Read { bytes: whole.freeze(), held }) }
    }

    /// Makes `held` cover `bytes`.
    fn hold(&self, held: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), Unread> {
        let covered = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = bytes.div_ceil(UNIT_BYTES).saturating_sub(covered);
        let missing = u32::try_from(missing).map_err(|_| Unread::NoRoom)?;
        let more = Arc::clone(&self.room).try_acquire_many_owned(missing).map_err(|_| Unread::NoRoom)?;
        match held {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }
}
