//! A batch killed at ten moments and started again each time: every row answered, no finished row sent twice.
//!
//! A row is finished once the provider's answer is in the journal. A row that was under way when the process was
//! killed may be sent again: its answer was lost. So what is checked is that each kill costs at most the rows that
//! were in flight then, which the journal tells: a row that it held before a kill must not arrive again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::bar;
use crate::console;
use crate::failure::Failure;
use crate::server::Server;
use crate::stopwatch::Stopwatch;

const ROWS: u64 = 1_500;
/// What the provider does to calls meanwhile: failures, overloads, broken connections and answers, refusals that no
/// limit explains, and a limit that is counted by the second where its headers speak of minutes, so that refusals come
/// in bursts.
const FAULTS: [&str; 5] = ["500:0.05", "529:0.02", "reset:0.01", "truncate:0.01", "429:0.02"];
const LIMIT: [&str; 4] = ["--enforce", "quantised", "--rpm", "24000"];
/// The last run may finish what is left, at the pace that overloads and refusals without a reason leave: some tens of
/// rows a second.
const LAST_RUN_MAX: Duration = Duration::from_secs(180);
/// When a process is killed after its start: from before its first row to some tens of rows.
const KILL_AFTER_MS: (u64, u64) = (30, 630);

/// When the kills come: spread by a fixed rule, so that two runs are alike (xorshift; Marsaglia, 2003).
fn moments(kills: u32) -> Vec<Duration> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Duration::from_millis(KILL_AFTER_MS.0 + state % (KILL_AFTER_MS.1 - KILL_AFTER_MS.0))
    };
    (0..kills).map(|_| next()).collect()
}

/// How often each row had arrived at the provider.
type Arrivals = BTreeMap<String, u64>;

/// Kills and resumes, and returns the bars that were missed.
pub(super) fn run(binary: &Path, folder: &Path, kills_wanted: u32) -> Result<Vec<String>, Failure> {
    fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
    let mut flags = vec!["mock", "--provider", "openai", "--tpm", "600000000", "--latency", "20..60"];
    flags.extend(LIMIT);
    FAULTS.iter().for_each(|fault| flags.extend(["--fault", fault]));
    let mock = Server::start(binary, &flags)?;
    let work = Work {
        binary,
        url: mock.url(),
        input: folder.join("rows.jsonl"),
        output: folder.join("answers.jsonl"),
    };
    fs::write(&work.input, rows()).map_err(Failure::at(work.input.display()))?;
    let mut again = 0;
    let mut kills = 0;
    for after in moments(kills_wanted) {
        if work.output.exists() {
            break;
        }
        let finished_before = work.finished(folder)?;
        let arrived_before = arrivals(&mock)?;
        work.start_and_kill(after)?;
        again += sent_again(&finished_before, &arrived_before, &arrivals(&mock)?);
        kills += 1;
    }
    let finished_before = work.finished(folder)?;
    let kept = finished_before.len();
    let arrived_before = arrivals(&mock)?;
    work.run_to_the_end()?;
    again += sent_again(&finished_before, &arrived_before, &arrivals(&mock)?);
    let (ended, answered) = ended_once(&work.output)?;
    let sent: u64 = arrivals(&mock)?.values().sum();
    console::data(&format!(
        "resume: {ROWS} rows, killed {kills} times, {kept} finished by then; in the end {ended} ended once, {answered} of \
         them answered; {again} finished rows sent again; {sent} calls in all, faults and killed processes had {}",
        sent.saturating_sub(ROWS)
    ));
    let bars = [
        bar(
            format!("resume: only {kills} of {kills_wanted} kills came before the end"),
            kills == kills_wanted,
        ),
        bar(format!("resume: the journal held {kept} rows before the last run"), kept > 0),
        bar(format!("resume: {ended} of {ROWS} rows ended exactly once"), ended == ROWS),
        bar(format!("resume: {answered} of {ROWS} rows answered"), answered == ROWS),
        bar(format!("resume: {again} finished rows were sent again"), again == 0),
    ];
    Ok(bars.into_iter().flatten().collect())
}

/// One batch command, to be run again and again.
struct Work<'a> {
    binary: &'a Path,
    url: String,
    input: PathBuf,
    output: PathBuf,
}

