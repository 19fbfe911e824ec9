//! Inputs of a fuzz target out of the recordings beside the checkout: every answer that is of use to it.
//!
//! An input is as `fuzz/properties/input.rs` reads it: a line that says whose answer it is and a number, then the answer.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::failure::Failure;
use crate::workspace;

/// What one recording gives to a target.
type Take = fn(&Value) -> Vec<Vec<u8>>;

/// How to make seeds of a target.
pub(super) struct Seeds(Take);

impl Seeds {
    /// The targets by name, in order.
    pub(super) const TARGETS: [&str; 5] = ["durations", "error_bodies", "headers", "sse", "usage"];

    /// How to make those of a target; `None` when there is no such target.
    pub(super) fn of(target: &str) -> Option<Self> {
        let take: Take = match target {
            "durations" => values,
            "error_bodies" => |record| body(record, |status, _| status >= 400, None),
            "headers" => heads,
            "sse" => |record| body(record, |_, stream| stream, Some(7)),
            "usage" => |record| body(record, |status, stream| status < 400 && !stream, Some(997)),
            _ => return None,
        };
        Some(Self(take))
    }

    /// Writes them to `folder`, a file each, in place of what was there. Returns how many there are: none where the
    /// recordings are absent.
    pub(super) fn write(&self, folder: &Path) -> Result<usize, Failure> {
        let seeds = self.read(&workspace::root().join("../shared/captures"))?;
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(Failure::at(folder.display()))?;
        }
        fs::create_dir_all(folder).map_err(Failure::at(folder.display()))?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("{number:04}")), seed).map_err(Failure::at(folder.display()))?;
        }
        Ok(seeds.len())
    }

    /// All that the recordings in `folder` give, each once.
    fn read(&self, folder: &Path) -> Result<BTreeSet<Vec<u8>>, Failure> {
        let mut seeds = BTreeSet::new();
        let Ok(entries) = fs::read_dir(folder) else { return Ok(seeds) };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        for path in paths.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl")) {
            let text = fs::read_to_string(&path).map_err(Failure::at(path.display()))?;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                let record = serde_json::from_str(line).map_err(Failure::at(path.display()))?;
                seeds.extend((self.0)(&record));
            }
        }
        Ok(seeds)
    }
}

/// The headers of a recording.
fn lines(record: &Value) -> impl Iterator<Item = (&str, &str)> {
    let headers = record["response_headers"].as_object().into_iter().flatten();
    headers.flat_map(|(name, values)| {
        let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        values.map(move |value| (name.as_str(), value))
    })
}

/// Whatever a header says: the texts that may be spans or instants are among them.
fn values(record: &Value) -> Vec<Vec<u8>> {
    lines(record).map(|(_, value)| value.as_bytes().to_vec()).filter(|value| value.len() <= 40).collect()
}

fn heads(record: &Value) -> Vec<Vec<u8>> {
    let mut head = first_line(record, None);
    lines(record).for_each(|(name, value)| head.extend_from_slice(format!("{name}: {value}\n").as_bytes()));
    vec![head]
}

/// The body of a recording, if it is wanted by its status and by whether it is a stream. The number is the status unless
/// another one is told.
fn body(record: &Value, wanted: fn(u64, bool) -> bool, number: Option<u64>) -> Vec<Vec<u8>> {
    let text = record["response_body"].as_str().map(|text| text.as_bytes().to_vec());
    let bytes = text.or_else(|| STANDARD.decode(record["response_body_base64"].as_str()?).ok());
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else { return Vec::new() };
    let stream = record["stream"] == true || bytes.windows(5).any(|five| five == b"data:");
    match wanted(record["status"].as_u64().unwrap_or_default(), stream) {
        true => vec![[first_line(record, number), bytes].concat()],
        false => Vec::new(),
    }
}

fn first_line(record: &Value, number: Option<u64>) -> Vec<u8> {
    let name = record["provider"].as_str().unwrap_or_default();
    let number = number.or_else(|| record["status"].as_u64()).unwrap_or_default();
    format!("{name} {number}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(target: &str, record: &Value) -> Vec<String> {
        let seeds = Seeds::of(target).unwrap();
        (seeds.0)(record).into_iter().map(|seed| String::from_utf8(seed).unwrap()).collect()
    }

    #[test]
    fn a_recording_seeds_the_targets_that_have_a_use_for_it() {
        let refused = json!({"provider": "groq", "status": 429, "response_body": "{}",
                             "response_headers": {"retry-after": ["7"], "x-a": ["1", "2m"]}});
        assert_eq!(given("headers", &refused), ["groq 429\nretry-after: 7\nx-a: 1\nx-a: 2m\n"]);
        assert_eq!(given("durations", &refused), ["7", "1", "2m"]);
        assert_eq!(given("error_bodies", &refused), ["groq 429\n{}"]);
        assert!(given("usage", &refused).is_empty() && given("sse", &refused).is_empty());
        let answer = json!({"provider": "openai", "status": 200, "response_body": "{\"usage\":1}"});
        assert_eq!(given("usage", &answer), ["openai 997\n{\"usage\":1}"]);
        assert!(given("sse", &answer).is_empty() && given("error_bodies", &answer).is_empty());
        let stream = json!({"provider": "bedrock", "status": 200, "stream": true, "response_body": null,
                            "response_body_base64": "AGEh"});
        assert_eq!(given("sse", &stream), ["bedrock 7\n\0a!"]);
        assert!(given("usage", &stream).is_empty());
    }

    #[test]
    fn where_no_recordings_are_there_are_no_seeds_of_them() {
        let seeds = Seeds::of("headers").unwrap();
        assert!(seeds.read(Path::new("no-such-folder")).unwrap().is_empty());
        assert!(Seeds::of("bodies").is_none());
    }
}
