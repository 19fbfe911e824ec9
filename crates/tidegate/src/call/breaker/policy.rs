//! `BreakerPolicy`: when circuits open and for how long, each default with its reason.

use std::time::Duration;

/// When circuits open, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerPolicy {
    /// How far back outcomes count. One minute: long enough for a quiet account to show a pattern, and over
    /// soon after the trouble is.
    pub window: Duration,
    /// The fewest calls in the window that say anything. 20: at a provider that fails one call in three, which
    /// retries cope with, three in four of twenty fail once in six thousand times.
    pub calls_min: u32,
    /// The share of failed calls, in thousandths, from which on a circuit opens. 750: below it more calls than
    /// not get through within their attempts.
    pub failed_permille_min: u32,
    /// How long a circuit stays open before its first probe. 5 seconds: about a restart of a provider's front.
    pub open_first: Duration,
    /// The longest that it stays open; each failed probe doubles the time up to here. A minute: asking once a
    /// minute burdens nobody, and who has topped up a credit does not wait longer.
    pub open_max: Duration,
    /// The most circuits of lanes, and of endpoints, that are kept at once; only ones that fail are. 1 024: callers
    /// can write what they like for a model's name. Beyond it the ones untouched for longest are forgotten.
    pub circuits_max: usize,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(60),
            calls_min: 20,
            failed_permille_min: 750,
            open_first: Duration::from_secs(5),
            open_max: Duration::from_secs(60),
            circuits_max: 1_024,
        }
    }
}

impl BreakerPolicy {
    /// The same policy with so many calls that say something; zero counts as one.
    #[must_use]
    pub fn calls_min(mut self, calls: u32) -> Self {
        self.calls_min = calls.max(1);
        self
    }

    /// The same policy with another share of failures, in thousandths.
    #[must_use]
    pub const fn failed_permille_min(mut self, permille: u32) -> Self {
        self.failed_permille_min = permille;
        self
    }

    /// The same policy with another first pause.
    #[must_use]
    pub const fn open_first(mut self, pause: Duration) -> Self {
        self.open_first = pause;
        self
    }

    /// The same policy with another longest pause.
    #[must_use]
    pub const fn open_max(mut self, pause: Duration) -> Self {
        self.open_max = pause;
        self
    }
}
