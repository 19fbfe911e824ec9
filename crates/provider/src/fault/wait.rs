//! How long an error asks to wait: headers that every dialect shares, and the texts of messages.

use std::time::{Duration, SystemTime};

use http::HeaderName;
use http::header::RETRY_AFTER;

use crate::ResponseHead;
use crate::value::{go_duration, http_date, rfc3339, seconds};

/// The wait that headers state: the larger of `retry-after` and `retry-after-ms`, since the one can be zero beside
/// the other (Azure, recorded 2025-04). The caller asks only for errors: on a 200 the header means nothing
/// (107 recordings at Anthropic, 2025-11 to 2026-08).
pub(crate) fn of_headers(head: &ResponseHead<'_>) -> Option<Duration> {
    of_header(head, &MILLIS).max(of_header(head, &RETRY_AFTER))
}

/// The wait that one of these headers states.
pub(crate) fn of_header(head: &ResponseHead<'_>, name: &HeaderName) -> Option<Duration> {
    let text = head.text(name)?;
    if *name == MILLIS {
        return seconds(text)?.checked_div(1_000);
    }
    let date = || http_date(text).or_else(|| rfc3339(text));
    seconds(text).or_else(|| go_duration(text)).or_else(|| Some(head.until(date()?)))
}

const MILLIS: HeaderName = HeaderName::from_static("retry-after-ms");

/// The phrases after which messages state a wait.
/// OpenAI and Groq: "Please try again in 17.552s"; Azure: "Please retry after 45 seconds", "Try again in 2 seconds";
/// Gemini: "Please retry in 48.9s"; OpenRouter: "Retry after 40 seconds"; Venice: "Please wait 30s" (reports to
/// 2026-08).
const MARKERS: [&str; 4] = ["try again in ", "retry in ", "retry after ", "please wait "];

/// The wait that a message states, the first one of several.
pub(crate) fn of_message(message: &str, now: Option<SystemTime>) -> Option<Duration> {
    let lower = message.to_ascii_lowercase();
    let after =
        |marker: &str| lower.match_indices(marker).map(|(at, _)| at + marker.len()).collect::<Vec<_>>();
    let stated = MARKERS.into_iter().flat_map(after).find_map(|start| span(&lower[start..]));
    stated.or_else(|| {
        // MiniMax: "resets at 2026-05-15T15:00:00Z".
        let start = lower.find("resets at ")? + "resets at ".len();
        let instant = rfc3339(message[start..].split([' ', ',', ')']).next()?)?;
        Some(instant.duration_since(now?).unwrap_or(Duration::ZERO))
    })
}

/// A span at the start of a text: `1m0.36s`, or a number and a word for its unit.
fn span(text: &str) -> Option<Duration> {
    let mut words = text.split_whitespace().map(|word| word.trim_end_matches(['.', ',', ';', ')', '!']));
    let first = words.next()?;
    go_duration(first).or_else(|| {
        let unit = match words.next()? {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "day" | "days" => 86_400,
            "ms" | "millisecond" | "milliseconds" => return seconds(first)?.checked_div(1_000),
            _ => return None,
        };
        seconds(first)?.checked_mul(unit)
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn waits_in_messages_are_read() {
        let cases = [
            ("Limit 5. Please try again in 17.552s. Visit us", 17_552),
            ("Please try again in 174ms.", 174),
            ("try again in 9m38.016s", 578_016),
            ("Please retry after 45 seconds.", 45_000),
            ("Try again in 2 seconds.", 2_000),
            ("Please retry in 48.939s.", 48_939),
            ("Please wait 30s and try again.", 30_000),
            ("Try again in 1 minute.", 60_000),
            ("limit reached, resets at 1970-01-01T00:01:00Z (2056)", 60_000),
        ];
        for (message, millis) in cases {
            assert_eq!(
                of_message(message, Some(UNIX_EPOCH)),
                Some(Duration::from_millis(millis)),
                "{message}"
            );
        }
    }

    #[test]
    fn messages_without_a_wait_state_none() {
        for message in
            ["Please try again later.", "Please retry in a moment", "try again in 5", "", "retry after "]
        {
            assert_eq!(of_message(message, Some(UNIX_EPOCH)), None, "{message}");
        }
    }

    #[test]
    fn the_larger_of_the_two_headers_counts() {
        let wait = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            of_headers(&ResponseHead { status: 429, headers: &headers, received_at: UNIX_EPOCH })
        };
        let millis = |count| Some(Duration::from_millis(count));
        assert_eq!(wait(&[("retry-after-ms", "0"), ("retry-after", "1")]), millis(1_000));
        assert_eq!(
            wait(&[("retry-after-ms", "1500.5"), ("retry-after", "1")]),
            Some(Duration::from_micros(1_500_500))
        );
        assert_eq!(wait(&[("retry-after", "0.25")]), millis(250));
        assert_eq!(wait(&[("retry-after", "Thu, 01 Jan 1970 00:00:07 GMT")]), millis(7_000));
        assert_eq!(wait(&[("retry-after", "-1")]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
    }
}
