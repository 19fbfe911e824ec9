//! `Rule` and `Level`: one limit of the model and how full it is, in whole numbers of amount x nanoseconds.

use tidegate_core::Dimension;

/// One limit. A period of zero is a bound on calls under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) dimension: Dimension,
    pub(crate) amount: i128,
    pub(crate) period: i128,
    pub(crate) burst: i128,
    /// The one lane or tenant whose calls meet it.
    pub(crate) lane: Option<usize>,
    pub(crate) tenant: Option<usize>,
    /// Whether it is configured at present.
    pub(crate) applies: bool,
}

impl Rule {
    pub(crate) fn meets(&self, lane: usize, tenant: usize) -> bool {
        let is = |own: Option<usize>, other: usize| own.is_none_or(|own| own == other);
        self.applies && is(self.lane, lane) && is(self.tenant, tenant)
    }

    /// Whether calls of several lanes and tenants meet it.
    pub(crate) fn is_common(&self) -> bool {
        self.lane.is_none() && self.tenant.is_none()
    }

    /// How long the limit takes to make up for an amount; a place counts for as long as it is held.
    pub(crate) fn time_for(&self, amount: i128, held: i128) -> i128 {
        amount * (if self.period == 0 { held } else { self.period }) / self.amount
    }
}

/// A limit's level: the instant at which it is full again, times its amount; or the places that are taken.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) rule: Rule,
    full_at: i128,
    taken: i128,
}

impl Level {
    pub(super) fn full(rule: Rule) -> Self {
        Self { rule, full_at: 0, taken: 0 }
    }

    fn missing(&self, at: i128) -> i128 {
        (self.full_at - at * self.rule.amount).max(0)
    }

    /// What is used, in whole units.
    pub(crate) fn used(&self, now: i128) -> i128 {
        if self.rule.period == 0 {
            self.taken
        } else {
            (self.missing(now) + self.rule.period - 1) / self.rule.period
        }
    }

    /// The first instant from `from` on at which `need` is there; `None` when a call must end first. Who takes
    /// nothing waits for nothing; who takes more than there can be waits for a full limit.
    pub(crate) fn first(&self, need: i128, from: i128) -> Option<i128> {
        if need == 0 {
            return Some(from);
        }
        if self.rule.period == 0 {
            return (self.taken + need <= self.rule.amount).then_some(from);
        }
        let spare = (self.rule.burst - need.min(self.rule.burst)) * self.rule.period;
        let beyond = (self.missing(from) - spare).max(0);
        Some(from + (beyond + self.rule.amount - 1) / self.rule.amount)
    }

    /// Takes an amount, or gives a negative one back: what overflows is gone.
    pub(crate) fn take(&mut self, amount: i128, at: i128) {
        if self.rule.period == 0 {
            self.taken += amount;
        } else if amount > 0 {
            self.full_at = self.full_at.max(at * self.rule.amount) + amount * self.rule.period;
        } else {
            self.full_at = (self.full_at + amount * self.rule.period).max(0);
        }
    }

    /// The rule changes; what is used stays used.
    pub(super) fn change(&mut self, rule: Rule, now: i128) {
        if rule.applies && rule.period > 0 {
            self.full_at = now * rule.amount + self.missing(now);
        }
        self.rule = if rule.applies { rule } else { Rule { applies: false, ..self.rule } };
    }
}
