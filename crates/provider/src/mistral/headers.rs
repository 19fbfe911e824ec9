//! Mistral's limits in response headers, all generations of names (398 recordings, 2024-08 to 2026-08).
//!
//! The names tell the window; there is no reset in any current form. Streams carry no limits at all. The plain
//! `x-ratelimit-{limit,remaining}-{requests,tokens}` that Mistral's users write of was never recorded; it is read all
//! the same, as the workspace's limits a minute.

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::limits::{MINUTE, MONTH, Part, Place, Row, Scheme, TEN_SECONDS, collect, part_first};
use crate::{Observed, ResponseHead};

/// The names of Mistral.
static SCHEME: Scheme = Scheme { place, finish, finish_common: |limit| limit };

/// Headers of the request limit, whose zero means that the workspace does not have the model.
pub(crate) const REQUEST_LIMITS: [&str; 3] =
    ["x-ratelimit-limit-req-minute", "x-ratelimit-limit-req-10-second", "x-ratelimit-limit-requests"];

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Observed {
    collect(head, &SCHEME)
}

fn place(name: &str) -> Place<'_> {
    if let Some(rest) = name.strip_prefix("x-ratelimit-") {
        return current(rest).unwrap_or(Place::Unlisted);
    }
    let by_size = name.strip_prefix("ratelimitbysize-").or_else(|| name.strip_prefix("x-ratelimitbysize-"));
    by_size.and_then(legacy).unwrap_or(Place::Unlisted)
}

/// Limits of 2025-09 and later, and what a call cost.
fn current(rest: &str) -> Option<Place<'_>> {
    if let Some(stem) = rest.strip_suffix("-query-cost") {
        let dimension = match stem {
            "tokens" => Dimension::TotalTokens,
            "audio-seconds" => Dimension::AudioSeconds,
            "ocr-pages" => Dimension::Pages,
            "input-characters" => Dimension::Characters,
            _ => return None,
        };
        return Some(Place::At(Row { dimension, window: None, stem }, Part::Charged));
    }
    let (part, stem) = part_first(rest)?;
    let (dimension, window) = match stem {
        "req-minute" | "requests" => (Dimension::Requests, MINUTE),
        "req-10-second" => (Dimension::Requests, TEN_SECONDS),
        "tokens-minute" | "tokens" => (Dimension::TotalTokens, MINUTE),
        "tokens-month" => (Dimension::TotalTokens, MONTH),
        "audio-seconds-minute" => (Dimension::AudioSeconds, MINUTE),
        "ocr-pages-minute" => (Dimension::Pages, MINUTE),
        "input-characters-minute" => (Dimension::Characters, MINUTE),
        _ => return None,
    };
    Some(Place::At(Row { dimension, window: Some(window), stem }, part))
}

/// Limits of 2024-08 to 2025-01: the current minute in two spellings, of which one has the reset, and the month. The
/// cost was reckoned before the answer and held 32 000 tokens for it, so it is no charge.
fn legacy(rest: &str) -> Option<Place<'_>> {
    if rest == "query-cost" {
        return Some(Place::Other);
    }
    let (part, stem) = part_first(rest)?;
    let (window, stem) = match stem {
        "" => (MINUTE, "by-size"),
        "minute" => (MINUTE, "by-size-minute"),
        "month" => (MONTH, "by-size-month"),
        _ => return None,
    };
    Some(Place::At(Row { dimension: Dimension::TotalTokens, window: Some(window), stem }, part))
}

fn finish(observation: Observation, stem: &str) -> Observation {
    if stem.starts_with("by-size") {
        enforcement::legacy_hint(observation)
    } else {
        enforcement::hint(observation)
    }
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
    fn requests_are_a_calendar_minute_and_tokens_a_weighted_counter() {
        let list = limits(&[
            ("x-ratelimit-limit-req-minute", "300"),
            ("x-ratelimit-remaining-req-minute", "299"),
            ("x-ratelimit-limit-tokens-minute", "100000"),
            ("x-ratelimit-remaining-tokens-minute", "99894"),
            ("x-ratelimit-tokens-query-cost", "106"),
        ]);
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].enforcement, list[0].charging), (Enforcement::FixedWindow, Charging::Admission));
        assert_eq!((list[0].window, list[0].reset), (Some(MINUTE), None));
        assert_eq!(
            (list[1].enforcement, list[1].charging),
            (Enforcement::WeightedCounter, Charging::Completion)
        );
        assert_eq!(list[1].remaining, Some(99_894));
    }

    #[test]
    fn ten_seconds_and_months_are_told_by_their_names() {
        let list = limits(&[
            ("x-ratelimit-limit-req-10-second", "60"),
            ("x-ratelimit-remaining-req-10-second", "58"),
            ("x-ratelimit-limit-tokens-month", "10000000000"),
            ("x-ratelimit-remaining-tokens-month", "9999999829"),
        ]);
        assert_eq!(list[0].window, Some(TEN_SECONDS));
        assert_eq!(list[1].window, Some(MONTH));
    }

    #[test]
    fn the_names_of_2024_state_one_minute_with_a_reset_and_one_month() {
        let list = limits(&[
            ("ratelimitbysize-limit", "500000"),
            ("ratelimitbysize-remaining", "342032"),
            ("ratelimitbysize-reset", "46"),
            ("x-ratelimitbysize-limit-minute", "500000"),
            ("x-ratelimitbysize-remaining-minute", "342032"),
            ("x-ratelimitbysize-limit-month", "1000000000"),
            ("x-ratelimitbysize-remaining-month", "997342940"),
        ]);
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].window, list[0].reset), (Some(MINUTE), Some(Duration::from_secs(46))));
        assert_eq!((list[1].window, list[1].reset), (Some(MONTH), None));
    }

    #[test]
    fn the_plain_names_that_users_write_of_are_a_minute_each() {
        let list = limits(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-limit-tokens", "500000"),
            ("x-ratelimit-remaining-tokens", "499000"),
        ]);
        assert_eq!((list[0].dimension, list[0].window), (Dimension::Requests, Some(MINUTE)));
        assert_eq!((list[1].dimension, list[1].remaining), (Dimension::TotalTokens, Some(499_000)));
    }

    #[test]
    fn what_a_call_cost_is_told_by_the_current_names_alone() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-tokens-query-cost", HeaderValue::from_static("106"));
        headers.insert("ratelimitbysize-query-cost", HeaderValue::from_static("32013"));
        let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        let charged = observe(&head).charged;
        assert_eq!(charged.len(), 1);
        assert_eq!((charged[0].dimension, charged[0].amount), (Dimension::TotalTokens, 106));
    }

    #[test]
    fn each_modality_has_a_dimension_of_its_own() {
        let dimension = |name: &'static str| limits(&[(name, "100")])[0].dimension;
        assert_eq!(dimension("x-ratelimit-limit-ocr-pages-minute"), Dimension::Pages);
        assert_eq!(dimension("x-ratelimit-limit-audio-seconds-minute"), Dimension::AudioSeconds);
        assert_eq!(dimension("x-ratelimit-limit-input-characters-minute"), Dimension::Characters);
    }
}
