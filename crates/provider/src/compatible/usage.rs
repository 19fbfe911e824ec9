//! Usage and errors in the answers and streams of compatible hosts, wherever any of them puts it.

use super::errors::RULES;
use crate::fault::{Case, verdict};
use crate::reading::{BROAD_PATHS, Grammar, RESPONSES_PATHS, fold_broad, fold_responses};
use crate::{Endpoint, EndpointKind};

pub(crate) static GRAMMAR: Grammar = Grammar {
    paths: BROAD_PATHS,
    fold: fold_broad,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// The responses API of the hosts that have it (Azure, xAI), whose answers have names that later calls continue.
static RESPONSES: Grammar = Grammar {
    paths: RESPONSES_PATHS,
    fold: fold_responses,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};

/// How an endpoint answers.
pub(crate) fn grammar(endpoint: Endpoint) -> &'static Grammar {
    if endpoint.kind == EndpointKind::Responses { &RESPONSES } else { &GRAMMAR }
}

#[cfg(test)]
mod tests {
    use crate::reading::UsageReader;

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
        ];
        for place in places {
            let mut reader = UsageReader::new(&GRAMMAR, Endpoint::of(EndpointKind::Chat), None);
            reader.push(format!("data: {place}\n\n").as_bytes());
            let usage = reader.so_far().unwrap_or_else(|| panic!("no usage in {place}"));
            assert_eq!((usage.input_tokens, usage.output_tokens), (3, 2), "{place}");
        }
    }
}
