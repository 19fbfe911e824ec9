//! Waking waiters without trusting them, and waiting for a future in a plain thread.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{AtomicBool, Parker};

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
