//! First contact on the wire: nothing configured, nothing learned, one provider of each kind, all met at once.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::bar;
use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::server::Server;
use crate::stopwatch::{Stopwatch, age_of_minute};

const ROWS: u64 = 600;
/// How young a calendar minute is in which the meetings begin. Who begins in its last seconds has most of the work
/// admitted by the edge, and half a second for finding the provider out weighs more than the pace.
const MINUTE_YOUNG: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);

/// One kind of provider, and what is asked of the batch that meets it.
struct Kind {
    name: &'static str,
    provider: &'static str,
    enforce: &'static str,
    latency: &'static str,
    efficiency: f64,
    refusals: u64,
}

const fn kind(
    name: &'static str,
    (provider, enforce): (&'static str, &'static str),
    latency: &'static str,
    (efficiency, refusals): (f64, u64),
) -> Kind {
    Kind { name, provider, enforce, latency, efficiency, refusals }
}

const SHORT: &str = "300..700";
const LONG: &str = "2000..6000";

/// The kinds and bars of `tidegate_sim::contact` that the mock can be told to be.
const KINDS: [Kind; 13] = [
    kind("bucket", ("openai", "bucket"), SHORT, (0.97, 3)),
    kind("bucket, unknown host", ("together", "bucket"), SHORT, (0.97, 3)),
    kind("anthropic", ("anthropic", "bucket"), SHORT, (0.97, 3)),
    kind("burst of 1 s", ("together", "burst-1s"), SHORT, (0.97, 5)),
    kind("window of 1 s", ("together", "window-1s"), SHORT, (0.97, 5)),
    kind("fixed minute", ("together", "fixed"), SHORT, (0.97, 5)),
    kind("sliding minute", ("together", "sliding"), SHORT, (0.97, 5)),
    kind("weighted counter", ("together", "counter"), SHORT, (0.97, 5)),
    kind("mistral", ("mistral", "requests=fixed,tokens=counter"), SHORT, (0.97, 5)),
    kind("hidden second", ("together", "quantised"), SHORT, (0.95, 10)),
    kind("bucket, 2 to 6 s", ("together", "bucket"), LONG, (0.94, 3)),
    kind("window of 1 s, 2 to 6 s", ("together", "window-1s"), LONG, (0.90, 5)),
    kind("sliding minute, 2 to 6 s", ("together", "sliding"), LONG, (0.93, 5)),
];

/// Meets every kind and returns the bars that were missed.
pub(super) fn run(binary: &Path, folder: &Path) -> Result<Vec<String>, Failure> {
    fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
    Stopwatch::start().wait_until(until_young(age_of_minute()));
    let met: Vec<Result<Value, Failure>> = thread::scope(|scope| {
        let meetings: Vec<_> = KINDS
            .iter()
            .map(|kind| scope.spawn(|| meet(kind, binary, &folder.join(slug(kind.name)))))
            .collect();
        let ended = |meeting: thread::ScopedJoinHandle<'_, _>| {
            meeting.join().unwrap_or_else(|_| Err(Failure::new("a meeting panicked")))
        };
        meetings.into_iter().map(ended).collect()
    });
    console::data(&format!(
        "{:<26} {:>8} {:>8} {:>10} {:>7}",
        "first contact", "ideal s", "took s", "efficiency", "refused"
    ));
    let mut missed = Vec::new();
    for (kind, stats) in KINDS.iter().zip(met) {
        missed.extend(report(kind, &stats?));
    }
    Ok(missed)
}

/// How long it is until a minute is young, where the present one is so old.
fn until_young(age: Duration) -> Duration {
    if age < MINUTE_YOUNG { Duration::ZERO } else { MINUTE - age }
}

fn slug(name: &str) -> String {
    name.replace([' ', ','], "-")
}

/// Runs one batch against one provider, and gives the provider's figures.
fn meet(kind: &Kind, binary: &Path, folder: &Path) -> Result<Value, Failure> {
    let mut flags =
        vec!["mock", "--provider", kind.provider, "--enforce", kind.enforce, "--latency", kind.latency];
    match kind.provider {
        "anthropic" => flags.extend(["--rpm", "300", "--itpm", "60000", "--otpm", "60000"]),
        _ => flags.extend(["--rpm", "300", "--tpm", "60000"]),
    }
    let mock = Server::start(binary, &flags)?;
    fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
    let (input, output) = (folder.join("rows.jsonl"), folder.join("answers.jsonl"));
    fs::write(&input, rows(kind.provider)).map_err(Failure::at(input.display()))?;
    let mut batch = Command::new(binary);
    batch.arg("batch").arg(&input).arg("-o").arg(&output);
    batch.args(["--provider", kind.provider, "--no-state", "--base-url"]).arg(mock.url());
    process::run(&mut batch)?;
    mock.json("/_mock/stats")
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
