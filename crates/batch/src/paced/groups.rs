//! `Groups`: rows by the model that they want, and how many of each wait for their turn.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate_client::{Event, Watch};
use tidegate_core::Class;

use crate::Group;

/// Rows by the model that they want. Rows of one model meet the same limits, whatever account it is of.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<String, usize>,
    /// How many rows of each group wait; at most [`Group::MAX`].
    waiting: Vec<Arc<AtomicUsize>>,
}

/// One row among the others of its group.
#[derive(Debug)]
pub(super) struct Place(Arc<Row>);

#[derive(Debug)]
struct Row {
    /// How many rows of its group wait.
    group: Arc<AtomicUsize>,
    /// Whether this one is among them.
    waits: AtomicBool,
    /// Attempts that the provider refused.
    refusals: AtomicU32,
}

impl Groups {
    /// The group of rows that want the model `wanted`.
    pub(super) fn of(&self, wanted: &str) -> Group {
        let mut known = self.known();
        if let Some(number) = known.numbers.get(wanted) {
            return Group::new(*number);
        }
        let next = known.numbers.len();
        // Names beyond the bound are not remembered: they share the last group.
        if next < Group::MAX {
            known.numbers.insert(wanted.to_owned(), next);
        }
        Group::new(next)
    }

    /// The model that rows of a group want; of the last group, the one that came first.
    pub(super) fn wanted(&self, group: Group) -> Option<String> {
        let known = self.known();
        known.numbers.iter().find(|(_, number)| **number == group.number()).map(|(wanted, _)| wanted.clone())
    }

    /// How many rows of a group wait.
    pub(super) fn waiting(&self, group: Group) -> usize {
        self.known().waiting.get(group.number()).map_or(0, |waiting| waiting.load(Ordering::Relaxed))
    }

    /// A row of a group begins to wait.
    pub(super) fn enter(&self, group: Group) -> Place {
        let mut known = self.known();
        while known.waiting.len() <= group.number() {
            known.waiting.push(Arc::default());
        }
        // The loop above made it.
        let group = Arc::clone(&known.waiting[group.number()]);
        group.fetch_add(1, Ordering::Relaxed);
        Place(Arc::new(Row { group, waits: AtomicBool::new(true), refusals: AtomicU32::new(0) }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Follows the row's call.
    pub(super) fn watch(&self) -> Watch {
        let row = Arc::clone(&self.0);
        Arc::new(move |event| row.hear(event))
    }

    /// How many of its attempts the provider refused so far.
    pub(super) fn refusals(&self) -> u32 {
        self.0.refusals.load(Ordering::Relaxed)
    }

    /// The row waits again.
    pub(super) fn waits(&self) {
        self.0.set_waits(true);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set_waits(false);
    }
}

impl Row {
    fn hear(&self, event: &Event) {
        match event {
            Event::Granted { .. } => self.set_waits(false),
            // Whoever was refused waits for a limit again. Any other failure backs off by itself: then more rows in
            // process are of use, and no limit stands in their way.
            Event::Retried { class: Class::Throttled | Class::Overloaded } => self.set_waits(true),
            Event::Answered { class: Class::Throttled | Class::Overloaded, .. } => {
                self.refusals.fetch_add(1, Ordering::Relaxed);
            }
            // A call that no limit governs is never granted, but it is answered.
            Event::Answered { .. } => self.set_waits(false),
            _ => {}
        }
    }

    fn set_waits(&self, waits: bool) {
        match (self.waits.swap(waits, Ordering::Relaxed), waits) {
            (false, true) => self.group.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.group.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_row_waits_until_it_is_granted_and_again_when_it_is_retried() {
        let groups = Groups::default();
        let (first, second) = (groups.of("a"), groups.of("b"));
        assert_eq!((groups.of("a"), first == second), (first, false));
        let place = groups.enter(first);
        let watch = place.watch();
        assert_eq!((groups.waiting(first), groups.waiting(second)), (1, 0));
        watch(&Event::Granted { waited: Duration::ZERO });
        assert_eq!(groups.waiting(first), 0);
        watch(&Event::Answered { class: Class::Throttled, after: Duration::ZERO });
        watch(&Event::Retried { class: Class::Throttled });
        assert_eq!(groups.waiting(first), 1);
        assert_eq!(place.refusals(), 1);
        drop(place);
        assert_eq!(groups.waiting(first), 0);
    }

    #[test]
    fn a_row_that_is_given_up_no_longer_waits() {
        let groups = Groups::default();
        drop(groups.enter(groups.of("a")));
        assert_eq!(groups.waiting(groups.of("a")), 0);
    }

    #[test]
    fn names_without_end_share_the_last_group() {
        let groups = Groups::default();
        for number in 0..1_000 {
            groups.of(&number.to_string());
        }
        assert_eq!(groups.of("999").number(), Group::MAX - 1);
        assert_eq!(groups.known().numbers.len(), Group::MAX);
    }
}
