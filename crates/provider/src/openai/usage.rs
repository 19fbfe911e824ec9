//! Usage and errors in OpenAI's answers and streams.
//!
//! Chat streams tell usage in an extra last chunk, when asked; responses streams in the event that ends them
//! (recordings to 2026-08).

use super::errors::RULES;
use crate::fault::{Case, verdict};
use crate::reading::{Grammar, Map, Paths, RESPONSES_PATHS, fold_openai, fold_responses};
use crate::{Endpoint, EndpointKind};

pub(crate) static GRAMMAR: Grammar = Grammar {
    paths: Map::new(PATHS),
    fold: fold_openai,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// The responses API, whose answers have names that later calls continue.
static RESPONSES: Grammar = Grammar {
    paths: Map::new(RESPONSES_PATHS),
    fold: fold_responses,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// How an endpoint answers.
pub(crate) fn grammar(endpoint: Endpoint) -> &'static Grammar {
    if endpoint.kind == EndpointKind::Responses { &RESPONSES } else { &GRAMMAR }
}

const PATHS: Paths = Paths {
    picked: &[
        &["usage"],
        &["error"],
        &["type"],
        &["response", "usage"],
        &["response", "error"],
        &["message"],
        &["code"],
        &["choices", "*", "index"],
        &["choices", "*", "finish_reason"],
    ],
    measured: &[
        &["choices", "*", "delta", "content"],
        &["choices", "*", "delta", "refusal"],
        &["choices", "*", "delta", "tool_calls", "*", "function", "arguments"],
        &["choices", "*", "delta", "function_call", "arguments"],
        &["choices", "*", "text"],
        // Of the responses API: text, refusals, summaries and arguments all come under this name.
        &["delta"],
    ],
};

#[cfg(test)]
mod tests {
    use tidegate_core::Class;

    use super::*;
    use crate::reading::{Reading, UsageReader};

    fn read(body: &str) -> Reading {
        read_as(&GRAMMAR, body)
    }

    fn read_as(grammar: &'static Grammar, body: &str) -> Reading {
        let mut reader = UsageReader::new(grammar, Endpoint::of(EndpointKind::Responses), None);
        reader.push(body.as_bytes());
        reader.finish()
    }

    #[test]
    fn a_response_is_named_so_that_it_can_be_continued() {
        let grammar = grammar(Endpoint::of(EndpointKind::Responses));
        let response = r#"{"id":"resp_1","conversation":{"id":"conv_1"},"output":[{"id":"msg_1"}],"usage":{"input_tokens":30,"output_tokens":4}}"#;
        let plain = read_as(grammar, response);
        let stream = format!(
            "data: {{\"type\":\"response.output_text.delta\",\"delta\":\"four\"}}\n\n\
             data: {{\"type\":\"response.completed\",\"response\":{response}}}\n\n"
        );
        for reading in [plain, read_as(grammar, &stream)] {
            assert_eq!(reading.answer.as_deref(), Some("resp_1"));
            assert_eq!(reading.conversation.as_deref(), Some("conv_1"));
            assert_eq!(reading.usage.map(|usage| usage.total()), Some(34));
        }
    }

    #[test]
    fn a_responses_stream_tells_its_usage_in_the_event_that_ends_it() {
        for end in ["completed", "incomplete"] {
            let reading = read(&format!(
                "event: response.created\ndata: {{\"type\":\"response.created\",\"response\":{{\"usage\":null,\"error\":null}}}}\n\n\
                 event: response.{end}\ndata: {{\"type\":\"response.{end}\",\"response\":{{\"error\":null,\"usage\":{{\
                 \"input_tokens\":30,\"input_tokens_details\":{{\"cached_tokens\":10}},\"output_tokens\":4,\"total_tokens\":34}}}}}}\n\n"
            ));
            let usage = reading.usage.unwrap();
            assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.total()), (30, 10, 34));
            assert!(reading.is_complete() && reading.error.is_none());
        }
    }

    #[test]
    fn both_forms_of_a_failed_stream_are_errors() {
        let failed = "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}}\n\n";
        let verdict = read(failed).error.unwrap();
        assert_eq!(verdict.class, Class::Throttled);
        let event = "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"m\",\"param\":null}\n\n";
        let verdict = read(event).error.unwrap();
        assert_eq!(
            (verdict.class, verdict.error.unwrap().code.as_deref()),
            (Class::ServerError, Some("server_error"))
        );
    }

    #[test]
    fn the_text_of_a_stream_that_tells_no_usage_is_measured() {
        let chunk = |delta: &str| {
            format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}],\"usage\":null}}\n\n")
        };
        let stream = [
            chunk(r#"{"role":"assistant","content":""}"#),
            chunk(r#"{"content":"four"}"#),
            chunk(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}"#),
            chunk("{}"),
            "data: [DONE]\n\n".to_owned(),
        ];
        let streamed = read(&stream.concat()).streamed;
        assert_eq!((streamed.pieces, streamed.bytes), (2, 4 + 7));
        let event = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"seven x\"}\n\n";
        assert_eq!(read(event).streamed.bytes, 7);
    }

    #[test]
    fn text_that_speaks_of_usage_is_no_usage() {
        let body = r#"{"choices":[{"message":{"content":"\"usage\": {\"prompt_tokens\": 9}"},"usage_note":{"usage":{"prompt_tokens":9}}}]}"#;
        assert_eq!(read(body).usage, None);
    }
}
