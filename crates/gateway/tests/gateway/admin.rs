//! The status and the metrics tell what really happened.

use http::Request;
use tidegate_client::Body;
use tokio::sync::mpsc;

use crate::house::{ANSWER, CHAT, House};
use crate::upstream::{Reply, TestUpstream};

#[tokio::test]
async fn health_and_readiness_answer() {
    let upstream = TestUpstream::start([]).await;
    let house = House::new(&upstream).await;
    assert_eq!(house.get("/healthz").await.status, 200);
    assert_eq!(house.get("/readyz").await.status, 200);
    assert_eq!(house.send(house.post("/metrics"), "").await.status, 405);
}

#[tokio::test]
async fn the_status_tells_the_limits_that_the_provider_stated() {
    let limited = |remaining: &str| {
        Reply::json(200, ANSWER)
            .header("x-ratelimit-limit-requests", "500")
            .header("x-ratelimit-remaining-requests", remaining)
            .header("x-ratelimit-reset-requests", "120ms")
    };
    let upstream = TestUpstream::start([limited("499"), limited("498")]).await;
    let house = House::new(&upstream).await;
    assert_eq!(house.get("/api/v1/status").await.json(), serde_json::json!({ "accounts": [] }));
    house.chat().await;
    let status = house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
    let account = &status["accounts"][0];
    assert_eq!((&account["name"], &account["provider"]), (&"openai".into(), &"openai".into()));
    assert_eq!((&account["waiting"], &account["recent_refusals"]), (&0.into(), &serde_json::json!([])));
    let limits = account["limits"].as_array().unwrap();
    let requests = limits.iter().find(|limit| limit["dimension"] == "requests").unwrap();
    assert_eq!((&requests["limit"], &requests["learned"]), (&500.into(), &true.into()), "{requests}");
    let mut fields: Vec<&str> = requests.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let contract =
        ["dimension", "learned", "limit", "next_free_ms", "pct", "scope", "used", "waiting", "window_s"];
    assert_eq!(fields, contract);
    let metrics = house.get("/metrics").await.text();
    assert!(metrics.contains("tidegate_limit_value{account=\"openai\",scope="), "{metrics}");
}

#[tokio::test]
async fn a_header_that_is_not_heeded_counts_once_by_its_reason_and_its_value_shows_nowhere() {
    let odd = || Reply::json(200, ANSWER).header("x-ratelimit-limit-requests", "sk-secret-many");
    let upstream = TestUpstream::start([odd(), odd()]).await;
    let house = House::new(&upstream).await;
    for _ in 0..2 {
        house.chat().await;
    }
    let metrics = house.get("/metrics").await.text();
    let line = "tidegate_headers_ignored_total{provider=\"openai\",why=\"not_a_count\"} 1";
    assert!(metrics.contains(line) && !metrics.contains("secret"), "{metrics}");
}

#[tokio::test]
async fn the_metrics_count_what_happened_and_hold_no_key() {
    let (pieces, stream) = mpsc::channel::<bytes::Bytes>(1);
    let upstream = TestUpstream::start([
        Reply::json(200, ANSWER),
        Reply::json(400, r#"{"error":{"message":"no"}}"#),
        Reply::Stream(stream),
    ])
    .await;
    let house = House::new(&upstream).await;
    for _ in 0..2 {
        let request = house.post("/openai/v1/chat/completions").header("authorization", "Bearer sk-secret");
        house.send(request, CHAT).await;
    }
    let request = house.post("/openai/v1/chat/completions").header("authorization", "Bearer sk-secret");
    let live = house.open(request, Body::whole(CHAT)).await;
    let metrics = house.get("/metrics").await.text();
    for line in [
        "tidegate_requests_total{provider=\"openai\",model=\"gpt-4o\",band=\"standard\",outcome=\"ok\"} 1",
        "tidegate_requests_total{provider=\"openai\",model=\"gpt-4o\",band=\"standard\",outcome=\"invalid\"} 1",
        "tidegate_upstream_responses_total{provider=\"openai\",model=\"gpt-4o\",class=\"ok\"} 2",
        "tidegate_upstream_responses_total{provider=\"openai\",model=\"gpt-4o\",class=\"invalid\"} 1",
        "tidegate_tokens_total{provider=\"openai\",model=\"gpt-4o\",direction=\"input\"} 9",
        "tidegate_queue_wait_seconds_count{band=\"standard\"} 3",
        "tidegate_reservations_active{account=\"openai\"} 1",
        "tidegate_queue_depth{account=\"openai\",band=\"batch\"} 0",
        "# TYPE tidegate_first_token_seconds histogram",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("secret"));
    drop((pieces, live));
}

#[tokio::test]
async fn a_page_of_metrics_is_asked_for_with_get_alone() {
    let upstream = TestUpstream::start([]).await;
    let house = House::new(&upstream).await;
    let got = house.send(Request::delete(format!("{}/api/v1/status", house.base)), "").await;
    assert_eq!((got.status.as_u16(), got.header("allow")), (405, "GET, HEAD"));
}
