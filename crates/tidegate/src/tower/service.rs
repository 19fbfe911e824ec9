//! `Pace`: a service that holds each request until its turn.

use std::fmt;
use std::task::{Context, Poll};

use tower_service::Service;

use super::layer::Terms;
use super::{PaceError, PaceFuture};

/// A service that holds each request until its turn; made by [`PaceLayer`](super::PaceLayer).
pub struct Pace<S, Q, A, E> {
    pub(super) inner: S,
    pub(super) terms: Terms<Q, A, E>,
}

impl<S, Q> Service<Q> for Pace<S, Q, S::Response, S::Error>
where
    S: Service<Q> + Clone,
{
    type Response = S::Response;
    type Error = PaceError<S::Error>;
    type Future = PaceFuture<S, Q>;

    /// Always ready: what a request costs is not known before it is there. See the [module](super).
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Q) -> Self::Future {
        // A clone has not been asked whether it is ready, so the future asks its own before it calls.
        PaceFuture::new(self.inner.clone(), request, self.terms.clone())
    }
}

impl<S: Clone, Q, A, E> Clone for Pace<S, Q, A, E> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), terms: self.terms.clone() }
    }
}

impl<S: fmt::Debug, Q, A, E> fmt::Debug for Pace<S, Q, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace")
            .field("inner", &self.inner)
            .field("limiter", &self.terms.limiter)
            .finish_non_exhaustive()
    }
}
