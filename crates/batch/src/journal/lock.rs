//! `Lock`: the file beside the output that keeps two runs from writing one output.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Times that a lock file may vanish between opening and locking it before that is called an error. Each time
/// another run has ended in that very moment.
const ATTEMPTS_MAX: u32 = 16;

/// Held by the one run that writes an output. The operating system lets go of it when the process ends in whatever
/// way, so that a killed run blocks nobody; the file names the process for people.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

/// Why the lock could not be had.
#[derive(Debug)]
pub(crate) enum NotLocked {
    /// A running process has it; its id where the file tells.
    Held(Option<u32>),
    /// The file cannot be opened or locked.
    Io(io::Error),
}

impl Lock {
    /// Takes the lock at `path`, without waiting.
    pub(crate) fn take(path: &Path) -> Result<Self, NotLocked> {
        for _ in 0..ATTEMPTS_MAX {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(path)
                .map_err(NotLocked::Io)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(NotLocked::Held(process_in(&mut file))),
                Err(TryLockError::Error(error)) => return Err(NotLocked::Io(error)),
            }
            if is_at(&file, path) {
                sign(&mut file).map_err(NotLocked::Io)?;
                return Ok(Self { path: path.to_path_buf(), _file: file });
            }
        }
        Err(NotLocked::Io(io::Error::other("other runs keep coming and going")))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still held, and takers check that the file they locked is the one at the path. A file that
        // stays behind is harmless.
        let _ = fs::remove_file(&self.path);
    }
}

fn process_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// Whether `file` is what `path` names, and not one that another run has just removed.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(here), Ok(there)) => identity(here) == identity(there),
        _ => false,
    }
}

/// Whether `file` is what `path` names. Elsewhere an open file cannot be removed, so it always is.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = Lock::take(&path).unwrap();
        let held = Lock::take(&path);
        assert!(matches!(held, Err(NotLocked::Held(Some(id))) if id == std::process::id()), "{held:?}");
        drop(lock);
        assert!(!path.exists());
        Lock::take(&path).unwrap();
    }

    #[test]
    fn a_file_left_behind_by_a_killed_run_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs::write(&path, "4711\n").unwrap();
        let _lock = Lock::take(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().trim(), std::process::id().to_string());
    }
}
