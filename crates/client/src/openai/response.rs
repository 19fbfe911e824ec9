//! A response, and what it used.

use serde_json::{Map, Value};

use crate::shape::shape;

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
        /// Whether it is made in the background.
        background: Option<bool>,
        /// When it was complete, in seconds since 1970.
        completed_at: Option<f64>,
        /// The conversation that it belongs to.
        conversation: Option<Value>,
        /// What the model was told before anything else.
        instructions: Option<Value>,
        /// The most tokens that it might have.
        max_output_tokens: Option<u64>,
        /// The most calls of built-in tools.
        max_tool_calls: Option<u64>,
        /// The caller's own notes.
        metadata: Option<Value>,
        /// What the moderation found.
        moderation: Option<Value>,
        /// Whether several tools could be called at once.
        parallel_tool_calls: Option<bool>,
        /// The response that it follows.
        previous_response_id: Option<String>,
        /// The stored prompt and its variables.
        prompt: Option<Value>,
        /// Calls with one key share a cache.
        prompt_cache_key: Option<String>,
        /// How prompts were cached.
        prompt_cache_options: Option<Value>,
        /// How long prompts stay in the cache.
        prompt_cache_retention: Option<String>,
        /// How the model thought.
        reasoning: Option<Value>,
        /// A name that stands for the end user.
        safety_identifier: Option<String>,
        /// Which capacity served the call.
        service_tier: Option<String>,
        /// How free the choice of words was.
        temperature: Option<f64>,
        /// The form of the answer.
        text: Option<Value>,
        /// Whether tools might, had to or could not be called.
        tool_choice: Option<Value>,
        /// The tools that the model might use.
        tools: Option<Vec<Value>>,
        /// How many likely tokens were told beside each.
        top_logprobs: Option<u64>,
        /// The share of likeliest words that were chosen from.
        top_p: Option<f64>,
        /// Whether a history that was too long was cut.
        truncation: Option<String>,
        /// A name of the end user.
        user: Option<String>,
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
