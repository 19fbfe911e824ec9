//! Handing off: threads and tasks share one queue; whoever gives a place back, wherever, wakes who is next.

use shuttle::sync::mpsc::channel;

use super::world::{Callers, Held, assert_nothing_left, check, limiter, one, roll};

#[test]
fn a_place_that_comes_free_always_finds_the_next_thread_or_task() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1));
        let held = Held::at_most(1);
        let mut callers = Callers::new();
        for number in 0..4 {
            let (limiter, held) = (limiter.clone(), held.clone());
            let calls = 1 + roll(2);
            if number % 2 == 0 {
                callers.thread(move || {
                    for _ in 0..calls {
                        let permit = limiter.acquire_blocking(one()).unwrap();
                        held.take();
                        shuttle::thread::yield_now();
                        held.end(permit);
                    }
                });
            } else {
                callers.task(async move {
                    for _ in 0..calls {
                        let permit = limiter.acquire(one()).await.unwrap();
                        held.take();
                        shuttle::future::yield_now().await;
                        held.end(permit);
                    }
                });
            }
        }
        callers.finish();
        assert_nothing_left(&limiter);
    });
}

/// Permits end in another thread than the one that got them, which is how streams and pools use them.
#[test]
fn permits_that_end_in_another_thread_pass_their_place_on() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(2).requests_per_second(20).burst(2));
        let held = Held::at_most(2);
        let (sender, receiver) = channel();
        let mut callers = Callers::new();
        for _ in 0..3 {
            let (limiter, held, sender) = (limiter.clone(), held.clone(), sender.clone());
            callers.task(async move {
                for _ in 0..2 {
                    let permit = limiter.acquire(one()).await.unwrap();
                    held.take();
                    sender.send(permit).unwrap();
                }
            });
        }
        drop(sender);
        callers.thread(move || {
            while let Ok(permit) = receiver.recv() {
                held.end(permit);
            }
        });
        callers.finish();
        assert_nothing_left(&limiter);
    });
}

/// Who may not wait takes nobody's turn, and leaves no turn behind.
#[test]
fn trying_takes_nobodys_turn() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1));
        let held = Held::at_most(1);
        let mut callers = Callers::new();
        for _ in 0..2 {
            let (limiter, held) = (limiter.clone(), held.clone());
            callers.thread(move || {
                if let Ok(permit) = limiter.try_acquire(one()) {
                    held.take();
                    shuttle::thread::yield_now();
                    held.end(permit);
                }
            });
        }
        for _ in 0..2 {
            let (limiter, held) = (limiter.clone(), held.clone());
            callers.thread(move || {
                let permit = limiter.acquire_blocking(one()).unwrap();
                held.take();
                held.end(permit);
            });
        }
        callers.finish();
        assert_nothing_left(&limiter);
    });
}
