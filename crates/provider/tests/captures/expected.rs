//! What single recordings mean, as `expected.txt` has it: class, wait, usage and limits, written down by reading them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tidegate_core::{Observation, Usage};
use tidegate_provider::{Inspection, ResponseHead, inspect};

use crate::{Record, records};

/// The table.
const TABLE: &str = include_str!("expected.txt");

/// One line of the table.
#[derive(Debug)]
struct Expected<'a> {
    place: &'a str,
    class: &'a str,
    wait: &'a str,
    usage: &'a str,
    limits: BTreeSet<&'a str>,
}

/// The table's lines.
fn table() -> Vec<Expected<'static>> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &'static str| {
        let mut words = line.split_whitespace();
        let mut next = || words.next().unwrap_or_else(|| panic!("too few columns: {line}"));
        let (place, class, wait, usage) = (next(), next(), next(), next());
        Expected { place, class, wait, usage, limits: words.collect() }
    };
    lines.map(read).collect()
}

fn inspected(record: &Record) -> Inspection {
    // Later than every recording: what has no date of its own is read as old.
    let received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let head = ResponseHead { received_at, ..record.head() };
    inspect(record.adapter, &head, &record.body)
}

#[test]
fn each_recording_means_what_its_reader_wrote_down() {
    let records: BTreeMap<String, Record> =
        records().into_iter().map(|record| (record.name.clone(), record)).collect();
    let mut wrong = Vec::new();
    for expected in table() {
        let Some(record) = records.get(expected.place) else {
            assert!(records.is_empty(), "{} is not among the recordings", expected.place);
            return;
        };
        let seen = inspected(record);
        let limits: BTreeSet<String> = seen.observed.limits.iter().map(limit).collect();
        let wanted: BTreeSet<String> = expected.limits.iter().map(|text| (*text).to_owned()).collect();
        let columns = [
            ("class", expected.class.to_owned(), seen.verdict.class.name().to_owned()),
            ("wait", expected.wait.to_owned(), seen.verdict.retry_after.map_or("-".to_owned(), millis)),
            ("usage", expected.usage.to_owned(), seen.usage.map_or("-".to_owned(), |used| usage(&used))),
            ("limits", format!("{wanted:?}"), format!("{limits:?}")),
        ];
        let skipped = |wanted: &str| wanted == "?" || wanted == "{\"?\"}";
        for (column, wanted, seen) in columns {
            if wanted != seen && !skipped(&wanted) {
                wrong.push(format!("{} {column}: {wanted} was written down, {seen} is read", expected.place));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_every_place_once_and_knows_its_classes() {
    let classes = [
        "ok",
        "throttled",
        "overloaded",
        "quota_exhausted",
        "request_rejected",
        "auth",
        "invalid",
        "server_error",
        "timeout",
    ];
    let mut places = BTreeSet::new();
    for expected in table() {
        assert!(places.insert(expected.place), "{} stands twice", expected.place);
        assert!(classes.contains(&expected.class), "{expected:?}");
    }
    assert!(places.len() > 180, "{}", places.len());
}

#[test]
fn every_set_of_limit_headers_stands_in_the_table() {
    let listed: BTreeSet<&str> = table().iter().map(|expected| expected.place).collect();
    let mut sets: BTreeMap<(String, Vec<String>), bool> = BTreeMap::new();
    for record in records() {
        let names = record.headers.keys().map(|name| name.as_str().to_owned());
        let mut names: Vec<String> =
            names.filter(|name| name.contains("limit") && !name.contains("key")).collect();
        names.sort_unstable();
        let file = record.name.split(':').next().unwrap_or_default().to_owned();
        *sets.entry((file, names)).or_default() |= listed.contains(record.name.as_str());
    }
    let missing: Vec<_> = sets.iter().filter(|((_, names), listed)| !names.is_empty() && !**listed).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_kind_of_error_stands_in_the_table() {
    let listed: BTreeSet<&str> = table().iter().map(|expected| expected.place).collect();
    let mut kinds: BTreeMap<(String, u16, String), bool> = BTreeMap::new();
    for record in records().iter().filter(|record| record.status >= 400) {
        let file = record.name.split(':').next().unwrap_or_default().to_owned();
        *kinds.entry((file, record.status, kind(&record.body))).or_default() |=
            listed.contains(record.name.as_str());
    }
    let missing: Vec<_> = kinds.iter().filter(|(_, listed)| !**listed).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What tells an error from others in its own words: type, code and status of its object. Read here by hand, not by
/// what is tested.
fn kind(body: &[u8]) -> String {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let document = document.get(0).unwrap_or(&document);
    let error = document.get("error").filter(|error| error.is_object()).unwrap_or(document);
    let words = ["type", "code", "status"].map(|field| match &error[field] {
        Value::Null => String::new(),
        word => word.to_string(),
    });
    words.join(" ")
}

fn limit(limit: &Observation) -> String {
    let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    let window = limit.window.map_or("?".to_owned(), |window| window.as_secs().to_string());
    let reset = limit.reset.map_or(String::new(), |reset| format!("~{}", millis(reset)));
    format!("{}@{window}={}/{}{reset}", limit.dimension, number(limit.remaining), number(limit.limit))
}

fn usage(used: &Usage) -> String {
    format!("{}/{}/{}/{}", used.input_tokens, used.cached_input_tokens, used.output_tokens, used.total())
}

/// Milliseconds, to the nearest.
fn millis(span: Duration) -> String {
    (span + Duration::from_micros(500)).as_millis().to_string()
}
