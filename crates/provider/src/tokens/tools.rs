//! What descriptions of tools cost in tokens, by the formula of OpenAI's cookbook ("How to count tokens with
//! tiktoken", section 7; as of 2026-08).

use serde_json::Value;

use super::{Count, Counter, Method};

/// So much once a function, before its name, in models of 2024 and later.
const FUNCTION: u64 = 7;
/// The same in models with the older vocabulary.
const FUNCTION_OLDER: u64 = 10;
/// So much where a function has parameters, and again for each of them.
const PARAMETERS: u64 = 3;
/// So much for each value that a parameter may have, less this once.
const VALUE: u64 = 3;
/// So much once after all functions.
const END: u64 = 12;

/// The tokens of all tools together.
pub(super) fn count(counter: &Counter, model: &str, tools: &[Value]) -> Count {
    let start = Count { tokens: 0, method: counter.text(model, "").method };
    if tools.is_empty() {
        return start;
    }
    let total = tools.iter().fold(start, |sum, tool| sum.plus(one(counter, model, tool)));
    total.plus(Count { tokens: END, ..start }).by_formula()
}

/// One tool: a function, wrapped or bare. Anything else is counted as it is written, which is a guess: what a
/// provider's own tool adds to the input is not public.
fn one(counter: &Counter, model: &str, tool: &Value) -> Count {
    let function = tool.get("function").unwrap_or(tool);
    let Some(name) = function.get("name").and_then(Value::as_str) else {
        return counter.text(model, &tool.to_string()).by_guess();
    };
    let line = counter.text(model, &format!("{name}:{}", sentence(function.get("description"))));
    let frame = match line.method {
        Method::Exact(super::Vocabulary::Cl100k) => FUNCTION_OLDER,
        _ => FUNCTION,
    };
    let places = [function.get("parameters"), function.get("input_schema")];
    let properties = places.into_iter().flatten().find_map(|schema| schema.get("properties")?.as_object());
    let mut sum = Count { tokens: line.tokens + frame, ..line };
    for (index, (key, property)) in properties.into_iter().flatten().enumerate() {
        let first = if index == 0 { PARAMETERS } else { 0 };
        let own = parameter(counter, model, key, property);
        sum = sum.plus(Count { tokens: own.tokens + PARAMETERS + first, ..own });
    }
    sum
}

fn parameter(counter: &Counter, model: &str, key: &str, property: &Value) -> Count {
    let kind = property.get("type").map_or_else(String::new, |kind| match kind {
        Value::String(kind) => kind.clone(),
        other => other.to_string(),
    });
    let line = counter.text(model, &format!("{key}:{kind}:{}", sentence(property.get("description"))));
    let values = property.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let each = values.iter().map(|value| counter.text(model, &text(value)).tokens + VALUE);
    let tokens = each.sum::<u64>().saturating_sub(if values.is_empty() { 0 } else { VALUE });
    Count { tokens: line.tokens + tokens, ..line }
}

/// A description without its full stop, as the formula has it.
fn sentence(description: Option<&Value>) -> &str {
    let text = description.and_then(Value::as_str).unwrap_or_default();
    text.strip_suffix('.').unwrap_or(text)
}
