//! The places of usage, errors and text over all hosts that speak OpenAI's bodies or serve others beside them, and
//! the fold of what is found there.

use super::responses::{ENDS, note_errors};
use super::{Paths, Picks, Tally, Tree, UsageParts};
use crate::fault::Fault;

/// The places: those of OpenAI's answers, of Anthropic-shaped ones, of errors inside a choice, of Groq, and of the
/// shapes that Gemini, Cohere, Ollama and Bedrock's models have of their own.
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
        // Gemini's interactions, its stream's end, and its answers inside of a wrapper.
        &["interaction", "usage"],
        &["event_type"],
        &["candidates", "*", "finishReason"],
        &["response", "usageMetadata"],
        // Bedrock: models' own events, the end of a conversation's stream, and the models of Meta and Amazon.
        &["amazon-bedrock-invocationMetrics"],
        &["metrics"],
        &["prompt_token_count"],
        &["generation_token_count"],
        &["inputTextTokenCount"],
        &["results", "*", "tokenCount"],
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
        // Of Ollama's.
        &["message", "content"],
    ],
};

/// Adds what one document told.
pub(crate) fn fold_broad(tally: &mut Tally, picks: &Picks<'_>) {
    if picks.raw(7).is_some() || picks.is(2, "message") || picks.is(2, "message_delta") {
        return fold_messages(tally, picks);
    }
    // Of several places the last one counts: Groq repeats its own in the standard place.
    for path in [10, 9, 0, 3, 14, 15, 18, 19, 23] {
        tally.note_usage(picks.tree(path).as_ref().and_then(words_of_hosts));
    }
    for path in [13, 22] {
        tally.note_usage(picks.tree(path).as_ref().and_then(UsageParts::gemini));
    }
    for (input, output) in COUNTS {
        let of = |name: &'static str, path| Some((name.into(), picks.tree(path)?));
        let fields = [of("prompt_tokens", input), of("completion_tokens", output)];
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        if !fields.is_empty() {
            tally.note_usage(UsageParts::openai(&Tree::Object(fields)));
        }
    }
    note_errors(tally, picks, &[1, 4, 8, 11]);
    if picks.is(12, "error") {
        tally.note_error(Fault { kind: Some("error".to_owned()), ..Fault::default() });
    }
    tally.complete |= ENDS.iter().chain(&["message_stop", "message-end"]).any(|end| picks.is(2, end));
    // Streams without an event or a mark for their end: Gemini's say why they stop, Bedrock's how long they took.
    let has = |path| picks.raw(path).is_some();
    let stops = has(21) && (has(13) || has(22));
    tally.complete |= stops || has(23) || has(24) && has(0) || picks.is(20, "interaction.completed");
}

/// The places of amounts that stand in no object of their own, of input and of output: Ollama (which leaves the input
/// out when it still knows it), Meta's and Amazon's models at Bedrock (recordings of 2024 to 2026).
const COUNTS: [(usize, usize); 3] = [(16, 17), (25, 26), (27, 28)];

/// Adds what one document in the shape of the messages API told.
fn fold_messages(tally: &mut Tally, picks: &Picks<'_>) {
    for path in [7, 0] {
        tally.note_usage(picks.tree(path).as_ref().and_then(UsageParts::anthropic));
    }
    tally.complete |= picks.is(2, "message");
    if let Some(error) = picks.value(1) {
        tally.note_error(Fault::of_value(error));
    }
}

/// Cohere's words are told by their groups, those of Bedrock and of Gemini's interactions by their own names;
/// everybody else has OpenAI's.
fn words_of_hosts(value: &Tree<'_>) -> Option<UsageParts> {
    let has = |names: &[&str]| names.iter().any(|name| value.get(name).is_some());
    match () {
        () if has(&["tokens", "billed_units", "api_version"]) => UsageParts::cohere(value),
        () if has(&["inputTokens", "outputTokens", "inputTokenCount", "outputTokenCount"]) => {
            UsageParts::bedrock(value)
        }
        () if has(&["total_input_tokens", "total_output_tokens"]) => UsageParts::interactions(value),
        () => UsageParts::openai(value),
    }
}
