//! How the emulated provider counts: the enforcement models and the choice between them.
//!
//! Every model is exact integer arithmetic over nanoseconds of civil time and has a window of one minute. They
//! share nothing with the engine's buckets: they are what the engine is tested against.

use std::str::FromStr;

use crate::wall::WallTime;

mod bucket;
mod counter;
mod fixed;
mod meter;
mod quantised;
mod sliding;
mod window;

pub(crate) use meter::{Level, Meter};

/// When an amount fits under a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// At once.
    Now,
    /// At this instant, if nothing else is charged meanwhile, and not a nanosecond before.
    At(WallTime),
    /// At no time: the amount is above the limit itself.
    Never,
}

/// How one limit is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// A continuous token bucket: capacity = limit, refilled evenly. `OpenAI` and Anthropic.
    Bucket,
    /// A window of one calendar minute, whose count starts anew at second zero. Mistral's requests.
    Fixed,
    /// An exact log of the last 60 seconds.
    Sliding,
    /// The calendar minute's count plus the previous minute's, which fades evenly. Mistral's tokens.
    Counter,
    /// A bucket that headers speak of, behind a hidden window of a second or ten (see [`Grain`]).
    Quantised(Grain),
    /// A continuous bucket that holds less than a minute's worth, and says so.
    Burst(Burst),
    /// A window of a second or ten that starts anew at each whole one, and says so.
    Window(Grain),
}

impl Enforcement {
    /// The most that a limit a minute holds at once, and shows as left.
    #[must_use]
    pub fn capacity(self, limit: u64) -> u64 {
        match self {
            Self::Burst(Burst::One) => limit.min(1),
            Self::Burst(Burst::Second) => Grain::Second.holds(limit).min(limit),
            Self::Burst(Burst::TenSeconds) => Grain::TenSeconds.holds(limit).min(limit),
            Self::Window(grain) => grain.holds(limit).min(limit),
            Self::Bucket | Self::Fixed | Self::Sliding | Self::Counter | Self::Quantised(_) => limit,
        }
    }
}

/// What a bucket of [`Enforcement::Burst`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burst {
    /// One: nothing but even pacing passes.
    One,
    /// A second's worth, at least one.
    Second,
    /// Ten seconds' worth, at least one.
    TenSeconds,
}

/// The short window of [`Enforcement::Quantised`] and [`Enforcement::Window`]. It holds `limit / 60` (or `/ 6`), at
/// least one.
///
/// Anthropic's documentation warns of the hidden one: 60 requests a minute may be enforced as one a second (2026-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// One second.
    Second,
    /// Ten seconds.
    TenSeconds,
}

impl Grain {
    const fn secs(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::TenSeconds => 10,
        }
    }

    /// What a limit a minute allows in one such window.
    fn holds(self, limit: u64) -> u64 {
        (limit.saturating_mul(self.secs()) / 60).max(1)
    }
}

/// How a provider enforces its request limits and its token limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnforcementPlan {
    /// For limits on requests.
    pub requests: Enforcement,
    /// For limits on tokens of any kind.
    pub tokens: Enforcement,
}

impl EnforcementPlan {
    /// The same enforcement for every limit.
    #[must_use]
    pub const fn uniform(enforcement: Enforcement) -> Self {
        Self { requests: enforcement, tokens: enforcement }
    }

    /// This plan with what `text` says: one kind for every limit (`fixed`), or per group
    /// (`requests=fixed,tokens=counter`; a group that is not named stays as it is).
    ///
    /// # Errors
    /// When a kind or a group has an unknown name; the message lists the known ones.
    pub fn amended(self, text: &str) -> Result<Self, String> {
        let mut plan = self;
        for part in text.split(',').map(str::trim) {
            match part.split_once('=') {
                None => plan = Self::uniform(part.parse()?),
                Some(("requests", kind)) => plan.requests = kind.parse()?,
                Some(("tokens", kind)) => plan.tokens = kind.parse()?,
                Some((group, _)) => return Err(format!("unknown group `{group}`; known: requests, tokens")),
            }
        }
        Ok(plan)
    }
}

impl FromStr for Enforcement {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "bucket" => Ok(Self::Bucket),
            "fixed" => Ok(Self::Fixed),
            "sliding" => Ok(Self::Sliding),
            "counter" => Ok(Self::Counter),
            "quantised" => Ok(Self::Quantised(Grain::Second)),
            "quantised-10s" => Ok(Self::Quantised(Grain::TenSeconds)),
            "burst-1" => Ok(Self::Burst(Burst::One)),
            "burst-1s" => Ok(Self::Burst(Burst::Second)),
            "burst-10s" => Ok(Self::Burst(Burst::TenSeconds)),
            "window-1s" => Ok(Self::Window(Grain::Second)),
            "window-10s" => Ok(Self::Window(Grain::TenSeconds)),
            _ => Err(format!(
                "unknown enforcement `{name}`; known: bucket, fixed, sliding, counter, quantised, quantised-10s, \
                 burst-1, burst-1s, burst-10s, window-1s, window-10s"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_amended_as_a_whole_or_by_group() {
        let plan = EnforcementPlan::uniform(Enforcement::Bucket);
        assert_eq!(plan.amended("fixed"), Ok(EnforcementPlan::uniform(Enforcement::Fixed)));
        let mixed = EnforcementPlan { requests: Enforcement::Sliding, tokens: Enforcement::Counter };
        assert_eq!(plan.amended("requests=sliding, tokens=counter"), Ok(mixed));
        assert_eq!(plan.amended("tokens=counter").map(|plan| plan.requests), Ok(Enforcement::Bucket));
    }

    #[test]
    fn unknown_names_are_answered_with_the_known_ones() {
        let plan = EnforcementPlan::uniform(Enforcement::Bucket);
        assert!(plan.amended("leaky").is_err_and(|text| text.contains("quantised")));
        assert!(plan.amended("images=fixed").is_err_and(|text| text.contains("tokens")));
    }
}
