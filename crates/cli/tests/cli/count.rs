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

/// A vocabulary of the single bytes and these tokens, in the form of Mistral's.
fn vocabulary(tokens: &[&str]) -> tempfile::NamedTempFile {
    use base64::Engine;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let all =
        (0..=255_u8).map(|byte| encode(&[byte])).chain(tokens.iter().map(|token| encode(token.as_bytes())));
    let vocab: Vec<_> = all
        .enumerate()
        .map(|(rank, bytes)| serde_json::json!({"rank": rank, "token_bytes": bytes, "token_str": null}))
        .collect();
    let config = serde_json::json!({"pattern": r"[^\s]+|\s+(?!\S)|\s+", "num_vocab_tokens": vocab.len(),
        "default_vocab_size": vocab.len() + 3, "default_num_special_tokens": 3, "version": "v3"});
    file(&serde_json::json!({"config": config, "vocab": vocab}).to_string())
}

#[test]
fn mistrals_models_are_counted_exactly_where_their_vocabulary_is_given() {
    let text = file("the tide");
    let path = text.path().to_str().unwrap();
    let guessed = run(&["count", "--model", "mistral-small-latest", path]);
    assert_eq!((guessed.code, guessed.stdout.as_str()), (Some(0), "2\n"), "{guessed:?}");
    assert!(guessed.stderr.contains("pip download") && guessed.stderr.contains("estimate"), "{guessed:?}");
    let vocabulary = vocabulary(&["th", "the"]);
    let tekken = vocabulary.path().to_str().unwrap();
    let counted = run(&["count", "--model", "mistral-small-latest", "--tekken", tekken, path]);
    assert_eq!((counted.code, counted.stdout.as_str()), (Some(0), "6\n"), "{counted:?}");
    assert!(counted.stderr.contains("exact with tekken"), "{counted:?}");
    let row = file(
        r#"{"model":"mistral-small-latest","messages":[{"role":"user","content":"the"},{"role":"assistant","content":"the"}]}"#,
    );
    let counted = run(&["count", "--tekken", tekken, row.path().to_str().unwrap()]);
    // One to begin, two around the question, one behind the answer, and a token of text in each.
    assert_eq!(counted.stdout, "6\n", "{counted:?}");
}

#[test]
fn a_vocabulary_that_is_none_is_refused_once_a_model_needs_it() {
    let (text, wrong) = (file("the tide"), file("{\"model\": 1}"));
    let (path, tekken) = (text.path().to_str().unwrap(), wrong.path().to_str().unwrap());
    let other = run(&["count", "--model", "gpt-4o", "--tekken", tekken, path]);
    assert_eq!(other.code, Some(0), "{other:?}");
    let refused = run(&["count", "--model", "mistral-small-latest", "--tekken", tekken, path]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("no Tekken vocabulary"), "{refused:?}");
    let absent = run(&["count", "--model", "mistral-small-latest", "--tekken", "/nowhere/tekken.json", path]);
    assert_eq!(absent.code, Some(3), "{absent:?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let counted = run(&["count", "/nowhere/at/all"]);
    assert_eq!(counted.code, Some(3), "{counted:?}");
    assert!(counted.stderr.contains("/nowhere/at/all"), "{counted:?}");
}
