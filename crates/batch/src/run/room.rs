//! `Room`: how much may be in process, in items and in bytes.

use crate::Processor;
use crate::job::Concurrency;

/// Items in process at the start when their number is to be found: enough for every limit that a first answer can
/// tell of, few enough to be held back without cost.
const IN_PROCESS_START: usize = 64;
/// Items that end between two looks at whether the others wait.
const ENDED_PER_LOOK: usize = 16;
/// Bytes of input lines in process above which no more are taken (one always is).
const BYTES_MAX: usize = 32 << 20;

/// How much may be in process.
pub(super) struct Room {
    window: usize,
    window_max: usize,
    /// Bytes of the input lines in process.
    pub(super) bytes: usize,
    /// Items that ended in a full window since it was last considered to widen it.
    ended_since_look: usize,
}

impl Room {
    pub(super) fn new(concurrency: Concurrency) -> Self {
        let (window, window_max) = match concurrency {
            Concurrency::FoundUpTo(max) => (IN_PROCESS_START.min(max.get()), max.get()),
            Concurrency::AtMost(count) => (count.get(), count.get()),
        };
        Self { window, window_max, bytes: 0, ended_since_look: 0 }
    }

    /// Whether one more item may be taken beside the `in_process` ones.
    pub(super) fn takes_more<P: Processor>(&mut self, in_process: usize, processor: &P) -> bool {
        if self.bytes >= BYTES_MAX && in_process > 0 {
            return false;
        }
        if in_process >= self.window && self.window < self.window_max && self.may_grow(processor) {
            self.window = self.window.saturating_mul(2).min(self.window_max);
        }
        in_process < self.window
    }

    /// Whether none of the items wait. Asking means a look at every limit, so it is done now and then only.
    fn may_grow<P: Processor>(&mut self, processor: &P) -> bool {
        self.ended_since_look = self.ended_since_look.saturating_add(1);
        if self.ended_since_look < ENDED_PER_LOOK {
            return false;
        }
        self.ended_since_look = 0;
        processor.waiting().unwrap_or(0) == 0
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{Done, Failure};

    /// Processes nothing; so many of its items wait.
    struct Waiting(AtomicUsize);

    impl Processor for Waiting {
        type Item = ();
        type Output = ();

        async fn process(&self, _item: ()) -> Result<Done<()>, Failure<()>> {
            Err(Failure::NotSent)
        }

        fn waiting(&self) -> Option<usize> {
            Some(self.0.load(Ordering::Relaxed))
        }
    }

    /// How many items are taken while so many wait and one ends at a time.
    fn taken(room: &mut Room, waiting: usize) -> usize {
        let (processor, mut in_process) = (Waiting(waiting.into()), 0);
        for _ in 0..5_000 {
            while room.takes_more(in_process, &processor) {
                in_process += 1;
            }
            in_process -= 1;
        }
        in_process + 1
    }

    fn up_to(max: usize) -> Room {
        Room::new(Concurrency::FoundUpTo(NonZeroUsize::new(max).unwrap()))
    }

    #[test]
    fn no_more_items_are_taken_while_some_wait_for_a_limit() {
        assert_eq!(taken(&mut up_to(1_000), 1), IN_PROCESS_START);
        assert_eq!(taken(&mut up_to(1_000), 0), 1_000);
        assert_eq!(taken(&mut up_to(3), 0), 3);
    }

    #[test]
    fn long_lines_are_taken_one_at_a_time() {
        let mut room = up_to(1_000);
        room.bytes = BYTES_MAX;
        assert!(room.takes_more(0, &Waiting(0.into())));
        assert!(!room.takes_more(1, &Waiting(0.into())));
    }
}
