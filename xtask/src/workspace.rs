//! Where things are: the root of the checkout, cargo's target folder, the built binary.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// How the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build; what tests use.
    Dev,
    /// What people run; what measurements use.
    Release,
}

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo's target folder, wherever the configuration put it.
///
/// # Errors
/// When `cargo metadata` cannot be run or read.
pub fn target() -> Result<PathBuf, Failure> {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    let text = process::capture(&mut command)?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(Failure::at("reading `cargo metadata`"))?;
    match metadata["target_directory"].as_str() {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Err(Failure::new("`cargo metadata` names no target_directory")),
    }
}

/// Builds the `tidegate` binary and returns its path.
///
/// # Errors
/// When the build fails.
pub fn build(profile: Profile) -> Result<PathBuf, Failure> {
    let mut command = cargo();
    command.args(["build", "--package", "tidegate-cli", "--bin", "tidegate"]);
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => {
            command.arg("--release");
            "release"
        }
    };
    process::run(&mut command)?;
    Ok(target()?.join(folder).join("tidegate"))
}

/// The variables by which `cargo run` describes this very package to it. Build scripts of dependencies that look at
/// them would take a build from here for another than a build from a shell, and begin anew each time.
const OWN_DESCRIPTION: [&str; 13] = [
    "CARGO",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// A `cargo` command that runs in the root of the checkout, as it would from a shell.
#[must_use]
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    for name in OWN_DESCRIPTION {
        command.env_remove(name);
    }
    command
}
