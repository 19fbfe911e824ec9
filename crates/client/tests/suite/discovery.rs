//! `Asker`: which questions go where with which key, and what it makes of what comes back.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use tidegate::ManualClock;
use tidegate_client::{Asker, BaseUrl, FakeAnswer, FakeTransport, Key, Unanswered};
use tidegate_provider::Dialect;
use tidegate_provider::discovery::QUESTIONS_MAX;

use crate::harness::json;

fn asker(dialect: Dialect, script: impl IntoIterator<Item = FakeAnswer>) -> (Asker, FakeTransport) {
    let fake = FakeTransport::new(script);
    let base = BaseUrl::parse("https://api.example").unwrap();
    let asker = Asker::new(Arc::new(fake.clone()), ManualClock::new().into(), base, dialect);
    (asker.key(Key::new("sk-usual")), fake)
}

#[tokio::test]
async fn what_takes_an_admin_key_is_not_asked_with_another() {
    let (asker, fake) =
        asker(Dialect::OpenRouter, [json(r#"{"data":{"limit":5,"limit_remaining":4,"usage":1}}"#)]);
    let discovered = asker.limits().await;
    assert_eq!((discovered.answered, discovered.found.credit.remaining), (1, Some(4_000_000)));
    assert!(matches!(&discovered.missed[..], [missed] if matches!(missed.why, Unanswered::NoKey)));
    let [asked] = fake.seen().try_into().unwrap();
    assert_eq!(asked.uri, "https://api.example/v1/key");
    assert_eq!(asked.headers[AUTHORIZATION], "Bearer sk-usual");
}

#[tokio::test]
async fn each_kind_of_answer_that_is_none_is_told_apart() {
    let why = async |answer: FakeAnswer| {
        let (asker, _) = asker(Dialect::Venice, [answer]);
        asker.limits().await.missed.remove(0).why
    };
    let status = |status| FakeAnswer::http(status, &[], "");
    assert!(matches!(why(status(401)).await, Unanswered::Refused(_)));
    assert!(matches!(why(status(404)).await, Unanswered::Absent(_)));
    assert!(matches!(why(status(503)).await, Unanswered::Status(_)));
    assert!(matches!(why(json("<html>")).await, Unanswered::Unreadable(_)));
    let (nobody, _) = asker(Dialect::Venice, []);
    assert!(matches!(nobody.limits().await.missed[0].why, Unanswered::Transport(_)));
}

#[tokio::test]
async fn pages_without_end_come_to_an_end() {
    let page = || json(r#"{"data":[{"id":"p","status":"active"}],"has_more":true,"last_id":"p"}"#);
    let (asker, fake) = asker(Dialect::OpenAi, (0..QUESTIONS_MAX * 2).map(|_| page()));
    let discovered = asker.admin_key(Key::new("sk-admin")).limits().await;
    assert_eq!(fake.seen().len(), QUESTIONS_MAX);
    assert!(matches!(discovered.missed.last().unwrap().why, Unanswered::TooMany));
}

#[tokio::test]
async fn models_are_listed_with_the_usual_key() {
    let (asker, fake) = asker(Dialect::Anthropic, [json(r#"{"data":[{"id":"b"},{"id":"a"}]}"#)]);
    assert_eq!(asker.models().await.unwrap(), ["a", "b"]);
    let [asked] = fake.seen().try_into().unwrap();
    assert_eq!(
        (asked.uri.path(), &asked.headers["anthropic-version"]),
        ("/v1/models", &"2023-06-01".parse().unwrap())
    );
    assert_eq!(asked.headers["x-api-key"], "sk-usual");
}
