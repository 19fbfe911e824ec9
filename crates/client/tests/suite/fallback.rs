//! Another model answers when a call's own refuses, is overloaded, or would be waited for too long.

use std::time::Duration;

use tidegate::{Dimension, Limit, ManualClock, Quota, Scope};
use tidegate_client::{FakeAnswer, FakeTransport, Mistral};

use crate::harness::{CONVERSATION, json, run};

const STEP: Duration = Duration::from_millis(50);
const OVERLOADED: &str = r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","code":"3505"}"#;

fn model_of(request: &tidegate_client::Recorded) -> String {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    body["model"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn after_three_refusals_for_want_of_capacity_another_model_is_asked_and_named() {
    let refusals = (0..3).map(|_| FakeAnswer::http(429, &[], OVERLOADED));
    let (fake, clock) = (FakeTransport::new(refusals.chain([json(CONVERSATION)])), ManualClock::new());
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(fake.clone()).learned_limits();
    let client = builder.max_retries(5).fallbacks(["mistral-small"]).idempotency_keys().build().unwrap();
    let answer =
        run(
            &clock,
            STEP,
            async move { client.conversations().start("hi").model("mistral-large").send().await },
        );
    let answer = answer.await.unwrap();
    assert_eq!((answer.meta.model.as_deref(), answer.meta.attempts), (Some("mistral-small"), 4));
    let models: Vec<_> = fake.seen().iter().map(model_of).collect();
    assert_eq!(models, ["mistral-large", "mistral-large", "mistral-large", "mistral-small"]);
    // What asks another model is another request, and a server must not take it for the first one.
    let names: Vec<_> =
        fake.seen().iter().map(|request| request.headers["idempotency-key"].clone()).collect();
    assert!(names[0] == names[2] && names[2] != names[3], "{names:?}");
}

#[tokio::test]
async fn a_wait_above_the_bound_goes_to_a_model_with_limits_of_its_own() {
    let (fake, clock) = (FakeTransport::new((0..4).map(|_| json(CONVERSATION))), ManualClock::new());
    let limit = |model: &str, amount| {
        let quota = Quota::per_minute(amount).burst(1);
        Limit::new(Dimension::Requests, quota).scope(Scope::model(model))
    };
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(fake.clone());
    let builder = builder.limits(|limits| limits.limit(limit("large", 1)).limit(limit("small", 1)));
    let client = builder.fallbacks(["small"]).fallback_wait(Duration::from_secs(30)).build().unwrap();
    let answers = run(&clock, STEP, async move {
        let mut answers = Vec::new();
        for _ in 0..3 {
            let answer = client.conversations().start("hi").model("large").send().await.unwrap();
            answers.push((answer.meta.model.clone().unwrap(), answer.meta.waited.as_secs()));
        }
        answers
    })
    .await;
    // The third would wait as long for either, and stays with the model that was asked for.
    assert_eq!(answers[..2], [("large".to_owned(), 0), ("small".to_owned(), 0)]);
    assert_eq!(answers[2].0, "large");
    assert!(answers[2].1 >= 50, "{answers:?}");
}
