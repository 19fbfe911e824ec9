//! `Observation` and `Feedback`: what a provider's answer tells about its limits.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{Charging, Class, Dimension};

/// How a provider counts a limit, as far as its adapter knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Enforcement {
    /// Not known: inferred from what the answers say.
    #[default]
    Unknown,
    /// A bucket that refills continuously.
    Bucket,
    /// A window of the calendar (the minute starts at :00) that is empty again at its edge.
    FixedWindow,
    /// The last `window` seconds, at any moment.
    SlidingWindow,
    /// This calendar window plus the previous one, weighed by how much of it a sliding window would still cover.
    WeightedCounter,
}

/// How far an observed limit reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// The lane (in practice the model) of the call that brought it.
    #[default]
    Lane,
    /// Every call of the account.
    Account,
}

/// What one answer said about one limit. Absent parts change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What the limit counts.
    pub dimension: Dimension,
    /// The limit's period, where it is known.
    pub window: Option<Duration>,
    /// The amount per period.
    pub limit: Option<u64>,
    /// What is left of it, as the provider saw it when it wrote the header.
    pub remaining: Option<u64>,
    /// How long until the limit is whole again, from the moment the answer arrived.
    pub reset: Option<Duration>,
    /// The granularity of `remaining`: 1 when exact, 1000 when rounded to thousands.
    pub rounding: u64,
    /// How the provider counts this limit.
    pub enforcement: Enforcement,
    /// What it counts of a call, and when.
    pub charging: Charging,
    /// Whose limit it is.
    pub reach: Reach,
    /// The name of the time zone whose days and months its windows are, where that is known; UTC's otherwise.
    pub zone: Option<&'static str>,
    /// The finer period over which the provider is said to judge the rate as well, if it is: a second of a limit a minute.
    /// It is no limit yet, since few enforce what they say of it; the first refusal that nothing else explains makes it one.
    pub grain: Option<Duration>,
}

impl Observation {
    /// An observation of a dimension that says nothing yet.
    #[must_use]
    pub const fn of(dimension: Dimension) -> Self {
        Self {
            dimension,
            window: None,
            limit: None,
            remaining: None,
            reset: None,
            rounding: 1,
            enforcement: Enforcement::Unknown,
            charging: Charging::Unknown,
            reach: Reach::Lane,
            zone: None,
            grain: None,
        }
    }

    /// What the answer itself said, without what an adapter knows of its provider: how it counts and charges, where its
    /// days begin, and how finely it judges.
    #[must_use]
    pub const fn unhinted(self) -> Self {
        let (enforcement, charging) = (Enforcement::Unknown, Charging::Unknown);
        Self { enforcement, charging, zone: None, grain: None, ..self }
    }
}

/// What one answer tells the engine: its class, its limits, and how long it asks to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// How the call ended.
    pub class: Class,
    /// The limits that the answer stated.
    pub limits: Vec<Observation>,
    /// How long the provider asks to wait. Ignored unless the class is a refusal.
    pub retry_after: Option<Duration>,
}

impl Feedback {
    /// Feedback of a class, with nothing else known.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        Self { class, limits: Vec::new(), retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_hints_only_what_was_said_is_left() {
        let said = Observation { limit: Some(9), remaining: Some(7), ..Observation::of(Dimension::Requests) };
        let hinted = Observation {
            enforcement: Enforcement::Bucket,
            charging: Charging::Admission,
            zone: Some("UTC"),
            grain: Some(Duration::from_secs(1)),
            ..said
        };
        assert_eq!(hinted.unhinted(), said);
    }
}
