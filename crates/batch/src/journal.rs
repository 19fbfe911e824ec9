//! The journal: an append-only file beside the output that holds every finished row of an unfinished run.
//!
//! One line each: first a head (format version, content hash of the input, options), then one line a finished row,
//! in the order in which rows finish. Every line carries a checksum over its content. A row counts as finished when
//! its line was handed to the operating system as a whole; [`flusher`] brings lines to the disk in groups.
//!
//! Opening repairs: a torn last line is cut off, a harmed line anywhere is passed over, and its row is not finished.
//! Nothing but the place of each row stays in memory ([`index`]).

mod flusher;
mod head;
mod index;
mod line;
mod lock;

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use crate::Error;
use crate::progress::Counts;
pub(crate) use flusher::Flusher;
pub(crate) use head::Head;
use head::NoHead;
pub(crate) use index::Index;
pub(crate) use line::{RowLine, class_named};
pub(crate) use lock::{Lock, NotLocked};

/// Bytes read from the journal at a time.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// A journal that is open for more rows.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    flusher: Flusher,
    end: u64,
    index: Index,
    notes: Vec<String>,
}

impl Journal {
    /// Opens the journal at `path` for the run that `head` tells of, or begins it, and adds the rows that it holds
    /// to `counts`.
    ///
    /// # Errors
    /// [`Error::Journal`] when the file is no journal of this version, [`Error::InputChanged`] and
    /// [`Error::OptionChanged`] (named for the input, `input`) when it is of another run.
    pub(crate) fn open(path: &Path, head: &Head, input: &Path, counts: &mut Counts) -> Result<Self, Error> {
        let writing = || Error::writing("open the journal", path);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(writing())?;
        let recovered = recover(&mut file, head.rows, counts).map_err(writing())?;
        let end = match recovered.head {
            None => begin(&mut file, head).map_err(writing())?,
            Some(Ok(found)) => {
                check(&found, head, input)?;
                file.set_len(recovered.end).map_err(writing())?;
                recovered.end
            }
            Some(Err(NoHead::Version(version))) => {
                let why = format!("its format is version {version}, which this program does not know");
                return Err(Error::Journal { path: path.to_path_buf(), why });
            }
            Some(Err(NoHead::Unreadable)) => {
                let why = "its first line is not that of a journal".to_owned();
                return Err(Error::Journal { path: path.to_path_buf(), why });
            }
        };
        file.seek(SeekFrom::Start(end)).map_err(writing())?;
        let flusher = file.try_clone().and_then(Flusher::start).map_err(writing())?;
        Ok(Self { file, flusher, end, index: recovered.index, notes: recovered.notes })
    }

    /// Which rows are finished.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// Writes a finished row. When this returns, the row is finished.
    pub(crate) fn append(&mut self, row: &RowLine<'_>) -> io::Result<()> {
        let line = row.encode();
        self.file.write_all(&line)?;
        self.flusher.wake()?;
        self.index.insert(row.row, self.end);
        self.end = self.end.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// What an earlier run noted beside its rows, in order.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Writes something to remember beside the rows, on one line, and brings it to the disk at once.
    pub(crate) fn note(&mut self, text: String) -> io::Result<()> {
        let line = line::seal(format!("note {text}").as_bytes());
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.end = self.end.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        self.notes.push(text);
        Ok(())
    }

    /// Brings all to the disk and gives up the file for reading, with the place of each row.
    pub(crate) fn finish(mut self) -> io::Result<(File, Index)> {
        self.flusher.close()?;
        self.file.sync_data()?;
        Ok((self.file, self.index))
    }
}

/// What a journal's file turned out to hold.
struct Recovered {
    /// Its first line; `None` when the file is empty or was torn within that line, so that nothing had begun.
    head: Option<Result<Head, NoHead>>,
    index: Index,
    notes: Vec<String>,
    /// The end of the last whole line.
    end: u64,
}

fn recover(file: &mut File, rows: u64, counts: &mut Counts) -> io::Result<Recovered> {
    let mut reader = BufReader::with_capacity(CHUNK_BYTES, file);
    let mut recovered = Recovered { head: None, index: Index::new(rows), notes: Vec::new(), end: 0 };
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if length == 0 || !line.ends_with(b"\n") {
            return Ok(recovered);
        }
        if recovered.head.is_none() {
            recovered.head = Some(Head::decode(&line));
        } else if let Some(row) = RowLine::decode(&line)
            && recovered.index.insert(row.row, recovered.end)
        {
            counts.add(row.class, row.spent);
            counts.resumed = counts.resumed.saturating_add(1);
        }
        recovered.notes.extend(note_in(&line));
        recovered.end = recovered.end.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }
}

/// What a line notes, if it is a whole note.
fn note_in(line: &[u8]) -> Option<String> {
    let text = line::open(line)?.strip_prefix(b"note ")?;
    String::from_utf8(text.to_vec()).ok()
}

fn begin(file: &mut File, head: &Head) -> io::Result<u64> {
    let line = head.encode();
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&line)?;
    file.sync_data()?;
    Ok(u64::try_from(line.len()).unwrap_or(u64::MAX))
}

fn check(found: &Head, wanted: &Head, input: &Path) -> Result<(), Error> {
    if found.input != wanted.input {
        return Err(Error::InputChanged(input.to_path_buf()));
    }
    match found.other_option(wanted) {
        Some((name, then, now)) => Err(Error::OptionChanged { name, then, now }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
