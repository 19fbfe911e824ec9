//! `tidegate mock`: its flags reach the emulated provider.

use std::net::TcpListener;

use serde_json::json;

use crate::harness::{Running, run};
use crate::http::{get, post};

fn chat() -> serde_json::Value {
    json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]})
}

#[test]
fn limits_and_latency_are_those_of_the_flags() {
    let mock = Running::start(&[
        "mock",
        "--listen",
        "127.0.0.1:0",
        "--rpm",
        "3",
        "--tpm",
        "1000",
        "--latency",
        "1..2",
    ]);
    let address = mock.address();
    let statuses: Vec<u16> = (0..5).map(|_| post(address, "/v1/chat/completions", &chat()).status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let stats = get(address, "/_mock/stats").json();
    assert_eq!(
        (&stats["requests"], &stats["answered"], &stats["refused"]),
        (&json!(5), &json!(3), &json!(2))
    );
    let limits: Vec<_> =
        stats["limits"].as_array().unwrap().iter().map(|limit| limit["limit"].clone()).collect();
    assert_eq!(limits, [json!(3), json!(1000)]);
}

#[test]
fn every_call_fails_where_the_flags_say_so() {
    let mock = Running::start(&["mock", "--listen", "127.0.0.1:0", "--fault", "500:1", "--latency", "1"]);
    assert_eq!(post(mock.address(), "/v1/chat/completions", &chat()).status, 500);
}

#[test]
fn every_flag_of_the_contract_is_taken() {
    let mock = Running::start(&[
        "mock",
        "--listen",
        "127.0.0.1:0",
        "--provider",
        "mistral",
        "--enforce",
        "requests=fixed,tokens=counter",
        "--itpm",
        "1000",
        "--otpm",
        "1000",
        "--latency",
        "500..1000",
        "--fault",
        "529:0.01",
        "--fault",
        "reset:0.01",
        "--fault",
        "truncate:0.01",
        "--fault",
        "hang:0.01",
        "--fault",
        "429:0.01",
        "--compress",
        "--seed",
        "7",
    ]);
    assert_eq!(get(mock.address(), "/_mock/stats").status, 200);
}

#[test]
fn a_taken_port_is_named_and_ends_with_code_3() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for command in ["mock", "serve"] {
        let ended = run(&[command, "--listen", &address.to_string()]);
        assert_eq!(ended.code, Some(3), "{command}: {ended:?}");
        assert!(ended.stderr.contains(&format!("port {} is taken", address.port())), "{command}: {ended:?}");
    }
}

#[test]
fn it_ends_in_good_order_when_asked_to() {
    let mock = Running::start(&["mock", "--listen", "127.0.0.1:0"]);
    mock.address();
    mock.terminate();
    assert_eq!(mock.end(), (Some(0), String::new()));
}

#[test]
fn charge_and_change_are_those_of_the_flags() {
    let mock = Running::start(&[
        "mock",
        "--listen",
        "127.0.0.1:0",
        "--rpm",
        "10",
        "--tpm",
        "1000",
        "--latency",
        "1",
        "--charge",
        "maximum",
        "--change",
        "0:50",
    ]);
    let address = mock.address();
    let chat = json!({"model": "m", "max_tokens": 400, "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(post(address, "/v1/chat/completions", &chat).status, 200);
    assert_eq!(
        post(address, "/v1/chat/completions", &chat).status,
        429,
        "half the tokens are for one maximum"
    );
    let limits = get(address, "/_mock/stats").json()["limits"].clone();
    assert_eq!((&limits[0]["limit"], &limits[1]["limit"]), (&json!(5), &json!(500)));
}

#[test]
fn a_charge_or_a_change_that_nobody_knows_is_named_with_the_remedy() {
    for (flag, value, says) in
        [("--charge", "later", "known: input-then-output"), ("--change", "30", "SECONDS:PERCENT")]
    {
        let ended = run(&["mock", flag, value]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
}
