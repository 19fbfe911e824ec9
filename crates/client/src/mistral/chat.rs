//! Chat completions, of a model or of a stored agent: the whole history goes with each call.

use serde_json::{Map, Value};

use super::tools::tools_are_whole;
use super::{
    Client, Content, Guardrail, NamedTool, Prediction, PromptMode, ReasoningEffort, ResponseFormat,
    ServiceTier, Tool, ToolChoice,
};
use crate::said::speakers;
use crate::shape::{options, request, shape, words};
use crate::{Call, OneOrMany, RequestError};

impl<M> Client<M> {
    /// Asks a model.
    pub fn chat(&self, model: &str, messages: impl Into<Vec<Message>>) -> Call<Chat, M> {
        self.call(&[], Chat::new(model.to_owned(), messages.into()))
    }

    /// Asks a stored agent.
    pub fn agent_chat(&self, agent_id: &str, messages: impl Into<Vec<Message>>) -> Call<AgentChat, M> {
        self.call(&[], AgentChat::new(agent_id.to_owned(), messages.into()))
    }
}

/// A request for a chat: what a model and a stored agent are asked alike, and what only one of them knows.
macro_rules! chat_request {
    (
        $(#[$meta:meta])*
        $name:ident = $route:literal, $act:ident; check $check:ident;
        to { $($to:tt)* }
        also { $($also:tt)* }
    ) => {
        request! {
            $(#[$meta])*
            $name = $route, Body, $act, ChatAnswer, stream ChatChunk;
            check $check;
            required {
                $($to)*
                /// The history, the question last.
                messages: Vec<Message>,
            }
            optional {
                $($also)*
                /// The most tokens that the answer may have.
                max_tokens = u64,
                /// Texts at which the answer ends.
                stop: OneOrMany<String>,
                /// Makes the choice of words repeatable.
                random_seed = u64,
                /// The caller's own notes.
                metadata: Map<String, Value>,
                /// The form of the answer.
                response_format: ResponseFormat,
                /// The tools that the model may use.
                tools: Vec<Tool>,
                /// Whether tools may, must or must not be called (a [`ToolChoice`]), or the one that must (a [`NamedTool`]).
                tool_choice: Value,
                /// How much words that were used at all are avoided, -2 to 2.
                presence_penalty = f64,
                /// How much words that were used often are avoided, -2 to 2.
                frequency_penalty = f64,
                /// How many answers to give.
                n = u64,
                /// What the answer will probably be.
                prediction: Prediction,
                /// Whether several tools may be called at once.
                parallel_tool_calls = bool,
                /// How long the model thinks.
                reasoning_effort: ReasoningEffort,
                /// Which prompt of its own the model gets.
                prompt_mode: PromptMode,
                /// What is judged before and after the model speaks.
                guardrails: Vec<Guardrail>,
                /// Calls with one key share a cache.
                prompt_cache_key: String,
                /// Which capacity serves the call.
                service_tier: ServiceTier,
            }
        }
    };
}

chat_request! {
    /// Asks a model.
    Chat = "POST /v1/chat/completions", Chat; check check_chat;
    to {
        /// The model.
        model: String,
    }
    also {
        /// How free the choice of words is; 0 always takes the likeliest.
        temperature = f64,
        /// The share of likeliest words that are chosen from.
        top_p = f64,
        /// Whether Mistral's safety prompt goes first.
        safe_prompt = bool,
    }
}

fn check_chat(chat: &Chat) -> Result<(), RequestError> {
    said("model", &chat.model, &chat.messages)?;
    tools_are_whole(chat.tools.as_deref())
}

chat_request! {
    /// Asks a stored agent.
    AgentChat = "POST /v1/agents/completions", InvokeAgent; check check_agent_chat;
    to {
        /// The agent.
        agent_id: String,
    }
    also {}
}

fn check_agent_chat(chat: &AgentChat) -> Result<(), RequestError> {
    said("agent_id", &chat.agent_id, &chat.messages)?;
    tools_are_whole(chat.tools.as_deref())
}

fn said(field: &'static str, whom: &str, messages: &[Message]) -> Result<(), RequestError> {
    if whom.trim().is_empty() {
        return Err(RequestError::Empty { field });
    }
    let says_nothing = messages.iter().all(Message::says_nothing);
    if says_nothing { Err(RequestError::Empty { field: "messages" }) } else { Ok(()) }
}

impl From<ToolChoice> for Value {
    fn from(choice: ToolChoice) -> Self {
        Self::from(choice.as_str())
    }
}

impl From<NamedTool> for Value {
    fn from(tool: NamedTool) -> Self {
        serde_json::to_value(tool).unwrap_or_default()
    }
}

words! {
    /// Who speaks.
    pub enum Role {
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
        /// The tools that the assistant asks to be called.
        tool_calls: Vec<ToolCall>,
        /// The call that a tool's message answers.
        tool_call_id: String,
        /// The name of the tool that speaks.
        name: String,
        /// Whether the answer begins with this message of the assistant's.
        prefix = bool,
    }
}

speakers!(Message);

options! {
    /// A tool that the model asks to be called.
    pub struct ToolCall {
        /// By which the result names it.
        id: String,
        /// `function`.
        kind as "type": String,
        /// The function and its arguments.
        function: ToolCallFunction,
        /// Its number among the calls of one answer.
        index = u64,
    }
}

options! {
    /// A function and its arguments.
    pub struct ToolCallFunction {
        /// The function.
        name: String,
        /// Its arguments: an object, or a text that is one.
        arguments: Value,
    }
}

shape! {
    /// The answer to a chat or a completion.
    pub struct ChatAnswer {
        /// Its id.
        id: String,
        /// `chat.completion`.
        object: Option<String>,
        /// The model that answered.
        model: String,
        /// What it used.
        usage: ChatUsage,
        /// When, in seconds since 1970.
        created: Option<u64>,
        /// The answers.
        choices: Vec<ChatChoice>,
        /// What the guardrails found.
        guardrails: Option<Vec<Value>>,
    }
}

impl ChatAnswer {
    /// The text of the first answer.
    #[must_use]
    pub fn text(&self) -> String {
        let first = self.choices.first().and_then(|choice| choice.message.as_ref());
        first.map(Message::text).unwrap_or_default()
    }
}

shape! {
    /// One answer of several.
    pub struct ChatChoice {
        /// Its number.
        #[serde(default)]
        index: u64,
        /// What is said.
        message: Option<Message>,
        /// What is said, where tools ran in between.
        messages: Option<Vec<Delta>>,
        /// Why it ends.
        finish_reason: Option<FinishReason>,
    }
}

words! {
    /// Why an answer ends.
    pub enum FinishReason {
        /// It is complete.
        Stop = "stop",
        /// It was as long as it may be.
        Length = "length",
        /// It was as long as the model can make it.
        ModelLength = "model_length",
        /// Something went wrong.
        Error = "error",
        /// Tools are to be called.
        ToolCalls = "tool_calls",
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
        /// Seconds of audio that went in.
        prompt_audio_seconds: Option<u64>,
        /// Which capacity served the call.
        service_tier: Option<String>,
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
        /// What the whole answer used; in the last piece.
        usage: Option<ChatUsage>,
        /// What is added to the answers.
        choices: Vec<ChatChunkChoice>,
    }
}

impl ChatChunk {
    /// The text that it adds to the first answer.
    #[must_use]
    pub fn text(&self) -> String {
        let content = self.choices.first().and_then(|choice| choice.delta.content.as_ref());
        content.map(Content::text).unwrap_or_default()
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
        finish_reason: Option<FinishReason>,
    }
}

options! {
    /// What is added to a message.
    pub struct Delta {
        /// Who speaks.
        role: Role,
        /// What is said.
        content: Content,
        /// The tools that are asked to be called.
        tool_calls: Vec<ToolCall>,
        /// The call that is answered.
        tool_call_id: String,
        /// The message's number.
        index = u64,
        /// Notes.
        metadata: Map<String, Value>,
    }
}
