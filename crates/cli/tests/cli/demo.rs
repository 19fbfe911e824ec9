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
    // The last answers are read to their end a moment before the gateway counts them out.
    let idle = |status: &serde_json::Value| {
        let accounts = status["accounts"].as_array().unwrap();
        accounts.len() == 3
            && accounts.iter().all(|account| account["waiting"] == 0 && account["in_flight"] == 0)
    };
    assert!((0..1_000).any(|_| idle(&get(address, "/api/v1/status").json())), "calls that never end");
    demo.terminate();
    let (code, stdout) = demo.end();
    assert_eq!(code, Some(0));
    let figures: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(figures["answered"], figures["requests"]);
}

#[test]
fn who_stops_it_half_way_gets_code_130() {
    let demo = Running::start(&["demo", "--seconds", "60"]);
    demo.line_with(" answered, ");
    demo.interrupt();
    assert_eq!(demo.end(), (Some(130), String::new()));
}
