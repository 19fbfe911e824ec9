//! `BlockingProcessor` and `Workers`: work that blocks a thread, done by threads of its own.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, num::NonZeroUsize};

use serde::Serialize;
use tidegate_core::Class;
use tokio::sync::{mpsc, oneshot};

use crate::processor::{Done, Failure};
use crate::{Group, Processor};

/// What turns one item into one output and blocks its thread meanwhile: code without async, or a long computation.
///
/// [`Workers`] makes a [`Processor`] of it. Otherwise the same contract holds.
pub trait BlockingProcessor: Send + Sync + 'static {
    /// What goes in.
    type Item: Send + 'static;
    /// What comes out: the `response` of the output line.
    type Output: Serialize + Send + 'static;

    /// Processes one item to its end, retries included.
    ///
    /// # Errors
    /// As [`Processor::process`].
    fn process(&self, item: Self::Item) -> Result<Done<Self::Output>, Failure<Self::Output>>;

    /// As [`Processor::stop`].
    fn stop(&self) {}

    /// As [`Processor::group`].
    fn group(&self, item: &Self::Item) -> Group {
        let _ = item;
        Group::default()
    }
}

/// A blocking processor with its worker threads.
///
/// As many items are in process at a time as there are threads, whatever the job allows beyond that. An item whose
/// processing panics becomes a failure of class `server_error`; its thread goes on. Dropping the workers waits for
/// what their threads are doing at that moment.
pub struct Workers<B: BlockingProcessor> {
    processor: Arc<B>,
    /// `None` only while the workers are dropped.
    errands: Option<mpsc::Sender<Errand<B>>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

/// Where a result goes.
type Back<O> = oneshot::Sender<Result<Done<O>, Failure<O>>>;

/// An item on its way to a thread, and where its result goes.
struct Errand<B: BlockingProcessor> {
    item: B::Item,
    back: Back<B::Output>,
}

impl<B: BlockingProcessor> Workers<B> {
    /// Starts `threads` threads for `processor`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(processor: B, threads: NonZeroUsize) -> io::Result<Self> {
        let processor = Arc::new(processor);
        let (errands, inbox) = mpsc::channel(threads.get());
        let inbox = Arc::new(Mutex::new(inbox));
        let thread = |number: usize| {
            let (processor, inbox) = (Arc::clone(&processor), Arc::clone(&inbox));
            let name = format!("tidegate-worker-{number}");
            std::thread::Builder::new().name(name).spawn(move || work(&*processor, &inbox))
        };
        let threads = (0..threads.get()).map(thread).collect::<io::Result<_>>()?;
        Ok(Self { processor, errands: Some(errands), threads })
    }
}

/// Takes one errand after the other until there will be no more.
fn work<B: BlockingProcessor>(processor: &B, inbox: &Mutex<mpsc::Receiver<Errand<B>>>) {
    loop {
        // The lock is let go of as soon as an errand is taken.
        let errand = inbox.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Errand { item, back }) = errand else { return };
        let result = catch_unwind(AssertUnwindSafe(|| processor.process(item)));
        let result =
            result.unwrap_or_else(|_| Err(Failure::new(Class::ServerError, "the processor panicked")));
        // Whoever asked may be gone.
        let _ = back.send(result);
    }
}

impl<B: BlockingProcessor> Processor for Workers<B> {
    type Item = B::Item;
    type Output = B::Output;

    async fn process(&self, item: B::Item) -> Result<Done<B::Output>, Failure<B::Output>> {
        let Some(errands) = &self.errands else { return Err(Failure::NotSent) };
        let (back, result) = oneshot::channel();
        if errands.send(Errand { item, back }).await.is_err() {
            return Err(Failure::NotSent);
        }
        result.await.unwrap_or(Err(Failure::NotSent))
    }

    fn stop(&self) {
        self.processor.stop();
    }

    fn group(&self, item: &B::Item) -> Group {
        self.processor.group(item)
    }
}

impl<B: BlockingProcessor> Drop for Workers<B> {
    fn drop(&mut self) {
        self.errands = None;
        for thread in self.threads.drain(..) {
            // A thread catches the panics of what it runs, so it has none of its own to tell.
            let _ = thread.join();
        }
    }
}

impl<B: BlockingProcessor> fmt::Debug for Workers<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workers({} threads)", self.threads.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;
    use crate::{Items, Stop};

    /// Doubles numbers, two at a time or not at all; panics at 13.
    struct Pairs(Barrier);

    impl BlockingProcessor for Pairs {
        type Item = u32;
        type Output = u32;

        fn process(&self, item: u32) -> Result<Done<u32>, Failure<u32>> {
            self.0.wait();
            assert_ne!(item, 13, "unlucky");
            Ok((item * 2).into())
        }
    }

    #[test]
    fn threads_work_at_the_same_time_and_a_panic_costs_one_item() {
        let workers = Workers::start(Pairs(Barrier::new(2)), NonZeroUsize::new(2).unwrap()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ended = runtime.block_on(Items::new().run([1, 13, 3, 4], &workers, &Stop::new()));
        let outputs: Vec<_> = ended.iter().map(|end| end.as_ref().unwrap().output).collect();
        assert_eq!(outputs, [Some(2), None, Some(6), Some(8)]);
        let failed = ended[1].as_ref().unwrap();
        assert_eq!(
            (failed.class, failed.message.as_deref()),
            (Class::ServerError, Some("the processor panicked"))
        );
    }
}
