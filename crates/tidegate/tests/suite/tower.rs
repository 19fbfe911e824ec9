//! The tower layer: requests wait for their turn by their own cost, and its service is honest about what it knows.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tidegate::scheduler::Parsed;
use tidegate::tower::{Pace, PaceError, PaceLayer};
use tidegate::{Class, Clock, Cost, Limiter, ManualClock, Request, Usage};
use tower_layer::Layer;
use tower_service::Service;

use crate::harness::{Crew, limiter, ms};

/// Answers with twice the number that it is given, or fails with it when it is odd; not ready while it is busy.
#[derive(Clone, Default)]
struct Doubler {
    busy: Arc<Mutex<bool>>,
    asked: Arc<Mutex<u32>>,
}

impl Service<u64> for Doubler {
    type Response = u64;
    type Error = u64;
    type Future = std::future::Ready<Result<u64, u64>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), u64>> {
        *self.asked.lock().unwrap() += 1;
        if *self.busy.lock().unwrap() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, number: u64) -> Self::Future {
        std::future::ready(if number.is_multiple_of(2) { Ok(number * 2) } else { Err(number) })
    }
}

type Paced = Pace<Doubler, u64, u64, u64>;

/// A service whose requests cost as many tokens as they say, under a limit of a hundred at once and ten a second.
fn paced() -> (Paced, Doubler, Limiter, ManualClock) {
    let (limiter, clock) = limiter(|builder| builder.tokens_per_second(10).burst(100));
    let inner = Doubler::default();
    let layer = PaceLayer::new(limiter.clone(), |tokens: &u64| {
        Request::new(Cost::requests(1).input_tokens(*tokens)).lane("some-model")
    });
    let layer = layer.reading(|answer: Result<&u64, &u64>| match answer {
        Ok(&8) => Parsed::of(Class::Ok).usage(Usage::new(2, 0)),
        Ok(_) => Parsed::of(Class::Ok),
        Err(_) => Parsed::of(Class::Auth),
    });
    (layer.layer(inner.clone()), inner, limiter, clock)
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn requests_wait_for_their_turn_by_what_they_cost() {
    let (service, _inner, _limiter, clock) = paced();
    let (sender, receiver) = channel();
    let mut crew = Crew::new(&clock);
    for tokens in [100, 40, 60] {
        let (mut service, clock, sender) = (service.clone(), clock.clone(), sender.clone());
        crew.spawn(async move {
            assert_eq!(service.call(tokens).await, Ok(tokens * 2));
            sender.send((tokens, clock.now().as_nanos() / 1_000_000)).unwrap();
        });
    }
    crew.run();
    drop(sender);
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [(100, 0), (40, 4_000), (60, 10_000)]);
}

#[test]
fn being_ready_reserves_nothing_and_asks_nobody() {
    let (mut service, inner, limiter, _clock) = paced();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10 {
        assert!(service.poll_ready(&mut context).is_ready());
    }
    assert_eq!((limiter.snapshot().in_flight, *inner.asked.lock().unwrap()), (0, 0));
}

#[test]
fn the_service_inside_is_asked_only_once_the_turn_has_come() {
    let (mut service, inner, limiter, clock) = paced();
    assert!(poll(&mut service.call(100)).is_ready());
    *inner.asked.lock().unwrap() = 0;
    *inner.busy.lock().unwrap() = true;
    let mut waiting = service.call(50);
    assert!(poll(&mut waiting).is_pending());
    assert_eq!(*inner.asked.lock().unwrap(), 0);
    clock.advance(ms(5_000));
    assert!(poll(&mut waiting).is_pending(), "its turn has come, but nobody is ready");
    assert_eq!(*inner.asked.lock().unwrap(), 1);
    *inner.busy.lock().unwrap() = false;
    assert_eq!(poll(&mut waiting), Poll::Ready(Ok(100)));
    assert_eq!(limiter.snapshot().in_flight, 0);
}

#[test]
fn usage_is_settled_and_an_answer_without_any_keeps_its_estimate() {
    let (mut service, _inner, limiter, _clock) = paced();
    let used = || limiter.snapshot().limits[0].used;
    assert!(poll(&mut service.call(4)).is_ready());
    assert_eq!(used(), 2, "it told what it used");
    assert!(poll(&mut service.call(6)).is_ready());
    assert_eq!(used(), 8);
}

#[test]
fn a_call_that_goes_away_gives_up_its_place_or_its_estimate() {
    let (mut service, inner, limiter, _clock) = paced();
    *inner.busy.lock().unwrap() = true;
    let mut unsent = service.call(70);
    assert!(poll(&mut unsent).is_pending());
    let mut queued = service.call(50);
    assert!(poll(&mut queued).is_pending());
    assert_eq!((limiter.snapshot().in_flight, limiter.snapshot().waiting), (1, 1));
    drop((unsent, queued));
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.in_flight, snapshot.waiting, snapshot.limits[0].used), (0, 0, 0));
}

#[test]
fn what_can_never_pass_is_refused_and_what_is_known_to_fail_is_not_sent() {
    let (mut service, inner, _limiter, clock) = paced();
    let Poll::Ready(Err(never)) = poll(&mut service.call(102)) else { panic!("it costs too much") };
    assert!(never.not_admitted().unwrap().is_capacity(), "{never}");
    assert_eq!(poll(&mut service.call(1)), Poll::Ready(Err(PaceError::Inner(1))));
    *inner.asked.lock().unwrap() = 0;
    let Poll::Ready(Err(stopped)) = poll(&mut service.call(2)) else { panic!("its circuit is open") };
    assert!(stopped.not_admitted().unwrap().is_circuit_open(), "{stopped}");
    assert_eq!(*inner.asked.lock().unwrap(), 0);
    clock.advance(ms(5_000));
    assert_eq!(poll(&mut service.call(2)), Poll::Ready(Ok(4)));
}
