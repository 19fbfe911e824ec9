//! `Rule` and `Level`: one limit of the model and how full it is. Each way of counting has a file of its own in `levels/`.

#[path = "levels/counter.rs"]
mod counter;
#[path = "levels/even.rs"]
mod even;
#[path = "levels/fixed.rs"]
mod fixed;
#[path = "levels/sliding.rs"]
mod sliding;

use tidegate_core::Dimension;

use self::counter::Counter;
use self::even::Even;
use self::fixed::Fixed;
use self::sliding::Sliding;

/// How far the calendar's edges may lie from where they are told, in nanoseconds: as the engine has it.
const MARGIN: i128 = 300_000_000;

/// How a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Even,
    /// Windows from the first call on.
    Fixed,
    /// Windows of a calendar whose edges are known to a margin.
    Calendar,
    Sliding,
    Counter,
    /// A bound on calls under way.
    Slots,
}

/// One limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) way: Way,
    pub(crate) dimension: Dimension,
    pub(crate) amount: i128,
    /// In nanoseconds; zero for a bound on calls under way.
    pub(crate) period: i128,
    /// The most that it holds.
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
        amount * (if self.way == Way::Slots { held } else { self.period }) / self.amount
    }
}

/// A limit's level.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) rule: Rule,
    count: Count,
}

#[derive(Clone, Debug)]
enum Count {
    Even(Even),
    Fixed(Fixed),
    Sliding(Sliding),
    Counter(Counter),
    /// The places that are taken.
    Slots(i128),
}

/// What a limit was charged for a call, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) amount: i128,
    /// The window, or the instant, that it was charged to.
    mark: i128,
    at: i128,
}

impl Level {
    pub(super) fn full(rule: Rule) -> Self {
        let count = match rule.way {
            Way::Even => Count::Even(Even::default()),
            Way::Fixed => Count::Fixed(Fixed::from_the_first_call()),
            Way::Calendar => Count::Fixed(Fixed::of_the_calendar(rule.period, MARGIN)),
            Way::Sliding => Count::Sliding(Sliding::default()),
            Way::Counter => Count::Counter(Counter::new(rule.period + MARGIN)),
            Way::Slots => Count::Slots(0),
        };
        Self { rule, count }
    }

    /// What is used, in whole units.
    pub(crate) fn used(&self, now: i128) -> i128 {
        match &self.count {
            Count::Even(even) => even.used(&self.rule, now),
            Count::Fixed(fixed) => fixed.used(&self.rule, now),
            Count::Sliding(sliding) => sliding.used(&self.rule, now),
            Count::Counter(counter) => counter.used(&self.rule, now),
            Count::Slots(taken) => *taken,
        }
    }

    /// The first instant from `from` on at which `need` is there; `None` when a call must end first. Who takes
    /// nothing waits for nothing; who takes more than there can be waits for a full limit.
    pub(crate) fn first(&self, need: i128, from: i128) -> Option<i128> {
        if need == 0 {
            return Some(from);
        }
        let need = need.min(self.rule.burst);
        match &self.count {
            Count::Even(even) => Some(even.first(&self.rule, need, from)),
            Count::Fixed(fixed) => Some(fixed.first(&self.rule, need, from)),
            Count::Sliding(sliding) => Some(sliding.first(&self.rule, need, from)),
            Count::Counter(counter) => Some(counter.first(&self.rule, need, from)),
            Count::Slots(taken) => (taken + need <= self.rule.amount).then_some(from),
        }
    }

    /// Until when charges are put together with the latest one.
    pub(crate) fn joins_until(&self) -> Option<i128> {
        if let Count::Sliding(sliding) = &self.count { sliding.joins_until(&self.rule) } else { None }
    }

    /// Takes an amount, which may be more than there is.
    pub(crate) fn take(&mut self, amount: i128, at: i128) -> Taken {
        let mark = match &mut self.count {
            _ if amount == 0 => at,
            Count::Even(even) => even.take(&self.rule, amount, at),
            Count::Fixed(fixed) => fixed.take(&self.rule, amount, at),
            Count::Sliding(sliding) => sliding.take(&self.rule, amount, at),
            Count::Counter(counter) => counter.take(&self.rule, amount, at),
            Count::Slots(taken) => {
                *taken += amount;
                at
            }
        };
        Taken { amount, mark, at }
    }

    /// What was charged really goes now.
    pub(super) fn depart(&mut self, charge: &mut Taken, now: i128) {
        if charge.amount > 0 && now > charge.at {
            charge.mark = match &mut self.count {
                Count::Fixed(fixed) => fixed.depart(&self.rule, charge, now),
                Count::Sliding(sliding) => sliding.depart(&self.rule, charge, now),
                Count::Counter(counter) => counter.depart(&self.rule, charge, now),
                Count::Even(_) | Count::Slots(_) => charge.mark,
            };
            charge.at = now;
        }
    }

    /// A call ends that in fact cost `actual`: what it was charged too much goes back to where it was taken, what it
    /// was charged too little is taken now. Of several charges the earlier bear what they can. A place is free again.
    pub(super) fn end(&mut self, charges: &[Taken], actual: i128, now: i128) {
        let mut left = if self.rule.way == Way::Slots { 0 } else { actual };
        for (index, charge) in charges.iter().enumerate() {
            let bears = if index + 1 == charges.len() { left } else { left.min(charge.amount) };
            left -= bears;
            if bears > charge.amount {
                self.take(bears - charge.amount, now);
            } else if bears < charge.amount {
                self.give_back(charge.amount - bears, charge.mark, now);
            }
        }
    }

    /// Forgets what has left by now.
    pub(super) fn forget(&mut self, now: i128) {
        if let Count::Sliding(sliding) = &mut self.count {
            sliding.forget(&self.rule, now);
        }
    }

    fn give_back(&mut self, amount: i128, mark: i128, now: i128) {
        match &mut self.count {
            Count::Even(even) => even.give_back(&self.rule, amount),
            Count::Fixed(fixed) => fixed.give_back(&self.rule, amount, mark, now),
            Count::Sliding(sliding) => sliding.give_back(amount, mark),
            Count::Counter(counter) => counter.give_back(&self.rule, amount, mark, now),
            Count::Slots(taken) => *taken -= amount,
        }
    }

    /// The rule changes; what is used stays used.
    pub(super) fn change(&mut self, rule: Rule, now: i128) {
        if !rule.applies {
            self.rule.applies = false;
            return;
        }
        match &mut self.count {
            Count::Even(even) => even.change(&self.rule, &rule, now),
            Count::Fixed(fixed) => fixed.settle_at(&self.rule, now),
            Count::Counter(counter) => counter.reach(&self.rule, now),
            Count::Sliding(_) | Count::Slots(_) => {}
        }
        self.rule = rule;
    }
}
