//! Waking waiters without trusting them, and waiting for a future in a plain thread.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{AtomicBool, Parker};

/// Whom to wake once a lock is free. Nearly always that is one, for whom nothing is allocated.
#[derive(Default)]
pub(crate) struct Wakers {
    first: Option<Waker>,
    more: Vec<Waker>,
}

impl Wakers {
    pub(crate) fn add(&mut self, waker: Option<Waker>) {
        match &self.first {
            None => self.first = waker,
            Some(_) => self.more.extend(waker),
        }
    }
}

impl IntoIterator for Wakers {
    type Item = Waker;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Waker>, std::vec::IntoIter<Waker>>;

    /// In the order in which they were added.
    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.more)
    }
}

/// Wakes each of them.
///
/// A waker is foreign code, and whoever calls this is either the driver thread or a caller that settles its own
/// call; neither must die of another's waker, so a panic ends here. The panic hook has reported it by then. The
/// caller holds no lock.
pub(crate) fn all(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        let _panicked = catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err();
    }
}

/// Runs a future to its end in the calling thread, which sleeps while there is nothing to do. Needs no executor; not
/// for tasks of an async runtime, whose thread it would hold up.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let signal = Arc::new(Signal { thread: Parker::here(), woken: AtomicBool::new(false) });
    let waker = Waker::from(signal.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        // Parking may end for no reason, and the thread may have been unparked by others: the flag decides.
        while !signal.woken.swap(false, Ordering::Acquire) {
            signal.thread.park();
        }
    }
}

struct Signal {
    thread: Parker,
    woken: AtomicBool,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakers_come_in_the_order_in_which_they_were_added() {
        struct Nobody;
        impl Wake for Nobody {
            fn wake(self: Arc<Self>) {}
        }
        let all: Vec<Waker> = (0..3).map(|_| Waker::from(Arc::new(Nobody))).collect();
        let mut wakers = Wakers::default();
        wakers.add(None);
        for waker in &all {
            wakers.add(Some(waker.clone()));
            wakers.add(None);
        }
        let taken: Vec<Waker> = wakers.into_iter().collect();
        assert!(taken.len() == 3 && taken.iter().zip(&all).all(|(one, other)| one.will_wake(other)));
        assert_eq!(Wakers::default().into_iter().count(), 0);
    }
}
