//! `cargo xtask bench batch`: our batch beside its peers from PyPI, all at once, each against an emulated provider of its
//! own, on one workload.
//!
//! The provider tells its limits only in headers. Tidegate learns them there; peers that cannot are told. Efficiency is
//! the shortest time in which the provider could have admitted all rows, divided by the time from the first call to the
//! last admission. Whoever lost rows has none: it did not do the work.

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use super::peers::{Driver, PEERS};
use crate::console;
use crate::failure::Failure;
use crate::server::Server;
use crate::stopwatch::Stopwatch;
use crate::workload::{self, Figures, REQUESTS_PER_MINUTE, ROWS, TOKENS_PER_MINUTE};
use crate::workspace::{self, Profile};

/// How long the slowest may take; what has not ended by then is stopped, and its rows without an answer are lost.
const RUN_MAX: Duration = Duration::from_secs(540);
/// How often it is looked who has ended.
const LOOK: Duration = Duration::from_millis(200);

/// One that takes part, with a provider of its own.
struct Contender {
    name: String,
    mock: Server,
    driver: Driver,
    ended: Option<Duration>,
}

/// Runs all of them and prints the table.
pub(super) fn run() -> Result<(), Failure> {
    let binary = workspace::build(Profile::Release)?;
    let target = workspace::target()?;
    let folder = target.join(format!("bench/{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(Failure::at(folder.display()))?;
    let input = folder.join("rows.jsonl");
    fs::write(&input, workload::rows()).map_err(Failure::at(input.display()))?;
    let output = folder.join("answers.jsonl");
    let (mut contenders, mut absent) = (Vec::new(), Vec::new());
    for peer in PEERS {
        match peer.install(&target) {
            Ok(python) => {
                let mock = provider(&binary)?;
                let driver =
                    Driver::start(peer.command(&python, &mock.url(), &input), &folder.join(peer.file))?;
                contenders.push(Contender { name: peer.name.to_owned(), mock, driver, ended: None });
            }
            Err(why) => absent.push(format!("{}: cannot be installed: {why}", peer.name)),
        }
    }
    for contender in &mut contenders {
        contender.driver.until_ready(&contender.name)?;
    }
    let mock = provider(&binary)?;
    let driver = Driver::start(ours(&binary, &mock.url(), &input, &output), &folder.join("tidegate"))?;
    contenders.insert(0, Contender { name: "tidegate batch".to_owned(), mock, driver, ended: None });
    race(&mut contenders)?;
    table(&mut contenders, &output)?;
    absent.iter().for_each(|line| console::data(line));
    fs::remove_dir_all(&folder).map_err(Failure::at(folder.display()))
}

fn provider(binary: &Path) -> Result<Server, Failure> {
    let flags = ["mock", "--provider", "openai", "--enforce", "bucket", "--latency", "300..700"];
    let limits = ["--rpm", REQUESTS_PER_MINUTE, "--tpm", TOKENS_PER_MINUTE];
    Server::start(binary, &[&flags[..], &limits[..]].concat())
}

/// Our own command: nothing is told but where to go.
fn ours(binary: &Path, url: &str, input: &Path, output: &Path) -> Command {
    let mut command = Command::new(binary);
    command.arg("batch").arg(input).arg("-o").arg(output);
    command.args(["--provider", "openai", "--no-state", "--base-url", url]);
    command
}

/// Lets all of them go and waits until each has ended.
fn race(contenders: &mut [Contender]) -> Result<(), Failure> {
    console::note(&format!("{} runs at once, up to {} s", contenders.len(), RUN_MAX.as_secs()));
    for contender in contenders.iter_mut() {
        contender.driver.go(&contender.name)?;
    }
    let clock = Stopwatch::start();
    while contenders.iter().any(|contender| contender.ended.is_none()) && clock.elapsed() < RUN_MAX {
        for contender in contenders.iter_mut().filter(|contender| contender.ended.is_none()) {
            let has_ended = contender.driver.has_ended().map_err(Failure::at(&contender.name))?;
            contender.ended = has_ended.then(|| clock.elapsed());
        }
        clock.wait_until(clock.elapsed() + LOOK);
    }
    Ok(())
}

fn table(contenders: &mut [Contender], output: &Path) -> Result<(), Failure> {
    let mut ideal_s = 0.0;
    console::data(&format!(
        "{ROWS} chat rows, {REQUESTS_PER_MINUTE} requests and {TOKENS_PER_MINUTE} tokens a minute, answers after 0.3 to 0.7 s"
    ));
    console::data("client                          efficiency   429s   lost rows   seconds");
    for contender in contenders {
        let answered = match contender.driver.answered() {
            Some(told) => told,
            // Our own output tells; a peer that was stopped has told nothing.
            None if contender.name.starts_with("tidegate") => answered_in(output)?,
            None => contender.mock.json("/_mock/stats")?["answered"].as_u64().unwrap_or(0).min(ROWS),
        };
        let figures = Figures::read(&contender.mock.json("/_mock/stats")?)?;
        if ideal_s == 0.0 {
            ideal_s = workload::ideal_s(figures.tokens);
        }
        console::data(&line(contender, answered, figures, ideal_s));
    }
    console::data(&format!("the ideal is {ideal_s:.1} s for all, by what the provider counted of the first"));
    Ok(())
}

/// One row of the table.
fn line(contender: &Contender, answered: u64, figures: Figures, ideal_s: f64) -> String {
    let lost = ROWS.saturating_sub(answered);
    let efficiency =
        efficiency(answered, figures.span_s, ideal_s).map_or("-".to_owned(), |share| format!("{share:.3}"));
    let seconds = match contender.ended {
        Some(ended) => format!("{:.1}", ended.as_secs_f64()),
        None => format!("stopped after {}", RUN_MAX.as_secs()),
    };
    let (name, refused) = (&contender.name, figures.refused);
    format!("{name:32}{efficiency:>10}{refused:>7}{lost:>12}   {seconds:>7}")
}

fn efficiency(answered: u64, span_s: f64, ideal_s: f64) -> Option<f64> {
    (answered == ROWS).then(|| ideal_s / span_s)
}

fn answered_in(output: &Path) -> Result<u64, Failure> {
    match fs::read_to_string(output) {
        Ok(answers) => Ok(workload::answered_once(&answers)),
        // It was stopped before its end.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(Failure::at(output.display())(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_lost_rows_has_no_efficiency() {
        assert_eq!(efficiency(ROWS, 100.0, 90.0), Some(0.9));
        assert_eq!(efficiency(ROWS - 1, 45.0, 90.0), None);
    }
}
