//! Discovery: what a provider's own endpoints say of an account's limits, usage and credit, where there are such.
//!
//! Pure: [`questions`] says what to ask, [`read`] what an answer told and what to ask next. Whoever asks has the
//! sockets, and bounds how often: [`QUESTIONS_MAX`].

mod anthropic;
mod mistral;
mod openai;
mod openrouter;
mod venice;

use std::time::Duration;

use serde_json::Value;
use tidegate_core::Dimension;

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
    /// Whose limits they are, where the path alone says so: a project's name.
    pub scope: Option<String>,
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

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The limits.
    pub limits: Vec<FoundLimit>,
    /// What was used, where that is told.
    pub usage: Vec<FoundUsage>,
    /// The money that an account has; the parts that are told.
    pub credit: Credit,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLimit {
    /// What it holds for: a model, a group of models, a project; `None` is the whole account.
    pub scope: Option<String>,
    /// What it counts.
    pub dimension: Dimension,
    /// Its period; `None` for what may be under way or queued at once.
    pub window: Option<Duration>,
    /// How much it allows.
    pub limit: u64,
}

/// What was used in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUsage {
    /// The period, in words: `day`, `week`, `month`, `ever`.
    pub period: &'static str,
    /// What is counted.
    pub dimension: Dimension,
    /// How much of it; money in millionths of a US dollar.
    pub amount: u64,
}

/// Money, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// How much may be spent.
    pub limit: Option<u64>,
    /// How much of that is left; nothing where more was spent.
    pub remaining: Option<u64>,
    /// How much was spent.
    pub used: Option<u64>,
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
pub fn questions(provider: &str) -> Vec<Question> {
    match provider {
        "openrouter" => openrouter::questions(),
        "openai" => openai::questions(),
        "anthropic" => anthropic::questions(),
        "mistral" => mistral::questions(),
        "venice" => venice::questions(),
        _ => Vec::new(),
    }
}

/// What the answer to a question told.
///
/// # Errors
///
/// When it is no JSON object of the documented form.
pub fn read(provider: &str, question: &Question, body: &[u8]) -> Result<Told, Unreadable> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Unreadable { field: "{}" })?;
    match provider {
        "openrouter" => openrouter::read(question, &body),
        "openai" => openai::read(question, &body),
        "anthropic" => anthropic::read(question, &body),
        "mistral" => mistral::read(question, &body),
        "venice" => venice::read(question, &body),
        _ => Ok(Told::default()),
    }
}

impl Found {
    /// Adds what another answer told. Of credit, what was told first stays.
    pub fn add(&mut self, more: Self) {
        self.limits.extend(more.limits);
        self.usage.extend(more.usage);
        let Credit { limit, remaining, used } = more.credit;
        self.credit.limit = self.credit.limit.or(limit);
        self.credit.remaining = self.credit.remaining.or(remaining);
        self.credit.used = self.credit.used.or(used);
    }
}

impl Question {
    fn usual(path: &str) -> Self {
        Self { path: path.to_owned(), scope: None, key: KeyKind::Usual }
    }

    fn admin(path: impl Into<String>) -> Self {
        Self { path: path.into(), scope: None, key: KeyKind::Admin }
    }
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
        for provider in ["openrouter", "openai", "anthropic", "mistral", "venice"] {
            let questions = questions(provider);
            assert!(!questions.is_empty(), "{provider}");
            for question in questions {
                assert!(question.path.starts_with("/v1/"), "{question:?}");
                for rubbish in ["", "[]", "{}", "null", "{\"data\": 5}", "<html>"] {
                    assert!(read(provider, &question, rubbish.as_bytes()).is_err(), "{provider} {rubbish}");
                }
            }
        }
        assert_eq!(questions("groq"), []);
    }

    #[test]
    fn names_of_others_cannot_change_a_path() {
        assert_eq!(escaped("proj_1-a.b"), "proj_1-a.b");
        assert_eq!(escaped("../x?y=ü"), "..%2Fx%3Fy%3D%C3%BC");
    }
}
