//! A batch behind a gateway: live traffic goes first, the batch fills what is left, and nothing is refused.

use std::fs;

use serde_json::json;

use crate::harness::Running;
use crate::http;

const ROWS: usize = 24;

fn row(number: usize) -> serde_json::Value {
    let messages = json!([{"role": "user", "content": format!("Say tide {number}.")}]);
    json!({"model": "m", "user": format!("row-{number}"), "max_tokens": 1, "messages": messages})
}

#[test]
fn live_calls_go_before_the_rows_of_a_batch_that_wait() {
    let mock = Running::start(&["mock", "--listen", "127.0.0.1:0", "--rpm", "600", "--latency", "1"]);
    let url = format!("http://{}", mock.address());
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    fs::write(&input, (0..ROWS).map(|number| format!("{}\n", row(number))).collect::<String>()).unwrap();
    // Ten a second without a burst, given to the gateway: rows wait for their turns there.
    let config = folder.path().join("gateway.toml");
    let limit = "[[limits]]\nprovider = \"openai\"\nrequests_per_minute = 600\nburst = 1\n";
    fs::write(&config, format!("[providers.openai]\nbase_url = \"{url}\"\n{limit}")).unwrap();
    let flags = ["serve", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()];
    let gateway = Running::start(&flags);
    let address = gateway.address();
    let base = format!("http://{address}/openai/v1");
    let batch = Running::start(&[
        "batch",
        input.to_str().unwrap(),
        "-o",
        output.to_str().unwrap(),
        "--provider",
        "openai",
        "--base-url",
        &base,
        "--no-state",
        "--verbose",
    ]);
    batch.line_with(": ok");
    let live: Vec<u16> = (0..3)
        .map(|_| {
            http::post(
                address,
                "/openai/v1/chat/completions",
                &json!({
                    "model": "live", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}],
                }),
            )
            .status
        })
        .collect();
    assert_eq!(live, [200; 3]);
    assert_eq!(batch.end().0, Some(0));
    let text = fs::read_to_string(&output).unwrap();
    assert_eq!(text.lines().count(), ROWS);
    let provider = url.trim_start_matches("http://").parse().unwrap();
    let arrivals = http::get(provider, "/_mock/arrivals").json();
    let models: Vec<&str> =
        arrivals.as_array().unwrap().iter().map(|arrival| arrival["model"].as_str().unwrap()).collect();
    let last = models.iter().rposition(|model| *model == "live").unwrap();
    assert_eq!(models.len(), ROWS + 3);
    assert!(last < ROWS / 2, "in the order of their coming they would have been the last: {models:?}");
    let stats = http::get(provider, "/_mock/stats").json();
    assert_eq!(stats["refused"], 0, "{stats}");
}
