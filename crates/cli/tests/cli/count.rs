//! `tidegate count`: the number on stdout, how it is known on stderr.

use crate::harness::run;

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn a_text_is_counted_exactly_where_the_vocabulary_is_public() {
    let text = file("tiktoken is great!");
    let path = text.path().to_str().unwrap();
    let counted = run(&["count", "--model", "gpt-4o", path]);
    assert_eq!((counted.code, counted.stdout.as_str()), (Some(0), "6\n"), "{counted:?}");
    assert!(counted.stderr.contains("exact with o200k_base"), "{counted:?}");
    let guessed = run(&["count", "--model", "claude-sonnet-5", path]);
    assert_eq!((guessed.code, guessed.stdout.as_str()), (Some(0), "5\n"), "{guessed:?}");
    assert!(guessed.stderr.contains("an estimate of 4 characters a token"), "{guessed:?}");
}

#[test]
fn a_file_of_requests_is_counted_by_model_and_bad_lines_are_named() {
    let rows = file(concat!(
        r#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[{"role":"user","content":"tiktoken is great!"}]}}"#,
        "\n\n{\"model\":\"mistral-small-latest\",\"messages\":[]}\nnonsense\n"
    ));
    let counted = run(&["count", "--json", rows.path().to_str().unwrap()]);
    assert_eq!(counted.code, Some(1), "{counted:?}");
    let json: serde_json::Value = serde_json::from_str(&counted.stdout).unwrap();
    // Six tokens of text, one of the role, the frames of a message and of the answer.
    assert_eq!((&json["models"][0]["model"], &json["models"][0]["tokens"]), (&"gpt-4o".into(), &13.into()));
    assert_eq!(json["models"][1]["exact"], false);
    assert!(counted.stderr.contains("1 lines are no requests and are not counted: 4"), "{counted:?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let counted = run(&["count", "/nowhere/at/all"]);
    assert_eq!(counted.code, Some(3), "{counted:?}");
    assert!(counted.stderr.contains("/nowhere/at/all"), "{counted:?}");
}
