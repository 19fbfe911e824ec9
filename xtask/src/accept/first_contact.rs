//! First contact on the wire: nothing configured, nothing learned, one provider of each kind; and a
//! second run with what the first one learned.

mod kind;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use kind::{KINDS, Kind};
use serde_json::{Value, json};

use super::bar;
use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::server::{ANY_PORT, Server};
use crate::stopwatch::{Stopwatch, age_of_minute};

const ROWS: u64 = 600;
/// How young a calendar minute is in which the meetings begin. Who begins in its last seconds has most of the work
/// admitted by the edge, and half a second for finding the provider out weighs more than the pace.
const MINUTE_YOUNG: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);
/// How many providers and batches run at once: two cores are busy with their first bursts as it is.
const AT_ONCE: usize = 8;

/// Meets every kind twice and returns the bars that were missed.
pub(super) fn run(binary: &Path, folder: &Path) -> Result<Vec<String>, Failure> {
    let first = meet_all(binary, folder, &[])?;
    let mut missed = table("first contact", &first);
    let addresses: Vec<SocketAddr> = first.iter().map(|met| met.address).collect();
    missed.extend(table("second run", &meet_all(binary, folder, &addresses)?));
    Ok(missed)
}

/// A meeting that has ended: where the provider was, and its figures.
struct Met {
    address: SocketAddr,
    stats: Value,
}

/// Meets every kind, some at once, each in a young minute: on free ports, or `again` where they were before. What is
/// learned is kept by address.
fn meet_all(binary: &Path, folder: &Path, again: &[SocketAddr]) -> Result<Vec<Met>, Failure> {
    let places: Vec<_> =
        (0..KINDS.len()).map(|place| again.get(place).copied().unwrap_or(ANY_PORT)).collect();
    let rounds = KINDS.chunks(AT_ONCE).zip(places.chunks(AT_ONCE));
    let met: Result<Vec<_>, _> =
        rounds.map(|(kinds, places)| meet_some(binary, folder, kinds, places)).collect();
    Ok(met?.into_iter().flatten().collect())
}

/// Meets some kinds at once, each at its address.
fn meet_some(
    binary: &Path,
    folder: &Path,
    kinds: &[Kind],
    places: &[SocketAddr],
) -> Result<Vec<Met>, Failure> {
    Stopwatch::start().wait_until(until_young(age_of_minute()));
    thread::scope(|scope| {
        let meetings: Vec<_> = kinds
            .iter()
            .zip(places)
            .map(|(kind, address)| {
                scope.spawn(|| meet(kind, binary, &folder.join(slug(kind.name)), *address))
            })
            .collect();
        let ended = |meeting: thread::ScopedJoinHandle<'_, _>| {
            meeting.join().unwrap_or_else(|_| Err(Failure::new("a meeting panicked")))
        };
        meetings.into_iter().map(ended).collect()
    })
}

/// Prints what the meetings came to, and gives the bars that were missed.
fn table(name: &str, meetings: &[Met]) -> Vec<String> {
    console::data(&format!(
        "{name:<26} {:>8} {:>8} {:>10} {:>7}",
        "ideal s", "took s", "efficiency", "refused"
    ));
    let missed = KINDS.iter().zip(meetings).flat_map(|(kind, met)| report(kind, &met.stats));
    missed.map(|bar| format!("{name}, {bar}")).collect()
}

/// How long it is until a minute is young, where the present one is so old.
fn until_young(age: Duration) -> Duration {
    if age < MINUTE_YOUNG { Duration::ZERO } else { MINUTE - age }
}

fn slug(name: &str) -> String {
    name.replace([' ', ','], "-")
}

