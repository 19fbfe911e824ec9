//! Usage and errors in the answers and streams of compatible hosts, wherever any of them puts it.

use super::errors::RULES;
use crate::fault::{Case, verdict};
use crate::reading::{BROAD_PATHS, Grammar, Map, RESPONSES_PATHS, fold_broad, fold_responses};
use crate::{Endpoint, EndpointKind};

pub(crate) static GRAMMAR: Grammar = Grammar {
    paths: Map::new(BROAD_PATHS),
    fold: fold_broad,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// The responses API of the hosts that have it (Azure, xAI), whose answers have names that later calls continue.
static RESPONSES: Grammar = Grammar {
    paths: Map::new(RESPONSES_PATHS),
    fold: fold_responses,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// How an endpoint answers.
pub(crate) fn grammar(endpoint: Endpoint) -> &'static Grammar {
    if endpoint.kind == EndpointKind::Responses { &RESPONSES } else { &GRAMMAR }
}

#[cfg(test)]
mod tests {
    use crate::reading::{Reading, UsageReader};

    use super::*;

    #[test]
    fn usage_is_found_wherever_a_host_puts_it() {
        let places = [
            r#"{"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
            r#"{"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":2}}}"#,
            r#"{"choices":[{"usage":{"prompt_tokens":3,"completion_tokens":2}}]}"#,
            r#"{"response":{"usage":{"input_tokens":3,"output_tokens":2}}}"#,
            r#"{"message":{"usage":{"input_tokens":3,"output_tokens":2}}}"#,
            r#"{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}"#,
            r#"{"type":"message-end","delta":{"usage":{"tokens":{"input_tokens":3,"output_tokens":2}}}}"#,
            r#"{"meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":3,"output_tokens":2}}}"#,
            r#"{"done":true,"prompt_eval_count":3,"eval_count":2}"#,
            r#"{"event_type":"interaction.completed","interaction":{"usage":{"total_input_tokens":3,"total_output_tokens":2}}}"#,
            r#"{"response":{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}}"#,
            r#"{"metrics":{"latencyMs":9},"usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5}}"#,
            r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":2}}"#,
            r#"{"generation":"m","prompt_token_count":3,"generation_token_count":2}"#,
            r#"{"inputTextTokenCount":3.0,"results":[{"tokenCount":2.0,"outputText":"m"}]}"#,
        ];
        for place in places {
            let mut reader = UsageReader::new(&GRAMMAR, Endpoint::of(EndpointKind::Chat), None);
            reader.push(format!("data: {place}\n\n").as_bytes());
            let usage = reader.so_far().unwrap_or_else(|| panic!("no usage in {place}"));
            assert_eq!((usage.input_tokens, usage.output_tokens), (3, 2), "{place}");
        }
    }

    fn read(body: &str, size: usize) -> Reading {
        let mut reader = UsageReader::new(&GRAMMAR, Endpoint::of(EndpointKind::Chat), None);
        body.as_bytes().chunks(size).for_each(|chunk| reader.push(chunk));
        reader.finish()
    }

    #[test]
    fn a_stream_of_one_document_a_line_is_read_to_its_last() {
        let stream = "{\"message\":{\"content\":\"Hi\"},\"done\":false}\n\n{\"message\":{\"content\":\" you\"},\"done\":false}\r\n\
                      {\"done\":true,\"eval_count\":2}\n";
        for size in [1, 2, 3, 30, 1_000] {
            let reading = read(stream, size);
            let usage = reading.usage.unwrap();
            assert_eq!(
                (usage.input_tokens, usage.output_tokens),
                (0, 2),
                "what was known already is left out"
            );
            assert_eq!((reading.streamed.pieces, reading.streamed.bytes), (2, 6));
            assert!(reading.is_complete());
        }
        assert!(!read(&stream[..stream.len() - 3], 7).is_complete());
    }

    #[test]
    fn a_stream_of_geminis_ends_where_it_says_why() {
        let chunk = |part: &str| {
            format!(
                "data: {{\"candidates\":[{{{part}}}],\"usageMetadata\":{{\"promptTokenCount\":3}}}}\r\n\r\n"
            )
        };
        assert!(!read(&chunk("\"index\":0"), 5).is_complete());
        assert!(read(&chunk("\"finishReason\":\"STOP\""), 5).is_complete());
    }
}
