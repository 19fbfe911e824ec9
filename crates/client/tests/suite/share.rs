//! Clients of one account share one engine, whatever their mode; clients of another do not.

use std::time::Duration;

use tidegate::RealClock;
use tidegate::store::MemoryStore;
use tidegate_client::{Error, FakeTransport, Mistral, RequestError, blocking};

use crate::harness::{CONVERSATION, json};

fn client(key: &str) -> Mistral {
    let base = "https://shared.example";
    Mistral::builder()
        .key(key)
        .base_url(base)
        .transport(FakeTransport::new([json(CONVERSATION)]))
        .build()
        .unwrap()
}

#[tokio::test]
async fn what_one_client_uses_the_other_sees_async_and_blocking_alike() {
    let (first, second) = (client("k-1"), client("k-1"));
    first.conversations().start("hi").model("m").send().await.unwrap();
    let second: blocking::Mistral = second.blocking();
    let other = client("k-2");
    let used = |limits: Vec<tidegate_client::LimitUse>| limits.iter().map(|limit| limit.used).sum::<u64>();
    assert!(used(second.limits()) > 0);
    assert_eq!(used(other.limits()), 0);
    let wait = second.conversations().start("hi").model("m").max_wait(Duration::from_millis(1)).send();
    assert!(wait.unwrap_err().is_throttled());
}

#[tokio::test]
async fn limits_that_one_client_gives_hold_for_the_account() {
    let first = client("k-3");
    let builder = Mistral::builder().key("k-3").base_url("https://shared.example/v1");
    let second = builder.requests_per_minute(7).transport(FakeTransport::new([])).build().unwrap();
    let limits = |client: &Mistral| client.limits().iter().map(|limit| limit.limit).collect::<Vec<_>>();
    assert_eq!((limits(&first), limits(&second)), (vec![500_000, 7], vec![500_000, 7]));
}

#[tokio::test]
async fn a_client_that_describes_something_else_than_limits_takes_them_as_they_are() {
    let first = client("k-4");
    let builder =
        || Mistral::builder().key("k-4").base_url("https://shared.example").transport(FakeTransport::new([]));
    let second = builder().requests_per_minute(7).tokens_per_minute(9_000).build().unwrap();
    let third = builder().limits(|limits| limits.max_queue(5)).build().unwrap();
    let limits = |client: &Mistral| client.limits().iter().map(|limit| limit.limit).collect::<Vec<_>>();
    assert_eq!((limits(&first), limits(&third)), (vec![9_000, 7], vec![9_000, 7]));
    drop((second, builder().learned_limits().build().unwrap()));
    assert!(limits(&first).is_empty());
}

#[tokio::test]
async fn a_conversation_that_one_client_began_weighs_for_the_other_as_much() {
    let client = || {
        let builder = Mistral::builder().key("k-5").base_url("https://shared.example");
        let limits = builder.learned_limits().limits(|limits| limits.model("large").requests_per_minute(1));
        limits.transport(FakeTransport::new([json(CONVERSATION)])).build().unwrap()
    };
    let (first, second) = (client(), client());
    first.conversations().start("hi").model("large").send().await.unwrap();
    // It names no model: that it is one of `large`, and has to wait, was told to the first.
    let goes_on = second.conversations().append("conv_1", "and then?").max_wait(Duration::from_millis(1));
    assert!(goes_on.send().await.unwrap_err().is_throttled());
}

#[test]
fn a_store_that_the_account_does_not_have_is_told() {
    let store = MemoryStore::new(RealClock);
    let builder = |key: &str| {
        let builder = Mistral::builder().key(key).base_url("https://shared.example");
        builder.transport(FakeTransport::new([]))
    };
    let told = |built: Result<Mistral, Error>| match built.unwrap_err() {
        Error::Request(RequestError::Limits { cause }) => cause,
        other => panic!("{other}"),
    };
    let alone = builder("k-6").build().unwrap();
    let shared = |key| builder(key).limits(|limits| limits.name("research").store(store.clone()));
    assert!(told(shared("k-6").build()).contains("store"));
    drop(alone);
    let first = shared("k-6").build().unwrap();
    shared("k-6").build().unwrap();
    builder("k-6").build().unwrap();
    let other = shared("k-6").limits(|limits| limits.name("teaching")).build();
    assert!(told(other).contains("`research`"));
    assert!(first.api().limiter().is_shared());
}
