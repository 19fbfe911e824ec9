//! `cargo xtask interleavings`: the facade's hand-off, cancelling and deadlines on schedules that shuttle chooses.

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// Builds the facade once more with `--cfg shuttle`, in a folder of its own so that nothing else is built anew, and
/// runs the tests that need it. They take half a minute or so.
///
/// # Errors
/// When it cannot be built, or a schedule fails; what is printed then says how to go through it again.
pub fn run() -> Result<(), Failure> {
    let mut command = workspace::cargo();
    command.env("RUSTFLAGS", "--cfg shuttle");
    command.env("CARGO_TARGET_DIR", workspace::target()?.join("shuttle"));
    if process::works("cargo", &["nextest", "--version"]) {
        command.args(["nextest", "run", "--no-fail-fast"]);
    } else {
        command.arg("test");
    }
    command.args(["--package", "tidegate", "--lib", "interleavings"]);
    process::run(&mut command)
}
