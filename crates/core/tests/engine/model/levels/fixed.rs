//! `Fixed`: windows that are whole again at their edge, one after the other.

use super::{Rule, Taken};

#[derive(Clone, Debug)]
pub(super) struct Fixed {
    /// The last window in which anything was charged; none before the first call.
    window: Option<Window>,
    margin: i128,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    start: i128,
    end: i128,
    used: i128,
    /// What may count for the next window too, since its edge is not quite known.
    late: i128,
}

impl Window {
    /// The window after this one: debt goes on, and so does what came late.
    fn next(&self, rule: &Rule) -> Self {
        let used = self.late.max(self.used - rule.amount);
        Self { start: self.end, end: self.end + rule.period, used, late: 0 }
    }

    fn at(mut self, rule: &Rule, at: i128) -> Self {
        while at >= self.end {
            self = self.next(rule);
        }
        self
    }
}

impl Fixed {
    pub(super) fn from_the_first_call() -> Self {
        Self { window: None, margin: 0 }
    }

    /// The first window began with the clock, and is known to end a margin late.
    pub(super) fn of_the_calendar(period: i128, margin: i128) -> Self {
        let window = Window { start: 0, end: period + margin, used: 0, late: 0 };
        Self { window: Some(window), margin }
    }

    pub(super) fn used(&self, rule: &Rule, now: i128) -> i128 {
        self.window.map_or(0, |window| window.at(rule, now).used)
    }

    pub(super) fn first(&self, rule: &Rule, need: i128, from: i128) -> i128 {
        let Some(window) = self.window else { return from };
        let mut window = window.at(rule, from);
        let mut at = from;
        while window.used + need > rule.amount {
            window = window.next(rule);
            at = window.start;
        }
        at
    }

    pub(super) fn take(&mut self, rule: &Rule, amount: i128, at: i128) -> i128 {
        let fresh = Window { start: at, end: at + rule.period, used: 0, late: 0 };
        let mut window = self.window.map_or(fresh, |window| window.at(rule, at));
        window.used += amount;
        if at >= window.end - 2 * self.margin {
            window.late += amount;
        }
        self.window = Some(window);
        window.start
    }

    /// What was charged to an earlier window is the present one's, unless it counts there already because it came late.
    pub(super) fn depart(&mut self, rule: &Rule, charge: &Taken, now: i128) -> i128 {
        let mut window = self.window.expect("something was charged").at(rule, now);
        let late = |at: i128, end: i128| at >= end - 2 * self.margin;
        if charge.mark == window.start {
            if late(now, window.end) && !late(charge.at, window.end) {
                window.late = (window.late + charge.amount).min(window.used);
            }
        } else if !late(charge.at, window.start) {
            return self.take(rule, charge.amount, now);
        }
        self.window = Some(window);
        window.start
    }

    /// Only the window that was charged gets it back. What came late is given up last: to the safe side.
    pub(super) fn give_back(&mut self, rule: &Rule, amount: i128, mark: i128, now: i128) {
        let window = self.window.map(|window| window.at(rule, now)).filter(|window| window.start == mark);
        if let Some(mut window) = window {
            window.used = (window.used - amount).max(0);
            window.late = window.late.min(window.used);
            self.window = Some(window);
        }
    }

    /// What has passed so far was counted by the rule as it was.
    pub(super) fn settle_at(&mut self, rule: &Rule, now: i128) {
        self.window = self.window.map(|window| window.at(rule, now));
    }
}
