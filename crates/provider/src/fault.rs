//! `Fault`: an error body read leniently, in whatever shape it came. Verdicts are passed in `fault/`.

mod figures;
mod inside;
mod judge;
mod wait;

use serde_json::Value;

use crate::ErrorBody;
use crate::reading::{Map, Paths, Picks, pick};

pub(crate) use figures::{after as figure, violations};
pub(crate) use inside::inside;
pub(crate) use judge::{Case, Rules, Ruling, judge, verdict};
pub(crate) use wait::{Wait, of_header as wait_of};

/// The most text of a plain body that is kept as a message; longer ones are pages of a proxy.
const TEXT_MAX: usize = 4096;

/// An error body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fault {
    /// The provider's code, digits included.
    pub(crate) code: Option<String>,
    /// The provider's type of error.
    pub(crate) kind: Option<String>,
    /// The provider's message.
    pub(crate) message: Option<String>,
    /// The whole object, for what only one dialect has.
    pub(crate) object: Value,
}

/// Where the parts of an error stand; used for documents that are cut short.
static PATHS: Map = Map::new(Paths {
    picked: &[
        &["error", "code"],
        &["error", "type"],
        &["error", "message"],
        &["code"],
        &["type"],
        &["message"],
        &["detail"],
        &["error"],
    ],
    measured: &[],
});

/// How deep errors lie inside of errors; proxies wrap those of the host behind (reports to 2026-08).
const WRAPPED_MAX: usize = 4;

impl Fault {
    /// Reads a body: JSON of any of the known shapes, JSON cut short, events, a page for people, or plain text.
    pub(crate) fn of_body(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
        // A caller who asked for a stream is told of its refusal in an event by some hosts.
        let body = event_data(body).unwrap_or(body);
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            return Self::of_value(value);
        }
        let cut = pick(&PATHS, body, Self::of_picks);
        if !cut.is_empty() {
            return cut;
        }
        let text = String::from_utf8_lossy(&body[..body.len().min(TEXT_MAX)]);
        let text = text.trim();
        let is_message = !text.is_empty() && !text.starts_with(['<', '{', '[']);
        let message = is_message.then(|| text.to_owned()).or_else(|| title(text));
        Self { message, ..Self::default() }
    }

    /// Reads `{"error": {..}}`, `{"error": "text"}`, `{"message": ..}`, `{"detail": ..}` and arrays of them.
    pub(crate) fn of_value(value: Value) -> Self {
        let object = match value {
            Value::Array(list) => list.into_iter().next().unwrap_or_default(),
            other => other,
        };
        if let Value::String(message) = object {
            return Self { message: Some(message), ..Self::default() };
        }
        let inner = innermost(&object);
        let own = |name: &str| inner.get(name).and_then(word).or_else(|| object.get(name).and_then(word));
        let first = |names: &[&str]| names.iter().find_map(|name| own(name));
        let within = |name: &str| object.get(name).and_then(text);
        let message = first(&["message", "Message", "msg", "error_message"])
            .or_else(|| within("error"))
            .or_else(|| within("errors"))
            .or_else(|| within("detail"))
            .or_else(|| inner.get("details").and_then(word));
        // Anthropic wraps its errors into an object of the type "error", which says nothing.
        let kind = own("type").filter(|kind| kind != "error").or_else(|| inner.get("type").and_then(word));
        let kind = kind.or_else(|| first(&["status", "error_type", "__type"]));
        Self { code: first(&["code", "error_code"]), kind, message, object }
    }

    fn of_picks(picks: &Picks<'_>) -> Self {
        let at = |path: usize| picks.value(path).as_ref().and_then(word);
        Self {
            code: at(0).or_else(|| at(3)),
            kind: at(1).or_else(|| at(4)).filter(|kind| kind != "error"),
            message: at(2).or_else(|| at(5)).or_else(|| at(7)).or_else(|| at(6)),
            object: Value::Null,
        }
    }

    /// Whether the object names no error at all, as `{"code": null, "message": null}` does.
    pub(crate) fn is_empty(&self) -> bool {
        self.code.is_none() && self.kind.is_none() && self.message.is_none()
    }

    /// Whether code or type is this word, in any case.
    pub(crate) fn is(&self, word: &str) -> bool {
        [&self.code, &self.kind].into_iter().flatten().any(|own| own.eq_ignore_ascii_case(word))
    }

    /// Whether the message contains this phrase, in any case.
    pub(crate) fn says(&self, phrase: &str) -> bool {
        self.message.as_deref().is_some_and(|message| contains_ignoring_case(message, phrase))
    }

    /// The body as the public verdict tells it.
    pub(crate) fn error_body(&self) -> Option<ErrorBody> {
        let code = self.code.clone().or_else(|| self.kind.clone());
        (!self.is_empty()).then(|| ErrorBody { code, message: self.message.clone() })
    }
}

