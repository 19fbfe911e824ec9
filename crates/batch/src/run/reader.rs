//! `Reader`: rows of the input in order, and once more those that had no room when they came by.

use std::fs::File;
use std::io::{self, BufReader};

use crate::Format;
use crate::input::{LINE_BYTES_MAX, Line, Lines, read_at};
use crate::seen::Seen;

/// Bytes read at a time when parked rows are read again; they mostly follow each other.
const CHUNK_BYTES: usize = 64 << 10;

/// Where the reading stands.
pub(super) struct Reader {
    lines: Lines<File>,
    seen: Seen,
    row: u64,
    /// The input once more, for rows that are read again; and where it stands.
    again: BufReader<File>,
    again_at: u64,
    line: Vec<u8>,
}

/// A row that was read before there was room for it: where it stands, 24 bytes each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parked {
    row: u64,
    offset: u64,
    /// Blank lines before it.
    blanks: u32,
    /// The checksum of its line: what is read again must be what was read first.
    sum: u32,
}

/// A row as it was read.
pub(super) struct Row<T> {
    /// Which row, counted from 0 over the lines that are not blank.
    pub(super) row: u64,
    pub(super) custom_id: String,
    /// What it asks for, or why it is of no use.
    pub(super) item: Result<T, String>,
    pub(super) bytes: usize,
    pub(super) parked: Parked,
}

impl Reader {
    /// A reader of `input`, which has so many rows, with `again` as a second handle of the same file.
    pub(super) fn new(input: File, again: File, rows: u64) -> Self {
        let again = BufReader::with_capacity(CHUNK_BYTES, again);
        Self {
            lines: Lines::new(input),
            seen: Seen::with_room(rows),
            row: 0,
            again,
            again_at: 0,
            line: Vec::new(),
        }
    }

    /// The next row of the input; `None` at its end.
    pub(super) fn next<F: Format>(&mut self, format: &F) -> io::Result<Option<Row<F::Item>>> {
        let Some(line) = self.lines.next()? else { return Ok(None) };
        let row = self.row;
        self.row = row.saturating_add(1);
        let parked = Parked::of(row, &line);
        let bytes = line.content.map_or(0, <[u8]>::len);
        let (custom_id, item) = read_line(format, &line, Some(&mut self.seen));
        Ok(Some(Row { row, custom_id, item, bytes, parked }))
    }

    /// Reads a parked row again; `None` when it is no longer what it was.
    pub(super) fn again<F: Format>(
        &mut self,
        parked: Parked,
        format: &F,
    ) -> io::Result<Option<Row<F::Item>>> {
        self.line.clear();
        self.again_at = read_at(&mut self.again, self.again_at, parked.offset, &mut self.line)?;
        let number = parked.row.saturating_add(u64::from(parked.blanks)).saturating_add(1);
        let line = Line::whole(number, parked.offset, &self.line);
        if Parked::of(parked.row, &line).sum != parked.sum {
            return Ok(None);
        }
        let bytes = line.content.map_or(0, <[u8]>::len);
        let (custom_id, item) = read_line(format, &line, None);
        Ok(Some(Row { row: parked.row, custom_id, item, bytes, parked }))
    }

    /// The hash of what was read so far.
    pub(super) fn hash(&self) -> String {
        self.lines.hash()
    }
}

impl Parked {
    fn of(row: u64, line: &Line<'_>) -> Self {
        let blanks = line.number.saturating_sub(row).saturating_sub(1);
        Self {
            row,
            offset: line.offset,
            blanks: u32::try_from(blanks).unwrap_or(u32::MAX),
            sum: line.content.map_or(0, crc32fast::hash),
        }
    }
}

/// The row's `custom_id`, and its item or why there is none. Ids are looked for among those that were `seen` where
/// the row comes by for the first time.
fn read_line<F: Format>(
    format: &F,
    line: &Line<'_>,
    seen: Option<&mut Seen>,
) -> (String, Result<F::Item, String>) {
    let number = line.number;
    let Some(content) = line.content else {
        let why = format!("line {number}: longer than {} MiB", LINE_BYTES_MAX >> 20);
        return (crate::format::default_id(number), Err(why));
    };
    let reading = format.read(content, number);
    let new = seen.is_none_or(|seen| seen.insert(&reading.custom_id));
    let item = match reading.item {
        Ok(_) if !new => {
            Err(format!("line {number}: custom_id {:?} was used by an earlier row", reading.custom_id))
        }
        item => item,
    };
    (reading.custom_id, item)
}
