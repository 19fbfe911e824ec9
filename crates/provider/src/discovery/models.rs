//! Model lists: what `GET /v1/models` answers, which every provider has in one of two forms, and the prices in it.

use serde_json::Value;
use tidegate_core::Price;

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

/// The prices that a list of models names; empty where it names none.
///
/// # Errors
///
/// As [`models`].
pub fn prices(dialect: Dialect, body: &[u8]) -> Result<Vec<(String, Price)>, Unreadable> {
    let read: fn(&Value) -> Option<Price> = match dialect {
        Dialect::OpenRouter => by_token,
        _ => return Ok(Vec::new()),
    };
    let body = json(body)?;
    let list = body.get("data").and_then(Value::as_array).ok_or(Unreadable { field: "data" })?;
    let priced = list.iter().filter_map(|model| {
        let name = model.get("id")?.as_str().filter(|name| name.len() <= NAME_BYTES_MAX)?;
        Some((name.to_owned(), read(model.get("pricing")?)?))
    });
    Ok(priced.take(MODELS_MAX).collect())
}

/// OpenRouter: dollars for one token, and for a request, as decimal texts. Its routers, whose price is that of the
/// model they choose, have -1 (recorded 2025-12; documentation, 2026-08).
fn by_token(pricing: &Value) -> Option<Price> {
    /// From dollars a token to millionths of a dollar a million tokens.
    const A_MILLION: f64 = 1e12;
    let amount = |field: &str, factor: f64| {
        let value = pricing.get(field)?;
        let dollars = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
        (0.0..1e6).contains(&dollars).then(|| (dollars * factor).round() as u64)
    };
    let (input, output) = (amount("prompt", A_MILLION)?, amount("completion", A_MILLION)?);
    Some(Price { request: amount("request", 1e6).unwrap_or(0), ..Price::per_million(input, output) })
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

    #[test]
    fn prices_are_read_where_a_list_names_them() {
        let list = r#"{"data":[{"id":"a/m","pricing":{"prompt":"0.00000015","completion":"0.0000006","request":"0.01"}},
            {"id":"a/m:free","pricing":{"prompt":"0","completion":"0"}},
            {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}},
            {"id":"odd","pricing":{"prompt":"NaN","completion":"1"}},{"id":"none"}]}"#;
        let found = prices(Dialect::OpenRouter, list.as_bytes()).unwrap();
        let price = Price { request: 10_000, ..Price::per_million(150_000, 600_000) };
        assert_eq!(found, [("a/m".to_owned(), price), ("a/m:free".to_owned(), Price::default())]);
        assert_eq!(prices(Dialect::OpenAi, list.as_bytes()).unwrap(), []);
        assert!(prices(Dialect::OpenRouter, b"[]").is_err());
    }
}
