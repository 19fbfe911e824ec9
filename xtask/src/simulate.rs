//! `cargo xtask simulate [SEEDS [PLAN]]`: thousands of seeded trials in virtual time, each checked for every property.

use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::stopwatch::Stopwatch;
use crate::workspace;

/// How many seeds a merge needs: enough that what one trial in a thousand breaks is found more often than not.
pub const SEEDS: &str = "2000";

/// Builds the simulation with its own profile, optimised and with overflow checked, and runs it.
///
/// # Errors
/// When it cannot be built, or a seed fails.
pub fn run(seeds: &str, plan: Option<&str>) -> Result<(), Failure> {
    let mut build = workspace::cargo();
    build.args([
        "build",
        "--quiet",
        "--package",
        "tidegate-sim",
        "--example",
        "simulate",
        "--profile",
        "simulate",
    ]);
    process::run(&mut build)?;
    let stopwatch = Stopwatch::start();
    let mut command = workspace::cargo();
    command.args([
        "run",
        "--quiet",
        "--package",
        "tidegate-sim",
        "--example",
        "simulate",
        "--profile",
        "simulate",
    ]);
    command.args(["--", seeds]).args(plan);
    process::run(&mut command)?;
    console::note(&format!("simulated in {:.1} s", stopwatch.elapsed().as_secs_f64()));
    Ok(())
}
