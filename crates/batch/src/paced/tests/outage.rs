//! Proof: rows wait for a provider that is away, and a run gives up in time; refusals for good cost no answered run.

use std::time::Duration;

use tidegate::call::BreakerPolicy;
use tidegate::{Clock, ManualClock};

use super::*;
use crate::{Concurrency, ItemEnd, Items, Stop};

const ROWS: usize = 12;

/// Rows over a scripted transport, with a breaker that opens after four failures.
fn rows(transport: &FakeTransport, clock: &ManualClock) -> PacedRows {
    let breaker = BreakerPolicy::default().calls_min(4);
    let limiter = Limiter::builder().clock(clock.clone()).breaker(breaker).build().unwrap();
    let base = BaseUrl::parse("http://127.0.0.1:9/v1").unwrap();
    let policy = CallPolicy::default().max_attempts(1);
    let paced =
        Paced::new(Arc::new(transport.clone()), adapter(Dialect::OpenAi), limiter, base).policy(policy);
    let (dialect, headers) = (Dialect::OpenAi, HeaderMap::new());
    PacedRows::new(Account {
        name: "openai".into(),
        dialect,
        headers,
        destination: Destination::Calls(paced),
    })
}

/// Runs the rows, two at a time, while the clock goes on by itself; and what time it is at the end.
fn run(rows: &PacedRows, clock: &ManualClock) -> (Vec<Option<ItemEnd<Answer>>>, Duration) {
    let two = Concurrency::AtMost(std::num::NonZeroUsize::new(2).unwrap());
    let (items, stop) = (Items::new().concurrency(two), Stop::new());
    let ends = wait(async {
        let run = items.run((0..ROWS).map(|_| row(HELLO)), rows, &stop);
        tokio::pin!(run);
        loop {
            tokio::select! {
                biased;
                ends = &mut run => return ends,
                () = tokio::task::yield_now() => { clock.advance_to_next(); }
            }
        }
    });
    (ends, clock.now().since(tidegate::Timestamp::ZERO))
}

fn failing(times: usize) -> impl Iterator<Item = FakeAnswer> {
    std::iter::repeat_with(|| FakeAnswer::http(500, &[], "")).take(times)
}

fn classes(ends: &[Option<ItemEnd<Answer>>]) -> Vec<Option<Class>> {
    ends.iter().map(|end| Some(end.as_ref()?.class)).collect()
}

#[test]
fn rows_wait_until_the_provider_is_back_and_none_is_lost() {
    let (clock, ten) = (ManualClock::new(), std::iter::repeat_with(|| ok("{}")));
    // Four failures open the circuit, two probes fail as well, then the provider is back.
    let transport = FakeTransport::new(failing(6).chain(ten.take(ROWS)));
    let (ends, took) = run(&rows(&transport, &clock), &clock);
    let lost = classes(&ends).iter().filter(|class| **class != Some(Class::Ok)).count();
    assert_eq!(lost, 3, "only what failed before the circuit opened: {:?}", classes(&ends));
    assert!(took >= Duration::from_secs(15), "5 s and 10 s of pause: {took:?}");
    let most = ends.iter().flatten().map(|end| end.effort.attempts).max();
    assert!(most >= Some(2), "probes are attempts: {most:?}");
}

#[test]
fn a_provider_that_stays_away_ends_the_run_with_a_reason() {
    let clock = ManualClock::new();
    let rows = rows(&FakeTransport::new(failing(1_000)), &clock).give_up_after(Duration::from_secs(60));
    let (ends, took) = run(&rows, &clock);
    let unsent = classes(&ends).iter().filter(|class| class.is_none()).count();
    assert!(unsent >= 2, "{:?}", classes(&ends));
    assert!((60..200).contains(&took.as_secs()), "{took:?}");
    let Err(Failure::GaveUp(why)) = wait(async {
        let process = rows.process(row(HELLO));
        tokio::pin!(process);
        loop {
            tokio::select! {
                biased;
                ended = &mut process => return ended,
                () = tokio::task::yield_now() => { clock.advance_to_next(); }
            }
        }
    }) else {
        panic!("it did not give up")
    };
    assert!(why.starts_with("openai did not answer for 1.0 min ("), "{why}");
}

#[test]
fn rows_that_wait_for_a_provider_stop_at_once_when_asked() {
    let clock = ManualClock::new();
    let rows = rows(&FakeTransport::new(failing(1_000)), &clock);
    for _ in 0..3 {
        assert!(matches!(process(&rows, HELLO), Err(Failure::Failed(_))));
    }
    let ended = wait(async {
        let waits = rows.process(row(HELLO));
        tokio::pin!(waits);
        let once = std::future::poll_fn(|context| std::task::Poll::Ready(waits.as_mut().poll(context)));
        assert!(once.await.is_pending());
        rows.stop();
        waits.await
    });
    assert!(matches!(ended, Err(Failure::NotSent)), "{ended:?}");
}

#[test]
fn a_refused_key_is_hopeless_for_every_row() {
    let refused =
        r#"{"error":{"message":"bad key","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    let transport = FakeTransport::new([FakeAnswer::http(401, &[], refused)]);
    let clock = ManualClock::new();
    let rows = rows(&transport, &clock);
    let Err(Failure::Hopeless(failed)) = process(&rows, HELLO) else { panic!("a key is of the account") };
    assert_eq!((failed.class, failed.last.unwrap().status_code), (Class::Auth, 401));
    let Err(Failure::Hopeless(failed)) = process(&rows, HELLO) else { panic!("and of its other rows") };
    assert_eq!((failed.class, failed.effort.attempts), (Class::Auth, 0));
    assert_eq!(transport.seen().len(), 1, "what is known to fail is not sent");
}
