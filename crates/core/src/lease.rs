//! `lease`: sharing a limit between processes. What instances and the store say to each other, and how it is decided.
//!
//! Instances never ask the store for single permits. They hold *leases*: amounts of each shared limit that they may
//! spend from a not-before until an expiry. An instance's own engine decides which of its waiting calls spends them,
//! so bands, tenants and order hold as ever.
//!
//! * [`Step`] is what an instance says: its cumulative counters of each shared limit, and what it wants.
//! * [`Grants`] is what the store answers: leases, the counters as the store has them, and how many instances live.
//! * [`Allocator`] is the store's whole decision: one pure function from its state, a step and the store's own time.
//!   Every store is this function; one that is written in another language is held against it by
//!   [`VECTORS`], a table of steps and answers.
//!
//! # What makes it safe to repeat and to lose messages
//!
//! Counters only grow, and both sides merge them by maximum: a step that arrives twice adds nothing. An answer that
//! is lost is found with the next one, because the store then counts more granted than the instance has seen; the
//! instance hands the difference back. Only the newest step of an instance is given leases, and an instance takes
//! leases only from the answer to its newest step.
//!
//! # Slow limits and fast ones
//!
//! Where a limit has nothing left, the store *books*: it takes the amount from the future and tells the instance
//! how long to wait for it. Slots are as large as one call for slow limits, and an eighth of the instance's horizon
//! for fast ones, so that most decisions of a busy instance need no round trip.
//!
//! # When the store is gone
//!
//! An instance whose step is not answered keeps to its *safe share*: one N-th of each limit, N being the number of
//! instances that the store last told of. What it takes that way it counts, so that the store learns of it
//! afterwards. The store in turn keeps that share free for every instance it has not heard of for six seconds
//! ([`ALIVE_MS`]), at most half of each limit and for a minute ([`FORGOTTEN_MS`]): the instance may be cut off rather than dead.
//!
//! # Arithmetic
//!
//! Time is in whole milliseconds. An even limit of `amount` every `period` is reduced to lowest terms, and its level is kept
//! times the period, so that refilling is one multiplication and nothing is rounded. Every product stays below 2^53: a
//! language whose only number is the double computes the same. Divisions are of non-negative whole numbers and
//! round down unless said otherwise.

mod allocator;
mod holding;
mod instances;
mod pool;
mod step;
mod terms;

pub use allocator::Allocator;
pub(crate) use holding::Holding;
pub use instances::{ALIVE_MS, FORGOTTEN_MS};
pub use step::{Claim, Grants, InstanceId, Lease, Part, Step, Want};
pub use terms::Terms;

/// Steps and their answers, one a line, for stores that are written in another language. Its first lines say how to
/// read it.
pub const VECTORS: &str = include_str!("lease/vectors.txt");

/// That limits are shared, as an engine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// This instance's own name.
    pub instance: InstanceId,
    /// Of how many instances this one takes itself to be as long as the store has never answered. A store that is
    /// gone from the beginning tells nothing, so this is what its safe share goes by.
    pub instances_expected: u64,
}

/// How long a lease may be spent after its not-before: two seconds. A caller's patience for a lost answer and a few
/// round trips fit into it, and what an instance that dies takes along is little.
pub const LEASE_MS: u64 = 2_000;
