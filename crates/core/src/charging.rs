//! `Charging`: what a provider counts of a call against a limit, and when; `LearnedCharging`: that it turned out otherwise.

use alloc::string::String;
use core::time::Duration;

use crate::Dimension;

/// What a provider counts of a call against a limit, and when.
///
/// An adapter says what is documented or was measured of its provider. Of a limit on tokens whose level the answers
/// tell it is a beginning only: the engine looks at how `remaining` falls, and believes that more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Charging {
    /// Not known: input is reckoned with when the call arrives, output when its answer is complete.
    #[default]
    Unknown,
    /// All of it when the call arrives: a request, its input. Of output what is expected, corrected at the end.
    Admission,
    /// All of it when the answer is complete.
    Completion,
    /// The input when the call arrives, the output when the answer is complete.
    InputThenOutput,
    /// The input when the call arrives. Output is never counted.
    InputOnly,
    /// The input and the most output that the call allows when it arrives, and nothing is given back.
    Maximum,
    /// The same, but what the answer does not have of that output is given back when it is complete.
    MaximumReturned,
}

impl Charging {
    /// Every rule.
    pub const ALL: [Self; 7] = [
        Self::Unknown,
        Self::Admission,
        Self::Completion,
        Self::InputThenOutput,
        Self::InputOnly,
        Self::Maximum,
        Self::MaximumReturned,
    ];

    /// The name that output and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Admission => "admission",
            Self::Completion => "completion",
            Self::InputThenOutput => "input_then_output",
            Self::InputOnly => "input_only",
            Self::Maximum => "maximum",
            Self::MaximumReturned => "maximum_returned",
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Whether a call that goes needs room for the most output that it allows.
    pub(crate) const fn takes_maximum(self) -> bool {
        matches!(self, Self::Maximum | Self::MaximumReturned)
    }

    /// Whether all of a call is counted when it arrives, as far as it is known by then.
    pub(crate) const fn is_at_arrival(self) -> bool {
        matches!(self, Self::Admission | Self::InputOnly | Self::Maximum | Self::MaximumReturned)
    }

    /// What of a call's cost a limit on `dimension` takes.
    pub(crate) const fn counts(self, dimension: Dimension) -> Dimension {
        match (self, dimension) {
            (Self::InputOnly, Dimension::TotalTokens) => Dimension::InputTokens,
            (_, dimension) => dimension,
        }
    }

    /// How much of `amount`, with so much `output` in it, a limit on `dimension` counts only when the call is complete.
    #[inline(always)]
    pub(crate) fn late_part(self, dimension: Dimension, amount: u64, output: u64) -> u64 {
        match (self, dimension) {
            (Self::Completion, _) => amount,
            (Self::Unknown | Self::InputThenOutput, Dimension::TotalTokens | Dimension::OutputTokens) => {
                output.min(amount)
            }
            _ => 0,
        }
    }
}

/// A limit turned out to be charged in another way than was told or assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedCharging {
    /// What the limit counts.
    pub dimension: Dimension,
    /// Its period.
    pub window: Duration,
    /// Which calls it applies to, as [`LimitStatus::scope`](crate::LimitStatus::scope) tells it.
    pub scope: String,
    /// How it was thought to be charged.
    pub before: Charging,
    /// How it is charged.
    pub charging: Charging,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in Charging::ALL {
            assert_eq!(Charging::from_name(rule.name()), Some(rule));
        }
        assert_eq!(Charging::from_name("by_the_moon"), None);
    }

    #[test]
    fn each_rule_sets_its_own_part_aside_for_the_end() {
        let late = |rule: Charging| rule.late_part(Dimension::TotalTokens, 100, 60);
        assert_eq!(Charging::ALL.map(late), [60, 0, 100, 60, 0, 0, 0]);
        assert_eq!(Charging::Unknown.late_part(Dimension::Requests, 1, 60), 0);
        assert_eq!(Charging::InputOnly.counts(Dimension::TotalTokens), Dimension::InputTokens);
        assert_eq!(Charging::InputOnly.counts(Dimension::OutputTokens), Dimension::OutputTokens);
    }
}
