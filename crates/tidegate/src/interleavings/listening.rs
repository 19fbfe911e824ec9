//! Listening: whoever subscribes hears every event once, and of the end, however telling and looking interleave.

use crate::events::Happening;

use super::world::{Callers, check, limiter, one};

#[test]
fn a_listener_hears_every_call_and_the_end() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1));
        let mut callers = Callers::new();
        let mut events = limiter.events();
        callers.thread(move || {
            let heard: Vec<_> =
                std::iter::from_fn(|| events.recv_blocking()).map(|event| event.what).collect();
            let granted = heard.iter().filter(|what| matches!(what, Happening::Granted { .. })).count();
            assert_eq!((heard.len(), granted), (6, 3), "{heard:?}");
        });
        for _ in 0..3 {
            let limiter = limiter.clone();
            callers.thread(move || limiter.acquire_blocking(one()).unwrap().cancel());
        }
        drop(limiter);
        callers.finish();
    });
}

#[test]
fn a_listener_that_leaves_disturbs_nobody() {
    check(|| {
        let limiter = limiter(|builder| builder.concurrency(1));
        let mut callers = Callers::new();
        let mut events = limiter.events();
        callers.task(async move {
            let _first = events.recv().await;
        });
        for _ in 0..3 {
            let limiter = limiter.clone();
            callers.thread(move || limiter.acquire_blocking(one()).unwrap().cancel());
        }
        callers.finish();
    });
}
