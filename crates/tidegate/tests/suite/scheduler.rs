//! The scheduler: whole calls as closures, in each of its modes, under manual time.

mod modes;
mod outcomes;
mod streams;

use std::sync::mpsc::channel;

use tidegate::scheduler::{
    Attempt, Bucket, Metadata, Mode, Parsed, Scheduler, SchedulerBuilder, Stated, SubmitError,
};
use tidegate::{Class, Clock, Dimension, Limiter, ManualClock, Quota, Timestamp, Usage};

use crate::harness::Crew;

/// What the pretended provider answers: a status, and the tokens that the call used.
type Status = (u16, u64);
type Outcome = Result<Status, SubmitError<Status, &'static str>>;

/// A provider with a bucket for large models and one for small ones.
fn provider() -> Stated<Status, &'static str> {
    Stated::new("pretended", |answer| match answer {
        Ok((200, tokens)) => Parsed::of(Class::Ok).usage(Usage::new(*tokens, 0)),
        Ok((429, _)) => Parsed::of(Class::Throttled),
        Ok((401, _)) => Parsed::of(Class::Auth),
        Ok((402, _)) => Parsed::of(Class::QuotaExhausted),
        _ => Parsed::of(Class::ServerError),
    })
    .models("large*", Bucket::new("large").limit(Dimension::Requests, Quota::per_second(1)))
    .models("small*", Bucket::new("small").limit(Dimension::Requests, Quota::per_second(100)))
}

/// A scheduler of the pretended provider, on a clock of its own.
fn scheduler(
    mode: Mode,
    describe: impl FnOnce(SchedulerBuilder<Status, &'static str>) -> SchedulerBuilder<Status, &'static str>,
) -> (&'static Scheduler<Status, &'static str>, ManualClock) {
    let clock = ManualClock::new();
    let builder = Scheduler::builder().mode(mode).provider(provider());
    let builder = describe(builder.limits(Limiter::builder().clock(clock.clone())));
    // Tests end with their process, so what they share may live as long.
    (Box::leak(Box::new(builder.build().unwrap())), clock)
}

/// Submits each call at once; its script says what its attempts are answered. When each ended, and how.
fn submit_all(
    scheduler: &'static Scheduler<Status, &'static str>,
    clock: &ManualClock,
    calls: Vec<(Metadata, Vec<Result<Status, &'static str>>)>,
) -> Vec<(Timestamp, Outcome)> {
    let (sender, receiver) = channel();
    let mut crew = Crew::new(clock);
    for (place, (metadata, script)) in calls.into_iter().enumerate() {
        let (clock, sender) = (clock.clone(), sender.clone());
        crew.spawn(async move {
            let make = |attempt: Attempt| {
                let answer = script[attempt.number as usize - 1];
                async move { answer }
            };
            let outcome = scheduler.submit(metadata, make).await;
            sender.send((place, clock.now(), outcome)).unwrap();
        });
    }
    crew.run();
    drop(sender);
    let mut outcomes: Vec<_> = receiver.into_iter().collect();
    outcomes.sort_by_key(|outcome| outcome.0);
    outcomes.into_iter().map(|(_, at, outcome)| (at, outcome)).collect()
}

fn ok() -> Vec<Result<Status, &'static str>> {
    vec![Ok((200, 10))]
}

/// The instants at which calls ended, in milliseconds.
fn millis(outcomes: &[(Timestamp, Outcome)]) -> Vec<u64> {
    outcomes.iter().map(|(at, _)| at.as_nanos() / 1_000_000).collect()
}

/// What is under way in all accounts.
fn in_flight(scheduler: &Scheduler<Status, &'static str>) -> usize {
    scheduler.accounts().iter().map(|(_, limiter)| limiter.snapshot().in_flight).sum()
}

#[test]
fn a_description_that_makes_no_sense_is_told_at_once() {
    let zero = Scheduler::<(), ()>::builder().max_concurrent(0).build().unwrap_err();
    assert!(zero.is_configuration() && zero.to_string().contains("max_concurrent"));
    let limits = Limiter::builder().requests_per_minute(-1.0);
    assert!(Scheduler::<(), ()>::builder().limits(limits).build().unwrap_err().is_configuration());
    let queue = Scheduler::<(), ()>::builder().max_queue(0).build().unwrap_err();
    assert!(queue.to_string().contains("max_queue"));
}

#[test]
fn a_bucket_without_a_usable_name_is_refused() {
    let named =
        |id: &str| Stated::<(), ()>::new("odd", |_| Parsed::of(Class::Ok)).models("*", Bucket::new(id));
    for id in ["", "all*", &"x".repeat(257)] {
        let scheduler = Scheduler::builder().provider(named(id)).build().unwrap();
        let mut discover = std::pin::pin!(scheduler.discover());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(found) = std::future::Future::poll(discover.as_mut(), &mut context) else {
            panic!("nothing is waited for");
        };
        assert!(found.unwrap_err().is_configuration(), "{id:.10}");
    }
}
