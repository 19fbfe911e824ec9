//! Mistakes of the caller are told before anything is sent, with their field and their remedy.

use tidegate_client::mistral::Entry;
use tidegate_client::{Anthropic, Error, Mistral, OpenAi, RequestError};

use crate::harness::{mistral, openai};

fn mistake(error: Error) -> RequestError {
    assert!(error.is_unsent(), "{error}");
    match error {
        Error::Request(mistake) => mistake,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_conversation_has_either_a_model_or_an_agent() {
    let (client, fake, _clock) = mistral([]);
    let start = || client.conversations().start("hello");
    let both = start().model("m").agent_id("a").send().await.unwrap_err();
    assert_eq!(mistake(both), RequestError::ModelAndAgent);
    assert_eq!(mistake(start().send().await.unwrap_err()), RequestError::NoModel);
    assert_eq!(mistake(start().model(" ").stream().await.unwrap_err()), RequestError::NoModel);
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn empty_inputs_and_a_restart_from_nowhere_are_refused() {
    let (client, fake, _clock) = mistral([]);
    let talks = client.conversations();
    let empty = |field| RequestError::Empty { field };
    assert_eq!(mistake(talks.start("").model("m").send().await.unwrap_err()), empty("inputs"));
    let none: Vec<Entry> = Vec::new();
    assert_eq!(mistake(talks.start(none).model("m").send().await.unwrap_err()), empty("inputs"));
    assert_eq!(mistake(talks.append("conv_1", "").send().await.unwrap_err()), empty("inputs"));
    assert_eq!(mistake(talks.append("", "hello").send().await.unwrap_err()), empty("conversation_id"));
    assert_eq!(mistake(talks.restart("conv_1", "").send().await.unwrap_err()), empty("from_entry_id"));
    assert_eq!(mistake(client.embed("m", "").send().await.err().unwrap_or_else(|| panic!())), empty("input"));
    assert_eq!(mistake(client.chat("m", []).send().await.unwrap_err()), empty("messages"));
    assert_eq!(mistake(client.agents().create("m", "").send().await.unwrap_err()), empty("name"));
    assert_eq!(mistake(client.jobs().create("/v1/embeddings").send().await.unwrap_err()), empty("requests"));
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_blank_model_or_endpoint_is_refused() {
    let (client, fake, _clock) = mistral([]);
    let empty = |field| RequestError::Empty { field };
    assert_eq!(
        mistake(client.embed(" ", "a").send().await.err().unwrap_or_else(|| panic!())),
        empty("model")
    );
    assert_eq!(mistake(client.moderate("", "a").send().await.unwrap_err()), empty("model"));
    assert_eq!(mistake(client.classify("", "a").send().await.unwrap_err()), empty("model"));
    let chat = serde_json::json!({"messages": []});
    assert_eq!(mistake(client.classify_chat("", chat).send().await.unwrap_err()), empty("model"));
    for nothing in [serde_json::json!(null), serde_json::json!({}), serde_json::json!([])] {
        assert_eq!(mistake(client.classify_chat("m", nothing).send().await.unwrap_err()), empty("input"));
    }
    assert_eq!(mistake(client.jobs().create(" ").send().await.unwrap_err()), empty("endpoint"));
    assert!(fake.seen().is_empty());
    let (client, fake, _clock) = openai([]);
    assert_eq!(mistake(client.embed("", "a").send().await.err().unwrap_or_else(|| panic!())), empty("model"));
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn what_no_header_can_carry_is_refused() {
    let (client, fake, _clock) = openai([]);
    let error = client.models().header("x-note", "two\nlines").send().await.unwrap_err();
    assert_eq!(mistake(error), RequestError::Header { name: "x-note".to_owned() });
    assert!(fake.seen().is_empty());
}

#[test]
fn a_key_that_is_missing_or_broken_names_its_variable() {
    let missing = Mistral::builder().key(" ").build().unwrap_err();
    assert!(
        matches!(mistake(missing), RequestError::NoKey { variable, .. } if variable == "MISTRAL_API_KEY")
    );
    let broken = OpenAi::new("sk-first\nsk-second").unwrap_err();
    let text = broken.to_string();
    assert!(matches!(mistake(broken), RequestError::BadKey { .. }));
    assert!(!text.contains("sk-"), "{text}");
    let base = Anthropic::builder().key("k").base_url("ftp://host").build().unwrap_err();
    assert!(matches!(mistake(base), RequestError::BaseUrl(_)));
    let limits = Mistral::builder().key("k").requests_per_second(-1.0).build().unwrap_err();
    assert!(
        matches!(mistake(limits), RequestError::Limits { cause } if cause.contains("requests_per_second"))
    );
}

#[test]
fn this_machine_needs_no_key() {
    let local = OpenAi::builder().key("").base_url("http://127.0.0.1:9").build().unwrap();
    assert!(local.api().base_url().is_loopback());
}
