//! The controller: what the engine learns from answers. Each file holds one thing that is learned.

pub(crate) mod bank;
pub(crate) mod concurrency;
pub(crate) mod expectation;
pub(crate) mod falls;
pub(crate) mod grain;
pub(crate) mod mirror;
pub(crate) mod probe;
pub(crate) mod ratio;
pub(crate) mod stray;
pub(crate) mod surplus;
