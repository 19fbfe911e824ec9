//! Completion of code between a beginning and an end ("fill in the middle").

use serde_json::{Map, Value};

use super::{ChatAnswer, ChatChunk, Client};
use crate::shape::request;
use crate::{Call, OneOrMany, RequestError};

impl<M> Client<M> {
    /// Completes `prompt`, up to the suffix if there is one.
    pub fn fim(&self, model: &str, prompt: &str) -> Call<Complete, M> {
        self.call(&[], Complete::new(model.to_owned(), prompt.to_owned()))
    }
}

request! {
    /// Completes code.
    Complete = "POST /v1/fim/completions", Body, Complete, ChatAnswer, stream ChatChunk;
    check check;
    required {
        /// The model.
        model: String,
        /// What stands before.
        prompt: String,
    }
    optional {
        /// How free the choice of words is; 0 always takes the likeliest.
        temperature = f64,
        /// The share of likeliest words that are chosen from.
        top_p = f64,
        /// The most tokens that the answer may have.
        max_tokens = u64,
        /// Texts at which the answer ends.
        stop: OneOrMany<String>,
        /// Makes the choice of words repeatable.
        random_seed = u64,
        /// The caller's own notes.
        metadata: Map<String, Value>,
        /// What stands behind.
        suffix: String,
        /// The fewest tokens that the answer has.
        min_tokens = u64,
        /// Calls with one key share a cache.
        prompt_cache_key: String,
    }
}

fn check(complete: &Complete) -> Result<(), RequestError> {
    // Blanks are a prompt: code is often completed where a line is only indented.
    RequestError::unless_filled(&complete.model, "prompt", complete.prompt.is_empty())
}
