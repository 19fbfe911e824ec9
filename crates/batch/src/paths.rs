//! `Paths`: the input, the output, and the names of the files that stand beside the output during a run.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// The files of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    /// Finished rows, while the run is not finished.
    pub(crate) journal: PathBuf,
    /// Held by the running process.
    pub(crate) lock: PathBuf,
    /// A plain copy of an input that is a pipe or packed, during the run.
    pub(crate) copy: PathBuf,
    /// The output while it is put together.
    pub(crate) partial: PathBuf,
}

impl Paths {
    /// The files of a run from `input` to `output`. A link is followed, so that two names of one output are one.
    pub(crate) fn new(input: &Path, output: &Path) -> Result<Self, Error> {
        let there = fs::canonicalize(output);
        if let Ok(there) = &there {
            let metadata = fs::metadata(there).map_err(Error::writing("look at", output))?;
            if !metadata.is_file() {
                return Err(Error::OutputNotAFile(output.to_path_buf()));
            }
            if fs::canonicalize(input).is_ok_and(|input| input == *there) {
                return Err(Error::OutputIsInput(output.to_path_buf()));
            }
        }
        let output = there.unwrap_or_else(|_| output.to_path_buf());
        let Some(name) = output.file_name() else { return Err(Error::OutputNotAFile(output)) };
        let beside = |ending: &str| {
            let mut name = OsString::from(name);
            name.push(ending);
            output.with_file_name(name)
        };
        Ok(Self {
            input: input.to_path_buf(),
            journal: beside(".tidegate-journal"),
            lock: beside(".tidegate-lock"),
            copy: beside(".tidegate-input"),
            partial: beside(".tidegate-partial"),
            output,
        })
    }

    /// Brings a rename in the output's folder to the disk, where the system can do that.
    pub(crate) fn sync_folder(&self) -> io::Result<()> {
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helper_files_stand_beside_the_output() {
        let paths = Paths::new(Path::new("in.jsonl"), Path::new("some/out.jsonl")).unwrap();
        assert_eq!(paths.journal, Path::new("some/out.jsonl.tidegate-journal"));
        assert_eq!(paths.lock, Path::new("some/out.jsonl.tidegate-lock"));
    }

    #[test]
    fn a_folder_and_the_input_are_no_outputs() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("in.jsonl");
        fs::write(&file, "{}").unwrap();
        assert!(matches!(Paths::new(&file, folder.path()), Err(Error::OutputNotAFile(_))));
        assert!(matches!(Paths::new(&file, &file), Err(Error::OutputIsInput(_))));
    }
}
