//! Mistral's limits in response headers, all generations of names (398 recordings, 2024-08 to 2026-08).
//!
//! The names tell the window; there is no reset in any current form. Streams carry no limits at all.

use std::time::Duration;

use http::HeaderName;
use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::{MINUTE, MONTH, Row, push};

const TEN_SECONDS: Duration = Duration::from_secs(10);

macro_rules! row {
    ($dimension:ident, $window:expr, $name:literal) => {
        Row {
            dimension: Dimension::$dimension,
            window: Some($window),
            limit: HeaderName::from_static(concat!("x-ratelimit-limit-", $name)),
            remaining: HeaderName::from_static(concat!("x-ratelimit-remaining-", $name)),
            reset: HeaderName::from_static(concat!("x-ratelimit-reset-", $name)),
        }
    };
}

/// Limits as of 2025-09 and later. A reset was never seen.
static TABLE: [Row; 7] = [
    row!(Requests, MINUTE, "req-minute"),
    row!(Requests, TEN_SECONDS, "req-10-second"),
    row!(TotalTokens, MINUTE, "tokens-minute"),
    row!(TotalTokens, MONTH, "tokens-month"),
    row!(AudioSeconds, MINUTE, "audio-seconds-minute"),
    row!(Pages, MINUTE, "ocr-pages-minute"),
    row!(Characters, MINUTE, "input-characters-minute"),
];

/// Limits of 2024-08 to 2025-01: the current minute in two spellings, and the month.
static LEGACY: [Row; 3] = [
    Row {
        dimension: Dimension::TotalTokens,
        window: Some(MINUTE),
        limit: HeaderName::from_static("ratelimitbysize-limit"),
        remaining: HeaderName::from_static("ratelimitbysize-remaining"),
        reset: HeaderName::from_static("ratelimitbysize-reset"),
    },
    Row {
        dimension: Dimension::TotalTokens,
        window: Some(MINUTE),
        limit: HeaderName::from_static("x-ratelimitbysize-limit-minute"),
        remaining: HeaderName::from_static("x-ratelimitbysize-remaining-minute"),
        reset: HeaderName::from_static("ratelimitbysize-reset"),
    },
    Row {
        dimension: Dimension::TotalTokens,
        window: Some(MONTH),
        limit: HeaderName::from_static("x-ratelimitbysize-limit-month"),
        remaining: HeaderName::from_static("x-ratelimitbysize-remaining-month"),
        reset: HeaderName::from_static("x-ratelimitbysize-reset-month"),
    },
];

/// Headers of the request limit, whose zero means that the workspace does not have the model.
pub(crate) const REQUEST_LIMITS: [&str; 2] =
    ["x-ratelimit-limit-req-minute", "x-ratelimit-limit-req-10-second"];

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let mut list = Vec::new();
    for row in &TABLE {
        push(&mut list, enforcement::hint(row.read(head)));
    }
    for row in &LEGACY {
        push(&mut list, enforcement::legacy_hint(row.read(head)));
    }
    list
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue};
    use tidegate_core::{ChargedAt, Enforcement};

    use super::*;

    fn limits(pairs: &[(&'static str, &'static str)]) -> Vec<Observation> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        observe(&ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH })
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
        assert_eq!(
            (list[0].enforcement, list[0].charged_at),
            (Enforcement::FixedWindow, ChargedAt::Admission)
        );
        assert_eq!((list[0].window, list[0].reset), (Some(MINUTE), None));
        assert_eq!(
            (list[1].enforcement, list[1].charged_at),
            (Enforcement::WeightedCounter, ChargedAt::Completion)
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
    fn each_modality_has_a_dimension_of_its_own() {
        let dimension = |name: &'static str| limits(&[(name, "100")])[0].dimension;
        assert_eq!(dimension("x-ratelimit-limit-ocr-pages-minute"), Dimension::Pages);
        assert_eq!(dimension("x-ratelimit-limit-audio-seconds-minute"), Dimension::AudioSeconds);
        assert_eq!(dimension("x-ratelimit-limit-input-characters-minute"), Dimension::Characters);
    }
}
