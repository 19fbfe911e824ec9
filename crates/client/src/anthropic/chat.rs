//! Messages: the whole history goes with each call; and what it would cost.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Client, StreamEvent};
use crate::shape::{options, request, shape, tagged, words};
use crate::{Call, RequestError};

impl<M> Client<M> {
    /// Asks a model; `max_tokens` is the most tokens that the answer may have, which Anthropic always wants to know.
    pub fn messages(
        &self,
        model: &str,
        max_tokens: u64,
        messages: impl Into<Vec<Message>>,
    ) -> Call<Messages, M> {
        self.call(&[], Messages::new(model.to_owned(), max_tokens, messages.into()))
    }

    /// Counts the tokens that a call would send, without making it.
    pub fn count_tokens(&self, model: &str, messages: impl Into<Vec<Message>>) -> Call<CountTokens, M> {
        self.call(&[], CountTokens::new(model.to_owned(), messages.into()))
    }
}

request! {
    /// Asks a model.
    Messages = "POST /v1/messages", Body, Chat, MessageAnswer, stream StreamEvent;
    check check;
    required {
        /// The model.
        model: String,
        /// The most tokens that the answer may have.
        max_tokens: u64,
        /// The history, the question last.
        messages: Vec<Message>,
    }
    optional {
        /// Where cached prompts end.
        cache_control: Value,
        /// The container that code runs in.
        container: Value,
        /// What is left out of a long history.
        context_management: Value,
        /// Where the model may run.
        inference_geo: String,
        /// Servers whose tools the model may use.
        mcp_servers: Vec<Value>,
        /// Notes: an object with `user_id`.
        metadata: Value,
        /// How much effort the answer is worth, and its form.
        output_config: Value,
        /// Which capacity serves the call: `auto` or `standard_only`.
        service_tier: String,
        /// Texts at which the answer ends.
        stop_sequences: Vec<String>,
        /// What the model is told before anything else.
        system: Content,
        /// How free the choice of words is, 0 to 1.
        temperature = f64,
        /// Whether and how long the model thinks.
        thinking: Thinking,
        /// Whether tools may, must or must not be called; or the one that must.
        tool_choice: Value,
        /// The tools that the model may use.
        tools: Vec<Tool>,
        /// How many likeliest words are chosen from.
        top_k = u64,
        /// The share of likeliest words that are chosen from.
        top_p = f64,
    }
}

fn check(messages: &Messages) -> Result<(), RequestError> {
    if messages.max_tokens == 0 {
        return Err(RequestError::Invalid { field: "max_tokens", problem: "is 0; allow at least one token" });
    }
    asked(&messages.model, &messages.messages)
}

request! {
    /// Counts the tokens that a call would send.
    CountTokens = "POST /v1/messages/count_tokens", Body, Manage, TokenCount;
    check check_count;
    required {
        /// The model.
        model: String,
        /// The history, the question last.
        messages: Vec<Message>,
    }
    optional {
        /// What the model is told before anything else.
        system: Content,
        /// Whether and how long the model thinks.
        thinking: Thinking,
        /// Whether tools may, must or must not be called; or the one that must.
        tool_choice: Value,
        /// The tools that the model may use.
        tools: Vec<Tool>,
    }
}

fn check_count(count: &CountTokens) -> Result<(), RequestError> {
    asked(&count.model, &count.messages)
}

fn asked(model: &str, messages: &[Message]) -> Result<(), RequestError> {
    if model.trim().is_empty() {
        return Err(RequestError::Empty { field: "model" });
    }
    if messages.is_empty() { Err(RequestError::Empty { field: "messages" }) } else { Ok(()) }
}

words! {
    /// Who speaks.
    pub enum Role {
        /// Whoever asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

options! {
    /// A message of the history.
    pub struct Message {
        /// Who speaks.
        role: Role,
        /// What is said.
        content: Content,
    }
}

impl Message {
    /// A message of whoever asks.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new().role(Role::User).content(content)
    }

    /// A message of the model.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new().role(Role::Assistant).content(content)
    }
}

/// The content of a message: one text, or blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// One text.
    Text(String),
    /// Blocks.
    Blocks(Vec<Block>),
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Block>> for Content {
    fn from(blocks: Vec<Block>) -> Self {
        Self::Blocks(blocks)
    }
}

tagged! {
    /// One block of a message. Images, documents and what tools of the server bring come as they are.
    pub enum Block by "type" {
        /// Text.
        Text(TextBlock) = "text",
        /// A thought of the model.
        Thinking(ThinkingBlock) = "thinking",
        /// The model asks for a tool.
        ToolUse(ToolUseBlock) = "tool_use",
        /// What a tool returned.
        ToolResult(ToolResultBlock) = "tool_result",
    }
}

