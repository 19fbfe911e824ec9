//! `cargo xtask fuzz check` and `cargo xtask fuzz TARGET [SECONDS]`: the fuzz targets, compiled or run.
//!
//! They lie in `fuzz/`, outside of the workspace, since a run needs a nightly toolchain and
//! [cargo-fuzz](https://rust-fuzz.github.io/book/cargo-fuzz.html). Compiling them needs neither, so that every merge
//! does it. What they check also runs among the tests of `tidegate-provider`, on every toolchain.

mod seeds;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::workspace;
use seeds::Seeds;

/// For how many seconds a target runs where nothing else is asked for.
pub const SECONDS: &str = "300";

/// The longest input, in bytes: longer ones make few tries a second and reach no other code.
const LENGTH_MAX: usize = 16 * 1024;

/// How long one input may take, in seconds: the slowest of the recordings takes milliseconds.
const TIMEOUT_SECONDS: u32 = 10;

/// Compiles and lints the targets with the toolchain that is in use, without libFuzzer's C++ part and without linking.
///
/// # Errors
/// When a target does not compile, or `fuzz/Cargo.lock` lacks a dependency that a crate has got.
pub fn check() -> Result<(), Failure> {
    let mut command = workspace::cargo();
    command.args(["clippy", "--manifest-path", "fuzz/Cargo.toml", "--bins", "--no-deps", "--locked"]);
    command.args(["--no-default-features", "--target-dir"]).arg(workspace::target()?.join("fuzz"));
    process::run(command.args(["--", "-D", "warnings"])).map_err(Failure::at(
        "the fuzz targets do not compile (where the lock file is to blame, run `cargo update --workspace \
         --manifest-path fuzz/Cargo.toml`)",
    ))
}

/// Runs a target for some seconds, from the project's own seeds, what the recordings give where they lie beside the
/// checkout, and what earlier runs kept in `fuzz/corpus`.
///
/// # Errors
/// When there is no such target, a tool is missing, or an input breaks what the target checks.
pub fn run(target: &str, seconds: &str) -> Result<(), Failure> {
    let seeds = Seeds::of(target).ok_or_else(|| unknown(target))?;
    tools()?;
    let folder = workspace::target()?.join("fuzz");
    let (corpus, recorded) =
        (workspace::root().join("fuzz/corpus").join(target), folder.join("recorded").join(target));
    fs::create_dir_all(&corpus).map_err(Failure::at(corpus.display()))?;
    let count = seeds.write(&recorded)?;
    console::note(&match count {
        0 => "the recordings are absent: beginning from the seeds of the project alone".to_owned(),
        count => format!("beginning from the seeds of the project and {count} out of the recordings"),
    });
    process::run(cargo_fuzz("build", &folder).arg(target))?;
    let mut command = cargo_fuzz("run", &folder);
    command.arg(target).arg(&corpus).arg(workspace::root().join("fuzz/seeds").join(target)).arg(&recorded);
    command.args(["--".to_owned(), format!("-max_total_time={seconds}"), format!("-max_len={LENGTH_MAX}")]);
    command.args([&format!("-timeout={TIMEOUT_SECONDS}"), "-print_final_stats=1"]);
    process::run(&mut command).map_err(Failure::at(format!(
        "an input breaks what `{target}` checks; the file that is named above holds it: mend what is broken, and keep \
         the file in fuzz/seeds/{target} under a name that says what it is"
    )))
}

fn cargo_fuzz(act: &str, folder: &Path) -> Command {
    let mut command = workspace::cargo();
    command.args(["+nightly", "fuzz", act, "--target-dir"]).arg(folder);
    command
}

fn unknown(target: &str) -> Failure {
    Failure::new(format!("there is no fuzz target `{target}`; choose one of {}", Seeds::TARGETS.join(", ")))
}

/// Whether what a run needs is installed.
fn tools() -> Result<(), Failure> {
    if !process::works("rustc", &["+nightly", "--version"]) {
        let remedy = "run `rustup toolchain install nightly`, then this again";
        return Err(Failure::new(format!("fuzzing needs a nightly toolchain, and there is none; {remedy}")));
    }
    if !process::works("cargo", &["fuzz", "--version"]) {
        let remedy = "run `cargo install cargo-fuzz --locked`, then this again";
        return Err(Failure::new(format!("cargo-fuzz is not installed; {remedy}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_of_its_own_and_is_an_ordinary_test_as_well() {
        let root = workspace::root();
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        let names = |folder: &str| {
            let entries = fs::read_dir(root.join("fuzz").join(folder)).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            names.sort_unstable();
            names
                .iter()
                .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("fuzz_targets"), Seeds::TARGETS);
        assert_eq!(names("seeds"), Seeds::TARGETS);
        let (manifest, tests) = (read("fuzz/Cargo.toml"), read("crates/provider/tests/fuzz/main.rs"));
        for target in Seeds::TARGETS {
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
            assert!(tests.contains(&format!("run(\"{target}\", properties::{target}::check, ")), "{target}");
        }
    }

    #[test]
    fn a_target_that_is_none_is_told_beside_those_that_there_are() {
        let told = run("bodies", SECONDS).unwrap_err().to_string();
        assert!(told.contains("`bodies`") && told.contains("durations, error_bodies, headers, sse, usage"));
    }
}
