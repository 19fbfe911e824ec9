//! `cargo xtask bench`: the engine's cost beside a reference, measured in one run.

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// Builds and runs the bench; it prints one line a figure.
///
/// # Errors
/// When it cannot be built or run.
pub fn run() -> Result<(), Failure> {
    let mut command = workspace::cargo();
    command.args(["bench", "--package", "xtask", "--bench", "engine"]);
    process::run(&mut command)
}
