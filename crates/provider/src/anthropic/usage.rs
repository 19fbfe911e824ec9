//! Usage and errors in Anthropic's answers and streams.
//!
//! A stream tells its input in `message_start` and, cumulative, its output in `message_delta`, which can also
//! correct the input when a server tool ran (497 of 497 recordings to 2026-08).

use crate::Endpoint;
use crate::anthropic::errors::RULES;
use crate::fault::{Case, Fault, verdict};
use crate::reading::{Grammar, Map, Paths, Picks, Tally, UsageParts};

pub(crate) static GRAMMAR: Grammar = Grammar {
    paths: Map::new(PATHS),
    fold,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// All endpoints answer in the same words.
pub(crate) fn grammar(_: Endpoint) -> &'static Grammar {
    &GRAMMAR
}

const PATHS: Paths = Paths {
    picked: &[
        &["usage"],
        &["error"],
        &["type"],
        &["message", "usage"],
        &["delta", "stop_reason"],
        &["choices", "*", "index"],
        &["choices", "*", "finish_reason"],
    ],
    measured: &[
        &["delta", "text"],
        &["delta", "thinking"],
        &["delta", "partial_json"],
        &["choices", "*", "delta", "content"],
    ],
};

fn fold(tally: &mut Tally, picks: &Picks<'_>) {
    for path in [0, 3] {
        let Some(value) = picks.tree(path) else { continue };
        // The endpoint for OpenAI's SDKs answers in OpenAI's words.
        let speaks_openai = value.get("prompt_tokens").is_some();
        let read = if speaks_openai { UsageParts::openai } else { UsageParts::anthropic };
        tally.note_usage(read(&value));
    }
    if let Some(error) = picks.value(1) {
        tally.note_error(Fault::of_value(error));
    }
    if picks.is_whole && picks.is(2, "message_delta") && picks.raw(4).is_some() {
        tally.course.give_reason();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::EndpointKind;
    use crate::reading::{Reading, UsageReader};

    fn read(events: &[Value]) -> Reading {
        let mut reader = UsageReader::new(&GRAMMAR, Endpoint::of(EndpointKind::Messages), None);
        for event in events {
            reader.push(format!("event: x\ndata: {event}\n\n").as_bytes());
        }
        reader.finish()
    }

    #[test]
    fn output_is_cumulative_and_a_server_tool_corrects_the_input() {
        let start = json!({"type": "message_start", "message": {"usage": {
            "input_tokens": 700, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 5, "output_tokens": 2}}});
        let delta = |usage: Value| json!({"type": "message_delta", "usage": usage});
        let first = read(&[start.clone(), delta(json!({"output_tokens": 9}))]);
        let usage = first.usage.unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (725, 9));
        assert_eq!((usage.cached_input_tokens, usage.cache_write_tokens), (5, 20));
        assert_eq!((usage.total(), first.is_complete()), (734, false));
        let second = read(&[
            start,
            delta(json!({"input_tokens": 1_500, "output_tokens": 40})),
            json!({"type": "message_stop"}),
        ]);
        assert_eq!((second.usage.unwrap().input_tokens, second.is_complete()), (1_525, true));
    }

    #[test]
    fn an_overload_in_the_middle_keeps_the_usage_before_it() {
        let start =
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 1}}});
        let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        let reading = read(&[start, error]);
        assert_eq!(reading.usage.unwrap().input_tokens, 7);
        assert_eq!(reading.error.unwrap().class, tidegate_core::Class::Overloaded);
    }
}
