//! The official SDKs, in a throwaway environment under cargo's target folder.
//!
//! Versions are pinned in `xtask/sdk/`: a new release of an SDK cannot break a build of an old commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian;
use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::workspace;

/// Beside the installed packages: what was asked for when they were installed.
const STAMP: &str = "installed.txt";
/// A download may fail once; three in a row are a real trouble.
const ATTEMPTS_MAX: u32 = 3;

/// The installed SDKs.
#[derive(Debug)]
pub(super) struct Sdks {
    folder: PathBuf,
}

impl Sdks {
    /// Installs what is missing or has another version.
    pub(super) fn install(target: &Path) -> Result<Self, Failure> {
        let sdks = Self { folder: target.join("sdk") };
        let pins = workspace::root().join("xtask/sdk");
        sdks.install_python(&pins.join("requirements.txt"))?;
        sdks.install_node(&pins.join("package.json"))?;
        Ok(sdks)
    }

    /// The interpreter that can import `openai`, `anthropic` and `mistralai`.
    pub(super) fn python(&self) -> PathBuf {
        self.folder.join("python/bin/python")
    }

    /// The folder that has Node's `openai`.
    pub(super) fn node_modules(&self) -> PathBuf {
        self.folder.join("node/node_modules")
    }

    fn install_python(&self, requirements: &Path) -> Result<(), Failure> {
        debian::PYTHON.meet()?;
        let place = self.folder.join("python");
        once(&place, requirements, || {
            process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
            let mut pip = Command::new(self.python());
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            process::run(pip.arg(requirements))
        })
    }

    fn install_node(&self, package: &Path) -> Result<(), Failure> {
        debian::NODE.meet()?;
        debian::NPM.meet()?;
        let place = self.folder.join("node");
        once(&place, package, || {
            fs::create_dir_all(&place).map_err(Failure::at(place.display()))?;
            fs::copy(package, place.join("package.json")).map_err(Failure::at(package.display()))?;
            let mut npm = Command::new("npm");
            npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&place);
            process::run(&mut npm)
        })
    }
}

/// Runs `install` unless `place` already holds what `pins` asks for.
fn once(place: &Path, pins: &Path, install: impl Fn() -> Result<(), Failure>) -> Result<(), Failure> {
    let wanted = fs::read_to_string(pins).map_err(Failure::at(pins.display()))?;
    let stamp = place.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    let mut attempt = 1;
    while let Err(failure) = install() {
        if attempt == ATTEMPTS_MAX {
            return Err(failure);
        }
        console::note(&format!("{failure}; trying again"));
        attempt += 1;
    }
    fs::write(&stamp, wanted).map_err(Failure::at(stamp.display()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn an_install_is_repeated_only_when_the_pins_change_or_it_fails() {
        let folder = std::env::temp_dir().join(format!("tidegate-sdks-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let pins = folder.join("pins.txt");
        fs::write(&pins, "a==1").unwrap();
        let runs = Cell::new(0);
        let install = || {
            runs.set(runs.get() + 1);
            if runs.get() == 1 { Err(Failure::new("the network is away")) } else { Ok(()) }
        };
        once(&folder, &pins, install).unwrap();
        once(&folder, &pins, install).unwrap();
        assert_eq!(runs.get(), 2);
        fs::write(&pins, "a==2").unwrap();
        once(&folder, &pins, install).unwrap();
        assert_eq!(runs.get(), 3);
        fs::remove_dir_all(&folder).unwrap();
    }
}
