//! `Pool`: what is left of one shared limit, and the counters of each instance.

use alloc::collections::BTreeMap;

use super::instances::{FORGOTTEN_MS, Instances};
use super::{Claim, InstanceId, Terms};

/// How far the clocks of instances may lie apart about the edge of a window.
const EDGE_SKEW_MS: u64 = 2_000;
/// The deepest level of bookings, so that sums stay below 2^53.
const DEEPEST: i64 = -(1 << 51);
/// When what has lowered the level is counted anew.
const SUNK_MAX: i64 = 1 << 52;
/// The longest gap that refilling reckons with: more than fills any burst is no more than full.
const GAP_MAX_MS: u64 = 1 << 20;

/// The counters of one instance, merged by maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counter {
    granted: u64,
    taken: u64,
    returned: u64,
    /// Kept free while the instance is silent: what it may be taking as its safe share, times the weight.
    presumed: i64,
    /// How the pool stood when the instance was last heard of; `None` when that is not known.
    mark: Option<Mark>,
}

/// The level at an instant, and all that had lowered it by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    level: i64,
    sunk: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    pub(super) terms: Terms,
    /// What is left, times the weight. Below zero is booked or owed.
    level: i64,
    at_ms: u64,
    /// Of a window: when it ends. Zero before the first.
    ends_ms: u64,
    /// All that has lowered the level. Only differences of a minute are of interest.
    sunk: i64,
    counters: BTreeMap<InstanceId, Counter>,
}

/// Whether a claim speaks of the window that the pool is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// It does, or the limit has no windows.
    Same,
    /// It speaks of the one before or after: nothing can be said for so many milliseconds.
    Other(u64),
}

impl Pool {
    pub(super) fn new(terms: Terms, now: u64) -> Self {
        let full = full_of(&terms);
        Self { terms, level: full, at_ms: now, ends_ms: 0, sunk: 0, counters: BTreeMap::new() }
    }

    /// Takes over a rule that has changed; what was used stays used.
    pub(super) fn renew(&mut self, terms: Terms) {
        if terms == self.terms {
            return;
        }
        let used = self.full().saturating_sub(self.level);
        let units = used.div_euclid(self.terms.weight().max(1));
        self.terms = terms;
        self.level = self.full().saturating_sub(units.saturating_mul(terms.weight())).min(self.full());
        for counter in self.counters.values_mut() {
            counter.presumed = 0;
        }
    }

    /// Lets time pass: refills, and keeps free what silent instances may be taking.
    pub(super) fn pass(&mut self, instances: &Instances, now: u64) {
        let Terms::Even { amount, .. } = self.terms else { return };
        let gap = now.saturating_sub(self.at_ms).min(GAP_MAX_MS);
        self.at_ms = self.at_ms.max(now);
        let gain = product(amount, gap);
        self.level = self.level.saturating_add(gain).min(self.full());
        let mut keep = gain.div_euclid(2);
        for (id, silent_ms, told) in instances.silent(now) {
            let share = product(amount, silent_ms.min(FORGOTTEN_MS)).div_euclid(told.cast_signed());
            let Some(counter) = self.counters.get_mut(&id) else { continue };
            let more = share.saturating_sub(counter.presumed).clamp(0, keep);
            counter.presumed = counter.presumed.saturating_add(more);
            self.level = self.level.saturating_sub(more);
            self.sunk = self.sunk.saturating_add(more);
            keep = keep.saturating_sub(more);
        }
    }

