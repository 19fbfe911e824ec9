//! Running other programs: to their end, or for what they print.

use std::process::{Command, ExitStatus, Stdio};

use crate::console;
use crate::failure::Failure;

/// Runs `command` with its output passed through, and fails unless it succeeds.
///
/// # Errors
/// When the program cannot be started or ends with another code than 0.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let status = status(command)?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{}` failed: {status}", told(command)))) }
}

/// Runs `command` with its output passed through, and tells how it ended.
///
/// # Errors
/// When the program cannot be started.
pub fn status(command: &mut Command) -> Result<ExitStatus, Failure> {
    let name = told(command);
    console::note(&format!("$ {name}"));
    command.stdin(Stdio::null()).status().map_err(Failure::at(format!("starting `{name}`")))
}

/// Runs `command` and returns what it wrote to standard output.
///
/// # Errors
/// When the program cannot be started, ends with another code than 0, or writes anything but UTF-8.
pub fn capture(command: &mut Command) -> Result<String, Failure> {
    let name = told(command);
    let output = command.stdin(Stdio::null()).output().map_err(Failure::at(format!("starting `{name}`")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("`{name}` failed: {}\n{}", output.status, said.trim_end())));
    }
    String::from_utf8(output.stdout).map_err(Failure::at(format!("reading what `{name}` wrote")))
}

/// Whether the program `name` can be started with `argument` and succeeds.
#[must_use]
pub fn works(name: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The command line as a person would type it.
fn told(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
