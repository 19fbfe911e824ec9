//! One file over two models and a second provider, sorted by model: the whole takes as long as its slowest group alone.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::bar;
use crate::console;
use crate::failure::Failure;
use crate::process;
use crate::server::Server;

/// Rows of each group, and the requests a minute that each may make: a full minute's worth at once, then evenly.
const ROWS: u64 = 450;
const REQUESTS_PER_MINUTE: u64 = 300;
/// The models as rows write them; the last is another provider's. In the file one follows the other.
const MODELS: [&str; 3] = ["tide-a", "tide-b", "harbour/tide-c"];
/// The bar of this acceptance.
const RATIO_MAX: f64 = 1.05;

/// Runs the batch and returns the bars that it missed.
pub(super) fn run(binary: &Path, folder: &Path) -> Result<Vec<String>, Failure> {
    let rpm = REQUESTS_PER_MINUTE.to_string();
    let flags = ["mock", "--provider", "openai", "--rpm", &rpm, "--tpm", "60000000", "--latency", "200..400"];
    let (first, second) = (Server::start(binary, &flags)?, Server::start(binary, &flags)?);
    fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
    let place = |name: &str| folder.join(name);
    let write = |name: &str, text: String| {
        let path = place(name);
        fs::write(&path, text).map_err(Failure::at(path.display()))
    };
    write("rows.jsonl", rows())?;
    let other = format!("[providers.harbour]\nbase_url = \"{}\"\ndialect = \"openai\"\n", second.url());
    write("config.toml", other)?;
    let mut batch = Command::new(binary);
    batch.arg("batch").arg(place("rows.jsonl")).arg("-o").arg(place("answers.jsonl"));
    batch.args(["--provider", "openai", "--no-state", "--base-url"]).arg(first.url());
    batch.arg("--config").arg(place("config.toml"));
    process::run(&mut batch)?;
    let all = [first.json("/_mock/stats")?, second.json("/_mock/stats")?];
    let answers = place("answers.jsonl");
    let answers = fs::read_to_string(&answers).map_err(Failure::at(answers.display()))?;
    Ok(report(&all, &answers))
}

/// Rows sorted by model, the worst order there is.
fn rows() -> String {
    let row = |(model, number): (&str, u64)| {
        let messages = json!([{"role": "user", "content": "Say tide."}]);
        let body = json!({"model": model, "max_tokens": 4, "messages": messages});
        format!(
            "{}\n",
            json!({"custom_id": format!("{model}-{number}"), "url": "/v1/chat/completions", "body": body})
        )
    };
    MODELS.iter().flat_map(|model| (0..ROWS).map(move |number| (*model, number))).map(row).collect()
}

fn report(stats: &[Value], answers: &str) -> Vec<String> {
    let span = |stats: &Value| {
        let at = |name: &str| stats[name].as_f64().unwrap_or(f64::INFINITY);
        (at("last_admission_ms") - at("first_arrival_ms")) / 1_000.0
    };
    let whole_s = stats.iter().map(span).fold(0.0, f64::max);
    let ideal_s = (ROWS - REQUESTS_PER_MINUTE) as f64 / (REQUESTS_PER_MINUTE as f64 / 60.0);
    let refused: u64 = stats.iter().map(|stats| stats["refused"].as_u64().unwrap_or(u64::MAX)).sum();
    let answered = answers.lines().filter(|line| line.contains("\"status_code\":200")).count() as u64;
    let (rows, ratio) = (ROWS * MODELS.len() as u64, whole_s / ideal_s);
    console::data(&format!(
        "mixed: {rows} rows of {} models at 2 providers, sorted by model: {answered} answered, {refused} refused; \
         {whole_s:.1} s, the slowest group alone {ideal_s:.1} s, ratio {ratio:.3}",
        MODELS.len()
    ));
    let bars = [
        bar(format!("mixed: {answered} of {rows} rows answered"), answered == rows),
        bar(format!("mixed: ratio {ratio:.3}, at most {RATIO_MAX}"), ratio <= RATIO_MAX),
    ];
    bars.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_group_after_the_other_would_miss_the_bar() {
        let stats = json!({"first_arrival_ms": 0, "last_admission_ms": 60_000, "refused": 0});
        let answers = "{\"status_code\":200}\n".repeat(1_350);
        assert_eq!(report(&[stats], &answers).len(), 1);
        let stats = json!({"first_arrival_ms": 0, "last_admission_ms": 30_500, "refused": 0});
        assert_eq!(report(&[stats], &answers), [""; 0]);
    }
}
