//! Conformance: suites that every implementation of a seam passes, ours and yours alike. Call them from a test.
//!
//! Each suite takes an implementation and samples, checks it against the contract in the trait's documentation, and
//! panics with the broken rule. They do no I/O and read no clock of their own.

mod classifier;
mod provider;
mod store;

pub use classifier::classifier;
pub use provider::provider;
pub use store::store;