impl Block {
    /// Text.
    #[must_use]
    pub fn new_text(text: &str) -> Self {
        Self::Text(TextBlock { text: text.to_owned(), citations: None, extra: crate::Extra::new() })
    }

    /// The image at that URL.
    #[must_use]
    pub fn image_url(url: &str) -> Self {
        Self::Other(json!({"type": "image", "source": {"type": "url", "url": url}}))
    }

    /// What a tool returned.
    #[must_use]
    pub fn tool_result(tool_use_id: &str, content: impl Into<Value>) -> Self {
        Self::ToolResult(ToolResultBlock {
            tool_use_id: tool_use_id.to_owned(),
            content: Some(content.into()),
            is_error: None,
            extra: crate::Extra::new(),
        })
    }
}

shape! {
    /// Text.
    pub struct TextBlock {
        /// The text.
        text: String,
        /// Where it comes from.
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Value>,
    }
}

shape! {
    /// A thought of the model.
    pub struct ThinkingBlock {
        /// The thought.
        thinking: String,
        /// Proves that the model thought it.
        #[serde(default)]
        signature: String,
    }
}

shape! {
    /// The model asks for a tool.
    pub struct ToolUseBlock {
        /// By which the result names it.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments.
        input: Value,
    }
}

shape! {
    /// What a tool returned.
    pub struct ToolResultBlock {
        /// The use that it answers.
        tool_use_id: String,
        /// What came out: a text, or blocks.
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<Value>,
        /// Whether the tool failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        is_error: Option<bool>,
    }
}

options! {
    /// Whether and how long a model thinks.
    pub struct Thinking {
        /// `enabled`, `disabled` or `adaptive`.
        kind as "type": String,
        /// The most tokens that thoughts may have; below `max_tokens`.
        budget_tokens = u64,
    }
}

impl Thinking {
    /// The model thinks, with at most so many tokens.
    #[must_use]
    pub fn budget(tokens: u64) -> Self {
        Self::new().kind("enabled").budget_tokens(tokens)
    }

    /// The model thinks as long as it sees fit.
    #[must_use]
    pub fn adaptive() -> Self {
        Self::new().kind("adaptive")
    }

    /// The model does not think.
    #[must_use]
    pub fn disabled() -> Self {
        Self::new().kind("disabled")
    }
}

options! {
    /// A tool that the model may use; one of the server's has a `type`.
    pub struct Tool {
        /// The kind of a tool of the server's.
        kind as "type": String,
        /// Its name.
        name: String,
        /// What it does, for the model.
        description: String,
        /// The JSON schema of its arguments.
        input_schema: Value,
        /// Where cached prompts end.
        cache_control: Value,
    }
}

impl Tool {
    /// A function of the caller's; `input_schema` is a JSON schema.
    #[must_use]
    pub fn of_function(name: &str, description: &str, input_schema: Value) -> Self {
        Self::new().name(name).description(description).input_schema(input_schema)
    }
}

shape! {
    /// The answer.
    pub struct MessageAnswer {
        /// Its id.
        id: String,
        /// `message`.
        kind as "type": Option<String>,
        /// `assistant`.
        role: Option<Role>,
        /// The model that answered.
        model: String,
        /// What is said.
        content: Vec<Block>,
        /// Why it ends: `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal`.
        stop_reason: Option<String>,
        /// The text at which it ended.
        stop_sequence: Option<String>,
        /// What it used.
        usage: MessageUsage,
    }
}

impl MessageAnswer {
    /// The texts of the answer, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        let text = |block: &Block| match block {
            Block::Text(text) => Some(text.text.clone()),
            _ => None,
        };
        self.content.iter().filter_map(text).collect()
    }
}

shape! {
    /// What an answer used.
    pub struct MessageUsage {
        /// Tokens that went in, without those of the cache.
        #[serde(default)]
        input_tokens: u64,
        /// Tokens that came out.
        #[serde(default)]
        output_tokens: u64,
        /// Tokens that were put into the cache.
        cache_creation_input_tokens: Option<u64>,
        /// Tokens that were read from the cache.
        cache_read_input_tokens: Option<u64>,
        /// How tokens were put into the cache.
        cache_creation: Option<Value>,
        /// What tools of the server were used.
        server_tool_use: Option<Value>,
        /// Which capacity served the call.
        service_tier: Option<String>,
    }
}

shape! {
    /// What a call would send.
    pub struct TokenCount {
        /// In tokens.
        input_tokens: u64,
    }
}
