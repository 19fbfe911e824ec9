//! The official SDKs, in a throwaway environment under cargo's target folder.
//!
//! Versions are pinned in `xtask/sdk/`: a new release of an SDK cannot break a build of an old commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian;
use crate::failure::Failure;
use crate::process;
use crate::venv;
use crate::workspace;

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
        venv::install(&self.folder.join("python"), requirements).map(drop)
    }

    fn install_node(&self, package: &Path) -> Result<(), Failure> {
        debian::NODE.meet()?;
        debian::NPM.meet()?;
        let place = self.folder.join("node");
        venv::once(&place, package, || {
            fs::create_dir_all(&place).map_err(Failure::at(place.display()))?;
            fs::copy(package, place.join("package.json")).map_err(Failure::at(package.display()))?;
            let mut npm = Command::new("npm");
            npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&place);
            process::run(&mut npm)
        })
    }
}
