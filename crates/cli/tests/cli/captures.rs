//! Every recorded exchange through `tidegate inspect`; runs where the recordings are beside the checkout, passes without.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::harness::run;

/// The recorded response as it was on the wire, as far as that is known; `None` where its status is not.
fn raw(record: &Value) -> Option<Vec<u8>> {
    let mut raw = format!("HTTP/1.1 {}\r\n", record["status"].as_u64()?).into_bytes();
    for (name, values) in record["response_headers"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            raw.extend(format!("{name}: {value}\r\n").into_bytes());
        }
    }
    raw.extend(b"\r\n");
    match (&record["response_body"], &record["response_body_base64"]) {
        (Value::String(text), _) => raw.extend(text.as_bytes()),
        (Value::Null, Value::String(text)) => raw.extend(STANDARD.decode(text).expect("base64 is whole")),
        (Value::Null, _) => {}
        (other, _) => raw.extend(other.to_string().into_bytes()),
    }
    Some(raw)
}

/// Inspects every record of a file; gives how many there were.
fn inspect_all(path: &Path, folder: &Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let mut count = 0;
    for (number, record) in records.enumerate() {
        let Some(raw) = raw(&record) else { continue };
        let file = folder.join("response.txt");
        fs::write(&file, raw).unwrap();
        let provider = record["provider"].as_str().unwrap_or("openai");
        let ended = run(&["inspect", "--provider", provider, file.to_str().unwrap()]);
        let name = format!("{}:{}", path.display(), number + 1);
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
        let told: Value = serde_json::from_str(&ended.stdout).expect("it is told as JSON");
        assert_eq!(told["status"], record["status"], "{name}");
        count += 1;
    }
    count
}

#[test]
fn every_recorded_exchange_is_inspected_without_error() {
    let captures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures");
    let Ok(entries) = fs::read_dir(captures) else {
        println!("the recordings are absent: nothing to check");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
    let seen: usize = files.map(|path| inspect_all(&path, folder.path())).sum();
    assert!(seen > 1_000, "only {seen} recordings");
}
