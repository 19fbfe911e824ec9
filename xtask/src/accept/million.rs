//! A million rows against a provider that answers at once, over real sockets, with the journal on: memory, speed, and how
//! much of the time is our own code's.
//!
//! The share of our own code is told by a reference: a bare hyper client sends the same bodies to the same provider over
//! as many connections in the same run. What the batch's process uses of the CPU beyond that (user and system time, as
//! the kernel counts them) is for everything that a batch is: reading and hashing, estimates, the engine, retries,
//! parsing, the journal, putting the output together.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::bar;
use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::server::Server;
use crate::stopwatch::Stopwatch;
use crate::usage::Usage;
use crate::workspace;

/// The bars of this acceptance.
const PEAK_MAX: u64 = 150 << 20;
const ROWS_A_SECOND_MIN: f64 = 20_000.0;
/// Connections of the bare client: as many as the batch has rows in process at the start.
const CONNECTIONS: &str = "64";
/// How often it is looked at what the batch uses.
const LOOK: Duration = Duration::from_millis(50);

/// Runs so many rows and returns the bars that were missed.
pub(super) fn run(binary: &Path, folder: &Path, rows: u64) -> Result<Vec<String>, Failure> {
    fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
    let (input, output) = (folder.join("rows.jsonl"), folder.join("answers.jsonl"));
    write_rows(&input, rows).map_err(Failure::at(input.display()))?;
    let limits = ["--rpm", "100000000000", "--tpm", "100000000000000"];
    let mock =
        Server::start(binary, &[&["mock", "--provider", "openai", "--latency", "0"], &limits[..]].concat())?;
    let (seconds, used) = batch(binary, &input, &output, &mock.url())?;
    let once = answered_once(&output)?;
    fs::remove_file(&output).map_err(Failure::at(output.display()))?;
    let bare = bare(&input, &mock.url(), rows)?;
    let (rate, peak) = (rows as f64 / seconds, used.peak as f64 / f64::from(1 << 20));
    let own = 1.0 - bare.cpu_s / used.cpu.as_secs_f64();
    console::data(&format!(
        "million: {rows} rows in {seconds:.1} s, {rate:.0} a second; {once} of them answered once and in order; peak \
         {peak:.1} MB; CPU {:.1} s, {:.0} us a row, of which a bare hyper client needs {:.1} s (in {:.1} s): our own \
         code has {:.0} %",
        used.cpu.as_secs_f64(),
        used.cpu.as_secs_f64() * 1e6 / rows as f64,
        bare.cpu_s,
        bare.seconds,
        own * 100.0
    ));
    let bars = [
        bar(format!("million: {once} of {rows} rows answered once and in order"), once == rows),
        bar(format!("million: peak memory {peak:.1} MB, below {}", PEAK_MAX >> 20), used.peak < PEAK_MAX),
        bar(
            format!("million: {rate:.0} rows a second, at least {ROWS_A_SECOND_MIN}"),
            rate >= ROWS_A_SECOND_MIN,
        ),
    ];
    Ok(bars.into_iter().flatten().collect())
}

/// Bare bodies, which the bare client can send as they stand.
fn write_rows(input: &Path, rows: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(input)?);
    for row in 1..=rows {
        let messages = format!(r#"[{{"role":"user","content":"Say tide {row}."}}]"#);
        writeln!(file, r#"{{"model":"gpt-4o-mini","max_tokens":16,"messages":{messages}}}"#)?;
    }
    file.flush()
}

/// Runs the batch; the seconds that it took, and what it used.
fn batch(binary: &Path, input: &Path, output: &Path, url: &str) -> Result<(f64, Usage), Failure> {
    let mut command = Command::new(binary);
    command.arg("batch").arg(input).arg("-o").arg(output);
    command.args(["--provider", "openai", "--no-state", "--quiet", "--base-url", url]);
    command.stdin(Stdio::null());
    let clock = Stopwatch::start();
    let mut child = command.spawn().map_err(Failure::at("starting the batch"))?;
    let mut used = Usage::default();
    loop {
        used = Usage::of(child.id())?.unwrap_or(used);
        if let Some(status) = child.try_wait().map_err(Failure::at("waiting for the batch"))? {
            let seconds = clock.elapsed().as_secs_f64();
            return if status.success() {
                Ok((seconds, used))
            } else {
                Err(Failure::new(format!("the batch failed: {status}")))
            };
        }
        clock.wait_until(clock.elapsed() + LOOK);
    }
}

/// How many lines of the output are the answer to the row of the same number.
fn answered_once(output: &Path) -> Result<u64, Failure> {
    let file = File::open(output).map_err(Failure::at(output.display()))?;
    let mut answered = 0;
    for (row, line) in (1_u64..).zip(BufReader::with_capacity(1 << 20, file).lines()) {
        let line = line.map_err(Failure::at(output.display()))?;
        let custom_id = format!("\"custom_id\":\"row-{row}\"");
        answered += u64::from(line.contains(&custom_id) && line.contains("\"status_code\":200"));
    }
    Ok(answered)
}

/// What the bare client took.
struct Bare {
    seconds: f64,
    cpu_s: f64,
}

fn bare(input: &Path, url: &str, rows: u64) -> Result<Bare, Failure> {
    let mut command = workspace::cargo();
    command.args(["bench", "--quiet", "--package", "xtask", "--bench", "bare", "--", "--base", url]);
    let said = process::capture(command.arg(input).arg(CONNECTIONS))?;
    let told: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match told.as_slice() {
        [answered, seconds, cpu_s] if *answered == rows as f64 => {
            Ok(Bare { seconds: *seconds, cpu_s: *cpu_s })
        }
        _ => Err(Failure::new(format!("the bare client said `{}`", said.trim()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_row_out_of_its_place_is_not_answered_once() {
        let file = std::env::temp_dir().join(format!("tidegate-million-{}", std::process::id()));
        let line = |row| format!("{{\"custom_id\":\"row-{row}\",\"response\":{{\"status_code\":200}}}}\n");
        fs::write(&file, [line(1), line(3), line(2), line(4)].concat()).unwrap();
        assert_eq!(answered_once(&file).unwrap(), 2);
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn every_row_is_a_request() {
        let file = std::env::temp_dir().join(format!("tidegate-rows-{}", std::process::id()));
        write_rows(&file, 3).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()) && text.lines().count() == 3
        );
        fs::remove_file(&file).unwrap();
    }
}
