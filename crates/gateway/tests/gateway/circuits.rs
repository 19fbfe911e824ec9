//! Calls that are known to be refused are answered in the provider's place, so that its SDKs stop instead of retrying.

use tidegate_client::BaseUrl;
use tidegate_gateway::Upstream;
use tidegate_provider::Dialect;

use crate::house::{ANSWER, CHAT, Got, House};
use crate::upstream::{Reply, TestUpstream};

/// The answers to two calls in a row, of which the provider sees the first alone.
async fn second(dialect: Dialect, first: Reply) -> Got {
    let upstream = TestUpstream::start([first, Reply::json(200, ANSWER)]).await;
    let base = BaseUrl::parse(&upstream.base()).unwrap();
    let house = House::with(&upstream, |config| {
        config.upstreams = vec![Upstream::new("openai", base, dialect)];
    })
    .await;
    let path =
        if dialect == Dialect::Anthropic { "/openai/v1/messages" } else { "/openai/v1/chat/completions" };
    let passed = house.send(house.post(path), CHAT).await;
    assert_eq!(passed.header("x-tidegate-circuit"), "", "the provider itself has answered");
    let is_retried_by_sdks = passed.status == 429;
    assert_eq!(passed.header("x-should-retry") == "false", is_retried_by_sdks || passed.status == 402);
    let stopped = house.send(house.post(path), CHAT).await;
    assert_eq!(upstream.seen().len(), 1, "{dialect}: {}", stopped.text());
    assert_eq!(stopped.status, passed.status, "{dialect}: {}", stopped.text());
    assert!(stopped.header("x-tidegate-circuit").starts_with("open; retry-ms="), "{:?}", stopped.headers);
    assert_eq!((stopped.header("retry-after"), stopped.header("x-tidegate-attempts")), ("", "0"));
    stopped
}

#[tokio::test]
async fn a_wrong_key_is_401_again_without_asking_again() {
    let wrong = r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    let got = second(Dialect::OpenAi, Reply::json(401, wrong)).await;
    let error = &got.json()["error"];
    assert_eq!(error["code"], "invalid_api_key");
    assert!(error["message"].as_str().unwrap().contains("status 401"), "{error}");
}

#[tokio::test]
async fn a_used_up_quota_is_429_that_no_sdk_retries() {
    let spent = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let got = second(Dialect::OpenAi, Reply::json(429, spent)).await;
    assert_eq!(
        (got.header("x-should-retry"), &got.json()["error"]["code"]),
        ("false", &"insufficient_quota".into())
    );
    let cap = r#"{"type":"error","error":{"type":"rate_limit_error","message":"You have reached your API usage limits","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    let got = second(Dialect::Anthropic, Reply::json(429, cap)).await;
    assert_eq!(
        (got.header("x-should-retry"), &got.json()["error"]["type"]),
        ("false", &"rate_limit_error".into())
    );
}

#[tokio::test]
async fn a_lack_of_credit_is_402_and_a_forbidden_model_403() {
    let body = r#"{"error":{"message":"Insufficient credits","code":402}}"#;
    assert_eq!(second(Dialect::OpenRouter, Reply::json(402, body)).await.json()["error"]["code"], 402);
    let body = r#"{"type":"error","error":{"type":"permission_error","message":"no"}}"#;
    let got = second(Dialect::Anthropic, Reply::json(403, body)).await;
    assert_eq!(got.json()["error"]["type"], "permission_error");
}
