//! Chat completions over whichever provider has the model.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Client;
use crate::openai::{ChatAnswer, ChatChunk, Message, Tool};
use crate::shape::{options, request};
use crate::{Call, OneOrMany, RequestError};

impl<M> Client<M> {
    /// Asks a model, named as `maker/model`.
    pub fn chat(&self, model: &str, messages: impl Into<Vec<Message>>) -> Call<Chat, M> {
        self.call(&[], Chat::new(model.to_owned(), messages.into()))
    }
}

request! {
    /// Asks a model.
    Chat = "POST /v1/chat/completions", Body, Chat, ChatAnswer, stream ChatChunk;
    check check;
    required {
        /// The model, as `maker/model`.
        model: String,
        /// The history, the question last.
        messages: Vec<Message>,
    }
    optional {
        /// Models that OpenRouter itself tries when the first cannot answer.
        models: Vec<String>,
        /// Which providers may answer, and in which order.
        provider: ProviderOrder,
        /// How the model thinks.
        reasoning: Reasoning,
        /// How long the model thinks, in one word; `reasoning` says more.
        reasoning_effort: String,
        /// Where cached prompts end.
        cache_control: Value,
        /// Calls with one key share a cache.
        prompt_cache_key: String,
        /// How prompts are cached: an object with `mode` and `ttl`.
        prompt_cache_options: Value,
        /// In what form to answer: `text`, `image`, `audio`.
        modalities: Vec<String>,
        /// How images are made.
        image_config: Value,
        /// When tools of the server stop.
        stop_server_tools_when: Vec<Value>,
        /// Which capacity serves the call.
        service_tier: String,
        /// The caller's own notes.
        metadata: BTreeMap<String, String>,
        /// Where the call belongs in the caller's own traces.
        trace: Value,
        /// What is told of the way that the call took.
        debug: Value,
        /// What is done to the question and the answer on the way.
        plugins: Vec<Value>,
        /// How a history that is too long is cut.
        transforms: Vec<String>,
        /// How free the choice of words is.
        temperature = f64,
        /// The share of likeliest words that are chosen from.
        top_p = f64,
        /// How many likeliest words are chosen from.
        top_k = u64,
        /// How likely a word must be beside the likeliest.
        min_p = f64,
        /// The same, with the square of the likeliest.
        top_a = f64,
        /// How much words that were used often are avoided, -2 to 2.
        frequency_penalty = f64,
        /// How much words that were used at all are avoided, -2 to 2.
        presence_penalty = f64,
        /// How much repeating is avoided, 0 to 2.
        repetition_penalty = f64,
        /// Makes the choice of words mostly repeatable.
        seed = u64,
        /// The most tokens that the answer may have, thoughts included; credits for all of them must be there.
        max_completion_tokens = u64,
        /// The same by its older name.
        max_tokens = u64,
        /// How much likelier single tokens are made.
        logit_bias: BTreeMap<String, f64>,
        /// Whether the likelihood of each token is told.
        logprobs = bool,
        /// How many likely tokens are told beside each.
        top_logprobs = u64,
        /// The form of the answer.
        response_format: Value,
        /// Texts at which the answer ends.
        stop: OneOrMany<String>,
        /// The tools that the model may use.
        tools: Vec<Tool>,
        /// Whether tools may, must or must not be called; or the one that must.
        tool_choice: Value,
        /// Whether several tools may be called at once.
        parallel_tool_calls = bool,
        /// How long the answer is: `low`, `medium`, `high`.
        verbosity: String,
        /// What the answer will probably be.
        prediction: Value,
        /// A name of the end user.
        user: String,
        /// Calls that belong together.
        session_id: String,
        /// What a stream tells beside the answer.
        stream_options: Value,
    }
}

fn check(chat: &Chat) -> Result<(), RequestError> {
    if chat.model.trim().is_empty() && chat.models.as_ref().is_none_or(Vec::is_empty) {
        return Err(RequestError::Empty { field: "model" });
    }
    let says_nothing = chat.messages.iter().all(Message::says_nothing);
    if says_nothing { Err(RequestError::Empty { field: "messages" }) } else { Ok(()) }
}

options! {
    /// Which providers may answer, and in which order.
    pub struct ProviderOrder {
        /// Those to try first.
        order: Vec<String>,
        /// Whether others may answer when those cannot.
        allow_fallbacks = bool,
        /// Whether only those may answer that know every field.
        require_parameters = bool,
        /// Whether those may answer that keep what is said: `allow` or `deny`.
        data_collection: String,
        /// Only those.
        only: Vec<String>,
        /// Not those.
        ignore: Vec<String>,
        /// In which precisions.
        quantizations: Vec<String>,
        /// What matters most: `price`, `throughput` or `latency`.
        sort: Value,
        /// The highest price.
        max_price: Value,
        /// The longest latency that is liked, in seconds.
        preferred_max_latency: Value,
        /// The fewest tokens a second that are liked.
        preferred_min_throughput: Value,
        /// Whether only those may answer that keep nothing.
        zdr = bool,
        /// Whether only models may answer whose text may be learned from.
        enforce_distillable_text = bool,
    }
}

impl ProviderOrder {
    /// These providers, in this order, and no others.
    #[must_use]
    pub fn pinned(providers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let order: Vec<String> = providers.into_iter().map(Into::into).collect();
        Self::new().order(order).allow_fallbacks(false)
    }
}

options! {
    /// How a model thinks.
    pub struct Reasoning {
        /// How long: `minimal`, `low`, `medium`, `high`, `xhigh`.
        effort: String,
        /// The most tokens that thoughts may have.
        max_tokens = u64,
        /// Whether thoughts are left out of the answer.
        exclude = bool,
        /// Whether it thinks at all.
        enabled = bool,
        /// How thoughts are summed up: `auto`, `concise` or `detailed`.
        summary: String,
    }
}
