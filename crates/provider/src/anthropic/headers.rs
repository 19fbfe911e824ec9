//! Anthropic's limits in response headers: `anthropic-ratelimit-{..}-{limit,remaining,reset}`.
//!
//! Recorded to 2026-08 on 877 responses. Values are integers and RFC 3339 in whole seconds. `tokens` is the sum of
//! input and output tokens where both are shown.

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::limits::{MINUTE, Place, Resolution, Row, Scheme, collect, deduce_window, part_last};
use crate::{Observed, ResponseHead, Why};

/// The names of Anthropic.
static SCHEME: Scheme = Scheme { place, finish, finish_common: |limit| limit };

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Observed {
    collect(head, &SCHEME)
}

/// The limits of the standard tier. Priority and fast tiers have headers of their own, for calls of those tiers;
/// plans of people (`unified`) state the share that is used up (documentation, 2026-08).
fn place(name: &str) -> Place<'_> {
    let Some(rest) = name.strip_prefix("anthropic-") else { return Place::Unlisted };
    if rest.starts_with("priority-") || rest.starts_with("fast-") {
        return Place::Left(Why::OtherTier);
    }
    let Some(rest) = rest.strip_prefix("ratelimit-") else { return Place::Other };
    if rest.starts_with("unified-") {
        return Place::Left(Why::Share);
    }
    let Some((part, stem)) = part_last(rest) else { return Place::Left(Why::UnknownName) };
    let dimension = match stem {
        "requests" => Dimension::Requests,
        "input-tokens" => Dimension::InputTokens,
        "output-tokens" => Dimension::OutputTokens,
        "tokens" => Dimension::TotalTokens,
        _ => return Place::Left(Why::UnknownName),
    };
    Place::At(Row { dimension, window: None, stem }, part)
}

fn finish(observation: Observation, _: &str) -> Observation {
    let mut observation = enforcement::hint(observation);
    // No limit is daily here; until 2024 every reset was the next full minute, which fits a day by chance.
    observation.window = deduce_window(&observation, Resolution::SECONDS, &[MINUTE]);
    observation
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderValue};
    use tidegate_core::{Charging, Enforcement};

    use super::*;

    fn limits(pairs: &[(&'static str, &'static str)]) -> Vec<Observation> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        observe(&ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH }).limits
    }

    #[test]
    fn resets_are_relative_to_the_answers_own_date() {
        let list = limits(&[
            ("date", "Tue, 14 Jan 2025 22:01:20 GMT"),
            ("anthropic-ratelimit-input-tokens-limit", "30000"),
            ("anthropic-ratelimit-input-tokens-remaining", "24000"),
            ("anthropic-ratelimit-input-tokens-reset", "2025-01-14T22:01:32Z"),
        ]);
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].reset, list[0].window), (Some(Duration::from_secs(12)), Some(MINUTE)));
        assert_eq!((list[0].rounding, list[0].enforcement), (1_000, Enforcement::Bucket));
        assert_eq!(list[0].charging, Charging::Admission);
    }

    #[test]
    fn a_full_bucket_tells_no_window_and_a_past_reset_is_now() {
        let list = limits(&[
            ("date", "Tue, 14 Jan 2025 22:01:20 GMT"),
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "50"),
            ("anthropic-ratelimit-requests-reset", "2025-01-14T22:01:19Z"),
        ]);
        assert_eq!((list[0].reset, list[0].window), (Some(Duration::ZERO), None));
        assert_eq!(list[0].rounding, 1, "requests are exact");
    }

    #[test]
    fn a_recorders_placeholders_state_nothing() {
        let list = limits(&[
            ("anthropic-ratelimit-tokens-limit", "ANTHROPIC-RATELIMIT-TOKENS-LIMIT-XXX"),
            ("anthropic-ratelimit-tokens-remaining", "ANTHROPIC-RATELIMIT-TOKENS-REMAINING-XXX"),
            ("anthropic-ratelimit-tokens-reset", "ANTHROPIC-RATELIMIT-TOKENS-RESET-XXX"),
        ]);
        assert_eq!(list, []);
    }
}
