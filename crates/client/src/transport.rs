//! `Transport`: the seam between a call and the network. One method; the real and the fake one implement it.

use std::fmt::Debug;

use futures_util::future::BoxFuture;

use crate::{Body, ResponseBody, TransportError};

/// Carries one HTTP request to a provider and its answer back.
///
/// The contract that every implementation keeps:
///
/// * The bytes of both bodies pass as they are: nothing is decoded, compressed or followed elsewhere.
/// * Any answer, whatever its status, is `Ok`. An `Err` means that no head of an answer arrived.
/// * The answer is handed over as soon as its head is there; its body is still on the way, and an error of the
///   body comes out of the body.
/// * One request is sent at most once. Repeating it is the caller's decision.
/// * Dropping the future, or the body of the answer, gives the call up at once and frees its connection.
/// * No error shows a key or the query of a URL.
pub trait Transport: Send + Sync + Debug {
    /// Sends `request`, whose URI is absolute, and resolves when the head of the answer is there.
    ///
    /// # Errors
    ///
    /// When no head of an answer arrived: the provider could not be reached, or the connection broke before it.
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>>;
}
