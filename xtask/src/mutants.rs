//! `cargo xtask mutants [AREA] [K/N]`: breaks the core on purpose, one place at a time, and sees whether its tests notice.
//!
//! Needs [cargo-mutants](https://mutants.rs). All of it takes two hours or so of one core; an area, or the K-th of N even
//! samples, counted from 0, takes less. Changes that nobody can see are left out by `.cargo/mutants.toml`, which gives
//! the reason of each.

mod part;
mod tally;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::workspace;
use part::Part;
use tally::Tally;

/// What ends a test that never would: seconds of its own time, since a loaded machine makes any other span too short. The
/// tests need ten.
const CPU_SECONDS: u32 = 60;

/// What ends a test that takes ever more memory: bytes of address space, a hundred times what the tests need.
const MEMORY_MAX: u64 = 8 << 30;

/// In seconds, what ends a test that waits without using any time, and a build.
const TIMEOUT: &str = "600";

/// The exit codes of cargo-mutants (27.1) that tell of mutants: all noticed, some not noticed, some timed out. Others
/// tell that it could not do its work.
const RUNS: [i32; 3] = [0, 2, 3];

/// The tests in the files themselves: built without optimising, in a second or two, they notice most.
const UNITS: Stage =
    Stage { name: "units", arguments: &["--lib", "--config=profile.dev.package.tidegate-core.opt-level=0"] };

/// The tests of behaviour and the models, for what the units do not notice.
const BEHAVIOUR: Stage = Stage { name: "behaviour", arguments: &["--test=*"] };

/// Tests that each mutant of some is held against.
struct Stage {
    name: &'static str,
    /// What cargo is told to build and to run.
    arguments: &'static [&'static str],
}

/// Runs cargo-mutants over the bucket, the ledger, the queue and the leases, or the part that `words` ask for, and prints
/// for each of them how many were noticed. Its copy of the sources and all that it builds are gone afterwards; what it
/// says of each mutant stays in `mutants` under cargo's target folder.
///
/// # Errors
/// When the words name no part, the tool is not installed, or a mutant survives: then a test is missing, or the code it
/// changed has no effect.
pub fn run(words: &[&str]) -> Result<(), Failure> {
    let part = Part::read(words)?;
    if !process::works("cargo", &["mutants", "--version"]) {
        let remedy = "run `cargo install cargo-mutants --locked`, then this again";
        return Err(Failure::new(format!("cargo-mutants is not installed; {remedy}")));
    }
    let folder = workspace::target()?.join("mutants");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Failure::at(folder.display()))?;
    }
    let scratch = folder.join("scratch");
    fs::create_dir_all(&scratch).map_err(Failure::at(scratch.display()))?;
    let tally = stages(&part, &folder, &scratch);
    fs::remove_dir_all(&scratch).map_err(Failure::at(scratch.display()))?;
    let tally = tally?;
    tally.table().iter().for_each(|line| console::data(line));
    let survivors = tally.survivors();
    if survivors.is_empty() {
        return Ok(());
    }
    survivors.iter().for_each(|name| console::data(&format!("survived: {name}")));
    Err(Failure::new(format!(
        "{} mutants survive: add tests that notice them, or leave those that nobody can see out in .cargo/mutants.toml, \
         with the reason",
        survivors.len()
    )))
}

fn stages(part: &Part, folder: &Path, scratch: &Path) -> Result<Tally, Failure> {
    let mut tally = UNITS.run(&part.arguments(), folder, scratch)?;
    let survivors = tally.survivors();
    if !survivors.is_empty() {
        tally.correct(BEHAVIOUR.run(&again(&survivors), folder, scratch)?);
    }
    Ok(tally)
}

impl Stage {
    /// Holds the mutants that `selection` chooses against the tests of this stage.
    fn run(&self, selection: &[String], folder: &Path, scratch: &Path) -> Result<Tally, Failure> {
        let output = folder.join(self.name);
        fs::create_dir_all(&output).map_err(Failure::at(output.display()))?;
        let mut command = workspace::cargo();
        command.args(["mutants", "--package", "tidegate-core", "--jobs", "1", "--colors", "never"]);
        command.args(["--timeout", TIMEOUT, "--build-timeout", TIMEOUT, "--output"]).arg(output.as_os_str());
        command.args(self.arguments.iter().map(|argument| format!("--cargo-arg={argument}")));
        if process::works("prlimit", &["--version"]) {
            command.arg(format!("--cargo-arg=--config={}", bounds()));
        }
        // It copies the sources to the folder for temporary files.
        command.env("TMPDIR", scratch).env("CARGO_TARGET_DIR", scratch.join("target"));
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").args(selection);
        match process::status(&mut command)?.code() {
            Some(code) if RUNS.contains(&code) => Tally::read(&output.join("mutants.out/outcomes.json")),
            _ => Err(Failure::new(format!(
                "cargo-mutants could not do its work; what it says is above and in {}",
                output.display()
            ))),
        }
    }
}

/// Cargo's setting by which each test runs within its bounds.
fn bounds() -> String {
    format!("target.'cfg(unix)'.runner = ['prlimit', '--cpu={CPU_SECONDS}', '--as={MEMORY_MAX}', '--']")
}

/// What makes cargo-mutants try these again: their files, since it lets fields of structs through whatever is asked for by
/// name (27.1), and their names.
fn again(survivors: &[String]) -> Vec<String> {
    let files: BTreeSet<&str> = survivors.iter().filter_map(|name| name.split(':').next()).collect();
    let files = files.into_iter().flat_map(|file| ["--file".to_owned(), file.to_owned()]);
    files.chain(survivors.iter().flat_map(|name| ["--re".to_owned(), exactly(name)])).collect()
}

/// A regular expression for this name and no other. Only what has a meaning there is escaped: `\<` would have one.
fn exactly(name: &str) -> String {
    let escaped = name.chars().flat_map(|letter| {
        let meaning = r"\.+*?()|[]{}^$".contains(letter);
        meaning.then_some('\\').into_iter().chain([letter])
    });
    format!("^{}$", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survivors_are_tried_again_by_file_and_by_name() {
        let names =
            ["a.rs:1:2: replace += with *= in A::b", "a.rs:3:4: replace A::b -> Option<u64> with None"];
        let words = again(&names.map(str::to_owned));
        assert_eq!(words[..2], ["--file", "a.rs"]);
        assert_eq!(words[2..4], ["--re", r"^a\.rs:1:2: replace \+= with \*= in A::b$"]);
        assert_eq!(words[4..], ["--re", r"^a\.rs:3:4: replace A::b -> Option<u64> with None$"]);
    }
}
