//! `Counter`: what was charged in each window, of which the present one counts whole and the one before by the part of it
//! that a sliding window would still cover.

use std::collections::BTreeMap;

use super::{Rule, Taken};

#[derive(Clone, Debug)]
pub(super) struct Counter {
    first_end: i128,
    /// What was charged, by the number of the window.
    windows: BTreeMap<i128, i128>,
    /// The last window that anything happened in: a clock that steps back does not lead out of it.
    reached: i128,
}

impl Counter {
    pub(super) fn new(first_end: i128) -> Self {
        Self { first_end, windows: BTreeMap::new(), reached: 0 }
    }

    fn number(&self, rule: &Rule, at: i128) -> i128 {
        let number = if at < self.first_end { 0 } else { (at - self.first_end) / rule.period + 1 };
        number.max(self.reached)
    }

    fn end(&self, rule: &Rule, number: i128) -> i128 {
        self.first_end + number * rule.period
    }

    fn charged(&self, number: i128) -> i128 {
        self.windows.get(&number).copied().unwrap_or(0)
    }

    pub(super) fn used(&self, rule: &Rule, now: i128) -> i128 {
        let number = self.number(rule, now);
        let left = (self.end(rule, number) - now).min(rule.period);
        let fading = self.charged(number - 1) * left;
        self.charged(number) + (fading + rule.period - 1) / rule.period
    }

    pub(super) fn first(&self, rule: &Rule, need: i128, from: i128) -> i128 {
        let fits = |at: i128| self.used(rule, at) + need <= rule.amount;
        let mut from = from;
        while !fits(from) {
            // Inside a window less and less is used: the first instant is found by halving.
            let end = self.end(rule, self.number(rule, from));
            let (mut early, mut late) = (from, end);
            while early + 1 < late {
                let middle = (early + late) / 2;
                if fits(middle) {
                    late = middle;
                } else {
                    early = middle;
                }
            }
            from = late;
        }
        from
    }

    pub(super) fn take(&mut self, rule: &Rule, amount: i128, at: i128) -> i128 {
        self.reach(rule, at);
        *self.windows.entry(self.reached).or_default() += amount;
        self.reached
    }

    /// What was charged to an earlier window is the present one's.
    pub(super) fn depart(&mut self, rule: &Rule, charge: &Taken, now: i128) -> i128 {
        self.reach(rule, now);
        if charge.mark < self.reached {
            let before = self.windows.entry(charge.mark).or_default();
            *before = (*before - charge.amount).max(0);
            *self.windows.entry(self.reached).or_default() += charge.amount;
        }
        self.reached
    }

    /// Only the present window gets back what was charged to it.
    pub(super) fn give_back(&mut self, rule: &Rule, amount: i128, mark: i128, now: i128) {
        self.reach(rule, now);
        if mark == self.reached
            && let Some(charged) = self.windows.get_mut(&mark)
        {
            *charged = (*charged - amount).max(0);
        }
    }

    pub(super) fn reach(&mut self, rule: &Rule, now: i128) {
        self.reached = self.number(rule, now);
    }
}
