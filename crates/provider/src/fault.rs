//! `Fault`: an error body read leniently, in whatever shape it came. Verdicts are passed in `fault/`.

mod figures;
mod judge;
mod wait;

use serde_json::Value;

use crate::ErrorBody;
use crate::reading::{Path, Picks, pick};

pub(crate) use figures::{after as figure, violations};
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
const PATHS: &[Path] = &[
    &["error", "code"],
    &["error", "type"],
    &["error", "message"],
    &["code"],
    &["type"],
    &["message"],
    &["detail"],
    &["error"],
];

impl Fault {
    /// Reads a body: JSON of any of the known shapes, JSON cut short, or plain text.
    pub(crate) fn of_body(body: &[u8]) -> Self {
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            return Self::of_value(value);
        }
        let cut = pick(PATHS, body, Self::of_picks);
        if !cut.is_empty() {
            return cut;
        }
        let text = String::from_utf8_lossy(&body[..body.len().min(TEXT_MAX)]);
        let text = text.trim();
        let is_message = !text.is_empty() && !text.starts_with(['<', '{', '[']);
        Self { message: is_message.then(|| text.to_owned()), ..Self::default() }
    }

    /// Reads `{"error": {..}}`, `{"error": "text"}`, `{"message": ..}`, `{"detail": ..}` and arrays of them.
    pub(crate) fn of_value(value: Value) -> Self {
        let object = match value {
            Value::Array(list) => list.into_iter().next().unwrap_or_default(),
            Value::String(message) => return Self { message: Some(message), ..Self::default() },
            other => other,
        };
        let inner = object.get("error").filter(|error| error.is_object()).unwrap_or(&object);
        let own = |name: &str| inner.get(name).and_then(word).or_else(|| object.get(name).and_then(word));
        let message = own("message")
            .or_else(|| object.get("error").and_then(word))
            .or_else(|| object.get("detail").and_then(detail))
            .or_else(|| inner.get("details").and_then(word));
        // Anthropic wraps its errors into an object of the type "error", which says nothing.
        let kind = own("type").filter(|kind| kind != "error").or_else(|| inner.get("type").and_then(word));
        let kind = kind.or_else(|| own("status")).or_else(|| own("error_type"));
        Self { code: own("code"), kind, message, object }
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

/// FastAPI's detail: a text, or a list of validation errors of which the first speaks for all.
fn detail(value: &Value) -> Option<String> {
    word(value)
        .or_else(|| value.get(0)?.get("msg").and_then(word))
        .or_else(|| value.get("message").and_then(word))
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
