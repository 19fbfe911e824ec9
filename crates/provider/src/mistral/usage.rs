//! Usage and errors in Mistral's answers and streams.
//!
//! Chat streams tell usage in the chunk that ends the answer, asked or not; conversations in
//! `conversation.response.done`, with the tokens of connectors in the total (recordings to 2026-08).

use serde_json::Value;

use super::errors::RULES;
use crate::Endpoint;
use crate::fault::{Case, Fault, verdict};
use crate::reading::{Details, Grammar, Map, Paths, Picks, Tally, UsageParts, amount};

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
        &["object"],
        &["message"],
        &["code"],
        &["conversation_id"],
        &["usage_info", "pages_processed"],
        &["choices", "*", "index"],
        &["choices", "*", "finish_reason"],
    ],
    measured: &[
        &["choices", "*", "delta", "content"],
        &["choices", "*", "delta", "tool_calls", "*", "function", "arguments"],
        // Of a conversation's messages and calls of functions.
        &["content"],
        &["arguments"],
    ],
};

fn fold(tally: &mut Tally, picks: &Picks<'_>) {
    tally.note_usage(picks.tree(0).as_ref().and_then(UsageParts::openai));
    tally.note_conversation(picks.text(6));
    let pages = picks.tree(7).as_ref().and_then(amount);
    tally.note_details(Details { pages, ..Details::default() });
    if let Some(error) = picks.value(1) {
        tally.note_error(Fault::of_value(error));
    }
    if picks.is(2, "conversation.response.error") || picks.is(3, "error") {
        let part = |path| picks.value(path).unwrap_or(Value::Null);
        tally.note_error(Fault::of_value(serde_json::json!({"message": part(4), "code": part(5)})));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EndpointKind;
    use crate::reading::{Reading, UsageReader};

    fn read(body: &str) -> Reading {
        let mut reader = UsageReader::new(&GRAMMAR, Endpoint::of(EndpointKind::Conversations), None);
        reader.push(body.as_bytes());
        reader.finish()
    }

    #[test]
    fn a_conversations_total_holds_its_connectors() {
        let done = r#"{"type":"conversation.response.done","usage":{"prompt_tokens":188,"completion_tokens":55,"total_tokens":7355,"connector_tokens":7112,"connectors":{"web_search":1}}}"#;
        let reading = read(&format!("event: conversation.response.done\ndata: {done}\n\n"));
        let usage = reading.usage.unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens, usage.total()), (188, 55, 7_355));
        assert!(reading.is_complete());
    }

    #[test]
    fn an_error_event_ends_a_conversation_with_an_error() {
        let reading =
            read("data: {\"type\":\"conversation.response.error\",\"message\":\"busy\",\"code\":503}\n\n");
        let verdict = reading.error.unwrap();
        assert_eq!(verdict.class, tidegate_core::Class::Overloaded);
        assert_eq!(verdict.error.unwrap().message.as_deref(), Some("busy"));
    }

    #[test]
    fn both_names_of_the_cached_part_are_read() {
        for cached in [r#""prompt_tokens_details":{"cached_tokens":16}"#, r#""num_cached_tokens":16"#] {
            let usage = read(&format!(
                r#"{{"usage":{{"prompt_tokens":93,"completion_tokens":29,"total_tokens":122,{cached}}}}}"#
            ))
            .usage;
            assert_eq!(usage.unwrap().cached_input_tokens, 16);
        }
    }
}
