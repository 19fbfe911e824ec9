//! `Answer` and `Piece`: what a model said, in everybody's form.

use serde_json::Value;
use tidegate_provider::Dialect;

use super::{FunctionCall, ToolCall};

/// What a model said.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The provider that answered.
    pub provider: &'static str,
    /// The answer's id.
    pub id: String,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// The text.
    pub text: String,
    /// What the model thought, where the provider tells it.
    pub reasoning: Option<String>,
    /// The tools that it asks to be called.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ends.
    pub finish_reason: Option<FinishReason>,
    /// What it used.
    pub usage: Option<Spent>,
    /// What of the question this provider could not be told.
    pub notes: Vec<&'static str>,
    /// The answer as it came.
    pub raw: Value,
}

/// A piece of what a model says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Piece {
    /// The text that it adds.
    pub text: String,
    /// The thought that it adds.
    pub reasoning: String,
    /// Why the answer ends; in its last piece.
    pub finish_reason: Option<FinishReason>,
    /// What the answer used, as far as this piece tells.
    pub usage: Option<Spent>,
    /// The piece as it came.
    pub raw: Value,
}

/// Tokens that an answer used, as the provider counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// Tokens that went in.
    pub input_tokens: u64,
    /// Tokens that came out.
    pub output_tokens: u64,
}

/// Why an answer ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinishReason {
    /// It is complete.
    Stop,
    /// It was as long as it may be.
    Length,
    /// Tools are to be called.
    ToolCalls,
    /// It was held back.
    ContentFilter,
    /// Another reason, in the provider's word.
    Other(String),
}

impl FinishReason {
    fn of(word: &str) -> Self {
        match word {
            "stop" | "end_turn" | "stop_sequence" => Self::Stop,
            "length" | "max_tokens" | "model_length" => Self::Length,
            "tool_calls" | "tool_use" | "function_call" => Self::ToolCalls,
            "content_filter" | "refusal" => Self::ContentFilter,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Answer {
    /// Reads an answer; `None` when it is none.
    pub(super) fn of(
        dialect: Dialect,
        provider: &'static str,
        raw: Value,
        notes: Vec<&'static str>,
    ) -> Option<Self> {
        let said = match dialect {
            Dialect::Anthropic => of_anthropic(&raw)?,
            _ => of_openai(&raw)?,
        };
        let word = |name: &str| raw[name].as_str().unwrap_or_default().to_owned();
        Some(Self {
            provider,
            id: word("id"),
            model: word("model"),
            text: said.text,
            reasoning: Some(said.reasoning).filter(|reasoning| !reasoning.is_empty()),
            tool_calls: said.tool_calls,
            finish_reason: said.finish_reason,
            usage: spent(&raw["usage"]),
            notes,
            raw,
        })
    }
}

impl Piece {
    /// Reads a piece of a stream.
    pub(super) fn of(dialect: Dialect, raw: Value) -> Self {
        let (text, reasoning, finish, usage) = match dialect {
            Dialect::Anthropic => {
                let delta = &raw["delta"];
                let usage = if raw["usage"].is_object() { &raw["usage"] } else { &raw["message"]["usage"] };
                (text_of(&delta["text"]), text_of(&delta["thinking"]), &delta["stop_reason"], usage)
            }
            _ => {
                let choice = &raw["choices"][0];
                let delta = &choice["delta"];
                (text_of(&delta["content"]), thought(delta), &choice["finish_reason"], &raw["usage"])
            }
        };
        let (finish_reason, usage) = (finish.as_str().map(FinishReason::of), spent(usage));
        Self { text, reasoning, finish_reason, usage, raw }
    }
}

/// What is said in an answer.
struct Said {
    text: String,
    reasoning: String,
    tool_calls: Vec<ToolCall>,
    finish_reason: Option<FinishReason>,
}

fn of_openai(raw: &Value) -> Option<Said> {
    let choice = raw["choices"].as_array()?.first()?;
    let message = choice.get("message")?;
    let calls = message["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    Some(Said {
        text: text_of(&message["content"]),
        reasoning: thought(message),
        tool_calls: calls.iter().filter_map(|call| serde_json::from_value(call.clone()).ok()).collect(),
        finish_reason: choice["finish_reason"].as_str().map(FinishReason::of),
    })
}

fn of_anthropic(raw: &Value) -> Option<Said> {
    let blocks = raw["content"].as_array()?;
    let all = |kind: &str, field: &str| -> String {
        blocks
            .iter()
            .filter(|block| block["type"] == kind)
            .filter_map(|block| block[field].as_str())
            .collect()
    };
    let uses = blocks.iter().filter(|block| block["type"] == "tool_use");
    let call = |block: &Value| {
        let text = |name: &str| block[name].as_str().unwrap_or_default();
        let function = FunctionCall::new().name(text("name")).arguments(block["input"].to_string());
        ToolCall::new().id(text("id")).kind("function").function(function)
    };
    Some(Said {
        text: all("text", "text"),
        reasoning: all("thinking", "thinking"),
        tool_calls: uses.map(call).collect(),
        finish_reason: raw["stop_reason"].as_str().map(FinishReason::of),
    })
}

/// A content's text: itself, or the texts of its parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// What hosts tell of a thought: each has its own field for it, Mistral a part of the content.
fn thought(message: &Value) -> String {
    let own = ["reasoning", "reasoning_content"].iter().find_map(|name| message[*name].as_str());
    let parts = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_part = |part: &Value| part["thinking"].as_array().map(|_| text_of(&part["thinking"]));
    own.map_or_else(|| parts.iter().filter_map(of_part).collect(), str::to_owned)
}

fn spent(usage: &Value) -> Option<Spent> {
    let count = |names: [&str; 2]| names.iter().find_map(|name| usage[*name].as_u64());
    let input = count(["prompt_tokens", "input_tokens"]);
    let output = count(["completion_tokens", "output_tokens"]);
    (input.is_some() || output.is_some())
        .then(|| Spent { input_tokens: input.unwrap_or_default(), output_tokens: output.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape_gives_the_same_answer() {
        let openai = json!({"id": "1", "model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 2},
            "choices": [{"message": {"content": "hi", "reasoning": "hm"}, "finish_reason": "stop"}]});
        let anthropic = json!({"id": "1", "model": "m", "usage": {"input_tokens": 3, "output_tokens": 2},
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hi"}],
            "stop_reason": "end_turn"});
        let mistral = json!({"id": "1", "model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 2},
            "choices": [{"finish_reason": "stop", "message": {"content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "hi"}]}}]});
        for (dialect, raw) in
            [(Dialect::OpenAi, openai), (Dialect::Anthropic, anthropic), (Dialect::Mistral, mistral)]
        {
            let answer = Answer::of(dialect, "p", raw, Vec::new()).unwrap();
            assert_eq!((answer.text.as_str(), answer.reasoning.as_deref()), ("hi", Some("hm")));
            assert_eq!(answer.finish_reason, Some(FinishReason::Stop));
            assert_eq!(answer.usage, Some(Spent { input_tokens: 3, output_tokens: 2 }));
        }
        assert_eq!(Answer::of(Dialect::OpenAi, "p", json!({"ok": true}), Vec::new()), None);
    }
}
