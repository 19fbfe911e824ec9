//! The frames of server-sent events.

use serde_json::Value;

/// The end of `OpenAI`-shaped streams.
pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// An event without a name.
pub(crate) fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// An event with its name, which `value` has as its `type` too.
pub(crate) fn named(value: &Value) -> String {
    let name = value.get("type").and_then(Value::as_str).unwrap_or_default();
    format!("event: {name}\ndata: {value}\n\n")
}
