//! The way between instances and their store: delays, losses, repetitions, and times in which nothing gets through.

use std::time::Duration;

use tidegate_core::Timestamp;

use super::plan::StorePlan;
use crate::rng::Rng;

/// How far from the edge of an outage messages and leases still feel it.
const AFTERMATH: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Link {
    plan: StorePlan,
}

impl Link {
    pub(super) const fn new(plan: StorePlan) -> Self {
        Self { plan }
    }

    /// When a message that leaves now arrives: not at all, once, or twice. Delays differ, so messages overtake.
    pub(super) fn send(&self, node: usize, now: Timestamp, rng: &mut Rng) -> [Option<Timestamp>; 2] {
        let mut arrival = || {
            let [low, high] = self.plan.delay_ms;
            now.after(Duration::from_nanos(rng.between(low * 1_000_000, high * 1_000_000)))
        };
        let (first, second) = (arrival(), arrival());
        let drawn = rng.below(1_000);
        if self.is_cut(node, now) || drawn < self.plan.lost {
            return [None, None];
        }
        let twice = drawn < self.plan.lost + self.plan.repeated;
        [Some(first), twice.then_some(second)]
    }

    fn is_cut(&self, node: usize, now: Timestamp) -> bool {
        let second = now.as_nanos() / 1_000_000_000;
        let gone = self.plan.gone.iter().any(|[from, until]| (*from..*until).contains(&second));
        let of_node = |at: u64| usize::try_from(at).is_ok_and(|at| at == node);
        gone || self
            .plan
            .cut
            .iter()
            .any(|[of, from, until]| of_node(*of) && (*from..*until).contains(&second))
    }

    /// The times in which something is cut off, and a while after.
    pub(super) fn stormy(&self) -> Vec<(Timestamp, Timestamp)> {
        let gone = self.plan.gone.iter().map(|[from, until]| (*from, *until));
        let cut = self.plan.cut.iter().map(|[_, from, until]| (*from, *until));
        let whole =
            |(from, until)| (Timestamp::from_secs(from), Timestamp::from_secs(until).after(AFTERMATH));
        gone.chain(cut).map(whole).collect()
    }
}
