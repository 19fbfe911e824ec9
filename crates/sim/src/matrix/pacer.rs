//! The constant pacer: sends at one pace, whatever comes back. What it may send without refusals is the ceiling.

use std::time::Duration;

use super::cell::{Cell, Weigh};
use super::measure::{Counted, per_10k};
use crate::demand::Demand;
use crate::rng::Rng;
use crate::state::State;
use crate::wall::MINUTE;
use tidegate_core::Timestamp;

/// What a pace came to, after three windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paced {
    /// What was admitted a minute, in thousandths of the limit.
    pub(super) admitted_permille: u64,
    /// Refusals in ten thousand calls.
    pub(super) refused_per_10k: u64,
}

/// Sends calls of these weights at `pace`, in ten-thousandths of the limit. Under endless load there is no stock from the
/// time before it, so the limit is used up at the beginning: else a bucket would pay for half an hour of a pace that is
/// a little too fast.
pub(super) fn paced(cell: &Cell, pace: u64, weights: &[u64]) -> Paced {
    let config = cell.provider();
    let mut state = State::new(&config);
    state.anchor(Timestamp::ZERO, crate::WallTime::DEFAULT_ORIGIN, config.wall_origin);
    state.asked_for("m");
    let wall = state.advance(Timestamp::ZERO);
    state.meters.charge("m", &cell.whole(), wall);
    let mut arrivals = arrivals(cell, pace, weights);
    arrivals.sort_unstable();
    let ends = |end: Option<&(Timestamp, u64)>| end.map_or(Timestamp::ZERO, |(at, _)| *at);
    let counted = Counted::of(ends(arrivals.first()), ends(arrivals.last()));
    let (mut admitted, mut refused, mut calls) = (0_u64, 0_u64, 0_u64);
    for (at, weight) in arrivals {
        let wall = state.advance(at);
        let fits = state.meters.admit("m", &of_input(1, weight), wall).is_ok();
        if counted.holds(at) {
            calls += 1;
            refused += u64::from(!fits);
            admitted += if fits { cell.amount(weight) } else { 0 };
        }
    }
    Paced { admitted_permille: counted.permille(admitted, cell), refused_per_10k: per_10k(refused, calls) }
}

fn of_input(requests: u64, input: u64) -> Demand {
    Demand { requests, input: Some(input), output: Some(0), total: Some(input), back: 0 }
}

fn arrivals(cell: &Cell, pace: u64, weights: &[u64]) -> Vec<(Timestamp, u64)> {
    let mut rng = Rng::new(0x6A69_7474_6572);
    let jitter = u64::try_from(cell.jitter.as_nanos()).unwrap_or(u64::MAX);
    let mut sent = 0_u128;
    let arrive = |weight: &u64| {
        let way = Duration::from_nanos(rng.between(0, jitter));
        let at = Timestamp::from_nanos(u64::try_from(sent).unwrap_or(u64::MAX)).after(way);
        sent += u128::from(cell.amount(*weight)) * u128::from(MINUTE) * 10_000
            / u128::from(cell.limit())
            / u128::from(pace.max(1));
        (at, *weight)
    };
    weights.iter().map(arrive).collect()
}

/// The best pace that is refused at most once in ten thousand; `None` where even a twentieth of the limit is refused more.
pub(super) fn ceiling(cell: &Cell, weights: &[u64]) -> Option<Paced> {
    let passes = |pace: u64| Some(paced(cell, pace, weights)).filter(|paced| paced.refused_per_10k <= 1);
    let (mut good, mut bad) = (500, 10_001);
    let mut best = passes(good)?;
    while bad - good > 5 {
        let middle = u64::midpoint(good, bad);
        match passes(middle) {
            Some(paced) => (good, best) = (middle, paced),
            None => bad = middle,
        }
    }
    Some(best)
}

impl Cell {
    /// What a call takes of the limit that binds.
    pub(super) const fn amount(&self, weight: u64) -> u64 {
        match self.weigh {
            Weigh::Requests => 1,
            Weigh::Tokens => weight,
        }
    }

    /// All that the limit that binds holds at once.
    fn whole(&self) -> Demand {
        match self.weigh {
            Weigh::Requests => of_input(self.plan.requests.capacity(self.limit()), 0),
            Weigh::Tokens => of_input(0, self.plan.tokens.capacity(self.limit())),
        }
    }
}
