//! Model lists: what `GET /v1/models` answers, which every provider has in one of two forms.

use serde_json::Value;

use super::{Question, Unreadable, json};
use crate::Dialect;

/// The most names that are taken from a list. OpenRouter, which has the longest, names some hundreds (2026-08).
pub const MODELS_MAX: usize = 5_000;

/// The longest name in bytes that is taken for a model's.
const NAME_BYTES_MAX: usize = 256;

/// What to ask for the models that a key may use. Anthropic's pages have 20 models unless more are asked for, 1 000 at
/// most (documentation, 2026-08); the others' lists are whole.
#[must_use]
pub fn models_question(dialect: Dialect) -> Question {
    Question::usual(if dialect == Dialect::Anthropic { "/v1/models?limit=1000" } else { "/v1/models" })
}

/// The names of the models, with the other names that a list gives them (Mistral's `aliases`).
///
/// # Errors
///
/// When the answer is no list: neither an object with `data` (nearly all providers) nor a bare one (Together,
/// documentation of 2026-08).
pub fn models(body: &[u8]) -> Result<Vec<String>, Unreadable> {
    let body = json(body)?;
    let list = body.get("data").unwrap_or(&body).as_array().ok_or(Unreadable { field: "data" })?;
    let names = list.iter().flat_map(|model| {
        let own = model.get("id").into_iter().filter_map(Value::as_str);
        let aliases = model.get("aliases").and_then(Value::as_array).into_iter().flatten();
        own.chain(aliases.filter_map(Value::as_str))
    });
    // Gemini's compatible endpoint writes `models/` in front, which calls may leave out (documentation, 2026-08).
    let names = names.map(|name| name.strip_prefix("models/").unwrap_or(name));
    let names = names.filter(|name| !name.is_empty() && name.len() <= NAME_BYTES_MAX);
    let mut names: Vec<String> = names.take(MODELS_MAX).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_lists_and_other_names_are_read() {
        let names = |body: &str| models(body.as_bytes()).unwrap();
        assert_eq!(names(r#"{"object":"list","data":[{"id":"b"},{"id":"a"},{"id":"b"}]}"#), ["a", "b"]);
        assert_eq!(names(r#"[{"id":"org/one","type":"chat"}]"#), ["org/one"]);
        assert_eq!(names(r#"{"data":[{"id":"m-1","aliases":["m-latest"]}]}"#), ["m-1", "m-latest"]);
        assert_eq!(names(r#"{"data":[{"id":"models/gemini-x"},{"id":""},{"name":"no id"}]}"#), ["gemini-x"]);
        for rubbish in ["", "{}", "null", "5", "{\"data\": {}}", "<html>"] {
            assert!(models(rubbish.as_bytes()).is_err(), "{rubbish}");
        }
    }
}
