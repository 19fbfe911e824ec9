//! Seeds out of the recordings beside the checkout, where they are present; none where they are absent.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// The longest body that seeds a target: mutations of longer ones would be slow and tell no more.
const BODY_MAX: usize = 8 * 1024;

/// Every how many recordings one seeds a target.
const STEP: usize = 3;

/// The heads of answers.
pub(crate) fn heads() -> Vec<Vec<u8>> {
    let head = |record: &Value| {
        let mut text = format!("{} {}\n", name(record), record["status"]);
        for (name, values) in record["response_headers"].as_object()? {
            for value in values.as_array()?.iter().filter_map(Value::as_str) {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        Some(text.into_bytes())
    };
    seeds(|record| record["response_headers"].to_string().contains("limit"), head)
}

/// Streams of events.
pub(crate) fn streams() -> Vec<Vec<u8>> {
    seeds(is_stream, |record| body(record, 7))
}

/// Plain answers.
pub(crate) fn answers() -> Vec<Vec<u8>> {
    seeds(|record| record["status"] == 200 && !is_stream(record), |record| body(record, 997))
}

/// The bodies of failures.
pub(crate) fn errors() -> Vec<Vec<u8>> {
    let status = |record: &Value| record["status"].as_u64().unwrap_or(0);
    seeds(|record| status(record) >= 400, |record| body(record, status(record)))
}

fn is_stream(record: &Value) -> bool {
    record["response_body"].as_str().is_some_and(|body| body.contains("data:"))
}

fn name(record: &Value) -> &str {
    record["provider"].as_str().unwrap_or_default()
}

fn body(record: &Value, number: u64) -> Option<Vec<u8>> {
    let text = record["response_body"].as_str().filter(|text| text.len() <= BODY_MAX)?;
    Some(format!("{} {number}\n{text}", name(record)).into_bytes())
}

#[expect(clippy::print_stdout, reason = "tells the reader of a test run why little was checked")]
fn seeds(wanted: impl Fn(&Value) -> bool, seed: impl Fn(&Value) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("the recordings are absent: only the seeds of the project are run");
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort_unstable();
    let texts = paths.iter().filter_map(|path| fs::read_to_string(path).ok());
    let records = texts.flat_map(|text| {
        text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).collect::<Vec<_>>()
    });
    records.filter(wanted).step_by(STEP).filter_map(|record| seed(&record)).collect()
}
