//! Venice: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08 (<https://docs.venice.ai/api-reference/rate-limiting>): requests reset at epoch seconds, tokens in
//! seconds, under names that look alike; prompt and completion tokens count together, within a minute that slides. Of the
//! limits that can refuse no body says which it was: the two resets say when to come back. No recording has a header.

use tidegate_core::{Class, Dimension, Enforcement, Observation};

use super::{Host, input_then_output};
use crate::compatible::{RULES, rule as usual};
use crate::fault::{Case, Ruling, Wait};
use crate::value::until_by_shape;
use crate::{Dialect, WaitSource};

pub(super) static HOST: Host =
    Host::of(Dialect::Venice).hint(hint).charging(input_then_output).rule(rule).wait(wait);

/// The limits that can refuse: the header of what is left of each, and that of its reset.
const RESETS: [[&str; 2]; 2] = [
    ["x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
    ["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
];

/// Adds what is known to what a header stated.
fn hint(mut observation: Observation) -> Observation {
    if observation.dimension == Dimension::TotalTokens {
        observation.enforcement = Enforcement::SlidingWindow;
    }
    observation
}

/// A model that the plan does not have is refused with the status of a wrong key, and too many failed calls of a user shut
/// out all of the user's calls (documentation, 2026-08: <https://docs.venice.ai/api-reference/error-codes>).
fn rule(case: &Case<'_>) -> Option<Ruling> {
    match case.status {
        401 if case.fault.says("only available to pro users") => Some(Ruling::lane(Class::Auth)),
        429 if case.fault.says("too many failed attempts") => Some(Ruling::account(Class::Throttled)),
        _ => usual(case),
    }
}

/// The reset of whatever is used up.
fn wait(case: &Case<'_>) -> Option<Wait> {
    let head = case.head.filter(|head| head.status == 429);
    let reset = head.and_then(|head| {
        let used_up = RESETS.into_iter().filter(|[remaining, _]| head.count(*remaining) == Some(0));
        used_up.filter_map(|[_, reset]| until_by_shape(head.text(reset)?, || head.date()).ok()).max()
    });
    Wait::longer(Wait::from(reset, WaitSource::Reset), (RULES.wait)(case))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use http::{HeaderMap, HeaderName};

    use super::*;
    use crate::{Endpoint, EndpointKind, ResponseHead, Verdict, adapter};

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    fn refused(pairs: &[(&str, &str)], status: u16, body: &str) -> Verdict {
        let headers = headers(pairs);
        // 2025-08-08T15:40:00Z.
        let received_at: SystemTime = UNIX_EPOCH + Duration::from_secs(1_754_667_600);
        let head = ResponseHead { status, headers: &headers, received_at };
        adapter(Dialect::Venice).classify(&head, body.as_bytes())
    }

    #[test]
    fn a_refusal_waits_for_the_reset_of_what_is_used_up() {
        let requests = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1754667612"),
            ("x-ratelimit-remaining-tokens", "500000"),
            ("x-ratelimit-reset-tokens", "41"),
        ];
        let body = r#"{"error":"Rate limit exceeded"}"#;
        let verdict = refused(&requests, 429, body);
        assert_eq!(
            (verdict.retry_after, verdict.waits_by),
            (Some(Duration::from_secs(12)), Some(WaitSource::Reset))
        );
        let tokens = [("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "41")];
        assert_eq!(refused(&tokens, 429, body).retry_after, Some(Duration::from_secs(41)));
        assert_eq!(refused(&requests[2..], 429, body).retry_after, None, "nothing is used up");
        assert_eq!(refused(&tokens, 503, body).retry_after, None, "no limit refused it");
        for reset in ["soon", "-5", "99999999999"] {
            let odd = [("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", reset)];
            assert_eq!(refused(&odd, 429, body).retry_after, None, "{reset}");
        }
    }

    #[test]
    fn tokens_slide_and_requests_are_not_said_to() {
        let headers = headers(&[
            ("x-ratelimit-limit-requests", "75"),
            ("x-ratelimit-remaining-requests", "74"),
            ("x-ratelimit-reset-requests", "1754667612"),
            ("x-ratelimit-limit-tokens", "750000"),
            ("x-ratelimit-remaining-tokens", "749900"),
            ("x-ratelimit-reset-tokens", "60"),
            ("x-ratelimit-type", "user"),
            ("x-venice-balance-usd", "4.20"),
        ]);
        let received_at = UNIX_EPOCH + Duration::from_secs(1_754_667_600);
        let head = ResponseHead { status: 200, headers: &headers, received_at };
        let observed = adapter(Dialect::Venice).read_head(Endpoint::of(EndpointKind::Chat), &head);
        assert_eq!(observed.ignored, []);
        let known =
            |limit: &Observation| (limit.dimension, limit.enforcement, limit.reset.unwrap().as_secs());
        assert_eq!(
            observed.limits.iter().map(known).collect::<Vec<_>>(),
            [
                (Dimension::Requests, Enforcement::Unknown, 12),
                (Dimension::TotalTokens, Enforcement::SlidingWindow, 60)
            ]
        );
    }
}
