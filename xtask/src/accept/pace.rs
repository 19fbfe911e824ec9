//! 600 chat rows against a provider of 300 requests and 60 000 tokens a minute whose limits only its headers tell.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::bar;
use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::server::Server;
use crate::stopwatch::Stopwatch;

const ROWS: u64 = 600;
const REQUESTS_PER_MINUTE: f64 = 300.0;
const TOKENS_PER_MINUTE: f64 = 60_000.0;
/// The bars of this acceptance: at most this many refusals, at least this share of the ideal pace.
const REFUSED_MAX: u64 = 3;
const EFFICIENCY_MIN: f64 = 0.95;

/// Runs the batch and returns the bars that it missed.
pub(super) fn run(binary: &Path, folder: &Path) -> Result<Vec<String>, Failure> {
    let mock = Server::start(
        binary,
        &[
            "mock",
            "--provider",
            "openai",
            "--enforce",
            "bucket",
            "--rpm",
            "300",
            "--tpm",
            "60000",
            "--latency",
            "500..1000",
        ],
    )?;
    let (input, output) = (folder.join("rows.jsonl"), folder.join("answers.jsonl"));
    fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
    fs::write(&input, rows()).map_err(Failure::at(input.display()))?;
    let clock = Stopwatch::start();
    let mut batch = Command::new(binary);
    batch.arg("batch").arg(&input).arg("-o").arg(&output);
    batch.args(["--provider", "openai", "--no-state", "--base-url"]).arg(mock.url());
    process::run(&mut batch)?;
    let wall_s = clock.elapsed().as_secs_f64();
    let stats = mock.json("/_mock/stats")?;
    let answers = fs::read_to_string(&output).map_err(Failure::at(output.display()))?;
    report(&stats, &answers, wall_s)
}

/// The input: chat rows of two lengths, each with its own `user`.
fn rows() -> String {
    let row = |n: u64| {
        let words = "tide ".repeat(if n.is_multiple_of(3) { 270 } else { 90 });
        let messages = json!([{"role": "user", "content": words}]);
        let body = json!({"model": "gpt-4o-mini", "user": format!("row-{n}"), "max_tokens": 64, "messages": messages});
        let line = json!({"custom_id": format!("row-{n}"), "method": "POST", "url": "/v1/chat/completions", "body": body});
        format!("{line}\n")
    };
    (1..=ROWS).map(row).collect()
}

fn report(stats: &Value, answers: &str, wall_s: f64) -> Result<Vec<String>, Failure> {
    let number = |value: &Value, name: &str| {
        value
            .as_f64()
            .ok_or_else(|| Failure::new(format!("the provider's figures have no `{name}`: {stats}")))
    };
    let refused = stats["refused"].as_u64().unwrap_or(u64::MAX);
    let tokens = number(&stats["charged"]["total_tokens"], "charged.total_tokens")?;
    let first_s = number(&stats["first_arrival_ms"], "first_arrival_ms")? / 1000.0;
    let last_s = number(&stats["last_admission_ms"], "last_admission_ms")? / 1000.0;
    let ideal_s = ideal_s(tokens);
    let efficiency = ideal_s / (last_s - first_s);
    let once = answered_once(answers);
    console::data(&format!(
        "pace: {ROWS} rows, {once} answered once, {refused} refused, {tokens} tokens charged; wall {wall_s:.1} s, \
         admissions {:.1} s, ideal {ideal_s:.1} s, efficiency {efficiency:.3}",
        last_s - first_s
    ));
    let bars = [
        bar(format!("pace: {once} of {ROWS} rows answered exactly once"), once == ROWS),
        bar(format!("pace: {refused} refusals, at most {REFUSED_MAX}"), refused <= REFUSED_MAX),
        bar(
            format!("pace: efficiency {efficiency:.3}, at least {EFFICIENCY_MIN}"),
            efficiency >= EFFICIENCY_MIN,
        ),
    ];
    Ok(bars.into_iter().flatten().collect())
}

/// The shortest time in which the provider could admit the work, its full initial burst included.
fn ideal_s(tokens: f64) -> f64 {
    let requests_s = (ROWS as f64 - REQUESTS_PER_MINUTE) / (REQUESTS_PER_MINUTE / 60.0);
    let tokens_s = (tokens - TOKENS_PER_MINUTE) / (TOKENS_PER_MINUTE / 60.0);
    requests_s.max(tokens_s)
}

/// How many of the rows have exactly one answer of status 200.
fn answered_once(answers: &str) -> u64 {
    let lines: Vec<Value> = answers.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let once = |n: &u64| {
        let id = format!("row-{n}");
        let mut mine = lines.iter().filter(|line| line["custom_id"] == id.as_str());
        mine.next().is_some_and(|line| line["response"]["status_code"] == 200) && mine.next().is_none()
    };
    (1..=ROWS).filter(once).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ideal_is_set_by_the_slower_limit() {
        assert_eq!(ideal_s(60_000.0), 60.0);
        assert_eq!(ideal_s(150_000.0), 90.0);
    }

    #[test]
    fn a_missed_bar_is_told() {
        let stats = json!({"refused": 4, "charged": {"total_tokens": 1000}, "first_arrival_ms": 0, "last_admission_ms": 120_000});
        let missed = report(&stats, "", 121.0).unwrap();
        assert_eq!(missed.len(), 3, "{missed:?}");
    }

    #[test]
    fn a_row_answered_twice_is_not_answered_once() {
        let line = "{\"custom_id\":\"row-1\",\"response\":{\"status_code\":200}}\n";
        assert_eq!(answered_once(line), 1);
        assert_eq!(answered_once(&line.repeat(2)), 0);
        assert_eq!(answered_once("{\"custom_id\":\"row-1\",\"response\":{\"status_code\":500}}"), 0);
    }
}
