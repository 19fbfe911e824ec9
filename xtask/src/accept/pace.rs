//! 600 chat rows against a provider of 300 requests and 60 000 tokens a minute whose limits only its headers tell.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::bar;
use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::server::Server;
use crate::stopwatch::Stopwatch;
use crate::workload::{Figures, REQUESTS_PER_MINUTE, ROWS, TOKENS_PER_MINUTE, answered_once, ideal_s, rows};

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
            REQUESTS_PER_MINUTE,
            "--tpm",
            TOKENS_PER_MINUTE,
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

fn report(stats: &Value, answers: &str, wall_s: f64) -> Result<Vec<String>, Failure> {
    let Figures { refused, tokens, span_s } = Figures::read(stats)?;
    let ideal_s = ideal_s(tokens);
    let efficiency = ideal_s / span_s;
    let once = answered_once(answers);
    console::data(&format!(
        "pace: {ROWS} rows, {once} answered once, {refused} refused, {tokens} tokens charged; wall {wall_s:.1} s, \
         admissions {span_s:.1} s, ideal {ideal_s:.1} s, efficiency {efficiency:.3}"
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missed_bar_is_told() {
        let stats = json!({"refused": 4, "charged": {"total_tokens": 1000}, "first_arrival_ms": 0, "last_admission_ms": 120_000});
        let missed = report(&stats, "", 121.0).unwrap();
        assert_eq!(missed.len(), 3, "{missed:?}");
    }
}
