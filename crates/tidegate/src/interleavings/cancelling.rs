//! Cancelling: calls go away at any moment, before their grant, between grant and look, or aborted from outside; those
//! who stay are served.

use super::world::{Callers, Held, assert_nothing_left, check, limiter, one, poll_and_leave, roll};

#[test]
fn whoever_goes_away_passes_the_turn_on() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1).requests_per_second(10).burst(1));
        let held = Held::at_most(1);
        let mut callers = Callers::new();
        for number in 0..5 {
            let (limiter, held) = (limiter.clone(), held.clone());
            let polls = roll(4);
            callers.thread(move || match number % 5 {
                0 | 2 => {
                    if let Some(permit) = poll_and_leave(limiter.acquire(one()), polls) {
                        held.take();
                        shuttle::thread::yield_now();
                        held.end(permit.unwrap());
                    }
                }
                _ => {
                    let permit = limiter.acquire_blocking(one()).unwrap();
                    held.take();
                    shuttle::thread::yield_now();
                    held.end(permit);
                }
            });
        }
        callers.finish();
        assert_nothing_left(&limiter);
    });
}

/// A task is aborted wherever it happens to be: asking, waiting, granted, or with its permit in hand.
#[test]
fn a_task_that_is_aborted_anywhere_leaves_nothing_behind() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1));
        let mut callers = Callers::new();
        let aborted: Vec<_> = (0..2)
            .map(|_| {
                let limiter = limiter.clone();
                shuttle::future::spawn(async move {
                    let permit = limiter.acquire(one()).await.unwrap();
                    shuttle::future::yield_now().await;
                    permit.sent();
                })
            })
            .collect();
        for _ in 0..2 {
            let limiter = limiter.clone();
            callers.thread(move || limiter.acquire_blocking(one()).unwrap().sent());
        }
        callers.thread(move || {
            for task in &aborted {
                shuttle::thread::yield_now();
                task.abort();
            }
            for task in aborted {
                let _aborted_or_done = shuttle::future::block_on(task);
            }
        });
        callers.finish();
        assert_nothing_left(&limiter);
    });
}
