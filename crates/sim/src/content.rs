//! What of a request body counts as input, and how many tokens it makes by the emulator's own rule.

use std::num::NonZeroU64;

use serde_json::Value;

use crate::prose::tokens_of;
use crate::rng::digest;

/// The fields of a request whose text is sent to the model.
const FIELDS: [&str; 8] =
    ["messages", "prompt", "suffix", "input", "inputs", "system", "instructions", "tools"];

/// The keys whose values name something and are not sent as text.
const NAMES: [&str; 4] = ["role", "type", "id", "object"];

/// What every request costs beside its text.
const OVERHEAD_TOKENS: u64 = 3;

/// What was sent to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// Its length in characters.
    pub(crate) chars: u64,
    /// Its length in tokens: a quarter of its characters, rounded up, plus 3. A number (of an input given as
    /// tokens) counts as one token. `OpenAI` charges by the same rule (measured, 2025-04 and later).
    pub(crate) tokens: u64,
    /// A digest of its text.
    pub(crate) digest: u64,
}

impl Content {
    /// The content of a request body.
    pub(crate) fn of(body: &Value) -> Self {
        let mut text = String::new();
        for value in FIELDS.iter().filter_map(|&field| body.get(field)) {
            gather(value, &mut text);
        }
        let chars = text.chars().count();
        Self {
            chars: chars as u64,
            tokens: tokens_of(chars) + OVERHEAD_TOKENS,
            digest: digest(text.as_bytes()),
        }
    }

    /// The same content in a vocabulary of so many characters a token.
    pub(crate) const fn in_tokens_of(mut self, chars: NonZeroU64) -> Self {
        self.tokens = self.chars.div_ceil(chars.get()) + OVERHEAD_TOKENS;
        self
    }
}

/// Appends every text in `value`. The depth is bounded by the parser's own bound of 128.
fn gather(value: &Value, text: &mut String) {
    match value {
        Value::String(words) => text.push_str(words),
        Value::Number(_) => text.push_str("0000"),
        Value::Array(items) => items.iter().for_each(|item| gather(item, text)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| !NAMES.contains(&key.as_str()))
            .for_each(|(_, value)| gather(value, text)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// What the model is told to repeat: whatever follows these words in the last text that has them. It is the one order
/// that an emulated model obeys, so that whoever compares answers with what they should be has something to compare.
pub(crate) fn to_repeat(body: &Value) -> Option<&str> {
    FIELDS.iter().filter_map(|&field| body.get(field)).filter_map(ordered).next_back()
}

/// The words with which a model is told to repeat what follows.
const ORDER: &str = "Repeat exactly: ";

fn ordered(value: &Value) -> Option<&str> {
    match value {
        Value::String(words) => {
            let (_, rest) = words.split_once(ORDER)?;
            Some(rest.trim()).filter(|rest| !rest.is_empty())
        }
        Value::Array(items) => items.iter().filter_map(ordered).next_back(),
        Value::Object(fields) => fields.values().filter_map(ordered).next_back(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_counts_a_quarter_token_a_character_and_three_a_request() {
        let plain = json!({"model": "m", "messages": [{"role": "user", "content": "12345678"}]});
        assert_eq!(Content::of(&plain).tokens, 5);
        let parts =
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "123456789"}]}]});
        assert_eq!(Content::of(&parts).tokens, 6);
        assert_eq!(Content::of(&json!({"input": [[1, 2, 3]]})).tokens, 6);
        assert_eq!(Content::of(&json!({"temperature": 1})).tokens, 3);
    }

    #[test]
    fn the_last_order_to_repeat_is_obeyed() {
        let asked = json!({"messages": [
            {"role": "user", "content": "Repeat exactly: ebb"},
            {"role": "user", "content": [{"type": "text", "text": "Please. Repeat exactly: flow "}]},
            {"role": "user", "content": "And?"},
        ]});
        assert_eq!(to_repeat(&asked), Some("flow"));
        let told = json!({"inputs": "Repeat exactly: ebb", "instructions": "Repeat exactly: tide"});
        assert_eq!(to_repeat(&told), Some("tide"));
        assert_eq!(to_repeat(&json!({"inputs": "Repeat exactly: "})), None);
        assert_eq!(to_repeat(&json!({"metadata": "Repeat exactly: ebb"})), None);
    }

    #[test]
    fn characters_count_and_not_bytes() {
        assert_eq!(Content::of(&json!({"input": "äöüß"})).tokens, 4);
    }
}
