//! `Meters`: all limits of the emulated account, met all or nothing.

use std::collections::BTreeMap;

use tidegate_core::Dimension;

use crate::config::{EmulatorConfig, Sharing};
use crate::demand::Demand;
use crate::enforcement::{EnforcementPlan, Fit, Level, Meter};
use crate::limits::Limits;
use crate::wall::WallTime;

/// How many models have limits of their own; the rest share one set.
const LANES_MAX: usize = 256;

/// The longest model name that has limits of its own, in bytes.
const LANE_BYTES_MAX: usize = 256;

/// All limits of the account, one set a lane (a model, or everything).
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    limits: Vec<(Dimension, u64)>,
    plan: EnforcementPlan,
    sharing: Sharing,
    lanes: BTreeMap<String, Vec<(Dimension, Meter)>>,
}

/// One limit's level, with the dimension that it limits.
pub(crate) type Reading = (Dimension, Level);

/// Why a call is refused: the limit that holds it longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) dimension: Dimension,
    pub(crate) level: Level,
    pub(crate) requested: u64,
    /// When the call would fit into every limit, if nothing else is charged; `None` is never.
    pub(crate) until: Option<WallTime>,
}

impl Meters {
    /// Limits of which nothing is used.
    pub(crate) fn new(config: &EmulatorConfig) -> Self {
        Self {
            limits: config.effective_limits().each().collect(),
            plan: config.enforcement,
            sharing: config.sharing,
            lanes: BTreeMap::new(),
        }
    }

    /// Charges `demand` if it fits into every limit of the lane, and nothing otherwise.
    pub(crate) fn admit(&mut self, lane: &str, demand: &Demand, at: WallTime) -> Result<(), Refused> {
        let meters = self.lane(lane, at);
        let mut tightest: Option<(Fit, Refused)> = None;
        for (dimension, meter) in meters.iter_mut() {
            let Some(requested) = demand.of(*dimension) else { continue };
            let fit = meter.fit(requested, at);
            let until = match fit {
                Fit::Now => continue,
                Fit::At(instant) => Some(instant),
                Fit::Never => None,
            };
            if tightest.as_ref().is_none_or(|(longest, _)| fit > *longest) {
                let level = meter.level(at);
                tightest = Some((fit, Refused { dimension: *dimension, level, requested, until }));
            }
        }
        match tightest {
            Some((_, refused)) => Err(refused),
            None => {
                charge_all(meters, demand, at);
                Ok(())
            }
        }
    }

    /// Charges `demand`, whether it fits or not.
    pub(crate) fn charge(&mut self, lane: &str, demand: &Demand, at: WallTime) {
        charge_all(self.lane(lane, at), demand, at);
    }

    /// The limits become others; what is used stays used.
    pub(crate) fn change(&mut self, limits: &Limits, at: WallTime) {
        for (dimension, limit) in limits.each() {
            for entry in self.limits.iter_mut().filter(|(known, _)| *known == dimension) {
                entry.1 = limit;
            }
            let meters = self.lanes.values_mut().flatten().filter(|(known, _)| *known == dimension);
            meters.for_each(|(_, meter)| meter.change(limit, at));
        }
    }

    /// The levels of one lane's limits.
    pub(crate) fn levels(&mut self, lane: &str, at: WallTime) -> Vec<Reading> {
        self.lane(lane, at).iter_mut().map(|(dimension, meter)| (*dimension, meter.level(at))).collect()
    }

    /// The levels of every lane's limits, with the lane's name.
    pub(crate) fn all(&mut self, at: WallTime) -> Vec<(String, Reading)> {
        if self.lanes.is_empty() {
            self.lane("", at);
        }
        let read = |(name, meters): (&String, &mut Vec<(Dimension, Meter)>)| {
            let name = name.clone();
            let readings: Vec<_> = meters
                .iter_mut()
                .map(|(dimension, meter)| (name.clone(), (*dimension, meter.level(at))))
                .collect();
            readings
        };
        self.lanes.iter_mut().flat_map(read).collect()
    }

    fn lane(&mut self, name: &str, at: WallTime) -> &mut Vec<(Dimension, Meter)> {
        let known = self.lanes.len() < LANES_MAX || self.lanes.contains_key(name);
        let own = self.sharing == Sharing::PerModel && name.len() <= LANE_BYTES_MAX && known;
        let key = if own { name } else { "" };
        let (limits, plan) = (&self.limits, self.plan);
        self.lanes.entry(key.to_owned()).or_insert_with(|| {
            let meter = |&(dimension, limit): &(Dimension, u64)| {
                let enforcement = if dimension == Dimension::Requests { plan.requests } else { plan.tokens };
                (dimension, Meter::new(limit, enforcement, at))
            };
            limits.iter().map(meter).collect()
        })
    }
}

fn charge_all(meters: &mut [(Dimension, Meter)], demand: &Demand, at: WallTime) {
    for (dimension, meter) in meters {
        meter.charge(demand.of(*dimension).unwrap_or(0), at);
        meter.give_back(demand.back(*dimension), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    const START: WallTime = WallTime::DEFAULT_ORIGIN;

    fn demand(total: u64) -> Demand {
        Demand { requests: 1, input: Some(total), output: Some(0), total: Some(total), back: 0 }
    }

    fn meters(requests: u64, tokens: u64) -> Meters {
        let limits = Limits::requests_and_tokens(requests, tokens);
        Meters::new(&EmulatorConfig::new(Dialect::OpenAi).with_limits(limits))
    }

    #[test]
    fn a_call_refused_by_one_limit_is_charged_to_none() {
        let mut meters = meters(10, 100);
        assert_eq!(meters.admit("m", &demand(80), START), Ok(()));
        let refused = meters.admit("m", &demand(50), START).unwrap_err();
        assert_eq!((refused.dimension, refused.requested), (Dimension::TotalTokens, 50));
        assert_eq!(refused.until, Some(WallTime::from_unix_secs(START.as_unix_secs() + 18)));
        let used: Vec<u64> = meters.levels("m", START).iter().map(|(_, level)| level.used).collect();
        assert_eq!(used, [1, 80]);
    }

    #[test]
    fn the_limit_that_holds_longest_is_named() {
        let mut meters = meters(1, 100);
        assert_eq!(meters.admit("m", &demand(90), START), Ok(()));
        assert_eq!(meters.admit("m", &demand(20), START).unwrap_err().dimension, Dimension::Requests);
        assert_eq!(meters.admit("m", &demand(101), START).unwrap_err().until, None);
    }

    #[test]
    fn models_have_limits_of_their_own_up_to_a_bound() {
        let mut meters = meters(1, 100);
        for model in 0..300 {
            let admitted = meters.admit(&format!("m{model}"), &demand(1), START).is_ok();
            assert_eq!(admitted, model <= LANES_MAX, "model {model}");
        }
    }
}
