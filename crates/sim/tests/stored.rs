//! What the emulated Mistral and OpenAI store for their callers: agents, conversations, jobs, responses.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use tidegate_core::Timestamp;
use tidegate_sim::{Dialect, Emulator, EmulatorConfig, Limits};

struct Provider(Emulator);

impl Provider {
    fn new(dialect: Dialect) -> Self {
        let limits = Limits::requests_and_tokens(10, 100_000);
        Self(Emulator::new(EmulatorConfig::new(dialect).with_limits(limits)))
    }

    fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).body(body).unwrap();
        let reply = self.0.handle(&request, Timestamp::from_secs(1));
        (reply.status.as_u16(), serde_json::from_slice(&reply.bytes()).unwrap_or_default())
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, &Value::Null)
    }
}

#[test]
fn an_agent_lives_in_versions_until_it_is_deleted() {
    let mistral = Provider::new(Dialect::Mistral);
    let create = json!({"model": "m", "name": "teller", "instructions": "tell"});
    let (_, agent) = mistral.call(Method::POST, "/v1/agents", &create);
    let path = format!("/v1/agents/{}", agent["id"].as_str().unwrap());
    assert_eq!((&agent["version"], &agent["name"]), (&json!(0), &json!("teller")));
    let (_, changed) = mistral.call(Method::PATCH, &path, &json!({"name": "other"}));
    assert_eq!((&changed["version"], &changed["versions"]), (&json!(1), &json!([0, 1])));
    mistral.call(Method::PUT, &format!("{path}/aliases?alias=old&version=0"), &Value::Null);
    assert_eq!(mistral.get(&format!("{path}?agent_version=old")).1["name"], "teller");
    assert_eq!(mistral.get(&format!("{path}/versions")).1.as_array().unwrap().len(), 2);
    let (_, switched) = mistral.call(Method::PATCH, &format!("{path}/version?version=0"), &Value::Null);
    assert_eq!((&switched["name"], &switched["versions"]), (&json!("teller"), &json!([0, 1])));
    assert_eq!(mistral.call(Method::DELETE, &path, &Value::Null).0, 204);
    assert_eq!(mistral.get(&path).0, 404);
}

#[test]
fn what_goes_on_reads_its_history_again() {
    let mistral = Provider::new(Dialect::Mistral);
    let search = json!({"model": "m", "inputs": "first", "tools": [{"type": "web_search"}]});
    let (_, start) = mistral.call(Method::POST, "/v1/conversations", &search);
    let total = |answer: &Value| answer["usage"]["total_tokens"].as_u64().unwrap();
    assert_eq!(start["usage"]["connector_tokens"], 7_112);
    let path = format!("/v1/conversations/{}", start["conversation_id"].as_str().unwrap());
    let (_, next) = mistral.call(Method::POST, &path, &json!({"inputs": "12345678"}));
    assert_eq!(next["usage"]["prompt_tokens"], total(&start) + 2 + 3);
    assert_eq!(next["outputs"][0]["model"], "m");
    let openai = Provider::new(Dialect::OpenAi);
    let (_, start) = openai.call(Method::POST, "/v1/responses", &json!({"model": "m", "input": "first"}));
    let goes_on = json!({"model": "m", "input": "12345678", "previous_response_id": start["id"]});
    let (_, next) = openai.call(Method::POST, "/v1/responses", &goes_on);
    assert_eq!(next["usage"]["input_tokens"], total(&start) + 2 + 3);
}

#[test]
fn a_conversation_keeps_what_was_said_in_order_unless_told_not_to() {
    let mistral = Provider::new(Dialect::Mistral);
    let start = json!({"model": "m", "inputs": "first"});
    let (_, answer) = mistral.call(Method::POST, "/v1/conversations", &start);
    let path = format!("/v1/conversations/{}", answer["conversation_id"].as_str().unwrap());
    mistral.call(Method::POST, &path, &json!({"inputs": [{"role": "user", "content": "second"}]}));
    let (_, history) = mistral.get(&format!("{path}/history"));
    let entries = history["entries"].as_array().unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message.input", "message.output", "message.input", "message.output"]);
    assert_eq!((&entries[0]["content"], &entries[2]["content"]), (&json!("first"), &json!("second")));
    assert!(mistral.get(&path).1.get("entries").is_none());
    mistral.call(Method::POST, "/v1/conversations", &json!({"model": "m", "inputs": "x", "store": false}));
    assert_eq!(mistral.get("/v1/conversations").1.as_array().unwrap().len(), 1);
    assert_eq!(mistral.call(Method::DELETE, &path, &Value::Null).0, 204);
    assert_eq!(mistral.get(&format!("{path}/history")).0, 404);
}

#[test]
fn what_is_stored_uses_no_limit_up() {
    let mistral = Provider::new(Dialect::Mistral);
    for _ in 0..50 {
        assert_eq!(mistral.get("/v1/batch/jobs").0, 200);
    }
    let stats = mistral.0.stats(Timestamp::from_secs(1));
    assert!(stats.limits.iter().all(|limit| limit.used == 0));
}

#[test]
fn tools_are_used() {
    let mistral = Provider::new(Dialect::Mistral);
    let tools = json!([{"type": "web_search"}, {"type": "function", "function": {"name": "tide"}}]);
    let start = json!({"model": "m", "inputs": "x", "tools": tools});
    let (_, answer) = mistral.call(Method::POST, "/v1/conversations", &start);
    assert_eq!(answer["outputs"][0]["name"], "web_search");
    assert_eq!(
        (&answer["outputs"][1]["type"], &answer["outputs"][1]["name"]),
        (&json!("function.call"), &json!("tide"))
    );
}

#[test]
fn a_tool_that_has_to_ask_waits_until_it_is_confirmed() {
    let mistral = Provider::new(Dialect::Mistral);
    let tools =
        json!([{"type": "web_search", "tool_configuration": {"requires_confirmation": ["web_search"]}}]);
    let start = json!({"model": "m", "inputs": "x", "tools": tools});
    let (_, answer) = mistral.call(Method::POST, "/v1/conversations", &start);
    let [call] = answer["outputs"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!((&call["type"], &call["name"]), (&json!("function.call"), &json!("web_search")));
    assert_eq!(call["confirmation_status"], "pending");
    assert!(answer["usage"]["connector_tokens"].is_null(), "nothing was searched");
    let path = format!("/v1/conversations/{}", answer["conversation_id"].as_str().unwrap());
    let allowed =
        json!({"tool_confirmations": [{"tool_call_id": call["tool_call_id"], "confirmation": "allow"}]});
    let (status, answer) = mistral.call(Method::POST, &path, &allowed);
    assert_eq!((status, &answer["outputs"][0]["type"]), (200, &json!("message.output")));
}

#[test]
fn a_response_is_kept_unless_told_not_to() {
    let openai = Provider::new(Dialect::OpenAi);
    let (_, kept) = openai.call(Method::POST, "/v1/responses", &json!({"model": "m", "input": "x"}));
    let path = format!("/v1/responses/{}", kept["id"].as_str().unwrap());
    assert_eq!(openai.get(&path).1["id"], kept["id"]);
    let other = json!({"model": "m", "input": "x", "store": false});
    let (_, other) = openai.call(Method::POST, "/v1/responses", &other);
    assert_eq!(openai.get(&format!("/v1/responses/{}", other["id"].as_str().unwrap())).0, 404);
    assert_eq!(openai.call(Method::DELETE, &path, &Value::Null).1["deleted"], true);
}
