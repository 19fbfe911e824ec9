//! Proof: whenever a run ends, the next one goes on; every row ends once, in input order.

mod endings;
mod files;
mod harness;
mod kills;

pub(crate) use harness::Doubler;
