//! Messages: the whole history goes with each call; and what it would cost.

use serde_json::Value;

use super::{Client, Content, Message, MessageAnswer, StreamEvent};
use crate::shape::{options, request, shape};
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
        /// Where cached prompts end.
        cache_control: Value,
        /// How much effort the answer is worth, and its form.
        output_config: Value,
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
    let is_blank = |message: &Message| message.content.as_ref().is_none_or(Content::is_blank);
    RequestError::unless_filled(model, "messages", messages.iter().all(is_blank))
}

options! {
    /// Whether and how long a model thinks.
    pub struct Thinking {
        /// `enabled`, `disabled` or `adaptive`.
        kind as "type": String,
        /// The most tokens that thoughts may have; below `max_tokens`.
        budget_tokens = u64,
        /// How thoughts are told: `summarized` or `omitted`.
        display: String,
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
        /// Who may call it: the model, or code that it runs.
        allowed_callers: Vec<String>,
        /// Whether it is told only once the model has searched for it.
        defer_loading = bool,
        /// Whether its arguments are streamed before they are complete.
        eager_input_streaming = bool,
        /// Arguments that it could be called with.
        input_examples: Vec<Value>,
        /// Whether arguments must keep to the schema in every detail.
        strict = bool,
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
    /// What a call would send.
    pub struct TokenCount {
        /// In tokens.
        input_tokens: u64,
    }
}
