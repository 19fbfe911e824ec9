//! `Folder`: small files in one directory, replaced as a whole or not at all; bounded in size and number.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

/// The longest file that is read. Real ones have a few kilobytes; a thousand models come to half a megabyte.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// How many files are kept; the oldest makes room. Each is one key at one provider.
const FILES_MAX: usize = 10_000;

/// Small files in one directory.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn at(place: &Path) -> Self {
        Self(place.to_owned())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.json"))
    }

    /// What the file holds; `None` where there is none.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::other(format!("it is longer than {FILE_BYTES_MAX} bytes")));
        }
        Ok(Some(bytes))
    }

    /// Puts `bytes` in the place of what the file held. Whoever reads meanwhile gets the one or the other.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.create()?;
        let path = self.path(name);
        if !path.exists() {
            self.make_room()?;
        }
        let beside = self.0.join(format!(".{name}.{}", process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        let replaced =
            file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, &path));
        if replaced.is_err() {
            // What is left over is of no use to anybody; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&beside);
        }
        replaced
    }

    /// Makes the directory, for this user alone: file names tell how many keys there are.
    fn create(&self) -> io::Result<()> {
        if !self.0.is_dir() {
            fs::create_dir_all(&self.0)?;
            fs::set_permissions(&self.0, Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Removes the oldest file where there are as many as may be.
    fn make_room(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
        if files.len() >= FILES_MAX
            && let Some((_, oldest)) = files.into_iter().min()
        {
            fs::remove_file(oldest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(&place.path().join("a/b"));
        assert_eq!(folder.read("x").unwrap(), None);
        folder.write("x", b"one").unwrap();
        folder.write("x", b"two").unwrap();
        assert_eq!(folder.read("x").unwrap().as_deref(), Some(&b"two"[..]));
        let names: Vec<_> = fs::read_dir(place.path().join("a/b")).unwrap().collect();
        assert_eq!(names.len(), 1);
        let mode = fs::metadata(folder.path("x")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others cannot read it");
    }

    #[test]
    fn a_place_that_is_no_directory_is_an_error_and_no_panic() {
        let place = tempfile::NamedTempFile::new().unwrap();
        let folder = Folder::at(place.path());
        assert!(folder.write("x", b"one").is_err());
        assert!(folder.read("x").is_err());
    }
}
