//! Keeping: what was learned leaves the engine as plain data, and another engine starts from it.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::controller::grain;
use crate::lane::Lane;
use crate::ledger::Ledger;
use crate::time::nanos_of;
use crate::ward::{Basis, Origin, Ward, WardReach};
use crate::{
    Dimension, Enforcement, Engine, LEARNED_VERSION, Learned, LearnedCounter, LearnedGrain, LearnedLane,
    LearnedLimit, Quota, Refill, Request, Timestamp,
};

/// Limits of at least this period keep their counters over a restart: a shorter one is whole again before that hurts.
const COUNTED: Duration = Duration::from_secs(3_600);
/// How many limits and lanes a snapshot may bring along.
const RESTORED_MAX: usize = 4_096;

impl Engine {
    /// What the engine has learned of its provider, to be given to [`Engine::restore`] of a later one.
    #[must_use]
    pub fn learned(&self, now: Timestamp) -> Learned {
        let live = || self.wards.iter().filter(|ward| !ward.retired);
        let stated =
            live().filter(|ward| ward.origin == Origin::Learned && !ward.is_grain() && !ward.is_adaptive());
        // Credit is another sum by the time somebody starts from this.
        let stated = stated.filter(|ward| !ward.is_credit());
        Learned {
            version: LEARNED_VERSION,
            limits: stated.filter_map(Ward::learned).collect(),
            lanes: self.lanes.iter().map(|lane| self.learned_lane(lane)).collect(),
            counters: live().filter_map(|ward| counter_of(ward, now)).collect(),
        }
    }

    /// Starts from what an earlier engine learned. Call it after [`Engine::configure`] and before the first request:
    /// limits that are known already stay as they are. Of another version, nothing is taken.
    pub fn restore(&mut self, learned: &Learned, now: Timestamp) {
        if learned.version != LEARNED_VERSION {
            return;
        }
        for limit in learned.limits.iter().take(RESTORED_MAX) {
            self.restore_limit(limit, now);
        }
        for lane in learned.lanes.iter().take(RESTORED_MAX) {
            self.restore_lane(lane, now);
        }
        for counter in learned.counters.iter().take(RESTORED_MAX) {
            self.restore_counter(counter, now);
        }
    }

    fn restore_limit(&mut self, limit: &LearnedLimit, now: Timestamp) {
        if limit.period.is_zero() || limit.amount == 0 {
            return;
        }
        let ward = Ward::restored(limit, now);
        let known = |known: &Ward| {
            !known.retired
                && known.origin == Origin::Learned
                && !known.is_grain()
                && known.dimension == ward.dimension
                && known.reach == ward.reach
                && known.quota.period == ward.quota.period
        };
        if !self.wards.iter().any(known) {
            let place = self.add_ward(ward, now);
            self.supersede_provisional(place);
            self.spread_burst(place, now);
        }
    }

    fn restore_lane(&mut self, learned: &LearnedLane, now: Timestamp) {
        let request = Request {
            lane: learned.model.clone(),
            endpoint: learned.endpoint.clone(),
            ..Request::new(crate::Cost::ZERO)
        };
        let place = self.lane_of(&request);
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.restore(learned);
            if let Some(limit) = learned.concurrency {
                lane.concurrency.restore(limit, now);
            }
        }
        self.limit_concurrency(place, Ledger::nobody(), now);
        let whole = |grain: &&LearnedGrain| grain.amount > 0 && !grain.period.is_zero();
        for grain in learned.grains.iter().filter(whole).take(Dimension::COUNT) {
            self.restore_grain(grain, &learned.model, now);
        }
    }

    /// A grain is charged like the limit behind which it was found.
    fn restore_grain(&mut self, learned: &LearnedGrain, model: &str, now: Timestamp) {
        let rate = Quota::every(learned.amount, learned.period).burst(learned.burst.max(1));
        let reach = WardReach::Model(String::from(model));
        let stated = self.wards.iter().find(|ward| {
            grain::can_hide_behind(ward) && ward.dimension == learned.dimension && ward.reach.contains(&reach)
        });
        let charging = stated.map(|ward| ward.charging);
        let mut ward = grain::of(learned.dimension, rate, reach, now);
        if let Some(charging) = charging {
            ward.told(charging);
        }
        self.add_ward(ward, now);
    }

    fn restore_counter(&mut self, counter: &LearnedCounter, now: Timestamp) {
        // What is known to be used has been told by the provider, which knows better.
        let same = |ward: &&mut Ward| {
            !ward.retired
                && ward.available(now) >= i128::from(ward.capacity())
                && ward.dimension == counter.dimension
                && ward.quota.period == counter.period
                && ward.reach.name() == counter.scope
        };
        if let Some(ward) = self.wards.iter_mut().find(same) {
            ward.use_up(counter.used, now);
        }
    }

    fn learned_lane(&self, lane: &Lane) -> LearnedLane {
        let own = |ward: &&Ward| !ward.retired && ward.reach == WardReach::Model(lane.model.clone());
        let grains = self.wards.iter().filter(own).filter_map(Ward::learned_grain).collect();
        LearnedLane { grains, ..lane.learned() }
    }
}

