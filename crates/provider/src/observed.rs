//! `Observed`: what the head of an answer states of limits, and which of its headers were not heeded, with the reason.

use std::fmt;

use http::HeaderName;
use tidegate_core::{Dimension, Observation};

/// What the head of an answer states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The limits, one for each dimension, window and reach; of two that speak of the same, the stricter.
    pub limits: Vec<Observation>,
    /// What the provider says it counted for this very call.
    pub charged: Vec<Charged>,
    /// Headers that look like limits or waits but were not heeded; at most [`Observed::IGNORED_MAX`].
    pub ignored: Vec<Ignored>,
}

/// An amount that the provider says it counted for a call (Mistral's `query-cost`, all recordings of 2024 to 2026).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// What is counted.
    pub dimension: Dimension,
    /// How much.
    pub amount: u64,
}

/// A header that was not heeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name.
    pub header: HeaderName,
    /// Why.
    pub why: Why,
}

/// Why a header was not heeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The name speaks of a limit, but what it counts is not known.
    UnknownName,
    /// A proxy's copy of another header (LiteLLM's `llm_provider-`, recorded 2025).
    Copy,
    /// The value is no count: digits were expected.
    NotACount,
    /// The value is negative, which providers write for "none".
    Negative,
    /// The value is larger than any limit, which providers write for "unlimited".
    Sentinel,
    /// The value is no span of time and no date.
    NotASpan,
    /// The value is a wait or reset longer than a year.
    TooLong,
    /// The header came more than once, with values that differ.
    Contradictory,
    /// The value is not text.
    NotText,
    /// A wait on an answer that is no refusal means nothing.
    WaitOnSuccess,
    /// A reset that does not fit the window which stands beside it.
    DoesNotFit,
    /// A limit of a service tier other than the one that calls are paced by.
    OtherTier,
    /// A share of a plan, not a count.
    Share,
    /// A reset without a limit or a remaining amount beside it.
    Alone,
    /// More limits than any provider states.
    TooMany,
}

impl Observed {
    /// The most ignored headers that are kept of one answer: more are a bomb.
    pub const IGNORED_MAX: usize = 32;

    /// Notes a header that was not heeded.
    pub(crate) fn ignore(&mut self, header: &HeaderName, why: Why) {
        let known = |ignored: &Ignored| ignored.header == *header && ignored.why == why;
        if self.ignored.len() < Self::IGNORED_MAX && !self.ignored.iter().any(known) {
            self.ignored.push(Ignored { header: header.clone(), why });
        }
    }
}

impl Why {
    /// The name that output and metrics use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownName => "unknown_name",
            Self::Copy => "copy",
            Self::NotACount => "not_a_count",
            Self::Negative => "negative",
            Self::Sentinel => "sentinel",
            Self::NotASpan => "not_a_span",
            Self::TooLong => "too_long",
            Self::Contradictory => "contradictory",
            Self::NotText => "not_text",
            Self::WaitOnSuccess => "wait_on_success",
            Self::DoesNotFit => "does_not_fit",
            Self::OtherTier => "other_tier",
            Self::Share => "share",
            Self::Alone => "alone",
            Self::TooMany => "too_many",
        }
    }

    /// Whether providers are known to send such headers, and they mean nothing for the pace.
    #[must_use]
    pub const fn is_usual(self) -> bool {
        matches!(
            self,
            Self::Copy
                | Self::Negative
                | Self::Sentinel
                | Self::WaitOnSuccess
                | Self::OtherTier
                | Self::Share
        )
    }

    /// The reason in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::UnknownName => "the name speaks of a limit, but what it counts is not known",
            Self::Copy => "a proxy's copy of another header",
            Self::NotACount => "not a count",
            Self::Negative => "negative, which stands for no limit",
            Self::Sentinel => "larger than any limit, which stands for no limit",
            Self::NotASpan => "neither a span of time nor a date",
            Self::TooLong => "longer than a year",
            Self::Contradictory => "sent more than once with different values",
            Self::NotText => "not text",
            Self::WaitOnSuccess => "a wait on an answer that is no refusal",
            Self::DoesNotFit => "does not fit the window that stands beside it",
            Self::OtherTier => "of a service tier that calls are not paced by",
            Self::Share => "a share of a plan, not a count",
            Self::Alone => "a reset without a limit beside it",
            Self::TooMany => "more limits than any provider states",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.header, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_of_headers_leaves_a_bounded_list() {
        let mut observed = Observed::default();
        for number in 0..10_000 {
            let name = HeaderName::try_from(format!("x-ratelimit-limit-{number}")).unwrap();
            observed.ignore(&name, Why::UnknownName);
        }
        assert_eq!(observed.ignored.len(), Observed::IGNORED_MAX);
    }

    #[test]
    fn a_header_is_noted_once_for_each_reason() {
        let mut observed = Observed::default();
        let name = HeaderName::from_static("x-ratelimit-limit-tokens");
        for why in [Why::NotACount, Why::NotACount, Why::Contradictory] {
            observed.ignore(&name, why);
        }
        assert_eq!(observed.ignored.len(), 2);
        assert_eq!(observed.ignored[0].to_string(), "x-ratelimit-limit-tokens: not a count");
    }
}