    /// Whether the claim is of the pool's present window; a window that has ended gives way to the claim's.
    pub(super) fn enter(&mut self, claim: &Claim, now: u64) -> Window {
        if !matches!(self.terms, Terms::Window { .. }) {
            return Window::Same;
        }
        let (theirs, ours) = (claim.ends_ms, self.ends_ms.saturating_sub(now));
        let is_first = self.ends_ms == 0;
        if ours == 0 {
            if !is_first && theirs <= EDGE_SKEW_MS && now.saturating_sub(self.ends_ms) <= EDGE_SKEW_MS {
                return Window::Other(theirs.max(1));
            }
            self.ends_ms = now.saturating_add(theirs.max(1));
            let debt = self.level.min(0);
            self.level = self.full().saturating_add(debt);
            self.counters.clear();
            return Window::Same;
        }
        let apart = theirs.abs_diff(ours) > EDGE_SKEW_MS;
        if apart && (ours <= EDGE_SKEW_MS || theirs <= EDGE_SKEW_MS) {
            return Window::Other(ours.min(theirs.max(1)));
        }
        Window::Same
    }

    /// Merges what an instance says of itself; gives what the store counts as granted to it.
    ///
    /// What it took as its safe share is covered by what was kept free for it, and by what overflowed while it was silent,
    /// since nobody was there to be given it: a store that was gone for everybody finds its limits empty, not in debt.
    /// Beyond that, it is charged whole.
    pub(super) fn merge(&mut self, id: InstanceId, claim: &Claim, silent_ms: u64) -> u64 {
        let (weight, full) = (self.terms.weight(), self.full());
        let is_new = !self.counters.contains_key(&id);
        // An instance with a past whom the store does not know: the store has forgotten, and knows no level.
        if is_new && claim.granted.max(claim.taken) > 0 && matches!(self.terms, Terms::Even { .. }) {
            self.level = self.level.min(0);
            let Claim { granted, taken, returned, .. } = *claim;
            self.counters.insert(id, Counter { granted, taken, returned, ..Counter::default() });
            return granted;
        }
        let overflow = self.overflow(id, silent_ms);
        let counter = self.counters.entry(id).or_default();
        let used = product(claim.granted.saturating_sub(counter.granted), weight.unsigned_abs());
        let taken = product(claim.taken.saturating_sub(counter.taken), weight.unsigned_abs());
        counter.granted = counter.granted.max(claim.granted);
        counter.taken = counter.taken.max(claim.taken);
        let returned = claim.returned.min(counter.granted.saturating_add(counter.taken));
        let given = product(returned.saturating_sub(counter.returned), weight.unsigned_abs());
        counter.returned = counter.returned.max(returned);
        let owed = taken.saturating_sub(counter.presumed);
        counter.presumed = 0;
        let covered = owed.clamp(0, overflow);
        let floor = self.level.min(0);
        self.level = self.level.saturating_sub(covered).max(floor);
        self.sink(owed.saturating_sub(covered));
        self.sink(used);
        self.level = self.level.saturating_add(given).min(full);
        self.granted(id)
    }

    /// What of `amount` an instance is given now, where `least` of it is there: no more than its part among `live`.
    pub(super) fn share(&self, least: u64, most: u64, live: u64) -> Option<u64> {
        let weight = self.terms.weight();
        if product(least.min(self.terms.capacity()), weight.unsigned_abs()) > self.level {
            return None;
        }
        let part = self.left().checked_div(live.max(1)).unwrap_or(0);
        Some(most.min(part).max(least))
    }

    /// How long until `amount` is there; `None` where time does not bring it.
    pub(super) fn wait(&self, amount: u64) -> Option<u64> {
        let need = product(amount.min(self.terms.capacity()), self.terms.weight().unsigned_abs());
        let missing = need.saturating_sub(self.level).max(0).unsigned_abs();
        match self.terms {
            _ if missing == 0 => Some(0),
            Terms::Even { amount, .. } if amount > 0 && self.level > DEEPEST => {
                Some(missing.div_ceil(amount))
            }
            _ => None,
        }
    }

    /// How long until it is worth asking again for what is not there.
    pub(super) fn retry(&self, now: u64) -> u64 {
        match self.terms {
            Terms::Window { .. } => self.ends_ms.saturating_sub(now).max(1),
            // Slots come back when another instance returns them, of which nobody tells.
            Terms::Slots { .. } => 100,
            Terms::Even { .. } => 1_000,
        }
    }

