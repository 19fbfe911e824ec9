//! Every recording that says a number of tokens anywhere: the inspection says it too, and with the provider's own sum.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tidegate_core::Usage;
use tidegate_provider::{EndpointKind, inspect};

use crate::{Record, records};

/// The names under which bodies tell tokens of a call.
const NAMES: [&str; 22] = [
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "promptTokenCount",
    "candidatesTokenCount",
    "totalTokenCount",
    "inputTokens",
    "outputTokens",
    "totalTokens",
    "inputTokenCount",
    "outputTokenCount",
    "total_input_tokens",
    "total_output_tokens",
    "prompt_eval_count",
    "eval_count",
    "prompt_token_count",
    "generation_token_count",
    "inputTextTokenCount",
    "billed_input_tokens",
    "billed_output_tokens",
];

/// The names of the sums among them.
const SUMS: [&str; 3] = ["total_tokens", "totalTokenCount", "totalTokens"];

/// The documents of a body: itself, its lines, the data of its events, or what lies in the frames of AWS.
fn documents(record: &Record) -> Vec<Value> {
    let text = String::from_utf8_lossy(&record.body);
    if let Ok(document) = serde_json::from_str(&text) {
        return vec![document];
    }
    if record.body.first() == Some(&0) {
        return framed(&record.body);
    }
    let line = |line: &str| {
        let data = line.strip_prefix("data:").unwrap_or(line).trim();
        serde_json::from_str(data).ok()
    };
    text.lines().filter_map(line).collect()
}

/// Whatever stands between braces in a binary body, in base64 or not.
fn framed(body: &[u8]) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'{') {
        rest = &rest[start..];
        let mut documents = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        match documents.next() {
            Some(Ok(document)) => {
                let inner = document["bytes"].as_str().map(|text| {
                    let bytes = STANDARD.decode(text).expect("a frame's base64 is whole");
                    serde_json::from_slice(&bytes).expect("a frame holds a document")
                });
                found.push(inner.unwrap_or(document));
                rest = &rest[documents.byte_offset()..];
            }
            _ => rest = &rest[1..],
        }
    }
    found
}

/// The numbers under these names, wherever they stand but in what a model wrote or was asked.
fn numbers(value: &Value, names: &[&str], found: &mut Vec<u64>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if names.contains(&name.as_str()) {
                    found.extend(value.as_f64().map(|number| number as u64));
                }
                numbers(value, names, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| numbers(value, names, found)),
        _ => {}
    }
}

fn all(record: &Record, names: &[&str]) -> Vec<u64> {
    let mut found = Vec::new();
    documents(record).iter().for_each(|document| numbers(document, names, &mut found));
    found
}

fn inspected(record: &Record) -> Option<Usage> {
    inspect(record.adapter, &record.head(), &record.body).usage
}

/// Answers whose numbers of tokens are no use of theirs: they count what a request would be, or list what others used.
fn counts_others(record: &Record) -> bool {
    record.endpoint.kind == EndpointKind::CountTokens
        || documents(record).iter().any(|document| {
            let object = document["object"].as_str().unwrap_or_default();
            ["list", "batch", "response.input_tokens"].contains(&object) && document.get("usage").is_none()
        })
}

#[test]
fn no_recording_says_tokens_in_vain() {
    let mut missed = Vec::new();
    for record in records().into_iter().filter(|record| record.status == 200 && !counts_others(record)) {
        let says_some = all(&record, &NAMES).into_iter().any(|number| number > 0);
        let reads_some = inspected(&record).is_some_and(|usage| usage.total() > 0);
        if says_some && !reads_some {
            missed.push(record.name);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_sum_is_the_providers_own() {
    let mut seen = 0;
    for record in records().into_iter().filter(|record| record.status == 200 && !counts_others(record)) {
        let Some(usage) = inspected(&record) else { continue };
        let sums = all(&record, &SUMS);
        if sums.is_empty() {
            continue;
        }
        seen += 1;
        let together: u64 = sums.iter().sum();
        // A batch is told as the sum of its answers, which Gemini's document holds twice.
        let matches = sums.contains(&usage.total()) || [together, together / 2].contains(&usage.total());
        assert!(matches, "{}: {usage:?} of {sums:?}", record.name);
    }
    println!("{seen} sums compared");
}
