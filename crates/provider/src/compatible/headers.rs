//! Limits of compatible hosts: the names that are common to many, and those of the host; values read by their shape.

use super::enforcement;
use crate::hosts::Host;
use crate::limits::collect;
use crate::{Observed, ResponseHead};

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>, host: &Host) -> Observed {
    let mut observed = collect(head, &host.scheme);
    for limit in &mut observed.limits {
        *limit = enforcement::hint(*limit, host);
    }
    observed
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderValue};
    use tidegate_core::{Dimension, Observation};

    use super::*;
    use crate::Dialect;
    use crate::limits::{DAY, MINUTE};

    fn limits(pairs: &[(&'static str, &'static str)]) -> Vec<Observation> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
        observe(&head, crate::hosts::of(Dialect::Compatible).host()).limits
    }

    #[test]
    fn a_daily_and_a_minute_bucket_under_the_same_names_are_told_apart() {
        let list = limits(&[
            ("x-ratelimit-limit-requests", "14400"),
            ("x-ratelimit-remaining-requests", "14398"),
            ("x-ratelimit-reset-requests", "10.974999999s"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "29642"),
            ("x-ratelimit-reset-tokens", "716ms"),
        ]);
        assert_eq!((list[0].dimension, list[0].window), (Dimension::Requests, Some(DAY)));
        assert_eq!((list[1].dimension, list[1].window), (Dimension::TotalTokens, Some(MINUTE)));
    }

    #[test]
    fn names_with_a_window_state_one_limit_each() {
        let list = limits(&[
            ("x-ratelimit-limit-tokens-minute", "60000"),
            ("x-ratelimit-limit-tokens-day", "1000000"),
            ("x-ratelimit-remaining-tokens-day", "2999976"),
            ("x-ratelimit-reset-tokens-day", "33011.382867"),
        ]);
        assert_eq!(list.len(), 2);
        let day = list.iter().find(|limit| limit.window == Some(DAY)).unwrap();
        assert_eq!(day.remaining, Some(1_000_000), "more than there is means all of it");
        assert_eq!(day.reset.unwrap().as_secs(), 33_011);
    }

    #[test]
    fn a_reset_is_read_in_the_unit_that_fits_its_window() {
        let reset = |text: &'static str| {
            let list = limits(&[
                ("x-ratelimit-limit-requests", "120"),
                ("x-ratelimit-remaining-requests", "119"),
                ("x-ratelimit-renewalperiod-requests", "60"),
                ("x-ratelimit-reset-requests", text),
            ]);
            assert_eq!(list[0].window, Some(MINUTE));
            list[0].reset
        };
        assert_eq!(reset("500"), Some(Duration::from_millis(500)));
        assert_eq!(reset("30"), Some(Duration::from_secs(30)));
        assert_eq!(reset("86400"), None, "longer than the window");
    }

    #[test]
    fn the_short_names_count_requests() {
        let list = limits(&[("ratelimit-remaining", "599"), ("ratelimit-reset", "1")]);
        assert_eq!(
            (list[0].dimension, list[0].limit, list[0].remaining),
            (Dimension::Requests, None, Some(599))
        );
    }

    #[test]
    fn unknown_names_and_sentinels_state_nothing() {
        let list = limits(&[
            ("x-ratelimit", "false"),
            ("x-ratelimit-limit-unicorns", "5"),
            ("x-ratelimit-limit-requests", "-1"),
            ("x-ratelimit-over-limit", "yes"),
            ("llm_provider-x-ratelimit-limit-requests", "7"),
        ]);
        assert_eq!(list, []);
    }
}
