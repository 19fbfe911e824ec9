//! `Even`: a level that refills evenly, in whole numbers of amount x nanoseconds.

use super::Rule;

/// The instant at which the limit is full again, times its amount.
#[derive(Clone, Debug, Default)]
pub(super) struct Even {
    full_at: i128,
}

impl Even {
    fn missing(&self, rule: &Rule, at: i128) -> i128 {
        (self.full_at - at * rule.amount).max(0)
    }

    pub(super) fn used(&self, rule: &Rule, now: i128) -> i128 {
        (self.missing(rule, now) + rule.period - 1) / rule.period
    }

    pub(super) fn first(&self, rule: &Rule, need: i128, from: i128) -> i128 {
        let spare = (rule.burst - need) * rule.period;
        let beyond = (self.missing(rule, from) - spare).max(0);
        from + (beyond + rule.amount - 1) / rule.amount
    }

    pub(super) fn take(&mut self, rule: &Rule, amount: i128, at: i128) -> i128 {
        self.full_at = self.full_at.max(at * rule.amount) + amount * rule.period;
        at
    }

    /// What overflows is gone.
    pub(super) fn give_back(&mut self, rule: &Rule, amount: i128) {
        self.full_at = (self.full_at - amount * rule.period).max(0);
    }

    pub(super) fn change(&mut self, before: &Rule, after: &Rule, now: i128) {
        self.full_at = now * after.amount + self.missing(before, now);
    }
}
