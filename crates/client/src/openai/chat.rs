//! Chat completions: the whole history goes with each call.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ChatAnswer, ChatChunk, Client, Message, Tool};
use crate::shape::request;
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
        /// How the question and the answer are moderated.
        moderation: Value,
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
        /// How prompts are cached: an object with `mode` and `ttl`.
        prompt_cache_options: Value,
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
    let says_nothing = chat.messages.iter().all(Message::says_nothing);
    RequestError::unless_filled(&chat.model, "messages", says_nothing)
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
