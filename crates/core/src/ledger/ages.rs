//! `Ages`: the granted calls in the order of their last sign of life, as a list through their own slots.

use super::reservation::{NONE, Reservation};
use crate::Timestamp;

#[derive(Debug)]
pub(super) struct Ages {
    first: u32,
    last: u32,
}

impl Default for Ages {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl Ages {
    pub(super) fn first(&self) -> u32 {
        self.first
    }

    /// The call gives a sign of life at `now`. A clock that stepped back adds no age.
    #[inline]
    pub(super) fn push(&mut self, slots: &mut [Reservation], slot: u32, now: Timestamp) {
        let latest = slots.get(self.last as usize).map_or(now, |last| last.mark.max(now));
        let Some(entry) = slots.get_mut(slot as usize) else { return };
        (entry.mark, entry.before, entry.behind) = (latest, self.last, NONE);
        match slots.get_mut(self.last as usize) {
            Some(last) => last.behind = slot,
            None => self.first = slot,
        }
        self.last = slot;
    }

    #[inline]
    pub(super) fn remove(&mut self, slots: &mut [Reservation], slot: u32) {
        let Some(entry) = slots.get_mut(slot as usize) else { return };
        let (before, behind) = (entry.before, entry.behind);
        (entry.before, entry.behind) = (NONE, NONE);
        match slots.get_mut(before as usize) {
            Some(neighbour) => neighbour.behind = behind,
            None => self.first = behind,
        }
        match slots.get_mut(behind as usize) {
            Some(neighbour) => neighbour.before = before,
            None => self.last = before,
        }
    }
}
