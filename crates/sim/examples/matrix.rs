//! `matrix [write | NAME | seeds N [NAME]]`: measures every cell of the matrix and compares it with `matrix.txt`, writes that
//! table anew, shows the cells whose name holds NAME, or shows them over N seeds, with each seed's own figures.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::{env, fs, mem, thread};

use tidegate_sim::matrix::{Cell, Figures, Mean, SEED, cells, compare};

/// How many calls a cell has: ten thousand in whole minutes after three windows, so that one refusal in ten thousand
/// is one.
const CALLS: usize = 11_600;
/// How many seeds a cell has in the table.
const SEEDS: usize = 4;

const HEAD: &str = "# What the engine admits under endless load, of which it knows nothing at the beginning, after three windows: the mean
# of several seeds. Written by `cargo xtask matrix write`. Admitted and ceiling are thousandths of the limit, efficiency of
# the ceiling; refusals are in a hundred thousand calls; beside ours, where others use a second's worth, those of a
# constant pace that admits as much.
# cell                                         admit  ceil   eff  refus  const";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => table(""),
        ["write"] => Ok(fs::write(file(), format!("{HEAD}\n{}\n", rows("")?.join("\n")))?),
        ["seeds", count] => seeds(count, ""),
        ["seeds", count, name] => seeds(count, name),
        [name] => table(name),
        _ => Err("usage: matrix [write | NAME | seeds N [NAME]]".into()),
    }
}

/// Shows the cells whose name holds `name`, and fails if any is worse than it was written.
fn table(name: &str) -> Result<(), Box<dyn Error>> {
    let worse = compare(&fs::read_to_string(file())?, &rows(name)?);
    for line in &worse {
        println(&format!("worse: {line}"))?;
    }
    if worse.is_empty() { Ok(()) } else { Err("cells are worse than in crates/sim/matrix.txt".into()) }
}

/// Shows the cells whose name holds `name` over `count` seeds, each seed's own figures too.
fn seeds(count: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let count: NonZeroUsize = count
        .parse()
        .map_err(|_| format!("`seeds {count}`: say how many, one or more, such as `seeds 6`"))?;
    means(count.get(), name, |mean| println(&format!("{mean:#}")))
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix.txt")
}

fn println(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

fn rows(name: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut rows = Vec::new();
    means(SEEDS, name, |mean| {
        rows.push(mean.to_string());
        println(&mean.to_string())
    })?;
    Ok(rows)
}

/// Measures the cells whose name holds `name` with `count` seeds each, and tells of each.
fn means(
    count: usize,
    name: &str,
    mut tell: impl FnMut(Mean) -> io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let chosen: Vec<Cell> = cells().into_iter().filter(|cell| cell.name().contains(name)).collect();
    let seeds = |cell: &Cell| (SEED..).take(count).map(|seed| cell.with_seed(seed)).collect::<Vec<_>>();
    let all: Vec<Cell> = chosen.iter().flat_map(seeds).collect();
    println(HEAD)?;
    let (mut seen, mut held) = (Vec::new(), 0);
    measured(&all, |place, figures| {
        seen.push(figures);
        if seen.len() < count {
            return Ok(());
        }
        let mean = Mean::of(&all[place], mem::take(&mut seen));
        held += usize::from(mean.holds());
        tell(mean)
    })?;
    Ok(println(&format!("{held} of {} cells hold their bar", chosen.len()))?)
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
        let mut early = BTreeMap::new();
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
