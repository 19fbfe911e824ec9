//! `Scan`: what is known of the flows in one look through them.

use alloc::vec::Vec;

use crate::ledger::Reservation;
use crate::{ReservationId, Timestamp};

/// One look through the flows. Kept between looks for its room.
#[derive(Debug, Default)]
pub(in crate::engine) struct Scan {
    /// The heads of shared limits.
    pub(super) heads: Vec<Head>,
    /// Those that stepped aside.
    pub(super) aside: Vec<Head>,
    lanes: Vec<Mark>,
    tenants: Vec<Mark>,
    look: u32,
    pub(super) shut: usize,
    pub(super) tried: usize,
    pub(super) wake: Option<Timestamp>,
}

/// A call that is blocked, and the instant at which it can go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) id: ReservationId,
    pub(super) lane: u32,
    pub(super) tenant: u32,
    pub(super) at: Timestamp,
    /// It also waits for a call to end, and may go at any moment from `at` on.
    pub(super) on_release: bool,
}

/// What is known of a lane or tenant in one look.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    look: u32,
    /// Nobody else of it may go.
    shut: bool,
    /// Which of those that stepped aside is the first of it, counted from one.
    aside: usize,
}

impl Scan {
    pub(super) fn begin(&mut self) {
        self.heads.clear();
        self.aside.clear();
        self.look = self.look.wrapping_add(1).max(1);
        (self.shut, self.tried, self.wake) = (0, 0, None);
    }

    fn mark(marks: &mut Vec<Mark>, place: u32, look: u32) -> Option<&mut Mark> {
        let place = place as usize;
        if place >= marks.len() {
            marks.resize(place.saturating_add(1), Mark::default());
        }
        let mark = marks.get_mut(place)?;
        if mark.look != look {
            *mark = Mark { look, ..Mark::default() };
        }
        Some(mark)
    }

    fn seen(marks: &[Mark], place: u32, look: u32) -> Option<&Mark> {
        marks.get(place as usize).filter(|mark| mark.look == look)
    }

    pub(super) fn is_shut(&self, lane: u32) -> bool {
        Self::seen(&self.lanes, lane, self.look).is_some_and(|mark| mark.shut)
    }

    pub(super) fn shut(&mut self, lane: u32) {
        if let Some(mark) = Self::mark(&mut self.lanes, lane, self.look) {
            mark.shut = true;
            self.shut = self.shut.saturating_add(1);
        }
    }

    /// Who of the same lane or tenant stepped aside first.
    pub(super) fn aside_of(&self, held: &Reservation) -> impl Iterator<Item = &Head> {
        let lane = Self::seen(&self.lanes, held.lane, self.look);
        let tenant = Self::seen(&self.tenants, held.tenant, self.look);
        let marks = [lane, tenant].into_iter().flatten();
        marks.filter_map(|mark| self.aside.get(mark.aside.checked_sub(1)?))
    }

    pub(super) fn step_aside(&mut self, head: Head) {
        self.aside.push(head);
        let place = self.aside.len();
        let lane = Self::mark(&mut self.lanes, head.lane, self.look);
        if let Some(mark) = lane.filter(|mark| mark.aside == 0) {
            mark.aside = place;
        }
        let tenant = Self::mark(&mut self.tenants, head.tenant, self.look);
        if let Some(mark) = tenant.filter(|mark| mark.aside == 0) {
            mark.aside = place;
        }
    }

    pub(super) fn wake_at(&mut self, at: Timestamp) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }
}