    /// How long a lease of the pool holds at most.
    pub(super) fn holds(&self, now: u64) -> u64 {
        match self.terms {
            Terms::Window { .. } => self.ends_ms.saturating_sub(now),
            _ => u64::MAX,
        }
    }

    /// Grants `amount` to an instance, whatever is left.
    pub(super) fn grant(&mut self, id: InstanceId, amount: u64) {
        let weight = self.terms.weight().unsigned_abs();
        let counter = self.counters.entry(id).or_default();
        counter.granted = counter.granted.saturating_add(amount);
        self.sink(product(amount, weight));
    }

    /// What is left, in whole units; nothing where it is booked or owed.
    pub(super) fn left(&self) -> u64 {
        self.level.max(0).div_euclid(self.terms.weight().max(1)).unsigned_abs()
    }

    /// Remembers how the pool stands, for when the instance is heard of again.
    pub(super) fn mark(&mut self, id: InstanceId) {
        if self.sunk > SUNK_MAX {
            self.sunk = 0;
            self.counters.values_mut().for_each(|counter| counter.mark = None);
        }
        if let Some(counter) = self.counters.get_mut(&id) {
            counter.mark = Some(Mark { level: self.level, sunk: self.sunk });
        }
    }

    /// What came back while an instance was silent and found the limit full, times the weight.
    fn overflow(&self, id: InstanceId, silent_ms: u64) -> i64 {
        let Terms::Even { amount, .. } = self.terms else { return 0 };
        let Some(mark) = self.counters.get(&id).and_then(|counter| counter.mark) else { return 0 };
        let gain = product(amount, silent_ms.min(FORGOTTEN_MS));
        let sunk = self.sunk.saturating_sub(mark.sunk);
        mark.level.saturating_add(gain).saturating_sub(sunk).saturating_sub(self.level).max(0)
    }

    /// Lowers the level.
    fn sink(&mut self, by: i64) {
        self.level = self.level.saturating_sub(by).max(DEEPEST);
        self.sunk = self.sunk.saturating_add(by);
    }

    /// What the store counts as granted to an instance.
    pub(super) fn granted(&self, id: InstanceId) -> u64 {
        self.counters.get(&id).map_or(0, |counter| counter.granted)
    }

    /// An instance is gone for good: its slots come back, its counters go.
    pub(super) fn forget(&mut self, id: InstanceId) {
        let Some(counter) = self.counters.remove(&id) else { return };
        if matches!(self.terms, Terms::Slots { .. }) {
            let held = counter.granted.saturating_add(counter.taken).saturating_sub(counter.returned);
            self.level = self.level.saturating_add(product(held, 1)).min(self.full());
        }
    }

    fn full(&self) -> i64 {
        full_of(&self.terms)
    }
}

fn full_of(terms: &Terms) -> i64 {
    product(terms.capacity(), terms.weight().unsigned_abs())
}

/// A product that stays below 2^53 for terms as [`Terms`] makes them.
fn product(one: u64, other: u64) -> i64 {
    one.saturating_mul(other).min(1 << 52).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lowered_the_level_is_counted_anew_before_it_grows_too_large() {
        let mut pool = Pool::new(Terms::Even { amount: 1, period_ms: 1 << 20, burst: 1 << 32 }, 0);
        let [one, other] = [InstanceId(1), InstanceId(2)];
        let mark = |pool: &Pool, id| pool.counters.get(&id).and_then(|counter| counter.mark);
        pool.grant(other, 0);
        pool.mark(other);
        pool.grant(one, 1 << 32);
        pool.mark(one);
        assert_eq!(mark(&pool, one), Some(Mark { level: 0, sunk: SUNK_MAX }));
        assert!(mark(&pool, other).is_some());
        pool.grant(one, 1);
        pool.mark(one);
        assert_eq!(mark(&pool, one), Some(Mark { level: -(1 << 20), sunk: 0 }));
        assert_eq!(mark(&pool, other), None, "its differences are of another count");
    }
}
