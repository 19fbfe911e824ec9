//! OpenRouter's limit in response headers, which only its own refusals carry; the reset is in epoch milliseconds.

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::limits::{Place, Row, Scheme, collect, part_first};
use crate::{Observed, ResponseHead};

/// The names of OpenRouter, recorded and reported 2025-08 to 2026-08. The window stands in the message only.
static SCHEME: Scheme = Scheme { place, finish, finish_common: |limit| limit };

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Observed {
    collect(head, &SCHEME)
}

fn place(name: &str) -> Place<'_> {
    match name.strip_prefix("x-ratelimit-").and_then(part_first) {
        Some((part, stem @ "")) => {
            Place::At(Row { dimension: Dimension::Requests, window: None, stem }, part)
        }
        _ => Place::Unlisted,
    }
}

fn finish(observation: Observation, _: &str) -> Observation {
    enforcement::hint(observation)
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
        let list = observe(&ResponseHead { status: 429, headers: &headers, received_at }).limits;
        assert_eq!((list[0].limit, list[0].remaining), (Some(20), Some(0)));
        assert_eq!((list[0].reset, list[0].window), (Some(Duration::from_secs(20)), None));
    }
}
