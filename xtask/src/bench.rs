//! `cargo xtask bench [NAME]`: our figures beside a named peer's or a physical limit, measured in one run.
//!
//! Most are programs of their own under `benches/`, for which code is built in; each prints one line a figure, and says
//! in its first line what it compares. `batch` runs the built command beside other programs.

mod batch;
mod peers;

use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// The benches there are.
pub const NAMES: &[&str] = &["client", "engine", "providers", "batch"];

/// Builds and runs one bench, or every one.
///
/// # Errors
/// When there is none of that name, or it cannot be built or run.
pub fn run(name: Option<&str>) -> Result<(), Failure> {
    let chosen: Vec<&str> =
        NAMES.iter().copied().filter(|known| name.is_none_or(|name| name == *known)).collect();
    if chosen.is_empty() {
        let known = NAMES.join(", ");
        return Err(Failure::new(format!(
            "no bench is named `{}`; there are: {known}",
            name.unwrap_or_default()
        )));
    }
    for bench in chosen {
        if bench == "batch" {
            batch::run()?;
            continue;
        }
        let mut command = workspace::cargo();
        command.args(["bench", "--package", "xtask", "--bench", bench]);
        process::run(&mut command)?;
    }
    Ok(())
}
