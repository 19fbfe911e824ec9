//! Order: calls of one flow go in the order in which they asked, and nobody is passed.

use tidegate::{Band, Busy, Clock, Request, Usage};

use crate::harness::{Asker, Crew, limiter, ms, one, starts};

#[test]
fn a_thousand_calls_are_granted_in_the_order_of_asking() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(100).burst(1));
    let starts = starts(&limiter, &clock, 1_000);
    assert_eq!(starts.last().map(|at| at.as_nanos()), Some(9_990_000_000));
}

#[test]
fn a_caller_that_does_not_wait_passes_nobody_who_does() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut first = Asker::queued(&limiter);
    let _second = Asker::queued(&limiter);
    clock.advance(ms(1_000));
    assert!(matches!(limiter.try_acquire(one()), Err(Busy::Wait { .. })));
    first.granted().sent();
    assert!(matches!(limiter.try_acquire(one()), Err(Busy::Wait { .. })));
}

#[test]
fn a_model_seen_for_the_first_time_meets_the_limits_of_the_account() {
    let (limiter, _clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(Request::new(one()).lane("known")).unwrap().sent();
    let busy = limiter.try_acquire(Request::new(one()).lane("new")).unwrap_err();
    let Busy::Wait { until, .. } = busy else { panic!("{busy:?}") };
    assert_eq!(until.as_nanos(), 1_000_000_000);
    assert_eq!(limiter.snapshot().waiting, 0);
}

#[test]
fn a_retry_with_its_place_goes_before_those_who_came_later() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    let refused = limiter.try_acquire(one()).unwrap();
    refused.sent();
    let mut later = Asker::queued(&limiter);
    let place = refused.place();
    refused.settle(Usage::new(0, 0));
    let mut crew = Crew::new(&clock);
    {
        let (limiter, clock) = (limiter.clone(), clock.clone());
        crew.spawn(async move {
            limiter.acquire(Request::new(one()).place(place)).await.unwrap().sent();
            assert_eq!(clock.now().as_nanos(), 1_000_000_000, "the retry has the first turn");
        });
    }
    crew.run();
    assert!(later.poll().is_pending());
    clock.advance(ms(1_000));
    later.granted().sent();
}

#[test]
fn an_urgent_band_goes_before_bulk_work_that_asked_earlier() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut crew = Crew::new(&clock);
    for band in [Band::Batch, Band::Standard, Band::Interactive] {
        let (limiter, sender) = (limiter.clone(), sender.clone());
        crew.spawn(async move {
            limiter.acquire(Request::new(one()).band(band)).await.unwrap().sent();
            sender.send(band).unwrap();
        });
    }
    crew.run();
    drop(sender);
    assert!(receiver.into_iter().eq(Band::ALL));
}
