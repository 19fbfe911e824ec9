//! `cargo xtask accept`: the product in real time, as people run it, with figures read from the emulated provider.

mod first_contact;
mod million;
mod mixed;
mod pace;
mod resume;

use std::fs;

use crate::console;
use crate::failure::Failure;
use crate::workspace::{self, Profile};

/// Which acceptance to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Every one.
    All,
    /// A batch at the provider's limit: refusals and efficiency.
    Pace,
    /// A batch at a provider of each kind, of which nothing is known before.
    FirstContact,
    /// A batch that is killed and resumed, so many times: nothing lost, nothing finished sent again.
    Resume(u32),
    /// A batch over several models and providers: each at its own limits, all at once.
    Mixed,
    /// A batch of so many rows at a provider that answers at once: memory and speed.
    Million(u64),
}

/// Kills of [`Part::All`]: what the promise is held to.
pub const KILLS: u32 = 50;

/// Rows of [`Part::All`]: what the promise is held to.
pub const ROWS: u64 = 1_000_000;

/// Runs the acceptance and prints its figures.
///
/// # Errors
/// When something cannot be run, or a figure misses its bar.
pub fn run(part: Part) -> Result<(), Failure> {
    let binary = workspace::build(Profile::Release)?;
    // A folder of its own: two runs at once must not clear each other's files.
    let folder = workspace::target()?.join(format!("accept/{}", std::process::id()));
    let mut missed = Vec::new();
    let all = part == Part::All;
    if all || part == Part::Pace {
        missed.extend(pace::run(&binary, &folder.join("pace"))?);
    }
    if all || part == Part::Mixed {
        missed.extend(mixed::run(&binary, &folder.join("mixed"))?);
    }
    if all || part == Part::FirstContact {
        missed.extend(first_contact::run(&binary, &folder.join("first_contact"))?);
    }
    match part {
        Part::All => {
            missed.extend(resume::run(&binary, &folder.join("resume"), KILLS)?);
            missed.extend(million::run(&binary, &folder.join("million"), ROWS)?);
        }
        Part::Resume(kills) => missed.extend(resume::run(&binary, &folder.join("resume"), kills)?),
        Part::Million(rows) => missed.extend(million::run(&binary, &folder.join("million"), rows)?),
        Part::Pace | Part::Mixed | Part::FirstContact => {}
    }
    for bar in &missed {
        console::data(&format!("MISSED {bar}"));
    }
    if !missed.is_empty() {
        return Err(Failure::new(format!(
            "{} bars missed; the files are in {}",
            missed.len(),
            folder.display()
        )));
    }
    fs::remove_dir_all(&folder).map_err(Failure::at(folder.display()))
}

/// A bar and whether the figure clears it; a missed one is told by its name.
fn bar(name: impl Into<String>, cleared: bool) -> Option<String> {
    (!cleared).then(|| name.into())
}