/// What is used of a limit of an hour or more.
fn counter_of(ward: &Ward, now: Timestamp) -> Option<LearnedCounter> {
    if ward.quota.period < COUNTED {
        return None;
    }
    let used = i128::from(ward.quota.capacity()).saturating_sub(ward.available(now));
    let used = u64::try_from(used.max(0)).unwrap_or(u64::MAX);
    let fades = ward.quota.refill == Refill::Continuous;
    let ends_in = match ward.edge() {
        Some(edge) => edge.since(now),
        None if fades => refilled_in(used, &ward.quota),
        None => ward.quota.period,
    };
    (used > 0).then(|| LearnedCounter {
        dimension: ward.dimension,
        scope: ward.reach.name(),
        period: ward.quota.period,
        used,
        ends_in,
        fades,
    })
}

/// How long an evenly refilled limit takes to give back `used`.
fn refilled_in(used: u64, quota: &Quota) -> Duration {
    let nanos = u128::from(used).saturating_mul(u128::from(nanos_of(quota.period)));
    let nanos = nanos.checked_div(u128::from(quota.amount)).unwrap_or(0);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Ward {
    /// What was learned of a stated limit.
    fn learned(&self) -> Option<LearnedLimit> {
        let model = match &self.reach {
            WardReach::Model(model) => Some(model.clone()),
            WardReach::Account => None,
            WardReach::Scope(_) => return None,
        };
        Some(LearnedLimit {
            dimension: self.dimension,
            model,
            amount: self.quota.amount,
            period: self.quota.period,
            period_assumed: self.assumed_period,
            charging: self.charging,
            charging_learned: self.basis != Basis::Told,
            shapes: self.bank.as_ref().map_or_else(Vec::new, |bank| bank.learned()),
            margin: self.margin(),
            cushion_milli: self.cushion_milli(),
            apart: self.bank.as_ref().map_or(Duration::ZERO, |bank| bank.apart()),
        })
    }

    /// What was learned of a grain.
    fn learned_grain(&self) -> Option<LearnedGrain> {
        let rate = self.grain.as_ref()?.learned();
        let (amount, period, burst) = (rate.amount, rate.period, rate.capacity());
        Some(LearnedGrain { dimension: self.dimension, amount, period, burst })
    }

    /// A limit as it was learned before, whole.
    fn restored(limit: &LearnedLimit, now: Timestamp) -> Self {
        let reach = match &limit.model {
            Some(model) => WardReach::Model(String::from(model.as_str())),
            None => WardReach::Account,
        };
        let (amount, period) = (limit.amount, limit.period);
        let mut ward = Self::stated(limit.dimension, amount, period, reach, Enforcement::Unknown, now);
        ward.assumed_period = limit.period_assumed;
        let basis = if limit.charging_learned { Basis::Learned } else { Basis::Told };
        ward.charge_by(limit.charging, basis);
        if let Some(bank) = &mut ward.bank {
            bank.restore(&limit.shapes, limit.apart);
        }
        ward.restore_care(limit.margin, limit.cushion_milli);
        ward
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evenly_refilled_limit_tells_when_nothing_of_it_is_used() {
        let hour = Quota::per_hour(60).burst(60);
        assert_eq!(refilled_in(30, &hour), Duration::from_secs(1_800));
        let mut ward =
            Ward::new(Dimension::Requests, hour, Origin::Learned, WardReach::Account, Timestamp::ZERO);
        assert_eq!(counter_of(&ward, Timestamp::ZERO), None);
        ward.use_up(30, Timestamp::ZERO);
        let counter = counter_of(&ward, Timestamp::ZERO).expect("it is an hour's");
        assert_eq!((counter.used, counter.ends_in, counter.fades), (30, Duration::from_secs(1_800), true));
    }

    #[test]
    fn minutes_are_not_counted_over_a_restart() {
        let minute = Quota::per_minute(60).burst(60);
        let mut ward =
            Ward::new(Dimension::Requests, minute, Origin::Learned, WardReach::Account, Timestamp::ZERO);
        ward.use_up(30, Timestamp::ZERO);
        assert_eq!(counter_of(&ward, Timestamp::ZERO), None);
    }
}
