//! `cargo xtask matrix [write | NAME | seeds N [NAME]]`: the engine in every way of counting, beside the best constant pace.

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// Measures every cell and compares it with the committed table; `write` writes that anew, a part of a name chooses cells,
/// and `seeds` shows what cells come to over several seeds.
///
/// # Errors
/// When it cannot be built, or a cell is worse than it was written.
pub fn run(wish: &[&str]) -> Result<(), Failure> {
    let mut command = workspace::cargo();
    command.args(["run", "--quiet", "--package", "tidegate-sim", "--example", "matrix"]);
    command.args(["--profile", "simulate", "--"]).args(wish);
    process::run(&mut command)
}
