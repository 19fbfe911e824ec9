//! The input tokens of a request's body, by the documented frame of each kind of body.

use serde::Deserialize;
use serde_json::Value;

use super::fields::{self, Sort, TEXT_FIELDS};
use super::image::{self, Detail};
use super::{Count, Counter, Method, Vocabulary, tools};
use crate::estimate::{Heard, IMAGE_TOKENS, OPENAI_SOUND};

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
    for (key, value) in body.iter().filter(|(_, value)| !is_nothing(value)) {
        sum = sum.plus(counter.field(key, value));
    }
    Some(sum)
}

fn is_messages(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().any(Value::is_object))
}

/// Whether a value adds nothing wherever it stands: switches, and what is empty.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(_) => false,
    }
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

    /// Whether the model makes embeddings, whose input stands in no frame.
    fn is_embedding(self) -> bool {
        self.model.contains("embed") || matches!(self.of(0).method, Method::Exact(Vocabulary::Voyage3))
    }

    /// A field at the top of a body.
    fn field(self, key: &str, value: &Value) -> Count {
        match key {
            "messages" => self.messages(value),
            // The frames of these are not documented; those of chat messages stand in for them.
            "input" | "inputs" | "chat_history" | "contents" if is_messages(value) => {
                self.messages(value).by_formula()
            }
            "input" | "inputs" if !self.is_embedding() => self.texts(value).by_formula(),
            // Neither is what stands around the gap that is to be filled.
            "suffix" => self.texts(value).by_formula(),
            // A prompt that is stored with the provider, and what is filled in.
            "prompt" if value.is_object() => self.texts(value).by_guess(),
            "tools" | "functions" => match value.as_array() {
                Some(list) => tools::count(self.counter, self.model, list),
                None => self.of(0).by_guess(),
            },
            "response_format" | "text" => self.form(value),
            _ if TEXT_FIELDS.contains(&key) => self.texts(value),
            _ if value.is_number() || fields::is_setting(key) => self.of(0),
            // It may hold text, or stand for some that only the provider has.
            _ => self.of(0).by_guess(),
        }
    }

    /// The form that an answer must have. The model reads its schema, how is not public.
    fn form(self, value: &Value) -> Count {
        if value.is_string() {
            return self.texts(value);
        }
        // Below `text` in the responses API, where other settings stand beside it.
        let form = value.get("format").unwrap_or(value);
        match form.get("type").and_then(Value::as_str) {
            None | Some("text") => self.of(0),
            Some(_) => {
                let schema = form.get("json_schema").or_else(|| form.get("schema").map(|_| form));
                schema.map_or(self.of(0), |schema| self.written(schema)).by_guess()
            }
        }
    }

    /// A value as it is written.
    fn written(self, value: &Value) -> Count {
        self.counter.text(self.model, &value.to_string())
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
        for (key, value) in fields.iter().filter(|(_, value)| !is_nothing(value)) {
            let part = match key.as_str() {
                // A role is one of the tokens of the frame.
                "role" if is_mistrals => continue,
                "name" => self.texts(value).plus(self.of(NAME)),
                // Calls of tools that were made earlier are written out again; their frame is not documented.
                "tool_calls" | "function_call" => self.texts(value).by_formula(),
                "tool_call_id" | "call_id" => self.of(0).by_formula(),
                // How the model is to go on from its own beginning (Mistral).
                "prefix" => continue,
                key => self.part(key, value),
            };
            sum = sum.plus(part);
        }
        match fields.get("type").and_then(Value::as_str) {
            None | Some("message" | "message.input" | "message.output") => sum,
            Some("function_call" | "function_call_output" | "function.call" | "function.result") => {
                sum.by_formula()
            }
            // A reference to what the provider has, or an item of another tool.
            Some(_) => sum.by_guess(),
        }
    }

    /// A field of a message, or of a part of it.
    fn part(self, key: &str, value: &Value) -> Count {
        match fields::sort(key) {
            Sort::Text => self.texts(value),
            Sort::Arguments if value.is_object() => self.written(value).by_formula(),
            Sort::Arguments => self.texts(value),
            Sort::Label => self.of(0),
            // As calls are estimated before they are sent.
            Sort::Media => {
                let heard = Heard::deserialize(value).ok().and_then(|heard| heard.0);
                self.of(heard.map_or(IMAGE_TOKENS, |millis| OPENAI_SOUND.tokens(millis))).by_guess()
            }
            Sort::Sealed => self.of(0).by_guess(),
            Sort::Unknown if value.is_number() => self.of(0),
            Sort::Unknown => self.texts(value).by_guess(),
        }
    }

    /// Texts, wherever they stand in a value; images by their formula, other media by a guess.
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
                let told = fields.iter().filter(|(_, value)| !is_nothing(value));
                told.fold(self.of(0), |sum, (key, value)| sum.plus(self.part(key, value)))
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

    #[test]
    fn sound_has_the_tokens_of_its_length_and_other_media_those_of_an_image() {
        let sum = |part: Value| count(&json!({"messages": [{"role": "user", "content": [part]}]})).tokens;
        let none = sum(json!({"type": "input_audio"}));
        // Two seconds of sound whose beginning tells nothing.
        let data = "T2dn".repeat(16_000 / 3 + 1);
        let heard = json!({"type": "input_audio", "input_audio": {"data": data, "format": "ogg"}});
        assert_eq!(sum(heard) - none, 20);
        let seen = json!({"inlineData": {"mimeType": "image/png", "data": data}});
        assert_eq!(sum(seen) - none, IMAGE_TOKENS);
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

    #[cfg(feature = "vocabularies")]
    #[test]
    fn settings_and_empty_fields_leave_a_count_exact() {
        let plain = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
        let set = json!({"model": "gpt-4o", "temperature": 0.5, "max_tokens": 9, "stream": true, "stop": ["x"],
            "stream_options": {"include_usage": true}, "response_format": {"type": "text"}, "tools": [],
            "metadata": {"a": "b"}, "messages": [{"role": "user", "tool_calls": null, "annotations": [],
                "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}]});
        assert_eq!(count(&set), count(&plain));
        assert_eq!(count(&plain).method, Method::Exact(Vocabulary::O200k));
    }

    #[cfg(feature = "vocabularies")]
    #[test]
    fn what_cannot_be_counted_is_guessed_and_said_to_be() {
        let with = |part: Value| {
            let content = [json!({"type": "text", "text": "hi"}), part];
            count(&json!({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}))
        };
        let plain = with(json!({"type": "text", "text": ""})).tokens;
        for part in [
            json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
            json!({"type": "file", "file": {"file_id": "file-1"}}),
            json!({"type": "input_file", "file_data": "data:application/pdf;base64,AAAA"}),
        ] {
            let expected = Count { tokens: plain + IMAGE_TOKENS, method: Method::Guess(Vocabulary::O200k) };
            assert_eq!(with(part.clone()), expected, "{part}");
        }
        let other = with(json!({"type": "new", "novel": "some words"}));
        assert_eq!((other.tokens, other.method), (plain + 2, Method::Guess(Vocabulary::O200k)));
    }

    #[cfg(feature = "vocabularies")]
    #[test]
    fn the_form_of_an_answer_and_what_is_stored_elsewhere_make_a_count_a_guess() {
        let with = |key: &str, value: Value| {
            let mut body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
            body.as_object_mut().unwrap().insert(key.to_owned(), value);
            count(&body)
        };
        let plain = with("seed", json!(1)).tokens;
        let schema = json!({"name": "tide", "schema": {"type": "object", "properties": {"height": {"type": "number"}}}});
        let formed = with("response_format", json!({"type": "json_schema", "json_schema": schema}));
        assert!(formed.tokens > plain + 15, "{formed:?}");
        let responses = with(
            "text",
            json!({"format": {"type": "json_schema", "name": "tide", "schema": {"type": "object"}}}),
        );
        assert!(responses.tokens > plain + 5, "{responses:?}");
        let others = [
            ("response_format", json!({"type": "json_object"})),
            ("previous_response_id", json!("resp_1")),
            ("prompt", json!({"id": "pmpt_1"})),
            ("novel", json!({"a": "b"})),
        ];
        let others = others.map(|(key, value)| with(key, value));
        for count in [formed, responses].into_iter().chain(others) {
            assert_eq!(count.method, Method::Guess(Vocabulary::O200k), "{count:?}");
        }
        assert_eq!(with("text", json!({"verbosity": "low"})).method, Method::Exact(Vocabulary::O200k));
    }

    #[cfg(feature = "vocabularies")]
    #[test]
    fn frames_that_are_not_documented_make_a_count_one_by_formula() {
        let input = |model: &str| count(&json!({"model": model, "input": "hi"})).method;
        assert_eq!(input("gpt-4o"), Method::Formula(Vocabulary::O200k));
        assert_eq!(input("text-embedding-3-small"), Method::Exact(Vocabulary::Cl100k));
        let called = json!({"model": "gpt-4o", "messages": [{"role": "assistant", "content": null, "tool_calls":
            [{"id": "c", "type": "function", "function": {"name": "tide", "arguments": "{}"}}]}]});
        assert_eq!(count(&called).method, Method::Formula(Vocabulary::O200k));
    }

    #[test]
    fn requests_in_coheres_and_geminis_words_are_counted() {
        let cohere = json!({"model": "command-r", "message": "12345678", "preamble": "1234",
            "chat_history": [{"role": "USER", "message": "12345678"}]});
        // Five tokens of text, one of the role, the frame of a message and of the answer.
        assert_eq!(count(&cohere), Count { tokens: 5 + 1 + 3 + 3, method: Method::Estimate });
        let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "12345678"},
            {"inlineData": {"mimeType": "audio/wav", "data": "A".repeat(100_000)}}]}],
            "systemInstruction": {"parts": [{"text": "1234"}]}});
        // 75 000 bytes of sound last 9.4 seconds, if nothing tells otherwise.
        assert_eq!(count(&gemini).tokens, 2 + 1 + 1 + 3 + 3 + 94);
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
