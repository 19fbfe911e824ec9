//! `SlidingWindow`: an amount over the last period, at any moment.
//!
//! What was used is kept in at most 256 slots a period. A slot leaves a period after the *latest* charge in it, so the
//! rounding is always to the safe side, and a burst leaves as exactly as it came.

use alloc::collections::VecDeque;
use core::time::Duration;

use super::late::{Late, Spans};
use super::theirs::Theirs;
use super::{Fit, Stamp, scale_up};
use crate::notes::noted;
use crate::soonest::Soonest;
use crate::time::nanos_of;
use crate::{Quota, Timestamp};

/// How many slots a period has.
const SLOTS: u64 = 256;
/// How many answers to the calls of one slot must have come before they tell how late its calls arrived.
const HEARD: u32 = 16;
/// For how many slots something that left may be taken to be in the provider's window still.
const GRACE_SLOTS: u32 = 4;
/// What comes within this part of a period of one another is together anyhow.
const CLOSE_PART: u32 = 16;
/// What comes back within this part of a slot leaves again together.
const JOINS_PART: u32 = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlidingWindow {
    amount: u64,
    period: Duration,
    /// How much longer a slot counts: another's clock and wire are never quite ours.
    margin: Duration,
    /// Slots with use in them, the oldest first; at most one more than [`SLOTS`] after a charge.
    slots: VecDeque<Slot>,
    /// What all of them have together, so that a look at the level walks only over those that have left.
    sum: u128,
    theirs: Theirs,
    /// How many of the oldest slots have nothing any more, so that a correction need not walk over them.
    spent: usize,
    late: Late,
    /// How long the quickest answer took lately.
    quickest: Soonest,
}

noted!(SlidingWindow { slots, sum, theirs, spent, late, quickest } without { amount, period, margin });

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    start: Timestamp,
    latest: Timestamp,
    used: u64,
    /// It had left, and came back since the provider's window still has it.
    is_back: bool,
    /// How many answers to its calls came, and how long the quickest of them took.
    heard: u32,
    quickest: Duration,
}

noted!(Slot { start, latest, used, is_back, heard, quickest });

impl SlidingWindow {
    pub(super) fn new(quota: &Quota) -> Self {
        Self {
            amount: quota.amount,
            period: quota.period,
            margin: Duration::ZERO,
            slots: VecDeque::new(),
            sum: 0,
            theirs: Theirs::default(),
            spent: 0,
            late: Late::default(),
            quickest: Soonest::default(),
        }
    }

