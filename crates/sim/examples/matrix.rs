//! `matrix [write | NAME]`: measures every cell of the matrix and compares it with `matrix.txt`, writes that table anew, or
//! shows the cells whose name holds NAME.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::{env, fs};

use tidegate_sim::matrix::{cells, compare, row};

/// How many calls a cell has: ten thousand in whole minutes after three windows, so that one refusal in ten thousand
/// is one.
const CALLS: usize = 11_600;

const HEAD: &str = "# What the engine admits under endless load, of which it knows nothing at the beginning, after three windows.
# Written by `cargo xtask matrix write`. Admitted and ceiling are thousandths of the limit, efficiency of the ceiling;
# refusals are in ten thousand calls; beside ours, where others use a second's worth, those of a constant pace that
# admits as much.
# cell                                         admit  ceil   eff  refus  const";

fn main() -> Result<(), Box<dyn Error>> {
    let wish = env::args().nth(1);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix.txt");
    let only = wish.as_deref().filter(|wish| *wish != "write");
    let mut out = io::stdout().lock();
    writeln!(out, "{HEAD}")?;
    let mut rows = Vec::new();
    for cell in cells().iter().filter(|cell| only.is_none_or(|only| cell.name().contains(only))) {
        let row = row(cell, &cell.measure(CALLS));
        writeln!(out, "{row}")?;
        rows.push(row);
    }
    let held = rows.iter().filter(|row| row.ends_with("holds")).count();
    writeln!(out, "{held} of {} cells hold their bar", rows.len())?;
    if wish.as_deref() == Some("write") {
        fs::write(&file, format!("{HEAD}\n{}\n", rows.join("\n")))?;
        return Ok(());
    }
    let worse = compare(&fs::read_to_string(&file)?, &rows);
    for line in &worse {
        writeln!(out, "worse: {line}")?;
    }
    if worse.is_empty() { Ok(()) } else { Err("cells are worse than in crates/sim/matrix.txt".into()) }
}
