//! `check`: what must hold of every trial, one file a property. A checker reads a record and says what is wrong with it.

mod conservation;
mod determinism;
mod fairness;
mod liveness;
mod nodes;
mod safety;

use crate::trial::{Plan, Record};

pub use determinism::determinism;

/// A property of a record.
pub type Checker = fn(&Plan, &Record) -> Result<(), String>;

/// Every checker that needs one record only, with its name. [`determinism`] lives through the trial once more.
pub const CHECKERS: [(&str, Checker); 5] = [
    ("safety", safety::safety),
    ("conservation", conservation::conservation),
    ("fairness", fairness::fairness),
    ("liveness", liveness::liveness),
    ("sum over nodes", nodes::sum_over_nodes),
];
