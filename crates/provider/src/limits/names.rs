//! Names of limits that are common to many hosts, and the spellings of dimension and window in them.
//!
//! Groq, Azure, Together, Fireworks, xAI, Cerebras, Venice, Hugging Face, Replicate, DigitalOcean, SambaNova, Kong
//! (recordings and documentation to 2026-08).

use std::time::Duration;

use tidegate_core::Dimension;

use super::{DAY, HOUR, MINUTE, MONTH, Part, Place, Row, TEN_SECONDS, part_first, part_last};
use crate::Why;

/// What the middle of a name counts. The plain `x-ratelimit-limit` of OpenRouter, Together and Replicate counts
/// requests (recordings and documentation to 2026-08).
const STEMS: [(&str, Dimension); 29] = [
    ("", Dimension::Requests),
    ("requests", Dimension::Requests),
    ("request", Dimension::Requests),
    ("req", Dimension::Requests),
    ("project-requests", Dimension::Requests),
    ("calls", Dimension::Requests),
    ("tokens", Dimension::TotalTokens),
    ("token", Dimension::TotalTokens),
    ("total-tokens", Dimension::TotalTokens),
    ("project-tokens", Dimension::TotalTokens),
    ("tokens_usage_based", Dimension::TotalTokens),
    ("tokens-usage-based", Dimension::TotalTokens),
    ("input-tokens", Dimension::InputTokens),
    ("prompt-tokens", Dimension::InputTokens),
    ("tokens-prompt", Dimension::InputTokens),
    ("tokens-input", Dimension::InputTokens),
    // Fireworks counts what was not read from a cache apart; of the two limits the stricter paces.
    ("tokens-cache-adjusted-prompt", Dimension::InputTokens),
    ("output-tokens", Dimension::OutputTokens),
    ("completion-tokens", Dimension::OutputTokens),
    ("generated-tokens", Dimension::OutputTokens),
    ("tokens-generated", Dimension::OutputTokens),
    ("tokens-output", Dimension::OutputTokens),
    ("concurrency", Dimension::Concurrency),
    ("concurrent-requests", Dimension::Concurrency),
    ("images", Dimension::Images),
    ("input-images", Dimension::Images),
    ("audio-seconds", Dimension::AudioSeconds),
    ("ocr-pages", Dimension::Pages),
    ("input-characters", Dimension::Characters),
];

/// What the end of a name says of the window.
const ENDINGS: [(&str, Duration); 12] = [
    ("10-second", TEN_SECONDS),
    ("per-second", Duration::from_secs(1)),
    ("per-minute", MINUTE),
    ("per-hour", HOUR),
    ("per-day", DAY),
    ("per-month", MONTH),
    ("second", Duration::from_secs(1)),
    ("minute", MINUTE),
    ("hour", HOUR),
    ("day", DAY),
    ("1d", DAY),
    ("month", MONTH),
];

/// What the names of limits begin with. The two that IETF drafts write in full are read as lists elsewhere.
const PREFIXES: [&str; 6] = [
    "x-ratelimit-",
    "x-rate-limit-",
    "ratelimit-",
    "rate-limit-",
    "x-tokenlimit-",
    // Claude behind other hosts keeps its names (Azure's Foundry, documentation of 2026-08).
    "anthropic-ratelimit-",
];

/// Names that speak of limits and state none: flags, keys, and amounts that follow from the others.
const BESIDE: [&str; 11] = [
    "x-ratelimit",
    "x-ratelimit-key",
    "x-ratelimit-type",
    "x-ratelimit-used",
    "x-ratelimit-resource",
    "x-ratelimit-over-limit",
    "x-ratelimit-abusepenalty-active",
    "ratelimit",
    "ratelimit-policy",
    "x-envoy-ratelimited",
    "x-ratelimit-bypass",
];

/// What a name means at any host.
pub(crate) fn place(name: &str) -> Place<'_> {
    if !speaks_of_limits(name) || BESIDE.contains(&name) {
        return Place::Other;
    }
    if name.starts_with("llm_provider-") {
        return Place::Left(Why::Copy);
    }
    let tokens = name.starts_with("x-tokenlimit-");
    let rest = PREFIXES.into_iter().find_map(|prefix| name.strip_prefix(prefix));
    rest.and_then(|rest| part_of(rest, tokens)).map_or(Place::Left(Why::UnknownName), |(row, part)| {
        // The drafts' single names can hold lists; they are read with the others of the drafts.
        if row.stem.is_empty() && name.starts_with("ratelimit-") {
            Place::Other
        } else {
            Place::At(row, part)
        }
    })
}

