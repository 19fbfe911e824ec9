//! `Error`: why a batch could not start or go on, and what the reader can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a batch could not start or go on. Failing rows are no error of the batch: they are in its output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input cannot be read.
    #[error("cannot read the input {}: {source}", path.display())]
    Input {
        /// The input.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The input is a folder.
    #[error("the input {} is a folder; name a file, or - for what comes through a pipe", .0.display())]
    InputNotAFile(PathBuf),
    /// The input is not what it was when the run began.
    #[error("the input {} changed since this run began; put the old content back to go on, or begin anew", .0.display())]
    InputChanged(PathBuf),
    /// The input was written to while it was being processed.
    #[error(
        "the input {} changed while its rows were being sent, so answers and rows may not belong together; begin anew",
        .0.display()
    )]
    InputChangedMeanwhile(PathBuf),
    /// An option that decides what answers are is not what it was when the run began.
    #[error(
        "this run began with {name} {then}, now it is {now}; give the earlier one to go on, or begin anew"
    )]
    OptionChanged {
        /// The option's name.
        name: String,
        /// Its value when the run began.
        then: String,
        /// Its value now.
        now: String,
    },
    /// Another run works on the same output.
    #[error("another run{} is writing {}; wait for its end or choose another output", by(*process), output.display())]
    Locked {
        /// The output.
        output: PathBuf,
        /// The other run's process, where the lock file names it.
        process: Option<u32>,
    },
    /// The output exists and is not of this run.
    #[error("the output {} exists and does not hold the answers of this input; choose another output, or begin anew to replace it", .0.display())]
    OutputTaken(PathBuf),
    /// The output names the input.
    #[error("input and output are the same file, {}; choose another output", .0.display())]
    OutputIsInput(PathBuf),
    /// The output is a folder or a device.
    #[error("the output {} is not a regular file; choose another name", .0.display())]
    OutputNotAFile(PathBuf),
    /// A file beside the output, or the output itself, cannot be written.
    #[error("cannot {doing} {}: {source}{}", path.display(), advice(source))]
    Write {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The journal is not one that this version understands.
    #[error("the journal {} cannot be used: {why}; begin anew to replace it", path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A processor's output does not serialise.
    #[error("the output of {custom_id} is not JSON: {source}")]
    Encode {
        /// The row.
        custom_id: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl Error {
    /// Whether beginning anew, without what was finished before, makes the error go away.
    #[must_use]
    pub const fn is_cured_by_restart(&self) -> bool {
        matches!(
            self,
            Self::InputChanged(_)
                | Self::InputChangedMeanwhile(_)
                | Self::OptionChanged { .. }
                | Self::OutputTaken(_)
                | Self::Journal { .. }
        )
    }

    /// A function that makes an I/O error one of writing `path`.
    pub(crate) fn writing(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Write { doing, path, source }
    }

    /// A function that makes an I/O error one of reading the input `path`.
    pub(crate) fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Input { path, source }
    }
}

fn by(process: Option<u32>) -> String {
    process.map(|id| format!(" (process {id})")).unwrap_or_default()
}

/// What to do about the kinds of trouble that a person can end.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space and run the same command again: finished rows are kept"
        }
        io::ErrorKind::FileTooLarge => {
            "; raise the limit of file sizes (ulimit -f) and run the same command again: finished rows are kept"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; choose an output in a folder that you may write to"
        }
        io::ErrorKind::NotFound => "; create the folder first",
        io::ErrorKind::NotADirectory => "; a part of that path is a file: choose another folder",
        _ => "",
    }
}
