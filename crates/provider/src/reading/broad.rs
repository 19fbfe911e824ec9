//! The places of usage, errors and text over all hosts that speak OpenAI's bodies or serve others beside them, and
//! the fold of what is found there.

use super::responses::note_errors;
use super::{Course, Paths, Picks, Tally, Tree, UsageParts};
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
        &["choices", "*", "index"],
        // What tells that a stream goes on or is at its end: Anthropic's, Gemini's where it refuses a prompt, and those of
        // Ollama and of Cohere's first version, which send one document a line.
        &["delta", "stop_reason"],
        &["promptFeedback", "blockReason"],
        &["done"],
        &["is_finished"],
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
    note_end_of_hosts(&mut tally.course, picks);
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
}

/// Notes what one event of a stream says of its end in other words than most.
pub(crate) fn note_end_of_hosts(course: &mut Course, picks: &Picks<'_>) {
    if !picks.is_whole {
        return;
    }
    let has = |path| picks.raw(path).is_some();
    if let Some(kind) = picks.text(20) {
        course.note_type(kind);
    }
    // Streams without an event or a mark for their end: Gemini's say why they stop, Bedrock's how long they took.
    let is_geminis = has(13) || has(22);
    let stops = has(21) || has(31);
    let is_reason = picks.is(2, "message_delta") && has(30);
    if is_geminis && stops || is_reason || has(23) || has(24) && has(0) {
        course.give_reason();
    } else if is_geminis {
        course.open();
    }
    for path in [32, 33] {
        match picks.raw(path) {
            Some(b"true") => course.give_reason(),
            Some(b"false") => course.open(),
            _ => {}
        }
    }
}

/// The places of amounts that stand in no object of their own, of input and of output: Ollama (which leaves the input
/// out when it still knows it), Meta's and Amazon's models at Bedrock (recordings of 2024 to 2026).
const COUNTS: [(usize, usize); 3] = [(16, 17), (25, 26), (27, 28)];

/// Adds what one document in the shape of the messages API told.
fn fold_messages(tally: &mut Tally, picks: &Picks<'_>) {
    for path in [7, 0] {
        tally.note_usage(picks.tree(path).as_ref().and_then(UsageParts::anthropic));
    }
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
