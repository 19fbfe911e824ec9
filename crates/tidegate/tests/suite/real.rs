//! Real time: the driver thread hands out grants, outlives a panicking waker, and serves threads that come and go.
//! Nothing here measures time; every test waits for events.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, Wake, Waker};
use std::thread;

use tidegate::{Cost, Limiter};

use crate::harness::{Asker, one};

#[test]
fn fifty_a_second_are_granted_in_order_by_the_driver() {
    let limiter = Limiter::builder().requests_per_second(50).burst(1).build().unwrap();
    let asked: Vec<_> = (0..5).map(|_| Asker::ask(&limiter)).collect();
    // The last in line comes after all of them; how soon, a busy machine decides.
    limiter.acquire_blocking(one()).unwrap().sent();
    for asker in asked {
        // One that had to queue was granted meanwhile, by the driver alone: nobody polled it.
        let waited = asker.is_err();
        let permit = asker.unwrap_or_else(|mut queued| queued.granted());
        assert_eq!(waited, !permit.waited().is_zero());
    }
}

struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics, as this test wants it");
    }
}

#[test]
fn a_panicking_waker_does_not_stop_the_driver() {
    let limiter = Limiter::builder().requests_per_second(100).burst(1).build().unwrap();
    limiter.try_acquire(one()).unwrap().sent();
    let bomb = Waker::from(Arc::new(Bomb));
    let mut unlucky = limiter.acquire(one());
    assert!(Pin::new(&mut unlucky).poll(&mut Context::from_waker(&bomb)).is_pending());
    // This one is granted after the bomb has gone off in the driver's thread.
    limiter.acquire_blocking(one()).unwrap().sent();
    let other = Limiter::builder().requests_per_second(100).burst(1).build().unwrap();
    other.acquire_blocking(one()).unwrap().sent();
    other.acquire_blocking(one()).unwrap().sent();
}

/// Threads that acquire, settle, drop and give up all at once, on several limits: nothing is left behind.
#[test]
fn a_crowd_that_acquires_drops_and_gives_up_leaves_nothing_behind() {
    let limiter = Limiter::builder()
        .requests_per_second(4_000)
        .concurrency(3)
        .tokens_per_second(1_000_000)
        .build()
        .unwrap();
    let (sender, receiver) = channel();
    let threads: Vec<_> = (0..6_u64)
        .map(|number| {
            let (limiter, sender) = (limiter.clone(), sender.clone());
            thread::spawn(move || {
                let cost = Cost::requests(1).input_tokens(10 + number);
                for round in 0..150_u64 {
                    let mut given_up = limiter.acquire(cost);
                    let _maybe = Pin::new(&mut given_up).poll(&mut Context::from_waker(Waker::noop()));
                    drop(_maybe);
                    drop(given_up);
                    let permit = limiter.acquire_blocking(cost).unwrap();
                    match (number + round) % 3 {
                        0 => drop(permit),
                        1 => permit.sent(),
                        _ => permit.settle(tidegate::Usage::new(5, 5)),
                    }
                }
                sender.send(number).unwrap();
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(receiver.try_iter().count(), 6);
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.waiting, snapshot.in_flight), (0, 0));
}