/// Whether a dialect or a common name could mean something by this name. Most headers of an answer are none of these,
/// so this is asked first.
pub(super) fn may_matter(name: &str) -> bool {
    // Names are so short, and so few of their letters are an `l`, that this beats a searcher of words.
    let mut places = memchr::memchr_iter(b'l', name.as_bytes());
    name.len() >= "ratelimit".len()
        && (places.any(|at| name.as_bytes()[at..].starts_with(b"limit")) || name.starts_with("anthropic-"))
}

/// Whether a name looks as if it spoke of a limit.
fn speaks_of_limits(name: &str) -> bool {
    name.match_indices("limit").any(|(at, _)| {
        let before = &name[..at];
        before.ends_with("rate") || before.ends_with("rate-") || before.ends_with("token")
    })
}

fn part_of(rest: &str, tokens: bool) -> Option<(Row<'_>, Part)> {
    let (part, stem) = part_first(rest).or_else(|| part_last(rest)).or_else(|| charged(rest))?;
    let (counts, window) = without_ending(stem);
    let (_, dimension) = STEMS.into_iter().find(|(name, _)| *name == counts)?;
    let dimension = if tokens && counts.is_empty() { Dimension::TotalTokens } else { dimension };
    Some((Row { dimension, window, stem }, part))
}

/// `tokens-query-cost`: what was counted for this call.
fn charged(rest: &str) -> Option<(Part, &str)> {
    Some((Part::Charged, rest.strip_suffix("-query-cost")?))
}

/// The stem without its window.
fn without_ending(stem: &str) -> (&str, Option<Duration>) {
    let found = ENDINGS.into_iter().find_map(|(ending, window)| {
        let before = stem.strip_suffix(ending)?;
        let counts = if before.is_empty() { before } else { before.strip_suffix('-')? };
        Some((counts, Some(window)))
    });
    found.unwrap_or((stem, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str) -> Option<(Dimension, Option<Duration>, Part)> {
        match place(name) {
            Place::At(row, part) => Some((row.dimension, row.window, part)),
            _ => None,
        }
    }

    #[test]
    fn every_common_spelling_is_placed() {
        let cases = [
            ("x-ratelimit-limit-requests", (Dimension::Requests, None, Part::Limit)),
            ("x-ratelimit-limit", (Dimension::Requests, None, Part::Limit)),
            ("x-ratelimit-remaining-tokens-hour", (Dimension::TotalTokens, Some(HOUR), Part::Remaining)),
            ("x-ratelimit-reset-requests-day", (Dimension::Requests, Some(DAY), Part::Reset)),
            ("x-ratelimit-limit-tokens-per-minute", (Dimension::TotalTokens, Some(MINUTE), Part::Limit)),
            ("x-ratelimit-limit-minute", (Dimension::Requests, Some(MINUTE), Part::Limit)),
            ("x-ratelimit-limit-req-10-second", (Dimension::Requests, Some(TEN_SECONDS), Part::Limit)),
            ("x-ratelimit-renewalperiod-tokens", (Dimension::TotalTokens, None, Part::Window)),
            ("x-ratelimit-requests-remaining", (Dimension::Requests, None, Part::Remaining)),
            ("x-ratelimit-tokens-query-cost", (Dimension::TotalTokens, None, Part::Charged)),
            ("x-ratelimit-limit-tokens-generated", (Dimension::OutputTokens, None, Part::Limit)),
            ("x-rate-limit-remaining", (Dimension::Requests, None, Part::Remaining)),
            ("x-tokenlimit-limit", (Dimension::TotalTokens, None, Part::Limit)),
        ];
        for (name, expected) in cases {
            assert_eq!(at(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn names_that_state_no_limit_are_left_alone_and_unknown_ones_noted() {
        for name in
            ["x-request-id", "content-length", "x-ratelimit-key", "x-ratelimit", "limit", "ratelimit-reset"]
        {
            assert_eq!(place(name), Place::Other, "{name}");
        }
        for name in ["x-ratelimit-limit-unicorns", "x-acme-ratelimit-left", "x-ratelimit-limitrequests"] {
            assert_eq!(place(name), Place::Left(Why::UnknownName), "{name}");
        }
        assert_eq!(place("llm_provider-x-ratelimit-limit-requests"), Place::Left(Why::Copy));
    }
}