    pub(super) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        if amount > self.amount {
            return Fit::Never;
        }
        let mut used = self.used(from);
        let room = self.amount.saturating_sub(amount);
        let mut at = from;
        for slot in self.slots.iter().skip_while(|slot| self.leaves(slot) <= from) {
            if used <= room {
                break;
            }
            used = used.saturating_sub(slot.used);
            at = at.max(self.leaves(slot));
        }
        Fit::At(at)
    }

    pub(super) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        if ahead == 0 {
            return self.fit(amount, from);
        }
        if amount > self.amount {
            return Fit::Never;
        }
        let wanted = self.used(from).saturating_add(ahead).saturating_add(amount);
        let missing = wanted.saturating_sub(self.amount);
        let wait = scale_up(u128::from(missing), u128::from(nanos_of(self.period)), u128::from(self.amount));
        Fit::At(from.after(Duration::from_nanos(wait)))
    }

    pub(super) fn charge(&mut self, amount: u64, at: Timestamp) -> Stamp {
        self.forget(at);
        self.sum = self.sum.saturating_add(amount.into());
        let length = self.slot_nanos();
        let start = Timestamp::from_nanos(
            at.as_nanos().saturating_sub(at.as_nanos().checked_rem(length).unwrap_or(0)),
        );
        let earlier = self.slots.len().saturating_sub(1);
        match self.slots.back_mut() {
            // A charge at an instant before the newest slot joins it, as its stamp tells: later is the safe side.
            Some(slot) if slot.start >= start => {
                let used = slot.used.saturating_add(amount);
                self.sum =
                    self.sum.saturating_sub(amount.saturating_sub(used.saturating_sub(slot.used)).into());
                slot.used = used;
                slot.latest = slot.latest.max(at);
                self.spent = self.spent.min(earlier);
                Stamp(slot.start)
            }
            _ => {
                self.slots.push_back(Slot { start, latest: at, used: amount, ..Slot::default() });
                Stamp(start)
            }
        }
    }

    /// Until when a charge at `at` would join an earlier one and leave no sooner than it does, if it would.
    pub(super) fn joins_until(&self, at: Timestamp) -> Option<Timestamp> {
        let end = self.slots.back()?.start.after(self.slot());
        (end > at).then_some(end)
    }

    /// Forgets the slots that have left by `now`.
    pub(super) fn forget(&mut self, now: Timestamp) {
        while let Some(gone) = self.slots.front().filter(|slot| self.leaves(slot) <= now) {
            self.sum = self.sum.saturating_sub(gone.used.into());
            self.spent = self.spent.saturating_sub(1);
            // What comes back does so for as long as what left first is recent, and no longer.
            if !gone.is_back {
                let (left_at, grace) = (self.leaves(gone), self.spans().grace);
                self.late.left(gone.used, left_at, grace);
            }
            self.slots.pop_front();
        }
    }

    pub(super) fn refund(&mut self, amount: u64, stamp: Stamp) {
        if let Some(slot) = self.slots.iter_mut().rev().find(|slot| slot.start <= stamp.0) {
            let taken = slot.used.min(amount);
            slot.used = slot.used.saturating_sub(taken);
            self.sum = self.sum.saturating_sub(taken.into());
        }
    }

    /// What was charged with `stamp` went only `at` a later instant, and leaves a period after that.
    pub(super) fn depart(&mut self, amount: u64, stamp: Stamp, at: Timestamp) -> Stamp {
        self.forget(at);
        let length = self.slot();
        match self.slots.iter_mut().rev().find(|slot| slot.start <= stamp.0) {
            Some(slot) if at < slot.start.after(length) => {
                slot.latest = slot.latest.max(at);
                stamp
            }
            // Of what was corrected meanwhile there is less to move.
            Some(slot) => {
                let moved = slot.used.min(amount);
                self.refund(moved, stamp);
                self.charge(moved, at)
            }
            None => self.charge(amount, at),
        }
    }

    pub(super) fn available(&self, now: Timestamp) -> i128 {
        i128::from(self.amount).saturating_sub(i128::from(self.used(now)))
    }

    pub(super) fn adjust(&mut self, delta: i128, now: Timestamp) {
        let mut size = u64::try_from(delta.unsigned_abs()).unwrap_or(u64::MAX);
        if delta < 0 {
            self.forget(now);
            let back = self.slots.iter().filter(|slot| slot.is_back).map(|slot| slot.used).sum();
            if self.theirs.are_here(now, self.period) {
                let beyond = self.theirs.take(size, self.amount);
                self.charge(beyond, now);
                return;
            }
            let late = self.late.come_back(size, back, now, self.spans());
            self.bring_back(late, now);
            self.charge(size.saturating_sub(late), now);
            return;
        }
        // Of what others have, less is known than of our own.
        size = self.theirs.give_back(size);
        // What is gone earlier than was thought is what was used first.
        while let Some(slot) = self.slots.get_mut(self.spent).filter(|_| size > 0) {
            let taken = slot.used.min(size);
            slot.used = slot.used.saturating_sub(taken);
            size = size.saturating_sub(taken);
            self.sum = self.sum.saturating_sub(taken.into());
            self.spent = self.spent.saturating_add(usize::from(slot.used == 0));
        }
    }

    /// What left too early leaves once more, a slot from now: in its turn, since it must hold nothing up that leaves
    /// before it. What came back just now takes it along, so that few slots are back at a time.
    fn bring_back(&mut self, amount: u64, now: Timestamp) {
        if amount == 0 {
            return;
        }
        let slot = self.slot();
        let latest = now.after(slot).before(self.period);
        let place = self.slots.partition_point(|slot| slot.latest <= latest);
        self.sum = self.sum.saturating_add(amount.into());
        let joined = place.checked_sub(1).and_then(|before| self.slots.get_mut(before));
        let is_near =
            |other: &&mut Slot| other.is_back && latest.since(other.latest).saturating_mul(JOINS_PART) < slot;
        if let Some(joined) = joined.filter(is_near) {
            joined.used = joined.used.saturating_add(amount);
            self.spent = self.spent.min(place.saturating_sub(1));
            return;
        }
        // By their beginnings, slots are found: this one stands before those that begin with it.
        let start = self.slots.get(place).map_or(latest, |next| next.start);
        self.slots.insert(place, Slot { start, latest, used: amount, is_back: true, ..Slot::default() });
        self.spent = self.spent.min(place);
    }

    /// For how long something may be late.
    fn spans(&self) -> Spans {
        let grace = self.slot().saturating_mul(GRACE_SLOTS);
        Spans { grace, period: self.period }
    }

    pub(super) fn resize(&mut self, quota: &Quota, _now: Timestamp) {
        self.amount = quota.amount;
        self.period = quota.period;
    }

    pub(super) fn set_margin(&mut self, margin: Duration) {
        self.margin = margin;
    }

    /// When the oldest slot leaves, its margin aside.
    pub(super) fn leaves_first(&self) -> Option<Timestamp> {
        self.slots.front().map(|slot| slot.latest.after(self.period))
    }

    fn used(&self, at: Timestamp) -> u64 {
        // Slots leave in their order.
        let gone = self.slots.iter().take_while(|slot| self.leaves(slot) <= at);
        let left = gone.fold(self.sum, |sum, slot| sum.saturating_sub(slot.used.into()));
        u64::try_from(left).unwrap_or(u64::MAX).saturating_add(self.theirs.amount())
    }

    /// Holds what `history` says was charged and when, and of others as much as `theirs`.
    pub(super) fn recount(&mut self, history: &[(Timestamp, u64)], theirs: u64, now: Timestamp) {
        self.slots.clear();
        (self.sum, self.spent, self.late) = (0, 0, Late::default());
        for &(at, amount) in history.iter().filter(|(_, amount)| *amount > 0) {
            self.charge(amount, at);
        }
        self.theirs = Theirs::known(theirs, self.amount, now);
        self.forget(now);
    }

    /// What it holds leaves together, as if all of it had come `at` this instant, unless it came nearly so. Says whether
    /// that moved anything.
    pub(super) fn gather(&mut self, at: Timestamp) -> bool {
        self.forget(at);
        let Some(start) = self.slots.front().map(|slot| slot.start) else { return false };
        let (spread, close) = (at.since(start), self.period.checked_div(CLOSE_PART).unwrap_or_default());
        // What came nearly a period ago is another lot than what comes now.
        if spread <= close || spread.saturating_add(close) >= self.period {
            return false;
        }
        let used = u64::try_from(self.sum).unwrap_or(u64::MAX);
        self.slots.clear();
        self.slots.push_back(Slot { start, latest: at, used, ..Slot::default() });
        self.spent = 0;
        true
    }

    /// What others have of it.
    pub(super) fn theirs(&self) -> u64 {
        self.theirs.amount()
    }

    fn leaves(&self, slot: &Slot) -> Timestamp {
        slot.latest.after(self.period).after(self.margin.saturating_add(self.lateness(slot)))
    }

    /// The call that went at `sent` was answered after `took`.
    pub(super) fn heard(&mut self, sent: Timestamp, took: Duration) {
        self.quickest.took(took);
        let place = self.slots.partition_point(|slot| slot.start <= sent);
        if let Some(slot) = place.checked_sub(1).and_then(|place| self.slots.get_mut(place)) {
            slot.quickest = if slot.heard == 0 { took } else { slot.quickest.min(took) };
            slot.heard = slot.heard.saturating_add(1);
        }
    }

    /// How late the calls of a slot arrived: a burst that keeps both ends busy has no answer that is as quick as others.
    fn lateness(&self, slot: &Slot) -> Duration {
        let quickest = self.quickest.get().filter(|_| slot.heard >= HEARD);
        quickest
            .map_or(Duration::ZERO, |quickest| slot.quickest.saturating_sub(quickest).min(self.spans().grace))
    }

    /// How long a slot is.
    pub(super) fn slot(&self) -> Duration {
        Duration::from_nanos(self.slot_nanos())
    }

    fn slot_nanos(&self) -> u64 {
        nanos_of(self.period).checked_div(SLOTS).unwrap_or(1).max(1)
    }
}

#[cfg(test)]
mod tests;
