//! Development tasks of the workspace, and the harness that its end-to-end tests share with them.
//!
//! * [`tidy`] checks house rules, one file a rule.
//! * [`test`](mod@test) installs what is missing and runs every test.
//! * [`accept`] runs the product in real time and prints what it measured.
//! * [`bench`](mod@bench) prints our figures beside a peer's.
//! * [`release`] says whether what is here may be released under its version.
//!
//! [`server`], [`http`], [`process`], [`venv`], [`workload`], [`workspace`], [`settings`], [`stopwatch`], [`usage`] and [`console`]
//! are the parts that those share.

pub mod accept;
pub mod bench;
pub mod console;
pub mod failure;
pub mod fuzz;
#[cfg(doctest)]
mod guides;
pub mod http;
pub mod interleavings;
pub mod matrix;
pub mod mutants;
pub mod process;
pub mod release;
pub mod server;
pub mod settings;
pub mod simulate;
pub mod stopwatch;
pub mod test;
pub mod tidy;
pub mod usage;
pub mod venv;
pub mod workload;
pub mod workspace;
