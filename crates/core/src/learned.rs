//! `Learned`: what an engine has learned of its provider, as plain data that outlives the process.
//!
//! [`Engine::learned`](crate::Engine::learned) takes it, [`Engine::restore`](crate::Engine::restore) gives it to another engine. Nothing in it
//! is an instant: ages are durations from the moment of the snapshot, and whoever kept it for a while says for how
//! long with [`Learned::aged`]. It is safe to lose, and every number in it is checked when it is restored.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::{Charging, Dimension, Shape};

/// The version of the form. A snapshot of another version is not restored.
pub const LEARNED_VERSION: u32 = 3;

/// What an engine has learned of its provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// The version of the form: [`LEARNED_VERSION`].
    pub version: u32,
    /// The limits that answers stated, and how the provider was seen to count them.
    pub limits: Vec<LearnedLimit>,
    /// What the calls of each model had in common.
    pub lanes: Vec<LearnedLane>,
    /// What was used of limits of an hour or more, declared ones too.
    pub counters: Vec<LearnedCounter>,
}

/// A limit that answers stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedLimit {
    /// What it counts.
    pub dimension: Dimension,
    /// The model that it holds for; `None` for the whole account.
    pub model: Option<String>,
    /// What it allows in a period.
    pub amount: u64,
    /// Its period.
    pub period: Duration,
    /// Whether the period was assumed, because no header named it.
    pub period_assumed: bool,
    /// What the provider counts of a call, and when.
    pub charging: Charging,
    /// Whether that was learned from how `remaining` fell, and not only told by the adapter.
    pub charging_learned: bool,
    /// The ways in which the provider may count, with what speaks against each.
    pub shapes: Vec<LearnedShape>,
    /// How long a level must have sufficed before a call goes.
    pub margin: Duration,
    /// What is kept free after refusals, in thousandths of the limit's unit.
    pub cushion_milli: u64,
    /// How far apart refusals showed that calls must be if a bucket holds only one; zero where there were none.
    pub apart: Duration,
}

/// One way in which a provider may count a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnedShape {
    /// Which way.
    pub shape: Shape,
    /// How far the resets that answers stated were from the shape's own formula: the lower, the better.
    pub reset_misfit: u32,
    /// How far what remained was from the shape's prediction: the lower, the better.
    pub level_misfit: u32,
    /// Whether something was seen that this shape cannot do.
    pub ruled_out: bool,
}

/// What the calls of one model had in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LearnedLane {
    /// The model; empty for calls that name none.
    pub model: String,
    /// The endpoint, where declared limits tell endpoints apart; else empty.
    pub endpoint: String,
    /// How many calls the provider was seen to take at once.
    pub burst: u32,
    /// The output of the latest answers, in tokens, the oldest first. At most 64.
    pub outputs: Vec<u64>,
    /// The bytes of the inputs that were weighed, and the tokens that the provider counted for them.
    pub input_bytes: u64,
    /// See `input_bytes`.
    pub input_tokens: u64,
    /// Grains finer than what headers state, where refusals showed any: one a dimension.
    pub grains: Vec<LearnedGrain>,
    /// How many calls at once the provider had capacity for, where it was ever overloaded.
    pub concurrency: Option<u32>,
}

/// A hidden limit behind a stated one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnedGrain {
    /// What it counts.
    pub dimension: Dimension,
    /// What it allows in a period.
    pub amount: u64,
    /// The period.
    pub period: Duration,
    /// What it holds at once.
    pub burst: u64,
}

/// What was used of a limit of an hour or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedCounter {
    /// What the limit counts.
    pub dimension: Dimension,
    /// Which calls it applies to, as [`LimitStatus::scope`](crate::LimitStatus::scope) tells it.
    pub scope: String,
    /// Its period.
    pub period: Duration,
    /// What was used.
    pub used: u64,
    /// How long until nothing of that counts any more, from the snapshot on.
    pub ends_in: Duration,
    /// Whether it fades evenly until then, rather than all at once.
    pub fades: bool,
}

impl Learned {
    /// The same knowledge after `elapsed`: what has ended meanwhile is forgotten.
    #[must_use]
    pub fn aged(mut self, elapsed: Duration) -> Self {
        self.counters.retain_mut(|counter| {
            let left = counter.ends_in.saturating_sub(elapsed);
            if counter.fades {
                let (whole, part) = (counter.ends_in.as_millis().max(1), left.as_millis());
                let used = u128::from(counter.used).saturating_mul(part).div_ceil(whole);
                counter.used = u64::try_from(used).unwrap_or(u64::MAX);
            }
            counter.ends_in = left;
            !left.is_zero() && counter.used > 0
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_age_and_end() {
        let counter = |fades| LearnedCounter {
            dimension: Dimension::Requests,
            scope: String::from("account"),
            period: Duration::from_secs(86_400),
            used: 100,
            ends_in: Duration::from_secs(1_000),
            fades,
        };
        let learned = Learned { counters: alloc::vec![counter(false), counter(true)], ..Learned::default() };
        let later = learned.clone().aged(Duration::from_secs(750));
        let used: Vec<u64> = later.counters.iter().map(|counter| counter.used).collect();
        assert_eq!(used, [100, 25]);
        assert_eq!(later.counters[0].ends_in, Duration::from_secs(250));
        assert_eq!(learned.aged(Duration::from_secs(1_000)).counters, []);
    }
}
