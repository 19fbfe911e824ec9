//! `Outcome` in, `Next` out: the words of the call machine.

use std::fmt;
use std::time::Duration;

use tidegate_core::{Class, Reach, Timestamp};

use crate::call::Trip;

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The class that the adapter, or the transport, gave it.
    pub class: Class,
    /// How long the provider asks to wait, if it does.
    pub retry_after: Option<Duration>,
    /// How far a failure reaches: the call's lane, or the whole account (the key is unknown, the host cannot be
    /// reached).
    pub reach: Reach,
    /// Whether no limit governs the call, so that the engine would not hold it back after a refusal.
    pub ungoverned: bool,
}

impl Outcome {
    /// An outcome of a class, with no wish to wait.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        Self { class, retry_after: None, reach: Reach::Lane, ungoverned: false }
    }

    /// The same outcome with what the provider asks to wait, if it does.
    #[must_use]
    pub const fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// The same outcome, reaching as far as this.
    #[must_use]
    pub const fn reach(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    /// The same outcome of a call that no limit governs: after a refusal it pauses as after a failure, since nothing else
    /// would hold it back.
    #[must_use]
    pub const fn ungoverned(mut self) -> Self {
        self.ungoverned = true;
        self
    }
}

/// What follows an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The call is answered.
    Done,
    /// Ask the engine again at `until`, at the place that the call had.
    Retry {
        /// When: now, where the engine itself holds the call back.
        until: Timestamp,
        /// The number of the coming attempt; the first one was 1.
        attempt: u32,
    },
    /// Ask the engine again at once, for another model.
    Fallback {
        /// The model.
        model: String,
        /// The number of the coming attempt; the first one was 1.
        attempt: u32,
    },
    /// Hand the outcome to the caller.
    Stop {
        /// Why no other attempt follows.
        why: StopReason,
    },
}

impl Next {
    pub(super) const fn stop(why: StopReason) -> Self {
        Self::Stop { why }
    }
}

/// Why no other attempt follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// No retry can help against an outcome of this class.
    Permanent(Class),
    /// The policy allows no further attempt.
    Attempts {
        /// How many were made.
        made: u32,
    },
    /// Too large a share of the account's calls are retries already: the provider is in trouble.
    RetryBudget,
    /// The next attempt would begin after the call's deadline.
    Deadline {
        /// How long until it could begin.
        retry_after: Duration,
    },
    /// Calls like this one are known to fail, so it is not sent.
    CircuitOpen {
        /// When to come back: one call may try again then.
        until: Timestamp,
        /// What is known.
        why: Trip,
    },
}

impl StopReason {
    /// How long until another try makes sense, where that is known.
    #[must_use]
    pub const fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Deadline { retry_after } => Some(*retry_after),
            Self::CircuitOpen { until, .. } => Some(until.since(now)),
            Self::Permanent(_) | Self::Attempts { .. } | Self::RetryBudget => None,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent(class) => write!(f, "{class}: no retry can help"),
            Self::Attempts { made } => {
                write!(f, "gave up after {made} attempts; raise max_attempts to go on longer")
            }
            Self::RetryBudget => {
                f.write_str("too many of the account's calls fail; the retry budget is used up")
            }
            Self::Deadline { retry_after } => {
                write!(f, "the next attempt, in {:.1} s, would come too late", retry_after.as_secs_f32())
            }
            Self::CircuitOpen { why, .. } => {
                write!(f, "calls like this one are known to fail ({why}); one tries again from time to time")
            }
        }
    }
}
