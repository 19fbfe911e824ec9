//! `Figures`: what the engine comes to in one cell, beside the constant pacer.

use std::time::Duration;

use tidegate_core::Timestamp;

use super::cell::Cell;
use super::pacer::{self, Paced};
use crate::call::{Call, Endpoint};
use crate::wall::MINUTE;
use crate::world::{WorldConfig, live};

/// What the engine comes to in one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What the engine has admitted a minute, in thousandths of the limit.
    pub admitted_permille: u64,
    /// How often it was refused in ten thousand calls.
    pub refused_per_10k: u64,
    /// What the best constant pace without refusals admits, in thousandths of the limit; `None` where there is none.
    pub ceiling_permille: Option<u64>,
    /// How often the constant pace that admits as much as the engine is refused in ten thousand calls; where none admits
    /// as much, the fastest that is tried, twice the limit. `None` where the bar does not ask for it.
    pub constant_refused_per_10k: Option<u64>,
}

impl Figures {
    /// What the engine admits, in thousandths of the ceiling.
    #[must_use]
    pub fn efficiency_permille(&self) -> Option<u64> {
        (self.admitted_permille * 1_000).checked_div(self.ceiling_permille?)
    }
}

impl Cell {
    /// Lives through `calls` calls that the engine makes, and as many of the constant pacer.
    #[must_use]
    pub fn measure(&self, calls: usize) -> Figures {
        let bodies = self.calls(calls);
        let weights: Vec<u64> = bodies.iter().map(|(_, body)| weight(body)).collect();
        let (admitted_permille, refused_per_10k) = self.engine(bodies, &weights);
        let ceiling = pacer::ceiling(self, &weights);
        let compared = ceiling.is_none() || self.others_meet_a_second();
        let equal = compared.then(|| self.constant_at(admitted_permille, &weights).refused_per_10k);
        Figures {
            admitted_permille,
            refused_per_10k,
            ceiling_permille: ceiling.map(|paced| paced.admitted_permille),
            constant_refused_per_10k: equal,
        }
    }

    /// What the engine admits, and how often it is refused.
    fn engine(&self, bodies: Vec<(String, Vec<u8>)>, weights: &[u64]) -> (u64, u64) {
        let least = Duration::from_millis(1);
        let world = WorldConfig {
            network: (least, least + self.jitter),
            attempts_max: 1_000,
            ..WorldConfig::new(self.provider(), bodies)
        };
        let outcome = live(world);
        let first = outcome.admissions.first().copied().unwrap_or_default();
        let counted = Counted::of(first, outcome.admissions.last().copied().unwrap_or(first));
        // Calls are admitted in the order in which they were asked for, but for a few that jitter or a refusal moved.
        let admitted = outcome.admissions.iter().zip(weights).filter(|(at, _)| counted.holds(**at));
        let amount: u64 = admitted.clone().map(|(_, weight)| self.amount(*weight)).sum();
        let refused = outcome.refusals.iter().filter(|at| counted.holds(**at)).count() as u64;
        (counted.permille(amount, self), per_10k(refused, admitted.count() as u64 + refused))
    }

    /// The constant pace that admits as much.
    fn constant_at(&self, admitted_permille: u64, weights: &[u64]) -> Paced {
        let (mut low, mut high) = (admitted_permille * 10, 20_000);
        let mut best = pacer::paced(self, low, weights);
        while best.admitted_permille < admitted_permille && high > low + 20 {
            let middle = u64::midpoint(low, high);
            let paced = pacer::paced(self, middle, weights);
            if paced.admitted_permille < admitted_permille {
                (low, best) = (middle, paced);
            } else {
                high = middle;
            }
        }
        best
    }
}

/// What counts: whole minutes, the first three windows left out. Were it counted to the last admission, a policy that
/// sends at once what a minute allows would have one minute's worth too many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    from: Timestamp,
    minutes: u64,
}

impl Counted {
    /// Of a run with these first and last calls.
    pub(super) fn of(first: Timestamp, last: Timestamp) -> Self {
        let from = first.after(WARM);
        let nanos = u64::try_from(last.since(from).as_nanos()).unwrap_or(u64::MAX);
        Self { from, minutes: nanos / MINUTE }
    }

    pub(super) fn holds(&self, at: Timestamp) -> bool {
        at > self.from && at <= self.from.after(Duration::from_nanos(self.minutes * MINUTE))
    }

    /// What `amount` is a minute, in thousandths of the limit.
    pub(super) fn permille(&self, amount: u64, cell: &Cell) -> u64 {
        (amount * 1_000).checked_div(self.minutes * cell.limit()).unwrap_or(0)
    }
}

/// So many of `calls` in ten thousand, rounded up.
pub(super) fn per_10k(refused: u64, calls: u64) -> u64 {
    (refused * 10_000).div_ceil(calls.max(1))
}

/// Three windows: from then on nothing is new.
const WARM: Duration = Duration::from_secs(180);

/// The input that the provider counts.
fn weight(body: &[u8]) -> u64 {
    let four = std::num::NonZeroU64::new(4).expect("four is not zero");
    Call::read(Endpoint::Chat, body).map_or(0, |call| call.content.in_tokens_of(four).tokens)
}
