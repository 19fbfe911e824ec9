//! The places of usage, errors and text over all hosts that speak OpenAI's bodies or serve others beside them, and
//! the fold of what is found there.

use serde_json::{Value, json};

use super::{Paths, Picks, Tally, UsageParts};
use crate::fault::Fault;

/// The places: those of OpenAI's answers, of Anthropic-shaped ones, of errors inside a choice, of Groq, and of the
/// shapes that Gemini, Cohere and Ollama have of their own.
pub(crate) const BROAD_PATHS: Paths = Paths {
    picked: &[
        &["usage"],
        &["error"],
        &["type"],
        &["response", "usage"],
        &["response", "error"],
        &["message"],
        &["code"],
        &["message", "usage"],
        &["choices", "*", "error"],
        &["choices", "*", "usage"],
        &["x_groq", "usage"],
        &["x_groq", "error"],
        &["choices", "*", "finish_reason"],
        &["usageMetadata"],
        &["delta", "usage"],
        &["meta"],
        &["prompt_eval_count"],
        &["eval_count"],
        &["response", "meta"],
    ],
    measured: &[
        &["choices", "*", "delta", "content"],
        &["choices", "*", "delta", "reasoning_content"],
        &["choices", "*", "delta", "reasoning"],
        &["choices", "*", "delta", "tool_calls", "*", "function", "arguments"],
        &["choices", "*", "text"],
        // Of the responses API.
        &["delta"],
        // Of the messages API.
        &["delta", "text"],
        &["delta", "thinking"],
        &["delta", "partial_json"],
        // Of Cohere's and of Gemini's own streams.
        &["delta", "message", "content", "text"],
        &["candidates", "*", "content", "parts", "*", "text"],
    ],
};

/// Adds what one document told.
pub(crate) fn fold_broad(tally: &mut Tally, picks: &Picks<'_>) {
    if picks.raw(7).is_some() || picks.is(2, "message") || picks.is(2, "message_delta") {
        return fold_messages(tally, picks);
    }
    // Of several places the last one counts: Groq repeats its own in the standard place.
    for path in [10, 9, 0, 3, 14, 15, 18] {
        tally.note_usage(picks.value(path).as_ref().and_then(words_of_hosts));
    }
    tally.note_usage(picks.value(13).as_ref().and_then(UsageParts::gemini));
    if let (Some(input), Some(output)) = (picks.value(16), picks.value(17)) {
        let usage = json!({"prompt_tokens": input, "completion_tokens": output});
        tally.note_usage(UsageParts::openai(&usage));
    }
    for path in [1, 4, 8, 11] {
        if let Some(error) = picks.value(path) {
            tally.note_error(Fault::of_value(error));
        }
    }
    // The responses API ends a stream with an event of the type "error" that holds its code beside it.
    if picks.is(2, "error") {
        let part = |path| picks.value(path).unwrap_or(Value::Null);
        tally.note_error(Fault::of_value(json!({"message": part(5), "code": part(6)})));
    }
    if picks.is(12, "error") {
        tally.note_error(Fault { kind: Some("error".to_owned()), ..Fault::default() });
    }
    let ends =
        ["response.completed", "response.incomplete", "response.failed", "message_stop", "message-end"];
    tally.complete |= ends.iter().any(|end| picks.is(2, end));
}

/// Adds what one document in the shape of the messages API told.
fn fold_messages(tally: &mut Tally, picks: &Picks<'_>) {
    for path in [7, 0] {
        tally.note_usage(picks.value(path).as_ref().and_then(UsageParts::anthropic));
    }
    tally.complete |= picks.is(2, "message");
    if let Some(error) = picks.value(1) {
        tally.note_error(Fault::of_value(error));
    }
}

/// Cohere's words are told by their groups; everybody else has OpenAI's.
fn words_of_hosts(value: &Value) -> Option<UsageParts> {
    let is_cohere = ["tokens", "billed_units", "api_version"].iter().any(|name| value.get(name).is_some());
    if is_cohere { UsageParts::cohere(value) } else { UsageParts::openai(value) }
}
