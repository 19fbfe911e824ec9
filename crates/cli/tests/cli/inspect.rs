//! `tidegate inspect`: one raw response in, what is understood of it out.

use std::path::Path;

use crate::harness::{Finished, run};

fn inspect(provider: &str, response: &[u8]) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("response.txt");
    std::fs::write(&file, response).unwrap();
    run(&["inspect", "--provider", provider, file.to_str().unwrap()])
}

fn understood(provider: &str, response: &str) -> serde_json::Value {
    let ended = inspect(provider, response.as_bytes());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_refusal_is_told_with_its_wait_and_its_limits() {
    let told = understood(
        "openai",
        "HTTP/1.1 429 Too Many Requests\r\nx-ratelimit-limit-requests: 500\r\nx-ratelimit-remaining-requests: 0\r\n\
         x-ratelimit-reset-requests: 1m0s\r\nx-ratelimit-limit-tokens: many\r\nx-request-id: req_1\r\n\r\n\
         {\"error\":{\"message\":\"Please try again in 20ms.\",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}}",
    );
    assert_eq!((&told["class"], &told["retryable"]), (&"throttled".into(), &true.into()));
    assert_eq!((&told["retry_after_ms"], &told["retry_after_from"]), (&20.into(), &"message".into()));
    let limit = &told["limits"][0];
    assert_eq!((&limit["dimension"], &limit["window_s"]), (&"requests".into(), &60.into()));
    assert_eq!((&limit["remaining"], &limit["reset_ms"]), (&0.into(), &60_000.into()));
    assert_eq!(told["ignored"][0]["why"], "not_a_count");
    assert_eq!((&told["usage"], &told["request_id"]), (&serde_json::Value::Null, &"req_1".into()));
    assert_eq!(told["error"]["code"], "rate_limit_exceeded");
}

#[test]
fn a_host_that_nobody_knows_is_read_by_its_shapes() {
    let ended =
        inspect("somebody", b"HTTP/2 200\nratelimit-limit: 10, 10;w=60\nratelimit-remaining: 9\n\n{}");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("somebody is not built in"), "{ended:?}");
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["provider"], &told["limits"][0]["window_s"]), (&"somebody".into(), &60.into()));
}

#[test]
fn header_names_of_the_config_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let config = path(
        "tidegate.toml",
        "[providers.mine]\nbase_url = \"http://127.0.0.1:9\"\n[providers.mine.headers]\n\
         retry_after = \"x-come-back\"\n\
         requests_per_minute = { limit = \"x-quota\", remaining = \"x-quota-left\" }\n",
    );
    let answer =
        path("answer.txt", "HTTP/1.1 429 X\r\nx-quota: 60\r\nx-quota-left: 0\r\nx-come-back: 7\r\n\r\n{}");
    let ended = run(&["inspect", "--provider", "mine", "--config", &config, &answer]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let limit = &told["limits"][0];
    assert_eq!(
        (&limit["limit"], &limit["remaining"], &limit["window_s"]),
        (&60.into(), &0.into(), &60.into())
    );
    assert_eq!((&told["retry_after_ms"], &told["dialect"]), (&7_000.into(), &"compatible".into()));
    let wrong = path("wrong.toml", "[providers.mine]\nbase_ulr = 1\n");
    let ended = run(&["inspect", "--provider", "mine", "--config", &wrong, &answer]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("base_ulr"), "{ended:?}");
}

#[test]
fn what_is_no_response_is_a_mistake_with_a_remedy() {
    let ended = inspect("openai", b"{\"error\": {}}");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.stderr.contains("no status line") && ended.stderr.contains("hint:"), "{ended:?}");
    let missing = run(&["inspect", "--provider", "openai", Path::new("/nowhere/x").to_str().unwrap()]);
    assert_eq!(missing.code, Some(3), "{missing:?}");
}
