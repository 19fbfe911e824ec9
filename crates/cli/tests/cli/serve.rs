//! `tidegate serve` in front of `tidegate mock`, seen through a raw HTTP client.

use serde_json::json;

use crate::harness::Running;
use crate::http::{get, post, post_with};

/// An emulated provider and a gateway in front of it.
fn pair(mock: &[&str], serve: &[&str]) -> (Running, Running) {
    let mock = Running::start(&[&["mock", "--listen", "127.0.0.1:0", "--latency", "1..5"], mock].concat());
    let upstream = format!("openai=http://{}/v1", mock.address());
    let gateway =
        Running::start(&[&["serve", "--listen", "127.0.0.1:0", "--upstream", &upstream], serve].concat());
    (mock, gateway)
}

fn chat() -> serde_json::Value {
    json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]})
}

#[test]
fn a_plain_and_a_streamed_call_pass_through() {
    let (_mock, gateway) = pair(&[], &[]);
    let address = gateway.address();
    let mut body = chat();
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
    assert_eq!(post(address, "/openai/v1/chat/completions", &chat()).status, 200);
    let status = get(address, "/api/v1/status").json();
    let account = &status["accounts"][0];
    assert_eq!(account["provider"], "openai", "{status}");
    let limits = account["limits"].as_array().unwrap();
    let requests = limits.iter().find(|limit| limit["dimension"] == "requests").unwrap();
    assert_eq!((&requests["limit"], &requests["learned"]), (&json!(77), &json!(true)), "{status}");
    assert_eq!(get(address, "/healthz").status, 200);
}

#[test]
fn a_limit_and_a_burst_of_the_config_file_hold() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidegate.toml");
    std::fs::write(&file, "[[limits]]\nprovider = \"openai\"\nrequests_per_minute = 60\nburst = 1\n")
        .unwrap();
    let (_mock, gateway) = pair(&[], &["--config", file.to_str().unwrap()]);
    let address = gateway.address();
    assert_eq!(post(address, "/openai/v1/chat/completions", &chat()).status, 200);
    let second = post(address, "/openai/v1/chat/completions", &chat());
    assert_eq!(second.status, 200, "{second:?}");
    let waited: u64 = second.header("x-tidegate-waited-ms").unwrap().parse().unwrap();
    assert!((500..5_000).contains(&waited), "{second:?}");
    assert_eq!(second.header("x-tidegate-limited-by"), Some("requests"), "{second:?}");
}

#[test]
fn a_limit_of_the_command_line_refuses_a_wait_that_would_be_too_long_in_the_providers_words() {
    let (_mock, gateway) = pair(&[], &["--rpm", "1"]);
    let address = gateway.address();
    assert_eq!(post(address, "/openai/v1/chat/completions", &chat()).status, 200);
    let hasty =
        post_with(address, "/openai/v1/chat/completions", &chat().to_string(), "x-tidegate-max-wait: 1s\r\n");
    assert_eq!(hasty.status, 429, "{hasty:?}");
    assert!(hasty.json()["error"]["message"].is_string(), "{hasty:?}");
    let seconds: u64 = hasty.header("retry-after").unwrap().parse().unwrap();
    assert!((50..=61).contains(&seconds), "{hasty:?}");
}

#[test]
fn a_body_that_is_no_json_is_for_the_provider_to_judge() {
    let (_mock, gateway) = pair(&[], &[]);
    let answer = post_with(gateway.address(), "/openai/v1/chat/completions", "{nonsense", "");
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.json()["error"]["type"].is_string(), "{answer:?}");
}

#[test]
fn a_provider_that_is_not_there_is_named() {
    let gateway =
        Running::start(&["serve", "--listen", "127.0.0.1:0", "--upstream", "mine=http://127.0.0.1:1"]);
    let answer = get(gateway.address(), "/mine/v1/models");
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(answer.body.contains("mine"), "{answer:?}");
}

#[test]
fn the_bounds_of_the_config_file_hold() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidegate.toml");
    std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:0\"\nmax_body = \"1kB\"\n").unwrap();
    let gateway = Running::start(&["serve", "--config", file.to_str().unwrap()]);
    let answer = post_with(gateway.address(), "/openai/v1/chat/completions", &"x".repeat(2_000), "");
    assert_eq!(answer.status, 413, "{answer:?}");
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

#[test]
fn calls_that_still_wait_when_it_is_stopped_are_told_to_come_back() {
    let (_mock, gateway) = pair(&[], &["--rpm", "1"]);
    let address = gateway.address();
    assert_eq!(post(address, "/openai/v1/chat/completions", &chat()).status, 200);
    let waiting = std::thread::spawn(move || post(address, "/openai/v1/chat/completions", &chat()));
    let one_waits = || get(address, "/api/v1/status").json()["accounts"][0]["waiting"] == 1;
    assert!((0..5_000).any(|_| one_waits()), "the second call never waited");
    gateway.terminate();
    let told = waiting.join().unwrap();
    assert_eq!(told.status, 503, "{told:?}");
    assert!(told.header("retry-after").is_some(), "{told:?}");
    assert_eq!(gateway.end(), (Some(0), String::new()));
}
