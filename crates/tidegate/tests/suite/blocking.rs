//! Blocking: threads and tasks wait in one queue and share one budget.

use std::sync::mpsc::channel;
use std::thread;

use tidegate::Limiter;

use crate::harness::{Asker, limiter, ms, one};

/// Waits, without sleeping, until so many calls are in the queue.
fn until_waiting(limiter: &Limiter, calls: usize) {
    while limiter.snapshot().waiting < calls {
        thread::yield_now();
    }
}

#[test]
fn a_thread_and_a_task_share_one_budget_in_the_order_of_asking() {
    let (limiter, clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let mut task = Asker::queued(&limiter);
    let (sender, receiver) = channel();
    let blocked = {
        let limiter = limiter.clone();
        thread::spawn(move || {
            let permit = limiter.acquire_blocking(one()).unwrap();
            permit.sent();
            sender.send(permit.waited()).unwrap();
        })
    };
    until_waiting(&limiter, 2);
    clock.advance(ms(1_000));
    task.granted().sent();
    assert!(receiver.try_recv().is_err(), "the thread's turn has not come");
    clock.advance(ms(1_000));
    assert_eq!(receiver.recv().unwrap(), ms(2_000));
    blocked.join().unwrap();
}

#[test]
fn closing_frees_blocked_threads() {
    let (limiter, _clock) = limiter(|builder| builder.requests_per_second(1).burst(1));
    limiter.try_acquire(one()).unwrap().sent();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let limiter = limiter.clone();
            thread::spawn(move || limiter.acquire_blocking(one()).is_err())
        })
        .collect();
    until_waiting(&limiter, 4);
    limiter.close();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
}

#[test]
fn a_hand_off_between_threads_needs_no_clock() {
    let (limiter, _clock) = limiter(|builder| builder.concurrency(1));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let limiter = limiter.clone();
            thread::spawn(move || {
                for _ in 0..200 {
                    drop(limiter.acquire_blocking(one()).unwrap());
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.waiting, snapshot.in_flight), (0, 0));
}
