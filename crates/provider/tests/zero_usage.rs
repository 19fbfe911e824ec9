//! A usage of zeros states nothing: from request to settlement, the estimate stands, or the text that was seen.
//!
//! Mistral's conversations end with such usages now and then (reports of 2026); the rule is every adapter's.

use http::Method;
use tidegate_core::{Cost, Dimension};
use tidegate_provider::{Adapter, Basis, Dialect, Endpoint, Estimate, Reading, adapter, settlement};

const ZEROS: &str = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#;
const ZEROS_OF_ALL: &str = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"connector_tokens":0,"connectors":{},"prompt_tokens_details":{"cached_tokens":0},"num_cached_tokens":0}"#;

/// Mistral's calls of a model whose history or instructions lie on the server, each with a body.
const CALLS: [(&str, &str); 4] = [
    ("/v1/conversations", r#"{"model":"mistral-small","inputs":"What does the tide do at noon?"}"#),
    ("/v1/conversations/conv_1", r#"{"inputs":"And what does it do after that?"}"#),
    ("/v1/conversations/conv_1/restart", r#"{"inputs":"And at full moon?","from_entry_id":"msg_1"}"#),
    (
        "/v1/agents/completions",
        r#"{"agent_id":"ag_1","messages":[{"role":"user","content":"Good morning to you."}]}"#,
    ),
];

/// A call as an adapter sees it before it goes.
fn sent(adapter: &dyn Adapter, path: &str, body: &str) -> (Endpoint, Estimate) {
    let endpoint = adapter.endpoint(&Method::POST, path);
    let estimate = adapter.estimate(endpoint, body.as_bytes());
    assert!(estimate.cost.get(Dimension::InputTokens) > 0, "{path}");
    (endpoint, estimate)
}

fn read(adapter: &dyn Adapter, endpoint: Endpoint, answer: &str, size: usize) -> Reading {
    let mut reader = adapter.usage_reader(endpoint, None, None);
    answer.as_bytes().chunks(size).for_each(|chunk| reader.push(chunk));
    reader.finish()
}

/// A plain answer with that usage.
fn plain(path: &str, usage: &str) -> String {
    if path.starts_with("/v1/conversations") {
        return format!(
            r#"{{"object":"conversation.response","conversation_id":"conv_1","outputs":[{{"type":"message.output","content":"Up and down."}}],"usage":{usage}}}"#
        );
    }
    format!(
        r#"{{"object":"chat.completion","choices":[{{"index":0,"message":{{"role":"assistant","content":"Up and down."}},"finish_reason":"stop"}}],"usage":{usage}}}"#
    )
}

/// A stream with that text and usage.
fn stream(path: &str, text: &str, usage: &str) -> String {
    if path.starts_with("/v1/conversations") {
        return format!(
            "event: conversation.response.started\ndata: {{\"type\":\"conversation.response.started\",\"conversation_id\":\"conv_1\"}}\n\n\
             event: message.output.delta\ndata: {{\"type\":\"message.output.delta\",\"id\":\"msg_1\",\"content\":\"{text}\"}}\n\n\
             event: conversation.response.done\ndata: {{\"type\":\"conversation.response.done\",\"usage\":{usage}}}\n\n"
        );
    }
    format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n\
         data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"\"}},\"finish_reason\":\"stop\"}}],\"usage\":{usage}}}\n\n\
         data: [DONE]\n\n"
    )
}

#[test]
fn a_plain_answer_with_zeros_keeps_the_estimate() {
    let mistral = adapter(Dialect::Mistral);
    for (path, body) in CALLS {
        let (endpoint, estimate) = sent(mistral, path, body);
        for usage in [ZEROS, ZEROS_OF_ALL] {
            let reading = read(mistral, endpoint, &plain(path, usage), 7);
            assert!(reading.usage.is_some() && reading.stated().is_none(), "{path}");
            assert_eq!(settlement(mistral, endpoint, &reading, &[], &estimate.cost), None, "{path}");
        }
        let reading = read(
            mistral,
            endpoint,
            &plain(path, r#"{"prompt_tokens":0,"completion_tokens":3,"total_tokens":3}"#),
            7,
        );
        let settled = settlement(mistral, endpoint, &reading, &[], &estimate.cost).expect("it states three");
        assert_eq!(
            settled.charge.get(Dimension::TotalTokens),
            3,
            "{path}: one part of zero is a part of zero"
        );
    }
}

#[test]
fn a_stream_with_zeros_is_settled_with_the_input_as_estimated_and_the_text_that_was_seen() {
    let mistral = adapter(Dialect::Mistral);
    let text = "Up and down. ".repeat(20);
    for (path, body) in CALLS {
        let (endpoint, estimate) = sent(mistral, path, body);
        let input = estimate.cost.get(Dimension::InputTokens);
        for size in [1, 64, 100_000] {
            let reading = read(mistral, endpoint, &stream(path, &text, ZEROS_OF_ALL), size);
            assert!(reading.is_complete(), "{path}");
            let settled =
                settlement(mistral, endpoint, &reading, &[], &estimate.cost).expect("text was seen");
            assert_eq!(settled.basis, Basis::Streamed, "{path}");
            assert_eq!((settled.usage.input_tokens, settled.usage.output_tokens), (input, 65), "{path}");
            assert_eq!(settled.charge.get(Dimension::TotalTokens), input + 65, "{path}");
        }
        let silent = read(mistral, endpoint, &stream(path, "", ZEROS), 64);
        assert_eq!(settlement(mistral, endpoint, &silent, &[], &estimate.cost), None, "{path}");
    }
}

#[test]
fn zeros_state_nothing_at_any_host() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"Good morning to you."}]}"#;
    for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Anthropic) {
        let adapter = adapter(dialect);
        let path = "/v1/chat/completions";
        let (endpoint, estimate) = sent(adapter, path, body);
        let reading = read(adapter, endpoint, &plain(path, ZEROS), 5);
        assert_eq!(settlement(adapter, endpoint, &reading, &[], &estimate.cost), None, "{dialect}");
    }
}

#[test]
fn a_message_of_zeros_states_nothing_either() {
    let anthropic = adapter(Dialect::Anthropic);
    let zeros = r#"{"input_tokens":0,"output_tokens":0,"cache_read_input_tokens":0}"#;
    let body = format!(r#"{{"type":"message","content":[{{"type":"text","text":"Up."}}],"usage":{zeros}}}"#);
    let endpoint = anthropic.endpoint(&Method::POST, "/v1/messages");
    let reading = read(anthropic, endpoint, &body, 9);
    assert_eq!(settlement(anthropic, endpoint, &reading, &[], &Cost::requests(1).input_tokens(9)), None);
}
