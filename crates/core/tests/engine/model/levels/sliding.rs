//! `Sliding`: each charge leaves a period after it was made. Charges of one 256th of a period leave together, with the
//! last of them.

use super::{Rule, Taken};

#[derive(Clone, Debug, Default)]
pub(super) struct Sliding {
    parts: Vec<Part>,
}

/// What was charged in one part of a period.
#[derive(Clone, Copy, Debug)]
struct Part {
    number: i128,
    latest: i128,
    used: i128,
}

impl Sliding {
    fn number(rule: &Rule, at: i128) -> i128 {
        at / (rule.period / 256)
    }

    /// Until when charges join the latest part.
    pub(super) fn joins_until(&self, rule: &Rule) -> Option<i128> {
        self.parts.last().map(|part| (part.number + 1) * (rule.period / 256))
    }

    pub(super) fn used(&self, rule: &Rule, now: i128) -> i128 {
        self.parts.iter().filter(|part| part.latest + rule.period > now).map(|part| part.used).sum()
    }

    pub(super) fn first(&self, rule: &Rule, need: i128, from: i128) -> i128 {
        let leaves = self.parts.iter().map(|part| part.latest + rule.period).filter(|leaves| *leaves > from);
        let mut instants: Vec<i128> = std::iter::once(from).chain(leaves).collect();
        instants.sort_unstable();
        let fits = |at: &i128| self.used(rule, *at) + need <= rule.amount;
        instants.into_iter().find(fits).expect("an empty limit holds it")
    }

    pub(super) fn take(&mut self, rule: &Rule, amount: i128, at: i128) -> i128 {
        self.forget(rule, at);
        let number = Self::number(rule, at);
        match self.parts.last_mut().filter(|part| part.number >= number) {
            Some(part) => {
                part.latest = part.latest.max(at);
                part.used += amount;
                part.number
            }
            None => {
                self.parts.push(Part { number, latest: at, used: amount });
                number
            }
        }
    }

    /// What was charged leaves a period after it really went.
    pub(super) fn depart(&mut self, rule: &Rule, charge: &Taken, now: i128) -> i128 {
        self.forget(rule, now);
        let Some(part) = self.parts.iter_mut().find(|part| part.number == charge.mark) else {
            return self.take(rule, charge.amount, now);
        };
        if Self::number(rule, now) <= part.number {
            part.latest = part.latest.max(now);
            return part.number;
        }
        let moved = part.used.min(charge.amount);
        part.used -= moved;
        self.take(rule, moved, now)
    }

    /// What has left does not come back, whatever the clock does.
    pub(super) fn forget(&mut self, rule: &Rule, now: i128) {
        self.parts.retain(|part| part.latest + rule.period > now);
    }

    pub(super) fn give_back(&mut self, amount: i128, mark: i128) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.number == mark) {
            part.used = (part.used - amount).max(0);
        }
    }
}
