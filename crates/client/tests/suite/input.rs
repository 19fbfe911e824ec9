//! Mistakes of the caller are told before anything is sent, with their field and their remedy.

use tidegate_client::mistral::{ChatModeration, Chunk, Entry, Message, Tool, ToolConfirmation};
use tidegate_client::{Anthropic, Call, Chat, Error, Mistral, OpenAi, RequestError};

use crate::harness::{COMPLETION, CONVERSATION, json, mistral, openai};

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
async fn blanks_are_as_empty_as_nothing() {
    let (client, fake, _clock) = mistral([]);
    let (talks, agents) = (client.conversations(), client.agents());
    let empty = |field| RequestError::Empty { field };
    let start = |inputs: &str| talks.start(inputs).model("m");
    assert_eq!(mistake(start(" \n").send().await.unwrap_err()), empty("inputs"));
    let silent = [Entry::user(""), Entry::user(vec![Chunk::new_text(" ")])];
    assert_eq!(mistake(talks.start(silent).model("m").send().await.unwrap_err()), empty("inputs"));
    let confirmed = talks.append("conv_1", " ").tool_confirmations([ToolConfirmation::allow("c1")]);
    assert_eq!(mistake(confirmed.send().await.unwrap_err()), empty("inputs"));
    assert_eq!(mistake(start("hi").agent_id("").send().await.unwrap_err()), empty("agent_id"));
    let agent = talks.start("hi").model("").agent_id("a");
    assert_eq!(mistake(agent.send().await.unwrap_err()), empty("model"));
    for libraries in [vec![], vec![" "]] {
        let search = || [Tool::document_library(libraries.clone())];
        assert_eq!(mistake(start("hi").tools(search()).send().await.unwrap_err()), empty("library_ids"));
        let made = agents.create("m", "a").tools(search());
        assert_eq!(mistake(made.send().await.unwrap_err()), empty("library_ids"));
        let asked = client.chat("m", [Message::user("hi")]).tools(search());
        assert_eq!(mistake(asked.send().await.unwrap_err()), empty("library_ids"));
    }
    let job = client.jobs().create("/v1/embeddings").input_files(["f1".to_owned()]).model(" ");
    assert_eq!(mistake(job.send().await.unwrap_err()), empty("model"));
    assert_eq!(mistake(agents.update("a").name("").send().await.unwrap_err()), empty("name"));
    assert_eq!(mistake(agents.set_alias("a", " ", 1).send().await.unwrap_err()), empty("alias"));
    assert_eq!(mistake(agents.delete_alias("a", "").send().await.unwrap_err()), empty("alias"));
    assert_eq!(mistake(client.embed("m", [" ", ""]).send().await.unwrap_err()), empty("input"));
    assert_eq!(mistake(client.fim(" ", "fn ").send().await.unwrap_err()), empty("model"));
    assert_eq!(mistake(client.chat("m", [Message::user("")]).send().await.unwrap_err()), empty("messages"));
    assert!(fake.seen().is_empty());
    let (client, fake, _clock) = openai([]);
    let asked = Chat::from(client.api().clone()).model("m").ask(" ");
    assert_eq!(mistake(asked.send().await.unwrap_err()), empty("messages"));
    assert_eq!(mistake(client.respond("m", " ").send().await.unwrap_err()), empty("input"));
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn what_returned_nothing_is_sent_on() {
    let (client, fake, _clock) = mistral([json(CONVERSATION)]);
    let result = [Entry::function_result("c1", "")];
    client.conversations().append("conv_1", result).send().await.unwrap();
    assert_eq!(fake.seen().len(), 1);
    let (client, fake, _clock) = mistral([json(COMPLETION)]);
    client.chat("m", [Message::tool("c1", "")]).send().await.unwrap();
    assert_eq!(fake.seen().len(), 1);
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

#[test]
fn several_chats_are_judged_as_well_as_one() {
    let (client, _fake, _clock) = mistral([]);
    let hello = || vec![Message::user("hello")];
    let sent = |call: Call<ChatModeration>| call.preview().unwrap().2.unwrap()["input"].clone();
    let one = serde_json::json!([{"role": "user", "content": "hello"}]);
    assert_eq!(sent(client.moderate_chat("m", hello())), one);
    assert_eq!(sent(client.moderate_chat("m", [hello(), hello()])), serde_json::json!([one, one]));
    let none: Vec<Vec<Message>> = Vec::new();
    assert_eq!(client.moderate_chat("m", none).preview(), Err(RequestError::Empty { field: "input" }));
}
