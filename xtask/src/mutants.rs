//! `cargo xtask mutants`: breaks the core on purpose, one place at a time, and sees whether its tests notice.
//!
//! Needs [cargo-mutants](https://mutants.rs): `cargo install cargo-mutants`. It takes an hour or more on two cores. Changes
//! that nobody can see are left out by `.cargo/mutants.toml`, which gives the reason of each.

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// The parts of core whose arithmetic and order everything rests on.
const FILES: [&str; 7] = [
    "crates/core/src/bucket.rs",
    "crates/core/src/bucket/*.rs",
    "crates/core/src/ledger.rs",
    "crates/core/src/ledger/*.rs",
    "crates/core/src/queue.rs",
    "crates/core/src/queue/*.rs",
    "crates/core/src/lease/*.rs",
];

/// Runs cargo-mutants over those parts with core's own tests.
///
/// # Errors
/// When it is not installed, or a mutant survives: then a test is missing, or the code it changed has no effect.
pub fn run() -> Result<(), Failure> {
    if !process::works("cargo", &["mutants", "--version"]) {
        return Err(Failure::new("cargo-mutants is not installed; run `cargo install cargo-mutants`"));
    }
    let mut command = workspace::cargo();
    command.args(["mutants", "--package", "tidegate-core", "--jobs", "1", "--timeout", "30"]);
    for file in FILES {
        command.args(["--file", file]);
    }
    command.args(["--output", "target", "--", "--lib", "--tests"]);
    process::run(&mut command)
}
