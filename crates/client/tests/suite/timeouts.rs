//! A call is given up in time: before its head, between its pieces, or as a whole; the wait for its turn never counts.

use std::time::Duration;

use tidegate::{Class, Clock, ManualClock};
use tidegate_client::{Mistral, Timeouts};

use crate::harness::{CONVERSATION, Timekeeper, run};

const STEP: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_silent_provider_is_given_up_and_tried_again() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::from_secs(120), CONVERSATION);
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    let client = builder.timeout(Duration::from_secs(60)).max_retries(1).build().unwrap();
    let begun = clock.now();
    let answer = run(&clock, STEP, async move { client.conversations().start("hi").model("m").send().await });
    let error = answer.await.unwrap_err();
    assert_eq!((error.class(), error.attempts()), (Class::Timeout, 2), "{error}");
    let took = clock.now().since(begun);
    assert!((Duration::from_secs(120)..Duration::from_secs(123)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_call_can_have_its_own_timeouts() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::from_secs(5), CONVERSATION);
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    let client = builder.max_retries(0).build().unwrap();
    let error = run(&clock, STEP, async move {
        let call = client.conversations().start("hi").model("m");
        call.timeouts(Timeouts::all(Duration::from_secs(2))).send().await.unwrap_err()
    })
    .await;
    assert_eq!((error.class(), error.attempts()), (Class::Timeout, 1), "{error}");
}

#[tokio::test]
async fn the_wait_for_a_turn_is_not_counted() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::from_millis(100), CONVERSATION);
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    let client = builder.requests_per_minute(1).timeout(Duration::from_secs(1)).build().unwrap();
    let waited = run(&clock, STEP, async move {
        client.conversations().start("hi").model("m").send().await.unwrap();
        client.conversations().start("hi").model("m").send().await.unwrap().meta.waited
    })
    .await;
    assert!(waited > Duration::from_secs(50), "{waited:?}");
}
