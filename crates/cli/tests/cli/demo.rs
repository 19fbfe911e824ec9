//! `tidegate demo`: its figures are those of the gateway and the emulated providers.

use crate::harness::{Running, run};
use crate::http::get;

#[test]
fn the_json_has_the_figures_of_a_whole_run() {
    let ended = run(&["demo", "--json", "--seconds", "3"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let figures: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let requests = figures["requests"].as_u64().unwrap();
    assert!(requests > 500, "{figures}");
    assert_eq!(figures["answered"], figures["requests"]);
    assert!(figures["refused"].as_u64().unwrap() <= requests / 20, "{figures}");
    let efficiency = figures["efficiency"].as_f64().unwrap();
    assert!(efficiency > 0.2 && efficiency < 1.05, "{figures}");
    assert!(figures["status_url"].as_str().unwrap().ends_with("/api/v1/status"));
    for limit in figures["limits"].as_array().unwrap() {
        assert!(limit["limit"].as_u64().unwrap() > 0 && limit["used"].is_u64(), "{limit}");
    }
    assert!(ended.stderr.contains("listening on http://127.0.0.1:"), "{ended:?}");
}

#[test]
fn afterwards_it_keeps_serving_when_asked_to() {
    let demo = Running::start(&["demo", "--json", "--seconds", "1", "--keep"]);
    let address = demo.address();
    demo.line_with("keep running");
    let status = get(address, "/api/v1/status").json();
    let accounts = status["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 3, "{status}");
    assert!(accounts.iter().all(|account| account["waiting"] == 0 && account["in_flight"] == 0), "{status}");
    demo.terminate();
    let (code, stdout) = demo.end();
    assert_eq!(code, Some(0));
    let figures: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(figures["answered"], figures["requests"]);
}
