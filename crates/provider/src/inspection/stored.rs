//! The usage of stored answers: the results of a batch, in one document or one a line.
//!
//! They are calls of their own, which were counted as such; nothing paces by this.

use serde_json::Value;
use tidegate_core::Usage;

use crate::reading::{Tree, UsageParts};

/// Reads a usage object in a host's words.
type Read = fn(&Tree<'_>) -> Option<UsageParts>;

/// Where a host keeps the usage of each stored answer, `*` for the entries of a list (recordings of 2026).
const PLACES: [(&str, Read); 6] = [
    // Anthropic, a line each.
    ("result/message/usage", UsageParts::anthropic),
    // OpenAI, a line each.
    ("response/body/usage", UsageParts::openai),
    // Mistral's job.
    ("outputs/*/response/body/usage", UsageParts::openai),
    // Gemini's batch, and its file with a line each.
    ("response/inlinedResponses/inlinedResponses/*/response/usageMetadata", UsageParts::gemini),
    ("response/usageMetadata", UsageParts::gemini),
    // xAI.
    ("results/*/batch_result/response/chat_get_completion/usage", UsageParts::openai),
];

/// The most stored answers that are read of one body.
const ANSWERS_MAX: usize = 50_000;

/// The usage of all stored answers of a body together; `None` where there are none.
pub(super) fn usage(body: &[u8]) -> Option<Usage> {
    let documents = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    let documents = documents.map_while(Result::ok).take(ANSWERS_MAX);
    documents.fold(None, |sum, document| {
        let told = PLACES.iter().flat_map(|(place, read)| {
            at(&document, place).into_iter().filter_map(|value| read(&Tree::of(value))).map(UsageParts::usage)
        });
        told.fold(sum, |sum, usage| Some(sum.map_or(usage, |sum| together(sum, usage))))
    })
}

/// The values at a place.
fn at<'a>(document: &'a Value, place: &str) -> Vec<&'a Value> {
    place.split('/').fold(vec![document], |found, step| match step {
        "*" => found.into_iter().filter_map(Value::as_array).flatten().take(ANSWERS_MAX).collect(),
        name => found.into_iter().filter_map(|value| value.get(name)).collect(),
    })
}

fn together(one: Usage, other: Usage) -> Usage {
    let add = u64::saturating_add;
    let mut sum =
        Usage::new(add(one.input_tokens, other.input_tokens), add(one.output_tokens, other.output_tokens));
    sum.cached_input_tokens = add(one.cached_input_tokens, other.cached_input_tokens);
    sum.cache_write_tokens = add(one.cache_write_tokens, other.cache_write_tokens);
    sum.total_tokens = Some(add(one.total(), other.total()));
    sum
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stored_answers_are_added_up_wherever_a_host_keeps_them() {
        let openai = json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7});
        let gemini = json!({"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7});
        let anthropic = json!({"input_tokens": 4, "cache_read_input_tokens": 1, "output_tokens": 2});
        let bodies = [
            json!({"outputs": [{"response": {"body": {"usage": openai}}}, {"response": {"body": {"usage": openai}}}]}),
            json!({"response": {"inlinedResponses": {"inlinedResponses":
                [{"response": {"usageMetadata": gemini}}, {"response": {"usageMetadata": gemini}}]}}}),
            json!({"results": [
                {"batch_result": {"response": {"chat_get_completion": {"usage": openai}}}},
                {"batch_result": {"error": "m"}},
                {"batch_result": {"response": {"chat_get_completion": {"usage": openai}}}}]}),
        ];
        let lines = |line: Value| format!("{line}\n{line}\n");
        let lines = [
            lines(json!({"result": {"message": {"usage": anthropic}}})),
            lines(json!({"response": {"body": {"usage": openai}}, "error": null})),
        ];
        for body in bodies.iter().map(Value::to_string).chain(lines) {
            let sum = usage(body.as_bytes()).unwrap();
            assert_eq!((sum.input_tokens, sum.output_tokens, sum.total()), (10, 4, 14), "{body}");
        }
    }

    #[test]
    fn other_bodies_store_no_answers() {
        for body in ["", "{}", "[]", "{\"outputs\": 5}", "data: {}", "{\"usage\": {\"prompt_tokens\": 5}}"] {
            assert_eq!(usage(body.as_bytes()), None, "{body}");
        }
    }
}
