//! `tidegate serve` in front of `tidegate mock`, seen through a raw HTTP client.

use serde_json::json;

use crate::harness::Running;
use crate::http::{get, post};

/// An emulated provider and a gateway in front of it.
fn pair(mock: &[&str], serve: &[&str]) -> (Running, Running) {
    let mock = Running::start(&[&["mock", "--listen", "127.0.0.1:0", "--latency", "1..5"], mock].concat());
    let upstream = format!("openai=http://{}/v1", mock.address());
    let gateway =
        Running::start(&[&["serve", "--listen", "127.0.0.1:0", "--upstream", &upstream], serve].concat());
    (mock, gateway)
}

#[test]
fn a_plain_and_a_streamed_call_pass_through() {
    let (_mock, gateway) = pair(&[], &[]);
    let address = gateway.address();
    let mut body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]});
    let plain = post(address, "/openai/v1/chat/completions", &body);
    assert_eq!(plain.status, 200, "{plain:?}");
    assert_eq!(plain.json()["object"], "chat.completion");
    assert!(plain.header("x-tidegate-waited-ms").is_some(), "{plain:?}");
    body["stream"] = true.into();
    let streamed = post(address, "/openai/v1/chat/completions", &body);
    assert_eq!(streamed.status, 200, "{streamed:?}");
    assert!(streamed.body.trim_end().ends_with("data: [DONE]"), "{streamed:?}");
}

#[test]
fn what_the_provider_allows_is_learned_and_shown() {
    let (_mock, gateway) = pair(&["--rpm", "77", "--tpm", "5000"], &[]);
    let address = gateway.address();
    let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(post(address, "/openai/v1/chat/completions", &body).status, 200);
    let status = get(address, "/api/v1/status").json();
    let account = &status["accounts"][0];
    assert_eq!(account["provider"], "openai", "{status}");
    let limits = account["limits"].as_array().unwrap();
    let requests = limits.iter().find(|limit| limit["dimension"] == "requests").unwrap();
    assert_eq!((&requests["limit"], &requests["learned"]), (&json!(77), &json!(true)), "{status}");
    assert_eq!(get(address, "/healthz").status, 200);
}

#[test]
fn a_limit_of_the_command_line_holds() {
    let (mock, gateway) = pair(&[], &["--rpm", "1"]);
    let address = gateway.address();
    let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(post(address, "/openai/v1/chat/completions", &body).status, 200);
    let status = get(address, "/api/v1/status").json();
    let limits = status["accounts"][0]["limits"].as_array().unwrap().clone();
    assert!(limits.iter().any(|limit| limit["dimension"] == "requests" && limit["limit"] == 1), "{status}");
    drop(mock);
}

#[test]
fn an_unknown_provider_is_told_what_exists() {
    let (_mock, gateway) = pair(&[], &[]);
    let answer = get(gateway.address(), "/nobody/v1/models");
    assert_eq!(answer.status, 404, "{answer:?}");
    assert!(answer.body.contains("openai") && answer.body.contains("anthropic"), "{answer:?}");
}

#[test]
fn it_ends_in_good_order_when_asked_to() {
    let (_mock, gateway) = pair(&[], &[]);
    gateway.address();
    gateway.terminate();
    assert_eq!(gateway.end(), (Some(0), String::new()));
}
