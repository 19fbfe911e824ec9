//! One chat over all providers: the same question, each wire, the same answer.

use std::time::Duration;

use serde_json::Value;
use tidegate::ManualClock;
use tidegate_client::chat::{Client, FinishReason, Message};
use tidegate_client::{
    Anthropic, Api, Async, Chat, Error, FakeAnswer, FakeTransport, Mistral, OpenAi, OpenRouter, RequestError,
    Timeouts,
};

use crate::harness::{COMPLETION, json, openai};

const MESSAGE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[
    {"type":"text","text":"Up and down."}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":4}}"#;

/// A client of each provider over an answer, and what it sends.
fn clients() -> Vec<(Api, FakeTransport, &'static str)> {
    let fakes = [COMPLETION, MESSAGE, COMPLETION, COMPLETION].map(|body| FakeTransport::new([json(body)]));
    let [a, b, c, d] = fakes.clone();
    let clock = ManualClock::new;
    let apis = [
        OpenAi::builder().key("k").clock(clock()).transport(a).build().unwrap().api().clone(),
        Anthropic::builder().key("k").clock(clock()).transport(b).build().unwrap().api().clone(),
        Mistral::builder().key("k").clock(clock()).transport(c).build().unwrap().api().clone(),
        OpenRouter::builder().key("k").clock(clock()).transport(d).build().unwrap().api().clone(),
    ];
    let paths = ["/v1/chat/completions", "/v1/messages", "/v1/chat/completions", "/api/v1/chat/completions"];
    apis.into_iter().zip(fakes).zip(paths).map(|((api, fake), path)| (api, fake, path)).collect()
}

#[tokio::test]
async fn the_same_question_gets_the_same_answer_from_each() {
    for (api, fake, path) in clients() {
        let chat: Client<Async> = api.into();
        let question = [Message::system("Be brief."), Message::user("What does the tide do?")];
        let answer = chat.model("some-model").chat(question).max_tokens(20).send().await.unwrap();
        assert_eq!(answer.text, "Up and down.");
        assert_eq!(answer.finish_reason, Some(FinishReason::Stop));
        assert_eq!(answer.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((9, 4)));
        assert!(answer.notes.is_empty(), "{:?}", answer.notes);
        let seen = &fake.seen()[0];
        assert_eq!(seen.uri.path(), path);
        let body: Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!(body["model"], "some-model");
    }
}

#[tokio::test]
async fn pieces_come_in_everybodys_form_too() {
    let body = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Up\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},\"usage\":{\"output_tokens\":4}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let fake = FakeTransport::new([FakeAnswer::http(200, &[("content-type", "text/event-stream")], body)]);
    let client =
        Anthropic::builder().key("k").clock(ManualClock::new()).transport(fake.clone()).build().unwrap();
    let chat: Client<Async> = client.api().clone().into();
    let mut pieces = chat.ask("What does the tide do?").model("claude-x").stream().await.unwrap();
    let (mut text, mut finish) = (String::new(), None);
    while let Some(piece) = pieces.next().await {
        let piece = piece.unwrap();
        text += &piece.text;
        finish = piece.finish_reason.or(finish);
    }
    assert_eq!((text.as_str(), finish), ("Up", Some(FinishReason::Length)));
    assert_eq!(fake.seen()[0].headers["anthropic-version"], "2023-06-01");
    assert_eq!(fake.seen()[0].headers["x-api-key"], "k");
}

#[tokio::test]
async fn any_endpoint_can_be_reached_by_its_path() {
    for (api, fake, _) in clients().into_iter().take(1) {
        let client: OpenAi = api.into();
        let body = serde_json::json!({"model": "m", "input": "hi"});
        client.request(http::Method::POST, "moderations", Some(body)).await.unwrap();
        assert_eq!(fake.seen()[0].uri.path(), "/v1/moderations");
        assert_eq!(fake.seen()[0].headers["content-type"], "application/json");
        assert_eq!(fake.seen()[0].headers["authorization"], "Bearer k");
    }
}

#[tokio::test]
async fn a_url_tells_the_provider_the_dialect_and_the_place() {
    let cases = [
        (
            "https://api.groq.com/openai/v1",
            COMPLETION,
            "groq",
            "https://api.groq.com/openai/v1/chat/completions",
        ),
        ("https://api.eu.mistral.ai", COMPLETION, "mistral", "https://api.eu.mistral.ai/v1/chat/completions"),
        ("https://api.anthropic.com/v1/", MESSAGE, "anthropic", "https://api.anthropic.com/v1/messages"),
        (
            "https://me.openai.azure.com/openai",
            COMPLETION,
            "azure",
            "https://me.openai.azure.com/openai/v1/chat/completions",
        ),
        // Where an API does not lie under /v1, its own path may be written or left out.
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            COMPLETION,
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        (
            "https://generativelanguage.googleapis.com",
            COMPLETION,
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        ("https://api.perplexity.ai", COMPLETION, "perplexity", "https://api.perplexity.ai/chat/completions"),
    ];
    for (url, body, provider, sent_to) in cases {
        let fake = FakeTransport::new([json(body)]);
        let builder = Chat::builder_at_url(url).unwrap().key("k").clock(ManualClock::new());
        let chat: Chat = builder.transport(fake.clone()).build().unwrap();
        let answer = chat.model("some-model").ask("hi").max_tokens(20).send().await.unwrap();
        assert_eq!((answer.provider, answer.text.as_str()), (provider, "Up and down."), "{url}");
        assert_eq!(fake.seen()[0].uri, sent_to, "{url}");
    }
}

#[test]
fn a_url_of_nobody_known_is_refused_without_a_word_of_what_else_it_holds() {
    let refused = |url: &str| Chat::builder_at_url(url).unwrap_err();
    let unknown = refused("https://models.example:8000/sk-secret/v1");
    assert_eq!(unknown, RequestError::UnknownHost { host: "models.example:8000".to_owned() });
    assert!(
        unknown.to_string().contains("OpenAi::builder()") && !unknown.to_string().contains("sk-"),
        "{unknown}"
    );
    assert!(matches!(refused("https://api.openai.com.evil.example/v1"), RequestError::UnknownHost { .. }));
    assert!(matches!(refused("https://api.openai.com@evil.example/v1"), RequestError::BaseUrl(_)));
    assert!(matches!(refused("api.openai.com"), RequestError::BaseUrl(_)));
}

#[tokio::test]
async fn a_question_has_headers_a_name_and_timeouts_of_its_own() {
    let (client, fake, _clock) = openai([json(COMPLETION)]);
    let ask = || Chat::from(client.api().clone()).model("gpt-4o").ask("Up or down?");
    let question = ask().header("x-team", "tides").idempotency_key("order-7");
    question.timeouts(Timeouts::all(Duration::from_secs(5))).send().await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].headers["x-team"], "tides");
    assert_eq!(seen[0].headers["idempotency-key"], "order-7");
    let error = ask().header("x-note", "two\nlines").send().await.unwrap_err();
    assert!(matches!(error, Error::Request(RequestError::Header { name }) if name == "x-note"));
    assert_eq!(fake.seen().len(), 1);
}
