//! `PaceLayer`: puts a limiter around a service.

use std::fmt;
use std::sync::Arc;

use tidegate_core::{Class, Request};
use tower_layer::Layer;

use super::Pace;
use crate::Limiter;
use crate::call::CallPolicy;
use crate::scheduler::Parsed;

/// Puts a limiter around a service whose requests are a `Q`, its responses an `A` and its errors an `E`.
///
/// ```
/// use tidegate::tower::PaceLayer;
/// use tidegate::{Cost, Limiter, Request};
/// use tower_layer::Layer;
///
/// # #[derive(Clone)] struct Client;
/// let limiter = Limiter::builder().requests_per_minute(300).tokens_per_minute(60_000).build()?;
/// let cost = |prompt: &String| Cost::requests(1).input_tokens(prompt.len() as u64 / 4);
/// let layer = PaceLayer::<String, String, std::io::Error>::new(limiter, move |prompt| {
///     Request::new(cost(prompt)).lane("some-model")
/// });
/// let paced = layer.layer(Client);
/// # let _ = paced;
/// # Ok::<(), tidegate::BuildError>(())
/// ```
pub struct PaceLayer<Q, A, E> {
    terms: Terms<Q, A, E>,
}

/// What all calls through a layer have in common.
pub(super) struct Terms<Q, A, E> {
    pub(super) limiter: Limiter,
    pub(super) policy: CallPolicy,
    pub(super) cost: Arc<dyn Fn(&Q) -> Request + Send + Sync>,
    pub(super) read: Read<A, E>,
}

/// Reads a response, or the error in its place.
type Read<A, E> = Arc<dyn Fn(Result<&A, &E>) -> Parsed + Send + Sync>;

impl<Q, A, E> PaceLayer<Q, A, E> {
    /// A layer that waits as `limiter` says, for requests that cost what `cost` says.
    ///
    /// A response is taken for an answer and an error for a failure, and neither says what it used;
    /// [`reading`](PaceLayer::reading) knows better.
    pub fn new(limiter: Limiter, cost: impl Fn(&Q) -> Request + Send + Sync + 'static) -> Self {
        let read =
            |answer: Result<&A, &E>| Parsed::of(if answer.is_ok() { Class::Ok } else { Class::ServerError });
        let policy = CallPolicy::default();
        Self { terms: Terms { limiter, policy, cost: Arc::new(cost), read: Arc::new(read) } }
    }

    /// The same layer with a function that reads responses: their class, what they say of limits, what they used.
    #[must_use]
    pub fn reading(mut self, read: impl Fn(Result<&A, &E>) -> Parsed + Send + Sync + 'static) -> Self {
        self.terms.read = Arc::new(read);
        self
    }
}

impl<S, Q, A, E> Layer<S> for PaceLayer<Q, A, E> {
    type Service = Pace<S, Q, A, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Pace { inner, terms: self.terms.clone() }
    }
}

impl<Q, A, E> Clone for PaceLayer<Q, A, E> {
    fn clone(&self) -> Self {
        Self { terms: self.terms.clone() }
    }
}

impl<Q, A, E> Clone for Terms<Q, A, E> {
    fn clone(&self) -> Self {
        let Self { limiter, policy, cost, read } = self;
        Self { limiter: limiter.clone(), policy: policy.clone(), cost: cost.clone(), read: read.clone() }
    }
}

impl<Q, A, E> fmt::Debug for PaceLayer<Q, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaceLayer").field("limiter", &self.terms.limiter).finish_non_exhaustive()
    }
}
