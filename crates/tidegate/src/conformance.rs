//! Conformance: suites that every implementation of a seam passes, ours and yours alike. Call them from a test.
//!
//! Each suite takes an implementation and samples, checks it against the contract in the trait's documentation, and
//! panics with the broken rule.

mod classifier;
mod clock;
mod provider;
mod store;

pub use classifier::classifier;
pub use clock::clock;
pub use provider::provider;
pub use store::store;
