//! An answer, and what it used.

use serde_json::Value;

use super::{Block, Role};
use crate::shape::shape;

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
        /// Why it was refused.
        stop_details: Option<Value>,
        /// The container that code ran in.
        container: Option<Value>,
        /// What it used.
        usage: MessageUsage,
    }
}

impl MessageAnswer {
    /// The texts of the answer, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        self.content.iter().filter_map(Block::text).collect()
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
        /// What of the output was thought.
        output_tokens_details: Option<Value>,
        /// Where the model ran.
        inference_geo: Option<String>,
        /// Which capacity served the call.
        service_tier: Option<String>,
    }
}
