//! Calls start when their limits allow it: the reference's timings, in manual time.

use std::time::Duration;

use tidegate::ManualClock;
use tidegate_client::{FakeTransport, Mistral, Terms};

use crate::harness::{CONVERSATION, Timekeeper, run};

const STEP: Duration = Duration::from_millis(10);

fn at_rate(rate: f64, latency: Duration) -> (Mistral, Timekeeper, ManualClock) {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, latency, CONVERSATION);
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    (builder.requests_per_second(rate).build().unwrap(), keeper, clock)
}

#[tokio::test]
async fn at_half_a_call_a_second_calls_one_after_another_start_at_0_2_4_and_6_seconds() {
    let (client, keeper, clock) = at_rate(0.5, Duration::from_millis(300));
    run(&clock, STEP, async move {
        for _ in 0..4 {
            client.conversations().start("hi").model("m").send().await.unwrap();
        }
    })
    .await;
    assert_eq!(keeper.starts_ms(), [0, 2_000, 4_000, 6_000]);
}

#[tokio::test]
async fn of_ten_parallel_calls_the_tenth_starts_after_nine_periods_and_none_is_refused() {
    for rate in [0.5, 1.2, 4.0] {
        let clock = ManualClock::new();
        let keeper = Timekeeper::new(&clock, Duration::from_millis(1_300), CONVERSATION);
        // A second's worth may go at once unless the burst says otherwise; here it is one.
        let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
        let client = builder.limits(|limits| limits.requests_per_second(rate).burst(1)).build().unwrap();
        run(&clock, STEP, async move {
            let calls = (0..10).map(|_| {
                let call = client.conversations().start("hi").model("m").send();
                tokio::spawn(call)
            });
            for call in calls.collect::<Vec<_>>() {
                assert_eq!(call.await.unwrap().unwrap().meta.attempts, 1);
            }
        })
        .await;
        let starts = keeper.starts_ms();
        let due = (9_000.0 / rate) as u128;
        assert_eq!(starts.len(), 10);
        assert!(starts[9].abs_diff(due) <= 10, "{rate}: {starts:?}");
    }
}

#[tokio::test]
async fn a_call_a_second_is_what_mistrals_client_begins_with() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::from_millis(50), CONVERSATION);
    let client = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone()).build().unwrap();
    let tokens = client.limits().into_iter().find(|limit| limit.limit == 500_000).unwrap();
    assert_eq!((tokens.window, tokens.learned), (Duration::from_secs(60), false));
    run(&clock, STEP, async move {
        for _ in 0..3 {
            client.conversations().start("hi").model("m").send().await.unwrap();
        }
    })
    .await;
    assert_eq!(keeper.starts_ms(), [0, 1_000, 2_000]);
}

#[test]
fn what_mistrals_client_begins_with_stays_until_its_like_is_given() {
    type Mistrals = tidegate_client::Builder<Mistral>;
    let limits = |describe: fn(Mistrals) -> Mistrals| {
        let builder = Mistral::builder().key("k").clock(ManualClock::new());
        let client = describe(builder.transport(FakeTransport::new([]))).build().unwrap();
        let mut limits = client.limits().iter().map(|limit| limit.limit).collect::<Vec<_>>();
        limits.sort_unstable();
        limits
    };
    assert_eq!(limits(|given| given), [1, 500_000]);
    assert_eq!(limits(|given| given.requests_per_second(4)), [4, 500_000]);
    assert_eq!(limits(|given| given.tokens_per_minute(100_000)), [1, 100_000]);
    assert_eq!(limits(|given| given.concurrency(9)), [1, 9, 500_000]);
    assert_eq!(limits(|given| given.limits(|limits| limits.name("research"))), [1, 500_000]);
    assert_eq!(limits(|given| given.limits(|limits| limits.requests_per_day(50))), [1, 50, 500_000]);
    assert_eq!(limits(|given| given.limits(|limits| limits.output_tokens_per_minute(70))), [1, 70]);
    assert_eq!(
        limits(|given| given.limits(|limits| limits.model("mistral-*").requests_per_minute(600))),
        [600, 500_000]
    );
    assert_eq!(
        limits(|given| given.limits(|limits| limits.tenant("tides").requests_per_minute(6))),
        [1, 6, 500_000]
    );
    assert!(limits(Mistrals::learned_limits).is_empty());
    assert_eq!(limits(|given| given.learned_limits().tokens_per_minute(100_000)), [100_000]);
}

#[tokio::test]
async fn a_wait_that_is_longer_than_allowed_is_told_at_once_with_its_length() {
    let (client, keeper, clock) = at_rate(0.5, Duration::from_millis(100));
    let error = run(&clock, STEP, async move {
        client.conversations().start("hi").model("m").send().await.unwrap();
        let second = client.conversations().start("hi").model("m").max_wait(Duration::from_secs(1));
        second.send().await.unwrap_err()
    })
    .await;
    assert!(error.is_throttled() && error.is_unsent(), "{error}");
    let wait = error.retry_after().unwrap();
    assert!((Duration::from_millis(1_800)..=Duration::from_secs(2)).contains(&wait), "{wait:?}");
    assert_eq!(keeper.starts_ms().len(), 1);
    assert_eq!(Terms::default().max_wait, None);
}

#[tokio::test]
async fn reading_and_lists_never_wait() {
    let clock = ManualClock::new();
    let keeper = Timekeeper::new(&clock, Duration::ZERO, "[]");
    let builder = Mistral::builder().key("k").clock(clock.clone()).transport(keeper.clone());
    let client = builder.requests_per_second(0.5).build().unwrap();
    for _ in 0..5 {
        client.conversations().list().send().await.unwrap();
    }
    assert_eq!(keeper.starts_ms(), [0; 5]);
}
