//! Reading the input: lines one at a time with a bounded length, and the content hash that names the input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use crate::Error;

/// The longest line that is read, in bytes. Longer ones become error rows: no provider takes a body of that size,
/// and a file without line ends must not fill the memory.
pub(crate) const LINE_BYTES_MAX: usize = 64 << 20;

/// Bytes read from the file at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// What one pass over the input tells before any row is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Survey {
    /// The content hash (BLAKE3, hexadecimal).
    pub(crate) hash: String,
    /// Lines that are not blank.
    pub(crate) rows: u64,
}

/// One line that is not blank.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// The 1-based line number, blank lines counted.
    pub(crate) number: u64,
    /// Where in the input it begins, in bytes.
    pub(crate) offset: u64,
    /// What it holds, without the line end; `None` when it is longer than [`LINE_BYTES_MAX`].
    pub(crate) content: Option<&'a [u8]>,
}

impl<'a> Line<'a> {
    /// The line that was read whole, its end included.
    pub(crate) fn whole(number: u64, offset: u64, line: &'a [u8]) -> Self {
        Self { number, offset, content: Some(without_end(without_mark(line, number))) }
    }
}

/// The lines of an input, hashed as they are read.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    hasher: blake3::Hasher,
    line: Vec<u8>,
    number: u64,
    /// Bytes read so far.
    read: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            reader: BufReader::with_capacity(CHUNK_BYTES, source),
            hasher: blake3::Hasher::new(),
            line: Vec::new(),
            number: 0,
            read: 0,
        }
    }

    /// The next line that is not blank.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let offset = self.read;
            let Some(whole) = self.advance()? else { return Ok(None) };
            self.number = self.number.saturating_add(1);
            if !whole {
                return Ok(Some(Line { number: self.number, offset, content: None }));
            }
            if !is_blank(without_mark(&self.line, self.number)) {
                return Ok(Some(Line::whole(self.number, offset, &self.line)));
            }
        }
    }

    /// The hash of all that was read.
    pub(crate) fn hash(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }

    /// Reads one line into `self.line`: `Some(true)` when it is there as a whole, `Some(false)` when it was too
    /// long and only skipped, `None` at the end of the input.
    fn advance(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        let (mut began, mut whole) = (false, true);
        loop {
            let chunk = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if chunk.is_empty() {
                return Ok(began.then_some(whole));
            }
            began = true;
            let end = memchr::memchr(b'\n', chunk);
            let taken = end.map_or(chunk.len(), |at| at.saturating_add(1));
            let part = chunk.get(..taken).unwrap_or(chunk);
            self.hasher.update(part);
            self.read = self.read.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            whole = whole && self.line.len().saturating_add(taken) <= LINE_BYTES_MAX;
            if whole {
                self.line.extend_from_slice(part);
            } else {
                self.line = Vec::new();
            }
            self.reader.consume(taken);
            if end.is_some() {
                return Ok(Some(whole));
            }
        }
    }
}

/// Appends the line that begins at `offset` to `line`, from a reader that stands at `at`; where it stands afterwards.
/// A step inside of what is buffered costs no read.
pub(crate) fn read_at<R: Read + Seek>(
    reader: &mut BufReader<R>,
    at: u64,
    offset: u64,
    line: &mut Vec<u8>,
) -> io::Result<u64> {
    let signed = |at: u64| i64::try_from(at).map_err(io::Error::other);
    reader.seek_relative(signed(offset)?.saturating_sub(signed(at)?))?;
    let length = reader.read_until(b'\n', line)?;
    Ok(offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX)))
}

/// Reads the whole input once, for its hash and its number of rows, and goes back to its beginning.
pub(crate) fn survey(file: &mut File, path: &Path) -> Result<Survey, Error> {
    let mut lines = Lines::new(&mut *file);
    let mut rows: u64 = 0;
    while lines.next().map_err(Error::reading(path))?.is_some() {
        rows = rows.saturating_add(1);
    }
    let survey = Survey { hash: lines.hash(), rows };
    file.rewind().map_err(Error::reading(path))?;
    Ok(survey)
}

/// The first line without a byte order mark, which some editors write; other lines as they are.
fn without_mark(line: &[u8], number: u64) -> &[u8] {
    if number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line }
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push((line.number, String::from_utf8_lossy(line.content.unwrap()).into_owned()));
        }
        assert_eq!(lines.hash(), blake3::hash(input).to_hex().to_string());
        all
    }

    #[test]
    fn blank_lines_are_skipped_but_counted() {
        let lines = read(b"\xEF\xBB\xBFa\r\n\n  \t\r\nb\n\nc");
        assert_eq!(lines, [(1, "a".to_owned()), (4, "b".to_owned()), (6, "c".to_owned())]);
    }

    #[test]
    fn an_empty_input_has_no_rows() {
        assert!(read(b"").is_empty());
        assert!(read(b"\n\n").is_empty());
    }

    #[test]
    fn a_line_beyond_the_bound_is_skipped_and_the_next_one_read() {
        let long = io::repeat(b'x').take(LINE_BYTES_MAX as u64 + 1);
        let mut lines = Lines::new(long.chain(&b"\nshort\n"[..]));
        assert!(lines.next().unwrap().unwrap().content.is_none());
        assert_eq!(lines.next().unwrap().unwrap().content.unwrap(), b"short");
        assert!(lines.next().unwrap().is_none());
    }
}
