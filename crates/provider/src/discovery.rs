//! Discovery: what a provider's own endpoints say of an account's limits, usage and credit, where there are such.
//!
//! Pure: [`questions`] says what to ask, [`read`] what an answer told and what to ask next. Whoever asks has the
//! sockets, and bounds how often: [`QUESTIONS_MAX`].

mod anthropic;
mod ceilings;
mod found;
mod mistral;
mod models;
mod openai;
mod openrouter;
mod venice;

use std::time::Duration;

use serde_json::Value;

use crate::Dialect;
pub use ceilings::{ceilings, credit_left};
pub use found::{Credit, Found, FoundLimit, FoundUsage, Period, Whose};
pub use models::{MODELS_MAX, models, models_question, prices};

/// How many questions one discovery may take; the largest organizations have some dozens of projects.
pub const QUESTIONS_MAX: usize = 100;

/// A minute.
const MINUTE: Duration = Duration::from_secs(60);
/// A day.
const DAY: Duration = Duration::from_secs(86_400);

/// Something to ask: a GET without a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Path and query under `/v1`.
    pub path: String,
    /// The project whose limits are asked for, by its name, where the path alone says which it is.
    pub project: Option<String>,
    /// Which key it takes.
    pub key: KeyKind,
}

/// Which key a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The one that calls are made with.
    Usual,
    /// One of an organization's administration, which no call can be made with.
    Admin,
}

/// What one answer told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What it found.
    pub found: Found,
    /// What to ask because of it.
    pub next: Vec<Question>,
}

/// An answer that is none of those that the provider documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is none that the provider documents: it has no `{field}`")]
pub struct Unreadable {
    /// The field that is missing or of another kind.
    pub field: &'static str,
}

/// What to ask a provider first; nothing where it has no such endpoint.
#[must_use]
pub fn questions(dialect: Dialect) -> Vec<Question> {
    match dialect {
        Dialect::OpenRouter => openrouter::questions(),
        Dialect::OpenAi => openai::questions(),
        Dialect::Anthropic => anthropic::questions(),
        Dialect::Mistral => mistral::questions(),
        Dialect::Venice => venice::questions(),
        _ => Vec::new(),
    }
}

/// What the answer to a question told.
///
/// # Errors
///
/// When it is no JSON object of the documented form.
pub fn read(dialect: Dialect, question: &Question, body: &[u8]) -> Result<Told, Unreadable> {
    let body = json(body)?;
    match dialect {
        Dialect::OpenRouter => openrouter::read(question, &body),
        Dialect::OpenAi => openai::read(question, &body),
        Dialect::Anthropic => anthropic::read(question, &body),
        Dialect::Mistral => mistral::read(question, &body),
        Dialect::Venice => venice::read(question, &body),
        _ => Ok(Told::default()),
    }
}

impl Question {
    fn usual(path: &str) -> Self {
        Self { path: path.to_owned(), project: None, key: KeyKind::Usual }
    }

    fn admin(path: impl Into<String>) -> Self {
        Self { path: path.into(), project: None, key: KeyKind::Admin }
    }
}

/// A body as JSON.
fn json(body: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(body).map_err(|_| Unreadable { field: "{}" })
}

/// A list under this name.
fn list<'a>(body: &'a Value, field: &'static str) -> Result<&'a [Value], Unreadable> {
    body.get(field).and_then(Value::as_array).map(Vec::as_slice).ok_or(Unreadable { field })
}

/// An amount of dollars in millionths, rounded to the nearest; debt is nothing.
fn microdollars(value: Option<&Value>) -> Option<u64> {
    let dollars = value?.as_f64().filter(|dollars| dollars.is_finite())?;
    Some((dollars.max(0.0) * 1e6).round() as u64)
}

/// A whole amount; sentinels such as -1 are none.
fn amount(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64))
}

/// A name as part of a query or path: letters, digits and a few signs; anything else escaped.
fn escaped(name: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_a_reader_that_refuses_rubbish() {
        let telling =
            [Dialect::OpenRouter, Dialect::OpenAi, Dialect::Anthropic, Dialect::Mistral, Dialect::Venice];
        for dialect in telling {
            let questions = questions(dialect);
            assert!(!questions.is_empty(), "{dialect}");
            for question in questions {
                assert!(question.path.starts_with("/v1/"), "{question:?}");
                for rubbish in ["", "[]", "{}", "null", "{\"data\": 5}", "<html>"] {
                    assert!(read(dialect, &question, rubbish.as_bytes()).is_err(), "{dialect} {rubbish}");
                }
            }
        }
        assert_eq!(questions(Dialect::Groq), []);
    }

    #[test]
    fn names_of_others_cannot_change_a_path() {
        assert_eq!(escaped("proj_1-a.b"), "proj_1-a.b");
        assert_eq!(escaped("../x?y=ü"), "..%2Fx%3Fy%3D%C3%BC");
    }
}
