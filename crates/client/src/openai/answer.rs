//! An answer to a chat, whole or streamed, and what it used.

use serde_json::Value;

use super::{Message, Role, ToolCall};
use crate::shape::{options, shape};

shape! {
    /// The answer to a chat.
    pub struct ChatAnswer {
        /// Its id.
        id: String,
        /// `chat.completion`.
        object: Option<String>,
        /// When, in seconds since 1970.
        created: Option<u64>,
        /// The model that answered.
        model: String,
        /// The answers.
        choices: Vec<ChatChoice>,
        /// What it used.
        usage: Option<ChatUsage>,
        /// Which capacity served the call.
        service_tier: Option<String>,
        /// Which build of the model answered.
        system_fingerprint: Option<String>,
        /// The caller's own notes.
        metadata: Option<Value>,
        /// What the moderation found.
        moderation: Option<Value>,
    }
}

impl ChatAnswer {
    /// The text of the first answer.
    #[must_use]
    pub fn text(&self) -> String {
        self.choices.first().map(|choice| choice.message.text()).unwrap_or_default()
    }
}

shape! {
    /// One answer of several.
    pub struct ChatChoice {
        /// Its number.
        #[serde(default)]
        index: u64,
        /// What is said.
        message: Message,
        /// Why it ends: `stop`, `length`, `tool_calls`, `content_filter`.
        finish_reason: Option<String>,
        /// How likely its tokens are.
        logprobs: Option<Value>,
    }
}

shape! {
    /// What an answer used.
    pub struct ChatUsage {
        /// Tokens that went in.
        #[serde(default)]
        prompt_tokens: u64,
        /// Tokens that came out.
        #[serde(default)]
        completion_tokens: u64,
        /// Both together.
        #[serde(default)]
        total_tokens: u64,
        /// What of the input was cached, or sound.
        prompt_tokens_details: Option<Value>,
        /// What of the output was thought, or sound.
        completion_tokens_details: Option<Value>,
        /// What it cost in US dollars, where the host tells it.
        cost: Option<f64>,
        /// What that is made of.
        cost_details: Option<Value>,
        /// Whether the caller's own key of the maker paid, where the host tells it.
        is_byok: Option<bool>,
    }
}

shape! {
    /// A piece of a streamed answer.
    pub struct ChatChunk {
        /// The answer's id.
        id: String,
        /// `chat.completion.chunk`.
        object: Option<String>,
        /// When, in seconds since 1970.
        created: Option<u64>,
        /// The model that answers.
        model: String,
        /// What is added to the answers; nothing in the piece with the usage.
        #[serde(default)]
        choices: Vec<ChatChunkChoice>,
        /// What the whole answer used; in the last piece, if it was asked for.
        usage: Option<ChatUsage>,
        /// Which capacity serves the call.
        service_tier: Option<String>,
        /// Which build of the model answers.
        system_fingerprint: Option<String>,
        /// What the moderation found.
        moderation: Option<Value>,
        /// Noise that hides how long the text is.
        obfuscation: Option<String>,
    }
}

impl ChatChunk {
    /// The text that it adds to the first answer.
    #[must_use]
    pub fn text(&self) -> &str {
        let content = self.choices.first().and_then(|choice| choice.delta.content.as_deref());
        content.unwrap_or_default()
    }
}

shape! {
    /// What is added to one answer.
    pub struct ChatChunkChoice {
        /// The answer's number.
        #[serde(default)]
        index: u64,
        /// What is added.
        delta: Delta,
        /// Why the answer ends; in its last piece.
        finish_reason: Option<String>,
        /// How likely the tokens are.
        logprobs: Option<Value>,
    }
}

options! {
    /// What is added to a message.
    pub struct Delta {
        /// Who speaks.
        role: Role,
        /// What is said.
        content: String,
        /// Why the model does not answer.
        refusal: String,
        /// What the model thinks, where the host tells it.
        reasoning: String,
        /// What the model thinks, as other hosts name it.
        reasoning_content: String,
        /// What the model thinks, piece by piece, as OpenRouter tells it.
        reasoning_details: Vec<Value>,
        /// What is spoken.
        audio: Value,
        /// The tools that are asked to be called.
        tool_calls: Vec<ToolCall>,
    }
}
