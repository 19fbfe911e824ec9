//! The fuzz targets as ordinary tests: over their seeds, over what the recordings give, and over mutations of both.
//!
//! The mutations are the same in every run. What a target checks stands in `fuzz/properties`.

mod captured;
mod mutations;
#[path = "../../../../fuzz/properties/all.rs"]
mod properties;

use std::fs;
use std::path::PathBuf;

use mutations::mutations;

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    paths.sort_unstable();
    assert!(paths.len() >= 10, "{target} has {} seeds", paths.len());
    paths.iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

/// Checks every seed and as many mutations as are affordable in a test.
fn run(target: &str, check: fn(&[u8]), mut inputs: Vec<Vec<u8>>) {
    inputs.extend(seeds(target));
    inputs.iter().for_each(|input| check(input));
    mutations(&inputs, check);
}

#[test]
fn durations_hold_for_every_text() {
    let values = captured::heads().into_iter().flat_map(|head| {
        let lines = head.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        lines.into_iter().filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some(line[colon + 1..].trim_ascii().to_vec())
        })
    });
    let mut values: Vec<Vec<u8>> = values.filter(|value| value.len() <= 40).collect();
    values.sort_unstable();
    values.dedup();
    run("durations", properties::durations::check, values);
}

#[test]
fn headers_hold_for_every_head() {
    run("headers", properties::headers::check, captured::heads());
}

#[test]
fn streams_hold_for_every_body() {
    run("sse", properties::sse::check, captured::streams());
}

#[test]
fn usage_holds_for_every_body() {
    run("usage", properties::usage::check, captured::answers());
}

#[test]
fn error_bodies_hold_for_every_body() {
    run("error_bodies", properties::error_bodies::check, captured::errors());
}