/// Runs one batch against one provider.
fn meet(kind: &Kind, binary: &Path, folder: &Path, address: SocketAddr) -> Result<Met, Failure> {
    let mut flags =
        vec!["mock", "--provider", kind.provider, "--enforce", kind.enforce, "--latency", kind.latency];
    match kind.provider {
        "anthropic" => flags.extend(["--rpm", "300", "--itpm", "60000", "--otpm", "60000"]),
        _ => flags.extend(["--rpm", "300", "--tpm", "60000"]),
    }
    flags.extend(kind.more);
    let mock = Server::start_at(binary, &flags, address)?;
    fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
    let answers = if address == ANY_PORT { "answers.jsonl" } else { "answers-again.jsonl" };
    let (input, output) = (folder.join("rows.jsonl"), folder.join(answers));
    fs::write(&input, rows(kind.provider)).map_err(Failure::at(input.display()))?;
    let mut batch = Command::new(binary);
    batch.arg("batch").arg(&input).arg("-o").arg(&output);
    batch.args(["--provider", kind.provider, "--base-url"]).arg(mock.url());
    batch.env("XDG_STATE_HOME", folder.join("state"));
    process::run(&mut batch)?;
    Ok(Met { address: mock.address(), stats: mock.json("/_mock/stats")? })
}

/// Short chats: prompts of 40 to 400 characters, `max_tokens` of 200.
fn rows(provider: &str) -> String {
    let url = if provider == "anthropic" { "/v1/messages" } else { "/v1/chat/completions" };
    let row = |n: u64| {
        let words = "tide ".repeat(usize::try_from(8 + n * 37 % 72).unwrap_or(8));
        let messages = json!([{"role": "user", "content": format!("{n} {words}")}]);
        let body = json!({"model": "m", "max_tokens": 200, "messages": messages});
        format!("{}\n", json!({"custom_id": format!("row-{n}"), "method": "POST", "url": url, "body": body}))
    };
    (0..ROWS).map(row).collect()
}

fn report(kind: &Kind, stats: &Value) -> Vec<String> {
    let number = |name: &str| stats[name].as_f64().unwrap_or(f64::NAN);
    let (ideal_ms, refused) = (number("ideal_ms"), stats["refused"].as_u64().unwrap_or(u64::MAX));
    let took_ms = number("last_admission_ms") - number("first_arrival_ms");
    let (efficiency, name) = (ideal_ms / took_ms, kind.name);
    console::data(&format!(
        "{name:<26} {:>8.1} {:>8.1} {efficiency:>10.3} {refused:>7}",
        ideal_ms / 1_000.0,
        took_ms / 1_000.0
    ));
    let answered = stats["answered"].as_u64().unwrap_or(0);
    let bars = [
        bar(format!("{name}: {answered} of {ROWS} rows answered"), answered == ROWS),
        bar(format!("{name}: {refused} refusals, at most {}", kind.refusals), refused <= kind.refusals),
        bar(
            format!("{name}: efficiency {efficiency:.3}, at least {}", kind.efficiency),
            // Not a number where the provider does not tell its ideal: that holds no bar.
            efficiency >= kind.efficiency,
        ),
    ];
    bars.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(took_ms: u64, refused: u64) -> Value {
        json!({"ideal_ms": 60_000, "first_arrival_ms": 100, "last_admission_ms": 100 + took_ms, "refused": refused, "answered": ROWS})
    }

    #[test]
    fn each_bar_that_is_missed_is_told_with_its_kind() {
        let [bucket, ..] = &KINDS;
        assert_eq!(report(bucket, &stats(61_000, 3)), [""; 0]);
        let missed = report(bucket, &stats(70_000, 4));
        assert_eq!(missed.len(), 2);
        assert!(missed.iter().all(|bar| bar.starts_with("bucket: ")), "{missed:?}");
        assert_eq!(report(bucket, &json!({})).len(), 3, "a provider without figures misses all of them");
    }

    #[test]
    fn meetings_begin_in_the_first_seconds_of_a_minute() {
        let wait = |age_ms| until_young(Duration::from_millis(age_ms)).as_millis();
        assert_eq!([0, 19_999, 20_000, 59_400].map(wait), [0, 0, 40_000, 600]);
    }

    #[test]
    fn every_row_differs_and_is_a_chat() {
        let text = rows("openai");
        assert_eq!(text.lines().count() as u64, ROWS);
        assert!(rows("anthropic").contains("/v1/messages"));
    }
}