impl Work<'_> {
    fn start(&self) -> Result<Child, Failure> {
        let mut command = Command::new(self.binary);
        command.arg("batch").arg(&self.input).arg("-o").arg(&self.output);
        command.args(["--provider", "openai", "--no-state", "--base-url", &self.url, "--retry-base", "0.02"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map_err(Failure::at("starting the batch"))
    }

    fn start_and_kill(&self, after: Duration) -> Result<(), Failure> {
        let clock = Stopwatch::start();
        let mut child = self.start()?;
        clock.wait_until(after);
        child.kill().map_err(Failure::at("killing the batch"))?;
        child.wait().map_err(Failure::at("waiting for the killed batch"))?;
        Ok(())
    }

    fn run_to_the_end(&self) -> Result<(), Failure> {
        let mut child = self.start()?;
        let clock = Stopwatch::start();
        while clock.elapsed() < LAST_RUN_MAX {
            if let Some(status) = child.try_wait().map_err(Failure::at("waiting for the batch"))? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(Failure::new(format!("the last run failed: {status}")))
                };
            }
            clock.wait_until(clock.elapsed() + Duration::from_millis(50));
        }
        child.kill().map_err(Failure::at("ending the batch"))?;
        child.wait().map_err(Failure::at("waiting for the ended batch"))?;
        Err(Failure::new(format!("the last run did not end within {} s", LAST_RUN_MAX.as_secs())))
    }

    /// The rows that a journal beside the output holds.
    fn finished(&self, folder: &Path) -> Result<Vec<String>, Failure> {
        let entries = fs::read_dir(folder).map_err(Failure::at(folder.display()))?;
        let mut finished = Vec::new();
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path != self.input && path.is_file() {
                let bytes = fs::read(&path).map_err(Failure::at(path.display()))?;
                finished.extend(custom_ids(&String::from_utf8_lossy(&bytes)));
            }
        }
        Ok(finished)
    }
}

fn rows() -> String {
    let row = |n: u64| {
        let body = json!({
            "model": "gpt-4o-mini",
            "user": format!("row-{n}"),
            "max_tokens": 16,
            "messages": [{"role": "user", "content": "Say tide."}],
        });
        format!(
            "{}\n",
            json!({"custom_id": format!("row-{n}"), "method": "POST", "url": "/v1/chat/completions", "body": body})
        )
    };
    (1..=ROWS).map(row).collect()
}

/// The `custom_id`s of complete lines; a torn last line has not finished.
fn custom_ids(journal: &str) -> Vec<String> {
    let complete = journal.rfind('\n').map_or("", |end| &journal[..end]);
    let mark = "\"custom_id\":\"";
    let id = |(at, _): (usize, &str)| complete[at + mark.len()..].split('"').next().map(str::to_owned);
    complete.match_indices(mark).filter_map(id).collect()
}

fn arrivals(mock: &Server) -> Result<Arrivals, Failure> {
    let markers = mock.json("/_mock/markers")?;
    let count = |value: &Value| value[0].as_u64().unwrap_or(0);
    let pairs = markers.as_object().into_iter().flatten();
    Ok(pairs.map(|(marker, counts)| (marker.clone(), count(counts))).collect())
}

/// How many rows that were finished before arrived again since.
fn sent_again(finished: &[String], before: &Arrivals, after: &Arrivals) -> usize {
    finished.iter().filter(|id| after.get(*id) > before.get(*id)).count()
}

/// Rows that stand in the output exactly once, and how many of them have an answer of status 200.
fn ended_once(output: &Path) -> Result<(u64, u64), Failure> {
    let text = fs::read_to_string(output).map_err(Failure::at(output.display()))?;
    let mut ends: BTreeMap<String, (u64, bool)> = BTreeMap::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let end = ends.entry(line["custom_id"].as_str().unwrap_or_default().to_owned()).or_default();
        *end = (end.0 + 1, line["response"]["status_code"] == 200);
    }
    let wanted = (1..=ROWS).filter_map(|n| ends.get(&format!("row-{n}"))).filter(|(times, _)| *times == 1);
    let wanted: Vec<bool> = wanted.map(|(_, answered)| *answered).collect();
    Ok((wanted.len() as u64, wanted.iter().filter(|answered| **answered).count() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_of_the_journal_has_not_finished() {
        assert_eq!(custom_ids("{\"custom_id\":\"a\"}\n{\"custom_id\":\"b\"}"), ["a"]);
    }

    #[test]
    fn kills_are_spread_and_two_runs_are_alike() {
        let all = moments(50);
        assert_eq!(all, moments(50));
        let (first, last) = (all.iter().min().unwrap(), all.iter().max().unwrap());
        assert!(*first < Duration::from_millis(80) && *last > Duration::from_millis(580), "{all:?}");
    }

    #[test]
    fn a_finished_row_that_arrives_again_is_counted() {
        let count =
            |pairs: &[(&str, u64)]| pairs.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect::<Arrivals>();
        let (before, after) = (count(&[("a", 1), ("b", 1)]), count(&[("a", 2), ("b", 1), ("c", 1)]));
        assert_eq!(sent_again(&["a".to_owned(), "b".to_owned()], &before, &after), 1);
    }
}
