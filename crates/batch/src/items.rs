//! `Items`: the engine without files: items in memory in, their ends in the same order out.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tidegate::{Clock, RealClock};
use tidegate_core::Class;

use crate::output::Ending;
use crate::run::Rooms;
use crate::stop::Urgency;
use crate::{Concurrency, Done, Effort, Failure, Group, OnFailure, Processor, Stop};

/// How items in memory are run.
#[derive(Clone, Debug)]
pub struct Items {
    concurrency: Concurrency,
    on_failure: OnFailure,
    clock: Arc<dyn Clock>,
}

/// How one item ended.
#[derive(Clone, Debug)]
pub struct ItemEnd<O> {
    /// The class: [`Class::Ok`], or why it failed.
    pub class: Class,
    /// What came out; of a failure, the last answer where there was one.
    pub output: Option<O>,
    /// Why it failed, for a person to read; `None` where it did not.
    pub message: Option<String>,
    /// What it took: attempts, waiting, latency, tokens, model.
    pub effort: Effort,
}

impl<O> ItemEnd<O> {
    /// Whether the item was answered well.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.class == Class::Ok
    }
}

type InProcess<'a, O> = FuturesUnordered<BoxFuture<'a, (usize, Group, Result<Done<O>, Failure<O>>)>>;

impl Items {
    /// Finds its concurrency itself and goes on after failures.
    #[must_use]
    pub fn new() -> Self {
        Self {
            concurrency: Concurrency::default(),
            on_failure: OnFailure::default(),
            clock: RealClock.into(),
        }
    }

    /// The same with another concurrency.
    #[must_use]
    pub const fn concurrency(mut self, concurrency: Concurrency) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// The same with another answer to failures.
    #[must_use]
    pub const fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Runs every item, and returns how each ended, in the order of the items; `None` for one that was not sent,
    /// because the run was stopped before.
    pub async fn run<P: Processor>(
        &self,
        items: impl IntoIterator<Item = P::Item>,
        processor: &P,
        stop: &Stop,
    ) -> Vec<Option<ItemEnd<P::Output>>> {
        let mut rooms = Rooms::new(self.concurrency);
        let mut count = 0_usize;
        for item in items {
            rooms.park(processor.group(&item), (count, item));
            count = count.saturating_add(1);
        }
        let mut ends: Vec<Option<ItemEnd<P::Output>>> = std::iter::repeat_with(|| None).take(count).collect();
        let (mut in_process, mut heard) = (InProcess::new(), Urgency::None);
        loop {
            while heard == Urgency::None
                && let Some((at, item)) = rooms.unpark()
            {
                let group = processor.group(&item);
                rooms.begin(group, 0);
                in_process.push(Box::pin(async move { (at, group, processor.process(item).await) }));
            }
            tokio::select! {
                biased;
                urgency = stop.beyond(heard) => {
                    heard = urgency;
                    processor.stop();
                }
                ended = in_process.next() => {
                    let Some((at, group, result)) = ended else { return ends };
                    rooms.end(group, 0, processor, self.clock.now());
                    let end = Ending::of(result, false).map(ItemEnd::from).ok();
                    let is_over = self.on_failure == OnFailure::Stop && end.as_ref().is_none_or(|end| !end.is_ok());
                    if is_over && heard == Urgency::None {
                        heard = Urgency::Gently;
                        processor.stop();
                    }
                    if let Some(place) = ends.get_mut(at) {
                        *place = end;
                    }
                }
            }
            if heard == Urgency::Now {
                return ends;
            }
        }
    }
}

impl Default for Items {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> From<Ending<O>> for ItemEnd<O> {
    fn from(ending: Ending<O>) -> Self {
        Self { class: ending.class, output: ending.response, message: ending.message, effort: ending.effort }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::run::Doubler;

    fn run(items: &Items, numbers: u64, doubler: &Doubler, stop: &Stop) -> Vec<Option<ItemEnd<u64>>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(items.run(0..numbers, doubler, stop))
    }

    fn outputs(ends: &[Option<ItemEnd<u64>>]) -> Vec<Option<u64>> {
        ends.iter().map(|end| end.as_ref()?.output).collect()
    }

    #[test]
    fn ends_come_in_the_order_of_the_items() {
        let yields = (0..200).map(|number| (number, usize::try_from((number * 37) % 41).unwrap())).collect();
        let ends = run(&Items::new(), 200, &Doubler { yields, ..Doubler::default() }, &Stop::new());
        assert_eq!(outputs(&ends), (0..200).map(|number| Some(number * 2)).collect::<Vec<_>>());
        assert!(ends.iter().flatten().all(|end| end.is_ok() && end.effort.attempts == 1));
    }

    #[test]
    fn the_first_failure_stops_what_has_not_begun_if_asked_to() {
        let one = Concurrency::AtMost(NonZeroUsize::MIN);
        let doubler = Doubler { fails: [2].into(), ..Doubler::default() };
        let going_on = run(&Items::new().concurrency(one), 5, &doubler, &Stop::new());
        assert_eq!(outputs(&going_on), [Some(0), Some(2), None, Some(6), Some(8)]);
        assert_eq!(going_on[2].as_ref().unwrap().message.as_deref(), Some("unlucky"));
        let stopping = Items::new().concurrency(one).on_failure(OnFailure::Stop);
        let ends = run(&stopping, 5, &doubler, &Stop::new());
        assert_eq!(ends.iter().filter(|end| end.is_some()).count(), 3, "the two behind it are not sent");
    }

    #[test]
    fn a_stop_before_the_first_sends_nothing() {
        let (stop, doubler) = (Stop::new(), Doubler::default());
        stop.now();
        let ends = run(&Items::new(), 4, &doubler, &stop);
        assert_eq!(outputs(&ends), [None; 4]);
    }

    #[test]
    fn no_items_end_at_once() {
        assert!(run(&Items::new(), 0, &Doubler::default(), &Stop::new()).is_empty());
    }
}
