//! The input tokens of a request's body, by the documented frame of each kind of body.

use serde_json::Value;

use super::image::{self, Detail};
use super::{Count, Counter, Method, Vocabulary, tools};

/// So much a message, its role aside, and once for the answer that is to follow (OpenAI's cookbook, "How to count
/// tokens with tiktoken", section 6; as of 2026-08).
const MESSAGE: u64 = 3;
/// So much more for a message that has a name.
const NAME: u64 = 1;
/// Mistral's frame: one token opens the conversation, two stand around what is said to the model, and one ends what it
/// said itself (mistral-common 1.13.1, templates of version 3 and later).
const MISTRAL: [u64; 3] = [1, 2, 1];

/// The input tokens of a request's body.
pub(super) fn count(counter: &Counter, model: Option<&str>, body: &[u8]) -> Option<Count> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let body = body.as_object()?;
    let model = body.get("model").and_then(Value::as_str).or(model).unwrap_or_default();
    let counter = Frames { counter, model };
    let mut sum = counter.of(0);
    for (key, value) in body {
        let part = match key.as_str() {
            "messages" => counter.messages(value),
            // A list of messages in the responses API, one or many texts elsewhere.
            "input" | "inputs" if is_messages(value) => counter.messages(value),
            "input" | "inputs" | "prompt" | "suffix" | "instructions" | "system" => counter.texts(value),
            "tools" | "functions" => {
                tools::count(counter.counter, model, value.as_array().map(Vec::as_slice).unwrap_or_default())
            }
            _ => continue,
        };
        sum = sum.plus(part);
    }
    Some(sum)
}

fn is_messages(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().any(Value::is_object))
}

#[derive(Clone, Copy)]
struct Frames<'a> {
    counter: &'a Counter,
    model: &'a str,
}

impl Frames<'_> {
    /// So many tokens, known as well as this model's texts are.
    fn of(self, tokens: u64) -> Count {
        Count { tokens, ..self.counter.text(self.model, "") }
    }

    fn is_mistrals(self) -> bool {
        matches!(self.of(0).method, Method::Exact(Vocabulary::Tekken))
    }

    fn messages(self, value: &Value) -> Count {
        let messages = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let count = |sum: Count, message: &Value| sum.plus(self.message(message));
        let start = if self.is_mistrals() { self.of(MISTRAL[0]).by_formula() } else { self.of(MESSAGE) };
        messages.iter().fold(start, count)
    }

    fn message(self, message: &Value) -> Count {
        let Some(fields) = message.as_object() else { return self.texts(message) };
        let is_mistrals = self.is_mistrals();
        let own = fields.get("role").and_then(Value::as_str) == Some("assistant");
        let mut sum = self.of(if is_mistrals { MISTRAL[if own { 2 } else { 1 }] } else { MESSAGE });
        for (key, value) in fields {
            let part = match key.as_str() {
                // A role is one of the tokens of the frame.
                "role" if is_mistrals => continue,
                "role" | "content" => self.texts(value),
                "name" => self.texts(value).plus(self.of(NAME)),
                // Calls of tools that were made earlier are written out again; their frame is not documented.
                "tool_calls" | "function_call" => self.texts(value).by_formula(),
                "arguments" | "output" | "result" => self.texts(value),
                _ => continue,
            };
            sum = sum.plus(part);
        }
        sum
    }

    /// Texts, wherever they stand in a value; images by their formula.
    fn texts(self, value: &Value) -> Count {
        match value {
            Value::String(text) => self.counter.text(self.model, text),
            // Ids of tokens are tokens already.
            Value::Number(_) => self.of(1),
            Value::Array(list) => list.iter().fold(self.of(0), |sum, each| sum.plus(self.texts(each))),
            Value::Object(fields) => {
                let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
                if matches!(kind, "image_url" | "input_image" | "image") {
                    return self.image(value);
                }
                let told = |key: &str| {
                    matches!(
                        key,
                        "text" | "content" | "name" | "arguments" | "function" | "input" | "refusal"
                    )
                };
                let parts = fields.iter().filter(|(key, _)| told(key)).map(|(_, value)| self.texts(value));
                parts.fold(self.of(0), Count::plus)
            }
            Value::Bool(_) | Value::Null => self.of(0),
        }
    }

    fn image(self, part: &Value) -> Count {
        let url = ["/image_url/url", "/image_url", "/source/data"]
            .iter()
            .find_map(|place| part.pointer(place)?.as_str())
            .unwrap_or_default();
        let detail = ["/image_url/detail", "/detail"].iter().find_map(|place| part.pointer(place)?.as_str());
        let detail = if detail == Some("low") { Detail::Low } else { Detail::High };
        let data = url.split_once("base64,").map_or(url, |(_, data)| data);
        let tokens = image::tokens(self.model, head_of_base64(data).as_deref(), detail);
        let count = self.of(tokens).by_formula();
        // By formulas that are public, even where the texts beside it can only be estimated.
        if matches!(count.method, Method::Estimate) { Count { tokens, ..count } } else { count }
    }
}

