//! `Scan`: what is known of the flows in one look through them.

use alloc::vec::Vec;

use crate::Timestamp;
use crate::ledger::Reservation;

/// How many calls that stand behind a head are tried for passing it, each time somebody may go.
pub(super) const TRIED_MAX: usize = 16;

/// One look through the flows. Kept between looks for its room.
#[derive(Debug, Default)]
pub(in crate::engine) struct Scan {
    /// The heads of shared limits.
    pub(super) heads: Vec<Head>,
    /// Those that stepped aside.
    pub(super) aside: Vec<Head>,
    /// What all of them need, limit by limit.
    needs: Vec<(usize, u64)>,
    /// Which of the first limits the heads of shared ones need, a bit each.
    needed: u64,
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
    pub(super) lane: u32,
    pub(super) tenant: u32,
    pub(super) at: Timestamp,
    /// It also waits for a call to end, and may go at any moment from `at` on.
    pub(super) on_release: bool,
    /// Which of the needs are its own.
    needs: (usize, usize),
}

/// What is known of a lane or tenant in one look.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    look: u32,
    /// Nobody else of it may go.
    shut: bool,
    /// Every limit of the lane is needed by a head, is met by others too, and holds something.
    led: bool,
    /// Which of those that stepped aside is the first of it, counted from one.
    aside: usize,
}

impl Scan {
    pub(super) fn begin(&mut self) {
        self.heads.clear();
        self.aside.clear();
        self.needs.clear();
        self.needed = 0;
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

    /// Whether a head is known to need every limit of a lane.
    pub(super) fn is_led(&self, lane: u32) -> bool {
        Self::seen(&self.lanes, lane, self.look).is_some_and(|mark| mark.led)
    }

    pub(super) fn is_led_now(&mut self, lane: u32) {
        if let Some(mark) = Self::mark(&mut self.lanes, lane, self.look) {
            mark.led = true;
        }
    }

    /// Who of the same lane or tenant stepped aside first.
    pub(super) fn aside_of(&self, held: &Reservation) -> impl Iterator<Item = &Head> {
        let lane = Self::seen(&self.lanes, held.lane, self.look);
        let tenant = Self::seen(&self.tenants, held.tenant, self.look);
        let marks = [lane, tenant].into_iter().flatten();
        marks.filter_map(|mark| self.aside.get(mark.aside.checked_sub(1)?))
    }

    /// A call that is blocked, with what it needs of each limit.
    pub(super) fn blocked(
        &mut self,
        held: &Reservation,
        (at, on_release): (Timestamp, bool),
        needs: impl Iterator<Item = (usize, u64)>,
    ) -> Head {
        let first = self.needs.len();
        self.needs.extend(needs);
        let needs = (first, self.needs.len());
        Head { lane: held.lane, tenant: held.tenant, at, on_release, needs }
    }

    /// What a blocked call needs of a limit.
    pub(super) fn needs(&self, head: &Head, place: usize) -> u64 {
        let (first, last) = head.needs;
        let own = self.needs.get(first..last).unwrap_or_default();
        own.iter().find(|(limit, _)| *limit == place).map_or(0, |(_, need)| *need)
    }

    /// A call becomes the head of shared limits.
    pub(super) fn lead(&mut self, head: Head) {
        let (first, last) = head.needs;
        for (place, _) in self.needs.get(first..last).unwrap_or_default().iter().filter(|(_, need)| *need > 0)
        {
            self.needed |= bit(*place);
        }
        self.heads.push(head);
    }

    /// Whether a head is known to need a limit; of limits beyond the first ones nothing is known.
    pub(super) fn is_needed(&self, place: usize) -> bool {
        self.needed & bit(place) != 0
    }

    /// A call behind a head was tried; after enough of them nobody of its lane is any more.
    pub(super) fn try_one(&mut self, lane: u32) {
        self.tried = self.tried.saturating_add(1);
        if self.tried >= TRIED_MAX && self.aside.len().saturating_add(self.heads.len()) > 0 {
            self.shut(lane);
        }
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

fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}
