//! `cargo xtask test`: installs what is missing, then runs every test. The runner's summary comes last.

pub(crate) mod debian;
mod sdks;

use std::process::Command;

use crate::console;
use crate::failure::Failure;
use crate::interleavings;
use crate::matrix;
use crate::process;
use crate::settings;
use crate::simulate;
use crate::workspace::{self, Profile};
use sdks::Sdks;

/// Installs, builds and tests.
///
/// # Errors
/// When something cannot be installed or built, or a test fails.
pub fn run() -> Result<(), Failure> {
    let sdks = Sdks::install(&workspace::target()?)?;
    let binary = workspace::build(Profile::Dev)?;
    let mut examples = workspace::cargo();
    examples.args(["test", "--workspace", "--all-features", "--doc", "--quiet"]);
    process::run(&mut examples)?;
    interleavings::run()?;
    simulate::run(simulate::SEEDS, None)?;
    matrix::run(&[])?;
    let mut tests = runner();
    tests.env(settings::BINARY, binary);
    tests.env(settings::SDK_PYTHON, sdks.python());
    tests.env(settings::SDK_NODE_MODULES, sdks.node_modules());
    process::run(&mut tests)
}

/// `cargo nextest`, which runs tests of all crates beside each other, or `cargo test` where it is not installed.
fn runner() -> Command {
    let mut command = workspace::cargo();
    if process::works("cargo", &["nextest", "--version"]) {
        command.args(["nextest", "run", "--workspace", "--all-features", "--no-fail-fast"]);
    } else {
        console::note("cargo-nextest is not installed: using `cargo test`, which takes longer");
        command.args([
            "test",
            "--workspace",
            "--all-features",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ]);
    }
    command
}
