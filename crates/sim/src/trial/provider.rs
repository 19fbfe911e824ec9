//! The provider of a trial: two limits, counted by one of the emulator's own models, and what its answers tell of them.

use std::time::Duration;

use tidegate_core::{Dimension, Observation, Timestamp};

use super::plan::ProviderPlan;
use crate::WallTime;
use crate::enforcement::{Enforcement, Fit, Meter};

/// A provider that counts requests and tokens a minute.
#[derive(Debug)]
pub(super) struct Provider {
    requests: Meter,
    tokens: Meter,
    origin: WallTime,
}

impl Provider {
    /// The provider of a plan; its clock is somewhere in its minute when the trial begins.
    pub(super) fn new(plan: &ProviderPlan, seed: u64) -> Self {
        let into_minute = seed.wrapping_mul(7_919) % 60_000_000_000;
        let origin = WallTime::from_unix_nanos(WallTime::DEFAULT_ORIGIN.as_unix_nanos() + into_minute);
        let kind: Enforcement = plan.enforcement.parse().unwrap_or(Enforcement::Bucket);
        Self {
            requests: Meter::new(plan.requests_per_minute, kind, origin),
            tokens: Meter::new(plan.tokens_per_minute, kind, origin),
            origin,
        }
    }

    /// Takes a call, or says how long to wait.
    pub(super) fn admit(&mut self, tokens: u64, now: Timestamp) -> Result<(), Duration> {
        let at = self.wall(now);
        let wait = |fit: Fit| match fit {
            Fit::Now => None,
            Fit::At(until) => Some(until.since(at)),
            Fit::Never => Some(Duration::from_secs(60)),
        };
        let (one, other) = (wait(self.requests.fit(1, at)), wait(self.tokens.fit(tokens, at)));
        if let Some(wait) = one.max(other) {
            return Err(wait);
        }
        self.requests.charge(1, at);
        self.tokens.charge(tokens, at);
        Ok(())
    }

    /// What an answer written at `now` tells.
    pub(super) fn tell(&mut self, now: Timestamp) -> Vec<Observation> {
        let at = self.wall(now);
        let tell = |meter: &mut Meter, dimension| {
            let level = meter.level(at);
            Observation {
                window: Some(Duration::from_secs(60)),
                limit: Some(level.limit),
                remaining: Some(level.remaining()),
                reset: Some(level.full_at.since(at)),
                ..Observation::of(dimension)
            }
        };
        vec![tell(&mut self.requests, Dimension::Requests), tell(&mut self.tokens, Dimension::TotalTokens)]
    }

    fn wall(&self, now: Timestamp) -> WallTime {
        WallTime::from_unix_nanos(self.origin.as_unix_nanos() + now.as_nanos())
    }
}
