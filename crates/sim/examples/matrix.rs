//! `matrix [write | NAME | seeds N [NAME]]`: measures every cell of the matrix and compares it with `matrix.txt`, writes that
//! table anew, shows the cells whose name holds NAME, or shows what cells come to over N seeds.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::{env, fs, thread};

use tidegate_sim::matrix::{Cell, Figures, Mean, SEED, cells, compare, row};

/// How many calls a cell has: ten thousand in whole minutes after three windows, so that one refusal in ten thousand
/// is one.
const CALLS: usize = 11_600;

const HEAD: &str = "# What the engine admits under endless load, of which it knows nothing at the beginning, after three windows.
# Written by `cargo xtask matrix write`. Admitted and ceiling are thousandths of the limit, efficiency of the ceiling;
# refusals are in ten thousand calls; beside ours, where others use a second's worth, those of a constant pace that
# admits as much.
# cell                                         admit  ceil   eff  refus  const";
const SEEDS_HEAD: &str = "# The mean of several seeds: efficiency in thousandths of the ceiling, refusals in ten thousand calls, those of a
# constant pace; how many seeds hold the bar alone; and each seed's efficiency (of the limit where there is no ceiling)
# and refusals.
# cell                                             eff   refus   const";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => table(""),
        ["write"] => write(),
        ["seeds", count] => seeds(count.parse()?, ""),
        ["seeds", count, name] => seeds(count.parse()?, name),
        [name] => table(name),
        _ => Err("usage: matrix [write | NAME | seeds N [NAME]]".into()),
    }
}

/// Shows the cells whose name holds `name`, and fails if any is worse than it was written.
fn table(name: &str) -> Result<(), Box<dyn Error>> {
    let worse = compare(&fs::read_to_string(file())?, &rows(name)?);
    for line in &worse {
        writeln!(io::stdout(), "worse: {line}")?;
    }
    if worse.is_empty() { Ok(()) } else { Err("cells are worse than in crates/sim/matrix.txt".into()) }
}

fn write() -> Result<(), Box<dyn Error>> {
    Ok(fs::write(file(), format!("{HEAD}\n{}\n", rows("")?.join("\n")))?)
}

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix.txt")
}

fn rows(name: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let chosen = chosen(name);
    let mut out = io::stdout().lock();
    writeln!(out, "{HEAD}")?;
    let mut rows = Vec::new();
    measured(&chosen, |place, figures| {
        rows.push(row(&chosen[place], &figures));
        writeln!(out, "{}", rows[place])
    })?;
    let held = rows.iter().filter(|row| row.ends_with("holds")).count();
    writeln!(out, "{held} of {} cells hold their bar", rows.len())?;
    Ok(rows)
}

/// Shows what the cells whose name holds `name` come to over `count` seeds.
fn seeds(count: u64, name: &str) -> Result<(), Box<dyn Error>> {
    let chosen = chosen(name);
    let each = |cell: &Cell| (SEED..SEED + count).map(|seed| cell.with_seed(seed)).collect::<Vec<_>>();
    let all: Vec<Cell> = chosen.iter().flat_map(each).collect();
    let mut out = io::stdout().lock();
    writeln!(out, "{SEEDS_HEAD}")?;
    let (mut seen, mut held) = (Vec::new(), 0);
    measured(&all, |place, figures| {
        seen.push(figures);
        if seen.len() as u64 == count {
            let mean = Mean::of(&all[place], std::mem::take(&mut seen));
            held += usize::from(mean.holds());
            writeln!(out, "{mean}")?;
        }
        Ok(())
    })?;
    writeln!(out, "{held} of {} cells hold their bar", chosen.len())?;
    Ok(())
}

fn chosen(name: &str) -> Vec<Cell> {
    cells().into_iter().filter(|cell| cell.name().contains(name)).collect()
}

/// Measures cells on as many threads as there are cores, and tells of them in their order.
fn measured(cells: &[Cell], mut tell: impl FnMut(usize, Figures) -> io::Result<()>) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((place, cell)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|place| Some((place, cells.get(place)?)))
                {
                    // Nobody listens any more only when the table could not be written.
                    if sender.send((place, cell.measure(CALLS))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = std::collections::BTreeMap::new();
        let mut told = 0;
        for (place, figures) in receiver {
            early.insert(place, figures);
            while let Some(figures) = early.remove(&told) {
                tell(told, figures)?;
                told += 1;
            }
        }
        Ok(())
    })
}
