//! Responses: OpenAI's newer API, with items in and out and a history that may live on the server.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Client, Response, ResponseEvent};
use crate::shape::request;
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

    /// What went into a response that is kept on the server, page by page.
    pub fn response_input(&self, response_id: &str) -> Call<ListInput, M> {
        self.call(&[response_id], ListInput::new())
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
        /// What is left out of a long history.
        context_management: Vec<Value>,
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
        /// How the question and the answer are moderated.
        moderation: Value,
        /// Whether several tools may be called at once.
        parallel_tool_calls = bool,
        /// The response that this one follows.
        previous_response_id: String,
        /// A stored prompt and its variables.
        prompt: Value,
        /// Calls with one key share a cache.
        prompt_cache_key: String,
        /// How prompts are cached: an object with `mode` and `ttl`.
        prompt_cache_options: Value,
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
    let says_nothing = match &respond.input {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    RequestError::unless_filled(&respond.model, "input", says_nothing)
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

request! {
    /// Lists what went into a response.
    ListInput = "GET /v1/responses/{response_id}/input_items", Query, Manage, Value;
    required {}
    optional {
        /// Those after this id.
        after: String,
        /// What else is told.
        include: Vec<String>,
        /// How many a page, 1 to 100; 20 unless this says otherwise.
        limit = u64,
        /// `asc` or `desc`, which it is unless this says otherwise.
        order: String,
    }
}
