//! Putting the output together from the journal, in input order, and looking at an output that is there already.
//!
//! Memory stays constant: one line at a time goes from its place in the journal to the output.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::Path;

use serde::Deserialize;
use tidegate_core::Class;

use crate::Error;
use crate::input::read_at;
use crate::journal::{CHUNK_BYTES, Index, RowLine, class_named};
use crate::packing::{Packer, Packing, unpacked};
use crate::paths::Paths;
use crate::progress::{Counts, Spent};

/// The `id` of a row's output line. It names the run, so that an output tells whose answers it holds.
pub(crate) fn line_id(run_name: &str, row: u64) -> String {
    format!("batch_req_{run_name}_{}", row.saturating_add(1))
}

/// Writes the output whole, under another name first, from the rows in `journal`.
pub(crate) fn assemble(paths: &Paths, journal: File, index: &Index) -> Result<(), Error> {
    let written = write_partial(paths, journal, index);
    if let Err(source) = written {
        // Half an output is of no use, and the space may be what was missing.
        let _ = fs::remove_file(&paths.partial);
        return Err(Error::Write { doing: "put together the output", path: paths.output.clone(), source });
    }
    fs::rename(&paths.partial, &paths.output)
        .map_err(Error::writing("name the finished output", &paths.output))?;
    paths.sync_folder().map_err(Error::writing("sync the folder of", &paths.output))
}

fn write_partial(paths: &Paths, mut journal: File, index: &Index) -> io::Result<()> {
    journal.rewind()?;
    let mut reader = BufReader::with_capacity(CHUNK_BYTES, journal);
    let mut writer = Packer::new(File::create(&paths.partial)?, Packing::of_name(&paths.output))?;
    let (mut line, mut at) = (Vec::new(), 0_u64);
    for (row, offset) in (0_u64..).zip(index.offsets()) {
        line.clear();
        // Rows finish nearly in input order, so most steps stay inside of what is buffered.
        at = read_at(&mut reader, at, offset, &mut line)?;
        let found = RowLine::decode(&line).filter(|found| found.row == row);
        let found = found.ok_or_else(|| {
            let why = format!(
                "the journal was harmed at row {}; run the same command again",
                row.saturating_add(1)
            );
            io::Error::new(io::ErrorKind::InvalidData, why)
        })?;
        writer.write_all(found.output)?;
        writer.write_all(b"\n")?;
    }
    writer.finish()
}

/// The part of an output line that tells whose it is and how it ended.
#[derive(Deserialize)]
struct Written {
    id: String,
    error: Option<WrittenError>,
    tidegate: Option<WrittenTokens>,
}

#[derive(Deserialize)]
struct WrittenError {
    code: String,
}

#[derive(Deserialize)]
struct WrittenTokens {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

/// Counts the rows of a finished output of this very run; `None` when the file is anything else.
pub(crate) fn inspect(output: &Path, run_name: &str, rows: u64) -> io::Result<Option<Counts>> {
    let (_, mut reader) = unpacked(File::open(output)?)?;
    let mut counts = Counts { rows, resumed: rows, ..Counts::default() };
    let mut line = Vec::new();
    for row in 0..rows {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        let Ok(written) = serde_json::from_slice::<Written>(&line) else { return Ok(None) };
        if written.id != line_id(run_name, row) {
            return Ok(None);
        }
        let Some(class) = class_of(written.error.as_ref()) else { return Ok(None) };
        counts.add(class, spent_in(written.tidegate.as_ref()));
    }
    let at_end = reader.fill_buf()?.is_empty();
    Ok(at_end.then_some(counts))
}

fn class_of(error: Option<&WrittenError>) -> Option<Class> {
    error.map_or(Some(Class::Ok), |error| class_named(error.code.as_bytes()))
}

fn spent_in(written: Option<&WrittenTokens>) -> Spent {
    let count = |tokens: fn(&WrittenTokens) -> Option<u64>| written.and_then(tokens).unwrap_or(0);
    // The money stands in the body, which is not looked at here.
    let micro_dollars = None;
    let (input_tokens, output_tokens) = (count(|all| all.input_tokens), count(|all| all.output_tokens));
    Spent { input_tokens, output_tokens, micro_dollars }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: &[String]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), lines.concat()).unwrap();
        file
    }

    fn line(run: &str, row: u64, error: &str) -> String {
        format!(
            "{{\"id\":\"{}\",\"error\":{error},\"tidegate\":{{\"input_tokens\":2,\"output_tokens\":null}}}}\n",
            line_id(run, row)
        )
    }

    #[test]
    fn an_output_of_this_run_is_counted() {
        let output = file(&[line("r", 0, "null"), line("r", 1, r#"{"code":"timeout","message":""}"#)]);
        let counts = inspect(output.path(), "r", 2).unwrap().unwrap();
        assert_eq!((counts.answered(), counts.failed(), counts.input_tokens), (1, 1, 4));
    }

    #[test]
    fn an_output_of_another_run_or_length_is_not_taken_for_it() {
        let output = file(&[line("r", 0, "null"), line("r", 1, "null")]);
        assert_eq!(inspect(output.path(), "other", 2).unwrap(), None);
        assert_eq!(inspect(output.path(), "r", 1).unwrap(), None);
        assert_eq!(inspect(output.path(), "r", 3).unwrap(), None);
    }
}
