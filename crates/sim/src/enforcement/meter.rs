//! `Meter`: one limit with the model that enforces it.

use super::{Enforcement, Fit};
use super::{
    bucket::Bucket, counter::WeightedCounter, fixed::FixedWindow, quantised::Quantised,
    sliding::SlidingWindow, window::ShortWindow,
};
use crate::wall::WallTime;

/// One limit a minute, enforced by one of the models.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    limit: u64,
    enforcement: Enforcement,
    model: Model,
}

/// What a provider can tell of one limit at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    /// What the limit allows a minute.
    pub(crate) limit: u64,
    /// What it holds at once, where that is less.
    pub(crate) capacity: u64,
    /// What is used of that; above it when more was charged than was left.
    pub(crate) used: u64,
    /// When nothing is used any more, if nothing more is charged.
    pub(crate) full_at: WallTime,
}

impl Level {
    /// What is left; never below zero, whatever the debt.
    pub(crate) fn remaining(&self) -> u64 {
        self.capacity.saturating_sub(self.used)
    }
}

#[derive(Clone, Debug)]
enum Model {
    Bucket(Bucket),
    Fixed(FixedWindow),
    Sliding(SlidingWindow),
    Counter(WeightedCounter),
    Quantised(Quantised),
    Window(ShortWindow),
}

/// Calls the same method of whichever model the meter has.
macro_rules! each {
    ($model:expr, $inner:ident => $call:expr) => {
        match $model {
            Model::Bucket($inner) => $call,
            Model::Fixed($inner) => $call,
            Model::Sliding($inner) => $call,
            Model::Counter($inner) => $call,
            Model::Quantised($inner) => $call,
            Model::Window($inner) => $call,
        }
    };
}

impl Meter {
    /// A limit of which nothing is used.
    pub(crate) fn new(limit: u64, enforcement: Enforcement, at: WallTime) -> Self {
        let model = match enforcement {
            Enforcement::Bucket => Model::Bucket(Bucket::new(limit, at)),
            Enforcement::Fixed => Model::Fixed(FixedWindow::new(limit, at)),
            Enforcement::Sliding => Model::Sliding(SlidingWindow::new(limit)),
            Enforcement::Counter => Model::Counter(WeightedCounter::new(limit, at)),
            Enforcement::Quantised(grain) => Model::Quantised(Quantised::new(limit, grain, at)),
            Enforcement::Burst(_) => Model::Bucket(Bucket::holding(enforcement.capacity(limit), limit, at)),
            Enforcement::Window(grain) => Model::Window(ShortWindow::new(limit, grain, at)),
        };
        Self { limit, enforcement, model }
    }

    /// The limit becomes another; what is used stays used.
    pub(crate) fn change(&mut self, limit: u64, at: WallTime) {
        self.limit = limit;
        match &mut self.model {
            Model::Bucket(bucket) => bucket.change(self.enforcement.capacity(limit), limit, at),
            Model::Fixed(window) => window.change(limit),
            Model::Sliding(window) => window.change(limit),
            Model::Counter(counter) => counter.change(limit),
            Model::Quantised(quantised) => quantised.change(limit, at),
            Model::Window(window) => window.change(limit),
        }
    }

    /// When `amount` fits. An amount of zero fits while anything at all is left: that is how a limit which is
    /// charged after completion is checked.
    pub(crate) fn fit(&mut self, amount: u64, at: WallTime) -> Fit {
        let amount = amount.max(1);
        each!(&mut self.model, inner => inner.fit(amount, at))
    }

    /// Counts `amount`, whether it fits or not.
    pub(crate) fn charge(&mut self, amount: u64, at: WallTime) {
        each!(&mut self.model, inner => inner.charge(amount, at));
    }

    /// Gives back what was charged too much; a window keeps what it has counted.
    pub(crate) fn give_back(&mut self, amount: u64, at: WallTime) {
        if let Model::Bucket(bucket) = &mut self.model {
            bucket.give_back(amount, at);
        }
    }

    /// What there is to tell.
    pub(crate) fn level(&mut self, at: WallTime) -> Level {
        let (used, full_at) = each!(&mut self.model, inner => (inner.used(at), inner.full_at(at)));
        Level { limit: self.limit, capacity: self.enforcement.capacity(self.limit), used, full_at }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Burst, Grain};
    use super::*;

    #[test]
    fn every_model_admits_at_the_instant_it_told_and_not_a_nanosecond_before() {
        let kinds = [
            Enforcement::Bucket,
            Enforcement::Fixed,
            Enforcement::Sliding,
            Enforcement::Counter,
            Enforcement::Quantised(Grain::Second),
            Enforcement::Quantised(Grain::TenSeconds),
            Enforcement::Window(Grain::Second),
            Enforcement::Burst(Burst::One),
            Enforcement::Burst(Burst::Second),
        ];
        for kind in kinds {
            let mut now =
                WallTime::from_unix_nanos(WallTime::DEFAULT_ORIGIN.as_unix_nanos() + 17_123_456_789);
            let mut meter = Meter::new(100, kind, now);
            for round in 0..200_u64 {
                let amount = 1 + round * 37 % 60;
                if let Fit::At(instant) = meter.fit(amount, now) {
                    let before = WallTime::from_unix_nanos(instant.as_unix_nanos() - 1);
                    assert_eq!(meter.fit(amount, before), Fit::At(instant), "{kind:?} in round {round}");
                    assert_eq!(meter.fit(amount, instant), Fit::Now, "{kind:?} in round {round}");
                    now = instant;
                }
                meter.charge(amount, now);
            }
        }
    }

    #[test]
    fn what_is_left_never_goes_below_zero() {
        let now = WallTime::DEFAULT_ORIGIN;
        let mut meter = Meter::new(10, Enforcement::Bucket, now);
        meter.charge(25, now);
        assert_eq!(meter.level(now).remaining(), 0);
        assert_eq!(meter.level(now).used, 25);
    }
}
