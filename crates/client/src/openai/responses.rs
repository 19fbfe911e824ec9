//! Responses: OpenAI's newer API, with items in and out and a history that may live on the server.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Client;
use crate::shape::{request, shape, tagged};
use crate::{Call, RequestError};

impl<M> Client<M> {
    /// Asks a model; `input` is a text, or a list of items as JSON.
    pub fn respond(&self, model: &str, input: impl Into<Value>) -> Call<Respond, M> {
        self.call(&[], Respond::new(model.to_owned(), input.into()))
    }

    /// A response that is kept on the server.
    pub fn response(&self, response_id: &str) -> Call<GetResponse, M> {
        self.call(&[response_id], GetResponse::new())
    }

    /// Deletes a response that is kept on the server.
    pub fn delete_response(&self, response_id: &str) -> Call<DeleteResponse, M> {
        self.call(&[response_id], DeleteResponse::new())
    }

    /// Stops a response that is made in the background.
    pub fn cancel_response(&self, response_id: &str) -> Call<CancelResponse, M> {
        self.call(&[response_id], CancelResponse::new())
    }
}

request! {
    /// Asks a model.
    Respond = "POST /v1/responses", Body, Chat, Response, stream ResponseEvent;
    check check;
    required {
        /// The model.
        model: String,
        /// A text, or a list of items.
        input: Value,
    }
    optional {
        /// Whether it is made in the background.
        background = bool,
        /// The conversation that it belongs to.
        conversation: Value,
        /// What else is told.
        include: Vec<String>,
        /// What the model is told before anything else.
        instructions: String,
        /// The most tokens that the answer may have, thoughts included.
        max_output_tokens = u64,
        /// The most calls of built-in tools.
        max_tool_calls = u64,
        /// The caller's own notes.
        metadata: BTreeMap<String, String>,
        /// Whether several tools may be called at once.
        parallel_tool_calls = bool,
        /// The response that this one follows.
        previous_response_id: String,
        /// A stored prompt and its variables.
        prompt: Value,
        /// Calls with one key share a cache.
        prompt_cache_key: String,
        /// How long prompts stay in the cache.
        prompt_cache_retention: String,
        /// How the model thinks: an object with `effort` and `summary`.
        reasoning: Value,
        /// A name that stands for the end user.
        safety_identifier: String,
        /// Which capacity serves the call.
        service_tier: String,
        /// Whether the response is kept on the server.
        store = bool,
        /// What a stream tells beside the answer.
        stream_options: Value,
        /// How free the choice of words is; reasoning models take only 1.
        temperature = f64,
        /// The form of the answer: an object with `format` and `verbosity`.
        text: Value,
        /// Whether tools may, must or must not be called; or the one that must.
        tool_choice: Value,
        /// The tools that the model may use.
        tools: Vec<Value>,
        /// How many likely tokens are told beside each.
        top_logprobs = u64,
        /// The share of likeliest words that are chosen from.
        top_p = f64,
        /// Whether a history that is too long is cut: `auto` or `disabled`.
        truncation: String,
        /// A name of the end user.
        user: String,
    }
}

fn check(respond: &Respond) -> Result<(), RequestError> {
    if respond.model.trim().is_empty() {
        return Err(RequestError::Empty { field: "model" });
    }
    let says_nothing = match &respond.input {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if says_nothing { Err(RequestError::Empty { field: "input" }) } else { Ok(()) }
}

request! {
    /// Reads a response.
    GetResponse = "GET /v1/responses/{response_id}", Query, Manage, Response;
    required {}
    optional {
        /// What else is told.
        include: Vec<String>,
    }
}

request! {
    /// Deletes a response.
    DeleteResponse = "DELETE /v1/responses/{response_id}", Query, Manage, Value;
    required {}
    optional {}
}

request! {
    /// Stops a response that is made in the background.
    CancelResponse = "POST /v1/responses/{response_id}/cancel", Query, Manage, Response;
    required {}
    optional {}
}

shape! {
    /// A response.
    pub struct Response {
        /// Its id.
        id: String,
        /// `response`.
        object: Option<String>,
        /// When, in seconds since 1970.
        created_at: Option<f64>,
        /// How far it is: `completed`, `incomplete`, `in_progress`, `failed`, `queued`, `cancelled`.
        status: Option<String>,
        /// The model that answered.
        model: String,
        /// The items that came out.
        #[serde(default)]
        output: Vec<Map<String, Value>>,
        /// What it used.
        usage: Option<ResponseUsage>,
        /// What went wrong.
        error: Option<Value>,
        /// Why it is not complete.
        incomplete_details: Option<Value>,
    }
}

impl Response {
    /// The texts of the messages that came out, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = self.output.iter().filter_map(|item| item.get("content")?.as_array()).flatten();
        parts.filter(|part| part["type"] == "output_text").filter_map(|part| part["text"].as_str()).collect()
    }
}

shape! {
    /// What a response used.
    pub struct ResponseUsage {
        /// Tokens that went in.
        #[serde(default)]
        input_tokens: u64,
        /// What of the input was cached.
        input_tokens_details: Option<Value>,
        /// Tokens that came out.
        #[serde(default)]
        output_tokens: u64,
        /// What of the output was thought.
        output_tokens_details: Option<Value>,
        /// Both together.
        #[serde(default)]
        total_tokens: u64,
    }
}

tagged! {
    /// One event of a streamed response. Those of single tools come as they are.
    pub enum ResponseEvent by "type" {
        /// It is made.
        Created(ResponseState) = "response.created",
        /// It is being made.
        InProgress(ResponseState) = "response.in_progress",
        /// It is complete.
        Completed(ResponseState) = "response.completed",
        /// It ends before it is complete.
        Incomplete(ResponseState) = "response.incomplete",
        /// It failed.
        Failed(ResponseState) = "response.failed",
        /// An item begins.
        ItemAdded(ItemEvent) = "response.output_item.added",
        /// An item is complete.
        ItemDone(ItemEvent) = "response.output_item.done",
        /// Text is added.
        TextDelta(TextDelta) = "response.output_text.delta",
        /// A text is complete.
        TextDone(TextDone) = "response.output_text.done",
    }
}

impl ResponseEvent {
    /// The text that it adds, if it adds some.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::TextDelta(event) => Some(&event.delta),
            _ => None,
        }
    }
}

shape! {
    /// The response as it stands.
    pub struct ResponseState {
        /// The response.
        response: Response,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// An item of the output.
    pub struct ItemEvent {
        /// The item.
        item: Value,
        /// Its number.
        output_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// Text is added.
    pub struct TextDelta {
        /// The text.
        delta: String,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The part's number.
        content_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// A text is complete.
    pub struct TextDone {
        /// All of it.
        text: String,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The part's number.
        content_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}
