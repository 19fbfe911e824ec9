//! A question as each provider wants it written: pure functions, with a note for everything that had to be left out.

use serde_json::{Map, Value, json};
use tidegate_provider::Dialect;

use super::question::{Asked, Effort};
use super::{Message, Role};
use crate::OneOrMany;

/// What Anthropic is told where the question does not say: its API always wants to know.
const ANTHROPIC_MAX_TOKENS: u64 = 1_024;
/// The smallest budget for thoughts that Anthropic is known to take. Not measured; a smaller wish is raised to it.
const ANTHROPIC_BUDGET_MIN: u64 = 1_024;

/// Of the two, both providers that know a budget take one; OpenRouter's documentation says so (2026-08).
const BUDGET_INSTEAD: &str = "reasoning_effort left out: the thinking_budget says it";

/// A question as it is sent.
pub(super) struct Written {
    pub(super) path: &'static str,
    pub(super) body: Value,
    pub(super) notes: Vec<&'static str>,
}

/// The question in a dialect.
pub(super) fn written(asked: &Asked, dialect: Dialect, streams: bool) -> Written {
    let mut page = Page { fields: Map::new(), notes: Vec::new() };
    page.set("model", &asked.model);
    let path = match dialect {
        Dialect::Anthropic => {
            anthropic(asked, &mut page);
            "/v1/messages"
        }
        _ => {
            openai_shaped(asked, dialect, &mut page);
            "/v1/chat/completions"
        }
    };
    if streams {
        page.set("stream", true);
        // The last piece then says what was used, which settles the call exactly. The others say so unasked; of Azure's
        // streams 27 of 46 did not (recordings to 2026-08).
        if matches!(dialect, Dialect::OpenAi | Dialect::Azure | Dialect::Venice | Dialect::Compatible) {
            page.set("stream_options", json!({"include_usage": true}));
        }
    }
    page.fields.extend(asked.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    Written { path, body: Value::Object(page.fields), notes: page.notes }
}

/// What is being written.
struct Page {
    fields: Map<String, Value>,
    notes: Vec<&'static str>,
}

impl Page {
    fn set(&mut self, name: &str, value: impl serde::Serialize) {
        if let Ok(value) = serde_json::to_value(value)
            && !value.is_null()
        {
            self.fields.insert(name.to_owned(), value);
        }
    }

    /// Sets what this provider knows, or notes that it does not.
    fn set_if(&mut self, known: bool, name: &str, value: Option<impl serde::Serialize>, note: &'static str) {
        match value {
            Some(value) if known => self.set(name, value),
            Some(_) => self.notes.push(note),
            None => {}
        }
    }
}

/// Whether an OpenAI model thinks before it answers: it takes `max_completion_tokens`, no temperature but 1, and an
/// effort. By the beginnings of names, as clients of the field tell them apart; not measured.
fn reasons(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    ["o1", "o3", "o4", "gpt-5"].iter().any(|beginning| name.starts_with(beginning)) && !name.contains("chat")
}

fn openai_shaped(asked: &Asked, dialect: Dialect, page: &mut Page) {
    let (is_openai, is_mistral) = (dialect == Dialect::OpenAi, dialect == Dialect::Mistral);
    let is_openrouter = dialect == Dialect::OpenRouter;
    // Azure has OpenAI's models, and others beside them that know only the older name of the bound. A deployment may be
    // called otherwise than its model; then `extra` says what is to be said.
    let thinks = (is_openai || dialect == Dialect::Azure) && reasons(&asked.model);
    page.set("messages", framed(&asked.messages, dialect));
    page.set(if is_openai || thinks { "max_completion_tokens" } else { "max_tokens" }, asked.max_tokens);
    let temperature = asked.temperature.filter(|&temperature| !thinks || (temperature - 1.0).abs() > 1e-9);
    page.set_if(!thinks, "temperature", temperature, "temperature left out: this model takes only 1");
    page.set_if(!thinks, "top_p", asked.top_p, "top_p left out: this model chooses by itself");
    page.set_if(is_openrouter, "top_k", asked.top_k, "top_k left out: this provider does not know it");
    page.set("frequency_penalty", asked.frequency_penalty);
    page.set("presence_penalty", asked.presence_penalty);
    page.set("stop", &asked.stop);
    page.set(if is_mistral { "random_seed" } else { "seed" }, asked.seed);
    if asked.json {
        page.set("response_format", json!({"type": "json_object"}));
    }
    if !asked.tools.is_empty() {
        page.set("tools", &asked.tools);
    }
    if is_openrouter {
        openrouter(asked, page);
        return;
    }
    let effort = asked.effort.map(Effort::name);
    let knows_effort = thinks || !is_openai;
    page.set_if(
        knows_effort,
        "reasoning_effort",
        effort,
        "reasoning_effort left out: this model does not think",
    );
    page.set_if(
        false,
        "",
        asked.thinking_budget,
        "thinking_budget left out: this provider knows only an effort",
    );
    if !asked.providers.is_empty() {
        page.notes.push("providers left out: only OpenRouter chooses among them");
    }
}

/// The messages with roles that the dialect knows. `developer` is OpenAI's name for `system`, at OpenAI and Azure alone.
fn framed(messages: &[Message], dialect: Dialect) -> Vec<Message> {
    let mut messages = messages.to_vec();
    if !matches!(dialect, Dialect::OpenAi | Dialect::Azure) {
        let named = messages.iter_mut().filter(|message| message.role == Some(Role::Developer));
        named.for_each(|message| message.role = Some(Role::System));
    }
    messages
}

fn openrouter(asked: &Asked, page: &mut Page) {
    match (asked.thinking_budget, asked.effort) {
        (Some(tokens), effort) => {
            page.set("reasoning", json!({"max_tokens": tokens}));
            page.set_if(false, "", effort.map(Effort::name), BUDGET_INSTEAD);
        }
        (None, Some(effort)) => page.set("reasoning", json!({"effort": effort.name()})),
        (None, None) => {}
    }
    if !asked.providers.is_empty() {
        page.set("provider", json!({"order": asked.providers, "allow_fallbacks": false}));
    }
}

fn anthropic(asked: &Asked, page: &mut Page) {
    let (system, said): (Vec<&Message>, Vec<&Message>) =
        asked.messages.iter().partition(|message| sets_the_frame(message));
    let mut frame: Vec<String> = system.into_iter().map(Message::text).collect();
    if asked.json {
        frame.push("Answer with one JSON object and nothing else.".to_owned());
        page.notes.push("json asked for in the system prompt: this provider has no switch for it");
    }
    if !frame.is_empty() {
        page.set("system", frame.join("\n\n"));
    }
    page.set("messages", said.into_iter().map(of_anthropic).collect::<Vec<_>>());
    let max_tokens = asked.max_tokens.unwrap_or(ANTHROPIC_MAX_TOKENS);
    let budget = asked.thinking_budget.or_else(|| asked.effort.and_then(budget_of));
    let thinks = budget.is_some();
    match (asked.thinking_budget, asked.effort) {
        (Some(_), Some(_)) => page.notes.push(BUDGET_INSTEAD),
        (None, Some(Effort::Minimal)) => {
            page.notes.push("reasoning_effort left out: at its least this provider does not think");
        }
        _ => {}
    }
    if let Some(budget) = budget.map(|budget| budget.max(ANTHROPIC_BUDGET_MIN)) {
        page.set("thinking", json!({"type": "enabled", "budget_tokens": budget}));
        // Thoughts count against the bound, which must leave room for the answer.
        page.set(
            "max_tokens",
            if max_tokens > budget { max_tokens } else { budget.saturating_add(max_tokens) },
        );
    } else {
        page.set("max_tokens", max_tokens);
    }
    let temperature = asked.temperature.filter(|&temperature| !thinks || (temperature - 1.0).abs() > 1e-9);
    page.set_if(
        !thinks,
        "temperature",
        temperature,
        "temperature left out: a model that thinks takes only 1",
    );
    page.set_if(!thinks, "top_k", asked.top_k, "top_k left out: a model that thinks does not take it");
    page.set("top_p", asked.top_p);
    if let Some(stop) = &asked.stop {
        page.set(
            "stop_sequences",
            match stop {
                OneOrMany::One(text) => vec![text.clone()],
                OneOrMany::Many(texts) => texts.clone(),
            },
        );
    }
    if !asked.tools.is_empty() {
        page.set("tools", asked.tools.iter().map(tool_of_anthropic).collect::<Vec<_>>());
    }
    page.set_if(false, "", asked.seed, "seed left out: this provider does not know it");
    let penalty = asked.frequency_penalty.or(asked.presence_penalty);
    page.set_if(false, "", penalty, "penalties left out: this provider does not know them");
    if !asked.providers.is_empty() {
        page.notes.push("providers left out: only OpenRouter chooses among them");
    }
}

/// How many tokens of thought an effort means: our own choice, since Anthropic takes a budget and no effort here; for an
/// answer of 20 000 tokens.
const fn budget_of(effort: Effort) -> Option<u64> {
    match effort {
        Effort::Minimal => None,
        Effort::Low => Some(4_000),
        Effort::Medium => Some(10_000),
        Effort::High => Some(16_000),
    }
}

fn sets_the_frame(message: &Message) -> bool {
    matches!(message.role, Some(Role::System | Role::Developer))
}

/// A message in Anthropic's words: tools are asked for, and answer, in blocks.
fn of_anthropic(message: &Message) -> Value {
    if message.role == Some(Role::Tool) {
        let id = message.tool_call_id.as_deref().unwrap_or_default();
        let block = json!({"type": "tool_result", "tool_use_id": id, "content": message.text()});
        return json!({"role": "user", "content": [block]});
    }
    let role = if message.role == Some(Role::Assistant) { "assistant" } else { "user" };
    let mut blocks: Vec<Value> = match &message.content {
        Some(super::Content::Parts(parts)) => parts.iter().map(block_of).collect(),
        Some(super::Content::Text(text)) if message.tool_calls.is_none() => {
            return json!({"role": role, "content": text});
        }
        Some(super::Content::Text(text)) if !text.is_empty() => vec![json!({"type": "text", "text": text})],
        _ => Vec::new(),
    };
    for call in message.tool_calls.iter().flatten() {
        let function = call.function.clone().unwrap_or_default();
        let arguments = function.arguments.unwrap_or_default();
        let input: Value = serde_json::from_str(&arguments).unwrap_or_else(|_| json!({}));
        blocks.push(json!({"type": "tool_use", "id": call.id, "name": function.name, "input": input}));
    }
    json!({"role": role, "content": blocks})
}

/// A part of a message as a block: text, an image or a file by its place or in it; anything else as it is.
fn block_of(part: &super::Part) -> Value {
    match part {
        super::Part::Text(text) => json!({"type": "text", "text": text.text}),
        super::Part::Image(image) => {
            let url = image.image_url.url.as_deref().unwrap_or_default();
            json!({"type": "image", "source": source_of(url)})
        }
        super::Part::File(part) => {
            let source = match (part.file["file_id"].as_str(), part.file["file_data"].as_str()) {
                (Some(id), _) => json!({"type": "file", "file_id": id}),
                (None, data) => source_of(data.unwrap_or_default()),
            };
            let mut block = json!({"type": "document", "source": source});
            if let Some(name) = part.file["filename"].as_str() {
                block["title"] = Value::from(name);
            }
            block
        }
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

/// Where something is: in the `data:` URL itself, or at the URL.
fn source_of(url: &str) -> Value {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media_type, data)) => json!({"type": "base64", "media_type": media_type, "data": data}),
        None => json!({"type": "url", "url": url}),
    }
}

fn tool_of_anthropic(tool: &super::Tool) -> Value {
    match &tool.function {
        None => serde_json::to_value(tool).unwrap_or_default(),
        Some(function) => {
            let schema = function.parameters.clone().unwrap_or_else(|| json!({"type": "object"}));
            json!({"name": function.name, "description": function.description, "input_schema": schema})
        }
    }
}

#[cfg(test)]
mod tests;
