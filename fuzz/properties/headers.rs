//! Heads: no limit that no header states, nothing left above its limit, no wait of a success, bounded lists.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_core::Observation;
use tidegate_provider::{Endpoint, EndpointKind, Observed, ResponseHead};

use super::input::Input;

/// The longest window or reset that is read: a leap year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The most limits of one head.
const LIMITS_MAX: usize = 64;

/// Checks one head: a header a line.
pub(crate) fn check(data: &[u8]) {
    let input = Input::of(data);
    let mut headers = HeaderMap::new();
    for line in input.rest.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            let _ = headers.try_append(name, value);
        }
    }
    let received_at = UNIX_EPOCH + Duration::from_secs(1_754_667_600);
    let head = ResponseHead { status: input.number, headers: &headers, received_at };
    let observed = input.adapter.read_head(Endpoint::of(EndpointKind::Chat), &head);
    assert!(observed.ignored.len() <= Observed::IGNORED_MAX && observed.limits.len() <= LIMITS_MAX);
    for limit in &observed.limits {
        within_reason(limit, &headers);
    }
    let verdict = input.adapter.classify(&head, b"");
    assert!(verdict.retry_after.is_none() || verdict.class.is_retryable(), "a wait that does not help");
    assert!(verdict.retry_after.is_none_or(|wait| wait <= LONGEST), "{verdict:?}");
    assert!(head.status >= 400 || verdict.retry_after.is_none(), "a success asks for a wait");
}

fn within_reason(limit: &Observation, headers: &HeaderMap) {
    assert!(limit.limit.is_some() || limit.remaining.is_some(), "a limit that says nothing");
    assert!(limit.remaining.unwrap_or(0) <= limit.limit.unwrap_or(u64::MAX), "{limit:?}");
    assert!(limit.reset.is_none_or(|reset| reset <= LONGEST), "{limit:?}");
    for number in [limit.limit, limit.remaining].into_iter().flatten() {
        let digits = number.to_string();
        let states = |value: &HeaderValue| {
            value.to_str().is_ok_and(|text| {
                let numbers = text.split(|c: char| !c.is_ascii_digit());
                numbers
                    .map(|digits| digits.trim_start_matches('0'))
                    .any(|own| own == digits.trim_start_matches('0'))
            })
        };
        assert!(headers.values().any(states), "no header says {digits}");
    }
}
