//! A layer and a service of the tower family that hold each request until its turn.
//!
//! # Why
//!
//! Tower's own rate limit counts requests, each as one, in `poll_ready`: before it knows the request. What an LLM
//! provider limits above all is tokens, and those are the request's. So the waiting has to happen in `call`, where the
//! request is known, and where its place in the one queue of the account can be taken.
//!
//! # How
//!
//! * [`PaceLayer`] holds a [`Limiter`](crate::Limiter), a function that says what a request costs, and one that reads a
//!   response. [`Pace`] is the service, [`PaceFuture`] the call under way, [`PaceError`] what can go wrong.
//! * `poll_ready` is always ready, and that is all that can honestly be said before the request is there. It reserves
//!   nothing, neither of the limiter nor of the service inside: a caller that is ready and never calls holds nobody up.
//!   What bounds the calls that wait is the limiter's queue; the one too many is refused with an error at once.
//! * Only once its turn has come does a call ask the service inside whether it is ready. A pool of connections is
//!   thus not kept waiting for a limit.
//! * Circuits are minded and told of responses, as by every front end. Retries are not this layer's: put tower's own
//!   around it, and each attempt waits for its turn; or use the [`Scheduler`](crate::Scheduler), which keeps a retry's
//!   place.
//! * A response ends the call: with its usage, where the reading tells it, else its estimate stands. For answers that
//!   go on as streams use [`Scheduler::submit_stream`](crate::Scheduler::submit_stream).
//!
//! Nothing here depends on a runtime.

mod error;
mod future;
mod layer;
mod service;

pub use error::PaceError;
pub use future::PaceFuture;
pub use layer::PaceLayer;
pub use service::Pace;
