//! OpenAI's limits in response headers: `x-ratelimit-{limit,remaining,reset}-{..}`.
//!
//! Recorded to 2026-08 on 3 451 responses. Values are plain integers and Go durations. The names do not tell the
//! window: models with a daily request limit show their daily bucket under the same names.

use http::HeaderName;
use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::{DAY, MINUTE, Resolution, Row, deduce_window, push};

macro_rules! row {
    ($dimension:ident, $name:literal) => {
        Row {
            dimension: Dimension::$dimension,
            window: None,
            limit: HeaderName::from_static(concat!("x-ratelimit-limit-", $name)),
            remaining: HeaderName::from_static(concat!("x-ratelimit-remaining-", $name)),
            reset: HeaderName::from_static(concat!("x-ratelimit-reset-", $name)),
        }
    };
}

/// Project limits stand beside those of the organization, and whichever comes first binds (documentation,
/// 2026-08); the two `usage_based` forms are of 2023.
static TABLE: [Row; 7] = [
    row!(Requests, "requests"),
    row!(TotalTokens, "tokens"),
    row!(Requests, "project-requests"),
    row!(TotalTokens, "project-tokens"),
    row!(TotalTokens, "tokens_usage_based"),
    row!(TotalTokens, "tokens-usage-based"),
    row!(Images, "input-images"),
];

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let mut list = Vec::new();
    for row in &TABLE {
        let mut observation = row.read(head);
        observation.window = deduce_window(&observation, Resolution::MILLIS, &[MINUTE, DAY]);
        push(&mut list, enforcement::hint(observation));
    }
    list
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn limits(pairs: &[(&'static str, &'static str)]) -> Vec<Observation> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        observe(&ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH })
    }

    #[test]
    fn the_usual_six_headers_are_two_limits_a_minute() {
        let list = limits(&[
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-requests", "499"),
            ("x-ratelimit-reset-requests", "120ms"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "28500"),
            ("x-ratelimit-reset-tokens", "3s"),
        ]);
        assert_eq!(list.len(), 2);
        assert_eq!(
            (list[0].dimension, list[0].limit, list[0].remaining),
            (Dimension::Requests, Some(500), Some(499))
        );
        assert_eq!((list[0].reset, list[0].window), (Some(Duration::from_millis(120)), Some(MINUTE)));
        assert_eq!((list[1].dimension, list[1].window), (Dimension::TotalTokens, Some(MINUTE)));
    }

    #[test]
    fn a_daily_request_bucket_is_seen_by_its_reset() {
        let list = limits(&[
            ("x-ratelimit-limit-requests", "200"),
            ("x-ratelimit-remaining-requests", "198"),
            ("x-ratelimit-reset-requests", "14m24s"),
        ]);
        assert_eq!(list[0].window, Some(DAY));
    }

    #[test]
    fn garbage_and_sentinels_state_nothing() {
        let list = limits(&[
            ("x-ratelimit-limit-requests", "X-RATELIMIT-LIMIT-REQUESTS-XXX"),
            ("x-ratelimit-remaining-requests", "-1"),
            ("x-ratelimit-reset-requests", "12 parsecs"),
        ]);
        assert_eq!(list, []);
    }

    #[test]
    fn the_stricter_of_project_and_organization_counts() {
        let list = limits(&[
            ("x-ratelimit-limit-tokens", "30000000"),
            ("x-ratelimit-remaining-tokens", "29000000"),
            ("x-ratelimit-limit-project-tokens", "1000000"),
            ("x-ratelimit-remaining-project-tokens", "999000"),
        ]);
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].limit, Some(1_000_000));
    }
}
