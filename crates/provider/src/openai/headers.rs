//! OpenAI's limits in response headers: `x-ratelimit-{limit,remaining,reset}-{..}`.
//!
//! Recorded to 2026-08 on 3 451 responses. Values are plain integers and Go durations. The names do not tell the
//! window: models with a daily request limit show their daily bucket under the same names.

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::limits::{DAY, MINUTE, Place, Resolution, Row, Scheme, collect, deduce_window, part_first};
use crate::{Observed, ResponseHead};

/// The names of OpenAI.
pub(crate) static SCHEME: Scheme = Scheme { place, finish, finish_common: |limit| limit };

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Observed {
    collect(head, &SCHEME)
}

/// Project limits stand beside those of the organization, and whichever comes first binds (documentation,
/// 2026-08); the two `usage_based` forms are of 2023.
fn place(name: &str) -> Place<'_> {
    let Some((part, stem)) = name.strip_prefix("x-ratelimit-").and_then(part_first) else {
        return Place::Unlisted;
    };
    let dimension = match stem {
        "requests" | "project-requests" => Dimension::Requests,
        "tokens" | "project-tokens" | "tokens_usage_based" | "tokens-usage-based" => Dimension::TotalTokens,
        "input-images" => Dimension::Images,
        _ => return Place::Unlisted,
    };
    Place::At(Row { dimension, window: None, stem }, part)
}

fn finish(mut observation: Observation, _: &str) -> Observation {
    observation.window =
        observation.window.or_else(|| deduce_window(&observation, Resolution::MILLIS, &[MINUTE, DAY]));
    enforcement::hint(observation)
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
        observe(&ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH }).limits
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
