//! What is picked out of JSON, however it is cut.

use super::*;
use crate::reading::Paths;
use crate::reading::paths::Path;

const PATHS: &[Path] = &[&["usage"], &["a", "b"], &["list", "*", "x"], &["a"]];
const TEXTS: &[Path] = &[&["text"], &["list", "*", "text"]];

fn picker() -> Picker {
    static MAP: Map = Map::new(Paths { picked: PATHS, measured: TEXTS });
    Picker::new(&MAP)
}

/// The length of the texts, read in chunks of `size`.
fn measured(document: &str, size: usize) -> u64 {
    let mut picker = picker();
    document.as_bytes().chunks(size).for_each(|chunk| _ = picker.push(chunk));
    picker.picks().measured
}

/// What is found at each path, read in chunks of `size`.
fn found(document: &str, size: usize) -> Vec<Option<String>> {
    let mut picker = picker();
    document.as_bytes().chunks(size).for_each(|chunk| _ = picker.push(chunk));
    let text = |path| picker.picks().raw(path).map(|raw| String::from_utf8(raw.to_vec()).unwrap());
    (0..PATHS.len()).map(text).collect()
}

fn check(document: &str, expected: [Option<&str>; 4]) {
    for size in 1..document.len() + 1 {
        let found = found(document, size);
        let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, expected, "{document} in chunks of {size}");
    }
}

#[test]
fn values_are_picked_by_their_path_alone() {
    check(
        r#"{"usage": {"n": [1, {"usage": 2}]}, "x": 1}"#,
        [Some(r#"{"n": [1, {"usage": 2}]}"#), None, None, None],
    );
    check(r#"{"text": "\"usage\": {\"n\": 1}", "deep": {"usage": 1}}"#, [None; 4]);
    check(r#"{"a": {"b": 12}, "usage":null}"#, [None, Some("12"), None, None]);
    check(r#"{"a": "plain"}"#, [None, None, None, Some(r#""plain""#)]);
    check(r#"{"list": [{"y": 1}, {"x": true}]}"#, [None, None, Some("true"), None]);
    check(r#"[{"usage": 1}, {"usage": 2}]"#, [Some("2"), None, None, None]);
    check(r#"{"us\u0061ge": 1, "usagex": 2, "usage" : "ü\\" }"#, [Some(r#""ü\\""#), None, None, None]);
}

#[test]
fn texts_are_measured_and_not_kept() {
    let cases = [
        (r#"{"text": "four", "usage": "no text"}"#, 4),
        (r#"{"list": [{"text": "a\n\"b"}, {"text": "\u00e9"}, {"x": "no"}]}"#, 4 + 4),
        (r#"{"text": null}"#, 0),
        (r#"{"text": 12345}"#, 0),
        (r#"{"text": "ä"}"#, 2),
        (r#"{"other": {"text": "no"}}"#, 0),
    ];
    for (document, length) in cases {
        for size in 1..document.len() + 1 {
            assert_eq!(measured(document, size), length, "{document} in chunks of {size}");
        }
    }
}

#[test]
fn a_beginning_that_is_known_is_not_read_again_and_changes_nothing() {
    let head = r#"{"id": "x", "list": [{"text": ""#;
    let tails =
        ["one\"}]}", "two\", \"x\": 7}], \"usage\": {\"n\": 1}}", "", "\\u00e9\"}], \"text\": \"more\"}"];
    for size in 1..80 {
        let mut one_after_another = picker();
        for tail in tails.iter().chain(&tails) {
            let document = format!("{head}{tail}");
            let mut alone = picker();
            for chunk in document.as_bytes().chunks(size) {
                one_after_another.push(chunk);
                alone.push(chunk);
            }
            let all = |picker: &Picker| {
                let picks = picker.picks();
                let raw = |path| picks.raw(path).map(<[u8]>::to_vec);
                (picks.measured, (0..PATHS.len()).map(raw).collect::<Vec<_>>(), picker.ended())
            };
            assert_eq!(all(&one_after_another), all(&alone), "{document} in chunks of {size}");
            one_after_another.reset();
        }
    }
}

#[test]
fn a_document_that_breaks_off_tells_what_was_whole() {
    check(r#"{"usage": {"n": 1}, "a": {"b": "cut of"#, [Some(r#"{"n": 1}"#), None, None, None]);
}

#[test]
fn depth_and_size_have_bounds() {
    let deep = format!("{{\"a\": {}1{}, \"usage\": 7}}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(found(&deep, 64)[0].as_deref(), Some("7"));
    let long = format!("{{\"usage\": \"{}\", \"a\": 1}}", "x".repeat(CAPTURE_MAX + 1));
    assert_eq!(found(&long, 1_000)[0], None);
    assert_eq!(found(&long, 1_000)[3].as_deref(), Some("1"));
}

#[test]
fn rubbish_ends_nowhere() {
    for rubbish in ["}}}}", "{]}[", "\"\"\"", "{\"\\", "nul", ",,::", "{\"usage\":}"] {
        check_no_panic(rubbish);
    }
}

fn check_no_panic(document: &str) {
    for size in 1..document.len() + 1 {
        let _ = found(document, size);
    }
}
