//! Proof: each shape of row is read as the format promises, and none stops the others.

use proptest::prelude::*;

use super::*;

fn read(line: &str) -> Reading<Request> {
    RequestRows::new().read(line.as_bytes(), 4)
}

fn why_not(line: &str) -> String {
    read(line).item.unwrap_err()
}

#[test]
fn a_batch_line_keeps_its_body_byte_for_byte() {
    let row =
        read(r#"{"custom_id":"a","method":"post","url":"/v1/responses","body":{"n":1.50e1, "model":"m"}}"#);
    assert_eq!(row.custom_id, "a");
    let request = row.item.unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/responses"));
    assert_eq!(request.body.as_str(), r#"{"n":1.50e1, "model":"m"}"#);
    assert_eq!(request.body.model().as_deref(), Some("m"));
}

#[test]
fn a_bare_body_is_named_by_its_line_and_goes_where_its_shape_goes() {
    let row = read(r#"{"model":"m","messages":[]}"#);
    assert_eq!(row.custom_id, "row-4");
    assert_eq!(row.item.unwrap().path, "/v1/chat/completions");
    let messages = RequestRows::new().chat_path("/v1/messages");
    assert_eq!(messages.read(br#"{"messages":[]}"#, 1).item.unwrap().path, "/v1/messages");
}

#[test]
fn a_row_that_is_not_json_says_where() {
    assert!(why_not("{\"a\":").starts_with("line 4: not valid JSON: EOF"), "{}", why_not("{\"a\":"));
    assert!(why_not("hello").contains("not valid JSON"));
    assert!(why_not("[1]").contains("not a request"), "{}", why_not("[1]"));
    let bytes = RequestRows::new().read(b"{\"a\":\"\xff\"}", 2);
    assert_eq!(bytes.item.unwrap_err(), "line 2: not valid UTF-8");
}

#[test]
fn a_batch_line_with_a_part_missing_names_the_part_and_keeps_its_id() {
    let row = read(r#"{"custom_id":"a","method":"POST","url":"/v1/x"}"#);
    assert_eq!((row.custom_id.as_str(), row.item.unwrap_err().as_str()), ("a", "line 4: body is missing"));
    assert!(why_not(r#"{"custom_id":"a","body":{}}"#).contains("url is missing"));
    assert!(why_not(r#"{"url":"https://h/v1/x","body":{}}"#).contains("does not begin with /v1/"));
    assert!(why_not(r#"{"url":"/v1/x","method":"BREW","body":{}}"#).contains("BREW"));
    assert!(why_not(r#"{"url":"/v1/x","body":[1]}"#).contains("body: not a JSON object"));
    let row = read(r#"{"custom_id":"a","url":7,"body":{}}"#);
    assert_eq!(row.custom_id, "a");
    assert!(row.item.is_err());
}

#[test]
fn a_row_may_ask_without_a_body() {
    let request = read(r#"{"custom_id":"a","method":"GET","url":"/v1/models"}"#).item.unwrap();
    assert_eq!((request.method.as_str(), request.body.as_str()), ("GET", ""));
}

proptest! {
    #[test]
    fn whatever_bytes_come_the_row_has_a_name(bytes in proptest::collection::vec(any::<u8>(), 1..80)) {
        prop_assert!(!RequestRows::new().read(&bytes, 1).custom_id.is_empty() || bytes.contains(&b'"'));
    }
}
