//! Sharing a budget: limiters that meet in a store, and what they do without it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use tidegate::conformance;
use tidegate::events::Happening;
use tidegate::store::{StoreError, StoreFuture};
use tidegate::{Limiter, ManualClock, MemoryStore, RealClock, Store};
use tidegate_core::lease::{Grants, Step};

use crate::harness::{Asker, ms, one};

fn limiter(clock: &ManualClock, store: impl Store + 'static) -> Limiter {
    let builder = Limiter::builder().requests_per_second(10).burst(1).name("shared").clock(clock.clone());
    builder.store(store).build().unwrap()
}

#[test]
fn the_memory_store_keeps_the_contract() {
    conformance::store(&(Arc::new(MemoryStore::new(RealClock)) as Arc<dyn Store>));
}

#[test]
fn two_limiters_keep_one_limit_between_them() {
    let clock = ManualClock::new();
    let store = MemoryStore::new(clock.clone());
    let limiters = [limiter(&clock, store.clone()), limiter(&clock, store)];
    let mut granted = 0;
    let mut askers: Vec<Asker> = Vec::new();
    for limiter in &limiters {
        for _ in 0..30 {
            match Asker::ask(limiter) {
                Ok(permit) => {
                    permit.sent();
                    granted += 1;
                }
                Err(asker) => askers.push(asker),
            }
        }
    }
    assert_eq!(granted, 1);
    for _ in 0..200 {
        clock.advance(ms(10));
        askers.retain_mut(|asker| match asker.poll() {
            Poll::Ready(permit) => {
                permit.unwrap().sent();
                granted += 1;
                false
            }
            Poll::Pending => true,
        });
    }
    assert!((19..=21).contains(&granted), "two seconds hold 20 calls, not {granted}");
}

/// A store that answers when the test lets it.
#[derive(Clone, Debug, Default)]
struct Slow {
    desk: Arc<Mutex<Desk>>,
}

#[derive(Debug, Default)]
struct Desk {
    steps: VecDeque<(Step, Option<Waker>)>,
    answers: Vec<(u64, Option<Result<Grants, &'static str>>)>,
}

impl Store for Slow {
    fn step(&self, _account: &str, step: Step) -> StoreFuture {
        let desk = self.desk.clone();
        let number = step.number;
        let mut step = Some(step);
        Box::pin(std::future::poll_fn(move |context| {
            let mut desk = desk.lock().unwrap();
            if let Some(step) = step.take() {
                desk.steps.push_back((step, Some(context.waker().clone())));
            }
            match desk.answers.iter_mut().find(|(of, _)| *of == number) {
                Some((_, answer)) => {
                    let answer = answer.take().expect("an answer is taken once");
                    Poll::Ready(answer.map_err(StoreError::connection))
                }
                None => Poll::Pending,
            }
        }))
    }
}

impl Slow {
    /// Answers the oldest step, from another thread than the one that asked.
    fn answer(&self, with: impl FnOnce(&Step) -> Result<Grants, &'static str>) {
        let mut desk = self.desk.lock().unwrap();
        let (step, waker) = desk.steps.pop_front().expect("a step waits");
        let answer = with(&step);
        desk.answers.push((step.number, Some(answer)));
        drop(desk);
        waker.expect("a waker").wake();
    }
}

#[test]
fn a_store_that_never_answers_blocks_nobody_for_ever() {
    let clock = ManualClock::new();
    let limiter = limiter(&clock, Slow::default());
    let mut events = limiter.events();
    let mut asker = Asker::queued(&limiter);
    clock.advance(ms(999));
    assert!(asker.poll().is_pending());
    // One of eight shares of ten a second: 0.8 s after the store was given up.
    clock.advance(ms(801));
    asker.granted().sent();
    let happened: Vec<Happening> = std::iter::from_fn(|| events.try_recv()).map(|event| event.what).collect();
    assert!(happened.contains(&Happening::StoreLost { share_of: 8 }), "{happened:?}");
}

#[test]
fn an_error_is_told_and_the_safe_share_begins_at_once() {
    let clock = ManualClock::new();
    let store = Slow::default();
    let limiter = limiter(&clock, store.clone());
    let mut events = limiter.events();
    store.answer(|_| Err("connection refused"));
    let failed = events.recv_blocking().map(|event| event.what);
    let Some(Happening::StoreFailed { error }) = failed else { panic!("{failed:?}") };
    assert!(error.contains("connection refused"), "{error}");
    assert_eq!(events.recv_blocking().map(|event| event.what), Some(Happening::StoreLost { share_of: 8 }));
}

#[test]
fn an_answer_that_comes_later_wakes_the_caller() {
    let clock = ManualClock::new();
    let (store, memory) = (Slow::default(), MemoryStore::new(clock.clone()));
    let limiter = limiter(&clock, store.clone());
    let allocate = |step: &Step| {
        let answer = memory.step("shared", step.clone());
        let mut answer = std::pin::pin!(answer);
        let mut context = std::task::Context::from_waker(Waker::noop());
        match answer.as_mut().poll(&mut context) {
            Poll::Ready(answer) => answer.map_err(|_| "never"),
            Poll::Pending => Err("the memory store answers at once"),
        }
    };
    let waiting = limiter.clone();
    let caller = std::thread::spawn(move || waiting.acquire_blocking(one()).map(|permit| permit.sent()));
    store.answer(allocate);
    // The first step is a mere sign of life, unless the caller was quicker.
    while !caller.is_finished() {
        if store.desk.lock().unwrap().steps.is_empty() {
            std::thread::yield_now();
        } else {
            store.answer(allocate);
        }
    }
    caller.join().unwrap().unwrap();
}

#[test]
fn a_limiter_that_goes_away_gives_everything_back() {
    let clock = ManualClock::new();
    let store = MemoryStore::new(clock.clone());
    let two = limiter(&clock, store.clone());
    let gone = limiter(&clock, store);
    drop(gone.acquire_blocking(one()).unwrap());
    drop(gone);
    two.acquire_blocking(one()).unwrap().sent();
    assert_eq!(two.snapshot().limits[0].used, 1);
}

#[test]
fn trying_without_waiting_gets_leases_for_the_next_try() {
    let clock = ManualClock::new();
    let limiter = limiter(&clock, MemoryStore::new(clock.clone()));
    assert!(limiter.try_acquire(one()).is_err(), "nothing is held yet");
    limiter.try_acquire(one()).unwrap().sent();
}
