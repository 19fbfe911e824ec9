//! What follows an attempt: retries, fallbacks, and errors that say what they are.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tidegate::call::{CallPolicy, StopReason};
use tidegate::scheduler::{Metadata, Mode, SubmitError};
use tidegate::{Class, Clock, Cost, Dimension, Limit, Quota};

use super::{in_flight, millis, ok, scheduler, submit_all};
use crate::harness::{Crew, ms};

#[test]
fn a_failure_backs_off_and_a_refusal_waits_as_the_engine_says() {
    let (scheduler, clock) = scheduler(Mode::Intelligent, |builder| builder);
    let script = vec![Err("reset"), Ok((429, 0)), Ok((200, 1))];
    let outcomes = submit_all(scheduler, &clock, vec![(Metadata::new("small"), script)]);
    assert!(outcomes[0].1.is_ok(), "{outcomes:?}");
    // At least a quarter of a second of backoff, then half a second for a refusal that names no time.
    assert!(millis(&outcomes)[0] >= 750);
    assert_eq!(in_flight(scheduler), 0);
}

#[test]
fn an_answer_that_no_retry_can_better_is_handed_over() {
    let (scheduler, clock) = scheduler(Mode::Intelligent, |builder| builder);
    let outcomes = submit_all(scheduler, &clock, vec![(Metadata::new("small"), vec![Ok((402, 0))])]);
    let error = outcomes[0].1.as_ref().unwrap_err();
    let last = error.last_answer().unwrap();
    assert_eq!((last.answer, last.class, last.attempts), (Ok((402, 0)), Class::QuotaExhausted, 1));
    assert_eq!(last.why, StopReason::Permanent(Class::QuotaExhausted));
}

#[test]
fn a_used_up_model_is_left_for_another_and_its_next_call_goes_there_at_once() {
    let policy = CallPolicy::default().fallbacks(["small"]);
    let (scheduler, clock) = scheduler(Mode::Intelligent, |builder| builder.policy(policy));
    let script = || vec![Ok((402, 0)), Ok((200, 1))];
    assert!(submit_all(scheduler, &clock, vec![(Metadata::new("large"), script())])[0].1.is_ok());
    // The circuit of the large bucket is open: this one is answered at the first attempt.
    assert!(submit_all(scheduler, &clock, vec![(Metadata::new("large"), ok())])[0].1.is_ok());
}

#[test]
fn a_call_that_takes_too_long_is_given_up_with_its_estimate_charged() {
    let (scheduler, clock) = scheduler(Mode::Basic, |builder| builder);
    let limiter = scheduler.accounts()[0].1.clone();
    let tokens = Limit::new(Dimension::TotalTokens, Quota::per_minute(1).burst(1_000));
    limiter.configure(vec![tokens]).unwrap();
    let mut crew = Crew::new(&clock);
    let late = clock.clone();
    crew.spawn(async move {
        let call = Metadata::new("small").estimated_tokens(400).timeout(Some(ms(3_000)));
        let outcome = scheduler.submit(call, |_| std::future::pending()).await;
        let error = outcome.unwrap_err();
        assert!(error.not_made().unwrap().is_timeout(), "{error}");
        assert_eq!(late.now().as_nanos(), 3_000_000_000);
    });
    crew.run();
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.in_flight, snapshot.limits[0].used), (0, 400));
}

#[test]
fn a_wait_that_would_be_too_long_is_told_before_it_begins() {
    let (scheduler, clock) = scheduler(Mode::Intelligent, |builder| builder);
    let hasty = || Metadata::new("large").timeout(Some(Duration::from_millis(10)));
    let outcomes = submit_all(scheduler, &clock, vec![(hasty(), ok()), (hasty(), ok())]);
    let error = outcomes[1].1.as_ref().unwrap_err().not_made().unwrap();
    assert!(error.is_timeout() && error.retry_after() == Some(ms(1_000)), "{error:?}");
    assert_eq!(millis(&outcomes), [0, 0]);
}

#[test]
fn a_call_larger_than_a_limit_ever_holds_is_refused() {
    let (scheduler, clock) = scheduler(Mode::Intelligent, |builder| builder);
    let call = Metadata::new("large").cost(Cost::requests(2));
    let outcomes = submit_all(scheduler, &clock, vec![(call, ok())]);
    assert!(outcomes[0].1.as_ref().unwrap_err().not_made().unwrap().is_capacity());
}

#[test]
fn a_closure_that_panics_leaves_no_reservation_behind() {
    let (scheduler, clock) = scheduler(Mode::Basic, |builder| builder.max_concurrent(1));
    let mut crew = Crew::new(&clock);
    crew.spawn(async move {
        let bomb = |_| async { panic!("a closure that panics, as this test wants it") };
        let _answer: Result<_, SubmitError<_, _>> = scheduler.submit(Metadata::new("small"), bomb).await;
    });
    assert!(catch_unwind(AssertUnwindSafe(|| crew.run())).is_err());
    assert_eq!(in_flight(scheduler), 0);
    assert!(submit_all(scheduler, &clock, vec![(Metadata::new("small"), ok())])[0].1.is_ok());
}

#[test]
fn a_closed_scheduler_refuses_everybody() {
    let (scheduler, clock) = scheduler(Mode::Basic, |builder| builder);
    scheduler.close();
    let outcomes = submit_all(scheduler, &clock, vec![(Metadata::new("small"), ok())]);
    assert!(outcomes[0].1.as_ref().unwrap_err().not_made().unwrap().is_closed());
}
