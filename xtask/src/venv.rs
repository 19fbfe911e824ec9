//! Python environments under cargo's target folder, each with the packages that a file of pins names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::test::debian;

/// Beside the installed packages: what was asked for when they were installed.
const STAMP: &str = "installed.txt";
/// A download may fail once; three in a row are a real trouble.
const ATTEMPTS_MAX: u32 = 3;

/// An environment at `place` with what `pins` asks for; returns its interpreter.
///
/// # Errors
/// When Python is missing and cannot be installed, or the packages cannot be had.
pub fn install(place: &Path, pins: &Path) -> Result<PathBuf, Failure> {
    debian::PYTHON.meet()?;
    let python = place.join("bin/python");
    once(place, pins, || {
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        process::run(pip.arg(pins))
    })?;
    Ok(python)
}

/// Runs `install` unless `place` already holds what `pins` asks for.
pub(crate) fn once(
    place: &Path,
    pins: &Path,
    install: impl Fn() -> Result<(), Failure>,
) -> Result<(), Failure> {
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
