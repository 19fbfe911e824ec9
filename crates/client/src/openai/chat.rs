//! Chat completions: the whole history goes with each call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Client;
use crate::shape::{options, request, shape, tagged, words};
use crate::{Call, OneOrMany, RequestError};

impl<M> Client<M> {
    /// Asks a model.
    pub fn chat(&self, model: &str, messages: impl Into<Vec<Message>>) -> Call<Chat, M> {
        self.call(&[], Chat::new(model.to_owned(), messages.into()))
    }
}

request! {
    /// Asks a model.
    Chat = "POST /v1/chat/completions", Body, Chat, ChatAnswer, stream ChatChunk;
    check check;
    required {
        /// The model.
        model: String,
        /// The history, the question last.
        messages: Vec<Message>,
    }
    optional {
        /// How spoken answers sound.
        audio: Value,
        /// How much words that were used often are avoided, -2 to 2.
        frequency_penalty = f64,
        /// How much likelier single tokens are made.
        logit_bias: BTreeMap<String, f64>,
        /// Whether the likelihood of each token is told.
        logprobs = bool,
        /// The most tokens that the answer may have, thoughts included.
        max_completion_tokens = u64,
        /// The most tokens that the answer may have; older models and other hosts.
        max_tokens = u64,
        /// The caller's own notes.
        metadata: BTreeMap<String, String>,
        /// In what form to answer: `text`, `audio`.
        modalities: Vec<String>,
        /// How many answers to give.
        n = u64,
        /// Whether several tools may be called at once.
        parallel_tool_calls = bool,
        /// What the answer will probably be.
        prediction: Value,
        /// How much words that were used at all are avoided, -2 to 2.
        presence_penalty = f64,
        /// Calls with one key share a cache.
        prompt_cache_key: String,
        /// How long prompts stay in the cache.
        prompt_cache_retention: String,
        /// How long the model thinks: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`.
        reasoning_effort: String,
        /// The form of the answer.
        response_format: Value,
        /// A name that stands for the end user.
        safety_identifier: String,
        /// Makes the choice of words mostly repeatable.
        seed = u64,
        /// Which capacity serves the call.
        service_tier: String,
        /// Texts at which the answer ends.
        stop: OneOrMany<String>,
        /// Whether the answer is kept on the server.
        store = bool,
        /// What a stream tells beside the answer.
        stream_options: Value,
        /// How free the choice of words is; reasoning models take only 1.
        temperature = f64,
        /// Whether tools may, must or must not be called; or the one that must.
        tool_choice: Value,
        /// The tools that the model may use.
        tools: Vec<Tool>,
        /// How many likely tokens are told beside each.
        top_logprobs = u64,
        /// The share of likeliest words that are chosen from.
        top_p = f64,
        /// A name of the end user; `safety_identifier` and `prompt_cache_key` take its place.
        user: String,
        /// How long the answer is: `low`, `medium`, `high`.
        verbosity: String,
        /// How the web is searched.
        web_search_options: Value,
    }
}

fn check(chat: &Chat) -> Result<(), RequestError> {
    if chat.model.trim().is_empty() {
        return Err(RequestError::Empty { field: "model" });
    }
    if chat.messages.is_empty() { Err(RequestError::Empty { field: "messages" }) } else { Ok(()) }
}

impl<M> Call<Chat, M> {
    /// Makes a stream end with what it used, which settles the call exactly.
    pub fn include_usage(self) -> Self {
        self.stream_options(json!({"include_usage": true}))
    }

    /// Any JSON object as the answer; the prompt should ask for JSON too.
    pub fn json(self) -> Self {
        self.response_format(json!({"type": "json_object"}))
    }
}

words! {
    /// Who speaks.
    pub enum Role {
        /// Whoever sets the frame, for reasoning models.
        Developer = "developer",
        /// Whoever sets the frame.
        System = "system",
        /// Whoever asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool.
        Tool = "tool",
    }
}