/// A text or number as text; empty texts say nothing.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The error that others are wrapped around.
fn innermost(object: &Value) -> &Value {
    let mut inner = object;
    for _ in 0..WRAPPED_MAX {
        let next = inner.get("error").map(|error| error.get(0).unwrap_or(error));
        match next.filter(|next| next.is_object()) {
            Some(next) => inner = next,
            None => break,
        }
    }
    inner
}

/// The text of a message in any shape: FastAPI's details are a text, an object, or a list of which the first speaks
/// for all; Hugging Face lists the mistakes of a request (documentation, 2026-08).
fn text(value: &Value) -> Option<String> {
    let value = value.get(0).unwrap_or(value);
    word(value).or_else(|| ["msg", "message", "error"].iter().find_map(|name| value.get(name).and_then(word)))
}

/// The data of the first event, where the body is one.
fn event_data(body: &[u8]) -> Option<&[u8]> {
    if !body.starts_with(b"data:") && !body.starts_with(b"event:") {
        return None;
    }
    body.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"data:")).map(<[u8]>::trim_ascii)
}

/// The title of a page for people: all that a proxy says of why it refused.
fn title(page: &str) -> Option<String> {
    const TITLE_MAX: usize = 200;
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    let title: String = page[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| title.chars().take(TITLE_MAX).collect())
}

fn contains_ignoring_case(text: &str, phrase: &str) -> bool {
    text.as_bytes().windows(phrase.len().max(1)).any(|part| part.eq_ignore_ascii_case(phrase.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &str) -> (Option<String>, Option<String>, Option<String>) {
        let fault = Fault::of_body(body.as_bytes());
        (fault.code, fault.kind, fault.message)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn every_shape_of_an_error_body_is_read() {
        let cases = [
            (
                r#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#,
                (some("c"), some("t"), some("m")),
            ),
            (r#"{"type":"error","error":{"type":"t","message":"m"}}"#, (None, some("t"), some("m"))),
            (
                r#"{"object":"error","message":"m","type":"t","code":"1300"}"#,
                (some("1300"), some("t"), some("m")),
            ),
            (r#"{"error":{"message":"m","code":429}}"#, (some("429"), None, some("m"))),
            (r#"{"error":"m","code":"c"}"#, (some("c"), None, some("m"))),
            (r#"{"message":"m"}"#, (None, None, some("m"))),
            (r#"{"detail":"m"}"#, (None, None, some("m"))),
            (r#"{"detail":[{"msg":"m","loc":["body"]}]}"#, (None, None, some("m"))),
            (r#"[{"error":{"message":"m","status":"S"}}]"#, (None, some("S"), some("m"))),
            (r#"{"detail":{"error":"m"}}"#, (None, None, some("m"))),
            (r#"{"error":["m","n"]}"#, (None, None, some("m"))),
            (r#"{"error":[{"message":"m","type":"t"}]}"#, (None, some("t"), some("m"))),
            (r#"{"errors":[{"message":"m","code":7}]}"#, (None, None, some("m"))),
            (r#"{"error":"Too Many Requests","message":"m"}"#, (None, None, some("m"))),
            (
                r#"{"error":{"type":"error","error":{"type":"t","message":"m"}}}"#,
                (None, some("t"), some("m")),
            ),
            (r#"{"error_code":"c","message":"m"}"#, (some("c"), None, some("m"))),
            (
                r#"{"__type":"ThrottlingException","Message":"m"}"#,
                (None, some("ThrottlingException"), some("m")),
            ),
            (r#"["m"]"#, (None, None, some("m"))),
            ("\u{feff}{\"message\":\"m\"}", (None, None, some("m"))),
            ("event: error\ndata: {\"error\":{\"message\":\"m\"}}\n\n", (None, None, some("m"))),
            ("data: [DONE]\n\n", (None, None, None)),
            (
                "<html><head><TITLE>\n502 Bad\n Gateway</title></head></html>",
                (None, None, some("502 Bad Gateway")),
            ),
            ("Please slow down.", (None, None, some("Please slow down."))),
            (r#"{"error":{"message":"m","code":"c","par"#, (some("c"), None, some("m"))),
        ];
        for (body, expected) in cases {
            assert_eq!(parts(body), expected, "{body}");
        }
    }

    #[test]
    fn pages_and_rubbish_have_no_message() {
        for body in ["", "<html><body>502</body></html>", "{\"half\":", "{}", "[]", "null"] {
            assert!(Fault::of_body(body.as_bytes()).is_empty(), "{body}");
        }
    }
}
