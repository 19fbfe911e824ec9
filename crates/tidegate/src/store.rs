//! The `Store` seam: where processes that share a budget meet. Leases go through it, never single permits.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;

use tidegate_core::lease::{Grants, InstanceId, Step};

mod courier;
mod error;
mod memory;

pub(crate) use courier::{Courier, Delivery};
pub use error::StoreError;
pub use memory::MemoryStore;

/// The future of an answer.
pub type StoreFuture = Pin<Box<dyn Future<Output = Result<Grants, StoreError>> + Send>>;

/// Where processes that share a budget meet.
///
/// # Contract
///
/// * A store keeps one [`Allocator`](tidegate_core::lease::Allocator) an account, or whatever gives the same answers;
///   [`VECTORS`](tidegate_core::lease::VECTORS) are some of them. Accounts with different names know nothing of one
///   another.
/// * A step is taken whole or not at all, and steps of one account are taken one after another, in any order.
/// * Time is the store's own, in milliseconds, and the same for every process. It may step; what it loses or gains is
///   then lost or gained once.
/// * The future does not block a thread, runs on any executor, and may be dropped at any point: whether the step
///   was taken then does not matter, because counters are merged by maximum and what was granted in vain goes back.
/// * It ends within a second, or is given up: the limiter then keeps to its safe share, one part of as many as were
///   last known to live, and tries again. It is never asked twice at once for one limiter.
/// * A store that has lost its state begins anew. It is told by the next steps what instances hold.
///
/// [`MemoryStore`] serves limiters of one process; [`conformance::store`](crate::conformance::store) checks any other.
pub trait Store: Send + Sync + fmt::Debug {
    /// Takes a step of an instance, and answers it.
    fn step(&self, account: &str, step: Step) -> StoreFuture;
}

/// A name for this instance that no other has: 64 random bits.
#[expect(
    clippy::disallowed_methods,
    reason = "an instance draws its own name once; no decision depends on it"
)]
pub(crate) fn draw_instance() -> InstanceId {
    InstanceId(RandomState::new().hash_one("instance"))
}
