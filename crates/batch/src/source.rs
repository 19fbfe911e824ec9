//! `Source`: the input as a regular file that can be read again: itself, or a plain copy of what is a pipe or packed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::packing::{Packing, unpacked};
use crate::paths::Paths;

/// The input as a regular file. A copy is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Source {
    /// The input itself or its copy.
    pub(crate) path: PathBuf,
    copy: Option<PathBuf>,
}

/// Whether the input can be read as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A regular file of plain text.
    AsItIs,
    /// A pipe, a device, or packed: it is copied first, which takes as long as it takes to come.
    ToCopy,
}

/// How the input at `path` stands.
pub(crate) fn standing(path: &Path) -> Result<Standing, Error> {
    let metadata = fs::metadata(path).map_err(Error::reading(path))?;
    if metadata.is_dir() {
        return Err(Error::InputNotAFile(path.to_path_buf()));
    }
    if !metadata.is_file() {
        return Ok(Standing::ToCopy);
    }
    let mut start = [0; 4];
    let read = io::Read::read(&mut File::open(path).map_err(Error::reading(path))?, &mut start);
    let start = start.get(..read.map_err(Error::reading(path))?).unwrap_or_default();
    let packing = Packing::of_content(start);
    Ok(if packing == Packing::Plain { Standing::AsItIs } else { Standing::ToCopy })
}

impl Source {
    /// The input as it stands.
    pub(crate) fn as_it_is(paths: &Paths) -> Self {
        Self { path: paths.input.clone(), copy: None }
    }

    /// A plain copy of the input beside the output.
    pub(crate) fn copied(paths: &Paths) -> Result<Self, Error> {
        let input = File::open(&paths.input).map_err(Error::reading(&paths.input))?;
        let writing = || Error::writing("keep a copy of the input beside", &paths.output);
        let mut copy = File::create(&paths.copy).map_err(writing())?;
        let source = Self { path: paths.copy.clone(), copy: Some(paths.copy.clone()) };
        let (_, mut reader) = unpacked(input).map_err(Error::reading(&paths.input))?;
        loop {
            let chunk = reader.fill_buf().map_err(Error::reading(&paths.input))?;
            let length = chunk.len();
            if length == 0 {
                return Ok(source);
            }
            copy.write_all(chunk).map_err(writing())?;
            reader.consume(length);
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Some(copy) = &self.copy {
            // One that stays behind is harmless: the next run writes it anew.
            let _ = fs::remove_file(copy);
        }
    }
}