options! {
    /// A message of a chat.
    pub struct Message {
        /// Who speaks.
        role: Role,
        /// What is said.
        content: Content,
        /// Who speaks, where several have one role.
        name: String,
        /// Why the model does not answer.
        refusal: String,
        /// What the model thought, where the host tells it.
        reasoning: String,
        /// What the model thought, as other hosts name it.
        reasoning_content: String,
        /// The tools that the assistant asks to be called.
        tool_calls: Vec<ToolCall>,
        /// The call that a tool's message answers.
        tool_call_id: String,
    }
}

impl Message {
    /// A message that sets the frame.
    #[must_use]
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new().role(Role::System).content(content)
    }

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

    /// What a tool returned.
    #[must_use]
    pub fn tool(tool_call_id: &str, result: impl Into<Content>) -> Self {
        Self::new().role(Role::Tool).tool_call_id(tool_call_id).content(result)
    }

    /// The texts of it, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        self.content.as_ref().map(Content::text).unwrap_or_default()
    }
}

/// The content of a message: one text, or parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// One text.
    Text(String),
    /// Parts.
    Parts(Vec<Part>),
}

impl Content {
    /// The texts of it, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => parts.iter().filter_map(Part::text).collect(),
        }
    }
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

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Self {
        Self::Parts(parts)
    }
}

tagged! {
    /// One part of a message.
    pub enum Part by "type" {
        /// Text.
        Text(TextPart) = "text",
        /// An image.
        Image(ImagePart) = "image_url",
    }
}

impl Part {
    /// Text.
    #[must_use]
    pub fn new_text(text: &str) -> Self {
        Self::Text(TextPart { text: text.to_owned(), extra: crate::Extra::new() })
    }

    /// The image at that URL, or in that `data:` URL.
    #[must_use]
    pub fn image_url(url: &str) -> Self {
        let image_url = ImageUrl::new().url(url);
        Self::Image(ImagePart { image_url, extra: crate::Extra::new() })
    }

    /// Its text, if it is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }
}

shape! {
    /// Text.
    pub struct TextPart {
        /// The text.
        text: String,
    }
}

shape! {
    /// An image.
    pub struct ImagePart {
        /// Where it is.
        image_url: ImageUrl,
    }
}

options! {
    /// Where an image is.
    pub struct ImageUrl {
        /// Its URL, or a `data:` URL that holds it.
        url: String,
        /// How closely to look: `auto`, `low`, `high`.
        detail: String,
    }
}

options! {
    /// A tool that the model may use.
    pub struct Tool {
        /// `function`, or a kind of the host's.
        kind as "type": String,
        /// The function.
        function: Function,
    }
}

impl Tool {
    /// A function of the caller's; `parameters` is a JSON schema.
    #[must_use]
    pub fn of_function(name: &str, description: &str, parameters: Value) -> Self {
        let function = Function::new().name(name).description(description).parameters(parameters);
        Self::new().kind("function").function(function)
    }
}

options! {
    /// A function that the model may ask to be called.
    pub struct Function {
        /// Its name.
        name: String,
        /// What it does, for the model.
        description: String,
        /// The JSON schema of its arguments.
        parameters: Value,
        /// Whether arguments must keep to the schema in every detail.
        strict = bool,
    }
}

options! {
    /// A tool that the model asks to be called.
    pub struct ToolCall {
        /// Its number among the calls of one answer; in streams.
        index = u64,
        /// By which the result names it.
        id: String,
        /// `function`.
        kind as "type": String,
        /// The function and its arguments.
        function: FunctionCall,
    }
}

options! {
    /// A function and its arguments.
    pub struct FunctionCall {
        /// The function.
        name: String,
        /// Its arguments, as the text of a JSON object.
        arguments: String,
    }
}

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
        /// The tools that are asked to be called.
        tool_calls: Vec<ToolCall>,
    }
}
