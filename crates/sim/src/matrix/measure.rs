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
    /// How often the constant pace that admits as much as the engine is refused in ten thousand calls.
    pub constant_refused_per_10k: u64,
}

impl Figures {
    /// What the engine admits, in thousandths of the ceiling.
    #[must_use]
    pub fn efficiency_permille(&self) -> Option<u64> {
        (self.admitted_permille * 1_000).checked_div(self.ceiling_permille?)
    }

    /// Whether the cell holds its bar: 99 % of the ceiling with one refusal in ten thousand; without a ceiling, at most
    /// 1.1 times the refusals of the constant pace that admits as much.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self.efficiency_permille() {
            Some(efficiency) => efficiency >= 990 && self.refused_per_10k <= 1,
            None => self.refused_per_10k * 10 <= self.constant_refused_per_10k * 11,
        }
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
        let equal = self.constant_at(admitted_permille, &weights);
        Figures {
            admitted_permille,
            refused_per_10k,
            ceiling_permille: ceiling.map(|paced| paced.admitted_permille),
            constant_refused_per_10k: equal.refused_per_10k,
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
        let warm = outcome.admissions.first().map_or(Timestamp::ZERO, |first| first.after(WARM));
        let last = outcome.admissions.last().copied().unwrap_or(warm);
        // Calls are admitted in the order in which they were asked for, but for a few that jitter or a refusal moved.
        let counted = outcome.admissions.iter().zip(weights).filter(|(at, _)| **at > warm);
        let amount: u64 = counted.clone().map(|(_, weight)| self.amount(*weight)).sum();
        let admitted = counted.count() as u64;
        let refused = outcome.refusals.iter().filter(|at| **at > warm).count() as u64;
        let span = last.since(warm).as_nanos().max(1);
        let permille = u128::from(amount) * u128::from(MINUTE) * 1_000 / span / u128::from(self.limit());
        let refused = (refused * 10_000).div_ceil((admitted + refused).max(1));
        (u64::try_from(permille).unwrap_or(u64::MAX), refused)
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

/// Three windows: from then on nothing is new.
const WARM: Duration = Duration::from_secs(180);

/// The input that the provider counts.
fn weight(body: &[u8]) -> u64 {
    let four = std::num::NonZeroU64::new(4).expect("four is not zero");
    Call::read(Endpoint::Chat, body).map_or(0, |call| call.content.in_tokens_of(four).tokens)
}