/// The first bytes of an image in base64: enough for the size of all but odd JPEG files. `None` where it is none.
fn head_of_base64(text: &str) -> Option<Vec<u8>> {
    const CHARACTERS_MAX: usize = 64 * 1024;
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    for character in text.bytes().take(CHARACTERS_MAX) {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes).filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn count(body: &Value) -> Count {
        Counter::default().request(None, body.to_string().as_bytes()).unwrap()
    }

    #[cfg(feature = "vocabularies")]
    #[test]
    fn the_example_of_the_cookbook_comes_out() {
        let message = |role: &str, name: &str, content: &str| {
            if name.is_empty() {
                json!({"role": role, "content": content})
            } else {
                json!({"role": role, "name": name, "content": content})
            }
        };
        let messages = [
            message(
                "system",
                "",
                "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
            ),
            message("system", "example_user", "New synergies will help drive top-line growth."),
            message("system", "example_assistant", "Things working well together will increase revenue."),
            message(
                "system",
                "example_user",
                "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
            ),
            message(
                "system",
                "example_assistant",
                "Let's talk later when we're less busy about how to do better.",
            ),
            message(
                "user",
                "",
                "This late pivot means we don't have time to boil the ocean for the client deliverable.",
            ),
        ];
        let of = |model: &str| count(&json!({"model": model, "messages": messages}));
        assert_eq!(of("gpt-4").tokens, 129);
        assert_eq!(of("gpt-4o").tokens, 124);
        assert_eq!(of("gpt-4o").method, Method::Exact(super::super::Vocabulary::O200k));
    }

    #[cfg(feature = "vocabularies")]
    #[test]
    fn the_tools_of_the_cookbook_come_out() {
        let tools = json!([{"type": "function", "function": {
            "name": "get_current_weather",
            "description": "Get the current weather in a given location",
            "parameters": {"type": "object", "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]}},
                "required": ["location"]}}}]);
        let messages = json!([
            {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
            {"role": "user", "content": "What's the weather like in San Francisco?"}]);
        let of = |model: &str| count(&json!({"model": model, "messages": messages, "tools": tools}));
        assert_eq!((of("gpt-4").tokens, of("gpt-4o").tokens), (105, 101));
        assert!(matches!(of("gpt-4o").method, Method::Formula(_)));
    }

    #[test]
    fn other_models_are_estimated_by_their_characters() {
        let body = json!({"model": "claude-sonnet-5", "system": "12345678",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "12345678"}]}]});
        // Twice two tokens of text, one of the role, the frame of one message and of the answer.
        assert_eq!(count(&body), Count { tokens: 2 + 2 + 1 + 3 + 3, method: Method::Estimate });
    }

    #[test]
    fn an_image_is_counted_by_its_size_and_not_by_its_length() {
        let part = |url: &str| json!({"type": "image_url", "image_url": {"url": url, "detail": "low"}});
        let body = |url: &str| json!({"model": "x", "messages": [{"content": [part(url)]}]});
        let long = format!("data:image/png;base64,{}", "A".repeat(100_000));
        assert_eq!(count(&body(&long)).tokens, 85 + 6);
        assert_eq!(count(&body("https://example.com/x.png")).tokens, 85 + 6);
    }

    #[test]
    fn embeddings_are_their_texts_alone() {
        let body = json!({"model": "x", "input": ["12345678", "1234"]});
        assert_eq!(count(&body).tokens, 3);
        assert_eq!(count(&json!({"model": "x", "input": [1, 2, 3]})).tokens, 3);
    }

    #[test]
    fn odd_bodies_count_nothing_and_never_fail() {
        for text in ["", "[]", "7", "{", "null"] {
            assert_eq!(Counter::default().request(None, text.as_bytes()), None, "{text}");
        }
        for text in ["{}", r#"{"messages": 5}"#, r#"{"messages": [[[]]], "tools": {"a": 1}}"#] {
            assert!(Counter::default().request(None, text.as_bytes()).is_some(), "{text}");
        }
    }
}
