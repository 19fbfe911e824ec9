//! OpenRouter's limit in response headers, which only its own refusals carry; the reset is in epoch milliseconds.

use http::HeaderName;
use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::{Row, push};

/// Recorded and reported 2025-08 to 2026-08. The window stands in the message only.
static REQUESTS: Row = Row {
    dimension: Dimension::Requests,
    window: None,
    limit: HeaderName::from_static("x-ratelimit-limit"),
    remaining: HeaderName::from_static("x-ratelimit-remaining"),
    reset: HeaderName::from_static("x-ratelimit-reset"),
};

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let mut list = Vec::new();
    push(&mut list, enforcement::hint(REQUESTS.read(head)));
    list
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn the_reset_is_epoch_milliseconds() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-limit", HeaderValue::from_static("20"));
        headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
        headers.insert("x-ratelimit-reset", HeaderValue::from_static("1754667660000"));
        let received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_754_667_640);
        let list = observe(&ResponseHead { status: 429, headers: &headers, received_at });
        assert_eq!((list[0].limit, list[0].remaining), (Some(20), Some(0)));
        assert_eq!((list[0].reset, list[0].window), (Some(Duration::from_secs(20)), None));
    }
}
