//! `Wards`: every limit of an engine, and how often any of them changed in more than its level.

use alloc::vec::Vec;
use core::ops::Deref;

use crate::ward::Ward;

/// Every limit of an engine, by its place. Whoever may change a limit takes it out by [`Wards::get_mut`], which is
/// counted; whoever only charges and settles takes it by [`Wards::level_mut`]. So what was once found out of limits,
/// as that nothing holds them back, holds until the count moves.
#[derive(Debug, Default)]
pub(crate) struct Wards {
    all: Vec<Ward>,
    changes: u64,
}

impl Wards {
    /// How often limits may have changed so far.
    #[inline(always)]
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// A limit, to change it.
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Ward> {
        self.changes = self.changes.wrapping_add(1);
        self.all.get_mut(place)
    }

    /// Every limit, to change it.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Ward> {
        self.changes = self.changes.wrapping_add(1);
        self.all.iter_mut()
    }

    /// A limit, to charge or settle it.
    #[inline(always)]
    pub(crate) fn level_mut(&mut self, place: usize) -> Option<&mut Ward> {
        self.all.get_mut(place)
    }

    /// Puts a limit in the place of another, or behind the last one.
    pub(crate) fn put(&mut self, place: usize, ward: Ward) {
        match self.get_mut(place) {
            Some(former) => *former = ward,
            None => self.push(ward),
        }
    }

    pub(crate) fn push(&mut self, ward: Ward) {
        self.changes = self.changes.wrapping_add(1);
        // Limits are few and come seldom: no room is kept for more of them.
        self.all.reserve_exact(1);
        self.all.push(ward);
    }
}

impl Deref for Wards {
    type Target = [Ward];

    #[inline(always)]
    fn deref(&self) -> &[Ward] {
        &self.all
    }
}
