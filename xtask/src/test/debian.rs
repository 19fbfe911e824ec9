//! Debian packages that the tests need, installed only where they are missing.

use std::process::Command;

use crate::console;
use crate::failure::Failure;
use crate::process;

/// A program that the tests start, and the packages that bring it.
#[derive(Debug)]
pub(crate) struct Need {
    /// The program and the arguments with which it succeeds once it is there.
    pub(super) probe: &'static [&'static str],
    /// The packages to install where it is not.
    pub(super) packages: &'static [&'static str],
}

/// Python with `venv` and `pip`, for the official Python SDKs and the peers of a bench.
pub(crate) const PYTHON: Need = Need {
    probe: &["python3", "-c", "import venv, ensurepip"],
    packages: &["python3", "python3-venv", "python3-pip"],
};
/// Node, for the official Node SDK.
pub(super) const NODE: Need = Need { probe: &["node", "--version"], packages: &["nodejs"] };
/// Node's package manager.
pub(super) const NPM: Need = Need { probe: &["npm", "--version"], packages: &["npm"] };

impl Need {
    /// Installs the packages with `apt-get` unless the program works already.
    pub(crate) fn meet(&self) -> Result<(), Failure> {
        let [program, arguments @ ..] = self.probe else { return Ok(()) };
        if process::works(program, arguments) {
            return Ok(());
        }
        let packages = self.packages.join(" ");
        console::note(&format!("`{}` is missing: installing {packages}", self.probe.join(" ")));
        apt(&["update"]).and_then(|()| apt(&install(self.packages))).map_err(Failure::at(format!(
            "`{program}` is needed by the tests; install {packages} as root, for example with apt-get"
        )))?;
        match process::works(program, arguments) {
            true => Ok(()),
            false => Err(Failure::new(format!("`{program}` does not work after installing {packages}"))),
        }
    }
}

fn install(packages: &[&'static str]) -> Vec<&'static str> {
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    arguments
}

fn apt(arguments: &[&str]) -> Result<(), Failure> {
    process::run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_installed_for_a_program_that_works() {
        let met = Need { probe: &["cargo", "--version"], packages: &["no-such-package"] };
        assert!(met.meet().is_ok());
    }

    #[test]
    fn packages_are_installed_without_questions() {
        assert_eq!(install(&["nodejs"]), ["install", "--yes", "--no-install-recommends", "nodejs"]);
    }
}
