//! How long an error asks to wait: headers that every dialect shares, and the texts of messages.

use std::time::{Duration, SystemTime};

use http::HeaderName;
use http::header::RETRY_AFTER;

use crate::value::{LONGEST, go_duration, http_date, rfc3339, seconds};
use crate::{ResponseHead, WaitSource};

/// A stated wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) span: Duration,
    pub(crate) source: WaitSource,
}

impl Wait {
    /// A wait from somewhere, where there is one. What is longer than a year is a sentinel or rubbish.
    pub(crate) fn from(span: Option<Duration>, source: WaitSource) -> Option<Self> {
        Some(Self { span: span.filter(|span| *span <= LONGEST)?, source })
    }

    /// The longer of two; of equal ones the first.
    pub(crate) fn longer(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if other.span > one.span => Some(other),
            (one, other) => one.or(other),
        }
    }
}

/// The wait that headers state: the larger of `retry-after` and `retry-after-ms`, since the one can be zero beside
/// the other (Azure, recorded 2025-04). The caller asks only for errors: on a 200 the header means nothing
/// (107 recordings at Anthropic, 2025-11 to 2026-08).
pub(crate) fn of_headers(head: &ResponseHead<'_>) -> Option<Wait> {
    let wait = |name, source| Some(Wait { span: of_header(head, name)?, source });
    Wait::longer(wait(&RETRY_AFTER, WaitSource::RetryAfter), wait(&MILLIS, WaitSource::RetryAfterMs))
}

/// The wait that one of these headers states.
pub(crate) fn of_header(head: &ResponseHead<'_>, name: &HeaderName) -> Option<Duration> {
    // Of several the longest, as of several headers.
    let texts = head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    texts.filter_map(|text| of_text(head, name, text.trim_ascii())).max()
}

fn of_text(head: &ResponseHead<'_>, name: &HeaderName, text: &str) -> Option<Duration> {
    if *name == MILLIS {
        return seconds(text)?.checked_div(1_000);
    }
    let date = || http_date(text).or_else(|| rfc3339(text));
    let span = seconds(text).or_else(|| go_duration(text)).or_else(|| Some(head.until(date()?)));
    span.filter(|span| *span <= LONGEST)
}

const MILLIS: HeaderName = HeaderName::from_static("retry-after-ms");

/// The phrases after which messages state a wait.
///
/// OpenAI and Groq: "Please try again in 17.552s"; Azure: "Please retry after 45 seconds", "Try again in 2 seconds";
/// Gemini: "Please retry in 48.9s"; OpenRouter: "Retry after 40 seconds"; Venice: "Please wait 30s"; Replicate:
/// "Expected available in 1 second" (reports to 2026-08).
const MARKERS: [&str; 9] = [
    "again in ",
    "again after ",
    "retry in ",
    "retry after ",
    "wait ",
    "wait for ",
    "available in ",
    "resets in ",
    "reset in ",
];

/// The phrases after which messages state an instant. MiniMax: "resets at 2026-05-15T15:00:00Z" (report, 2026-05).
const INSTANTS: [&str; 4] = ["resets at ", "reset at ", "retry after ", "try again at "];

/// The most of a message that is searched; waits stand in the first sentences.
const SEARCHED_MAX: usize = 4_096;

/// The wait that a message states, the first one of several.
pub(crate) fn of_message(message: &str, now: Option<SystemTime>) -> Option<Wait> {
    let lower: String = message.chars().take(SEARCHED_MAX).map(|c| c.to_ascii_lowercase()).collect();
    let after = |marker: &'static str| lower.match_indices(marker).map(move |(at, _)| at + marker.len());
    let stated = MARKERS.into_iter().flat_map(after).find_map(|start| span(&lower[start..]));
    let until = || {
        let instant = INSTANTS.into_iter().flat_map(after).find_map(|start| {
            let upper = lower[start..].split([' ', ',', ')']).next()?.to_ascii_uppercase();
            rfc3339(upper.trim_end_matches('.'))
        })?;
        // What has passed is no wait: without a date of its own, nothing tells when the message was written.
        instant.duration_since(now?).ok().filter(|span| *span <= LONGEST)
    };
    Wait::from(stated.or_else(until), WaitSource::Message)
}

/// A span at the start of a text: `1m0.36s`, or numbers and words for their units, such as `1 minute 30 seconds`.
fn span(text: &str) -> Option<Duration> {
    let mut words = text
        .split_whitespace()
        .map(|word| word.trim_matches(['.', ',', ';', ')', '(', '!', '*', '`', '\'', '"', '}', ']']));
    let first = words.next()?;
    if let Some(span) = go_duration(first) {
        return Some(span);
    }
    let mut total = named(first, words.next()?)?;
    // Larger units come with smaller ones after them: at most days, hours, minutes and seconds.
    for _ in 0..3 {
        let mut next = words.clone().skip_while(|word| *word == "and");
        match next.next().zip(next.next()).and_then(|(number, unit)| named(number, unit)) {
            Some(more) => total = total.checked_add(more)?,
            None => break,
        }
        words = words.clone();
        words.by_ref().take(2).for_each(drop);
    }
    Some(total)
}

/// A number with a word for its unit.
fn named(number: &str, unit: &str) -> Option<Duration> {
    let seconds_each = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" | "second(s" | "seconds(s" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "ms" | "millisecond" | "milliseconds" => return seconds(number)?.checked_div(1_000),
        _ => return None,
    };
    seconds(number)?.checked_mul(seconds_each)
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
            ("Please try again in 1 minute and 30 seconds.", 90_000),
            ("Request was throttled. Expected available in 1 second.", 1_000),
            ("Rate limit exceeded, retry after 250 ms", 250),
            ("Rate limit of 150 per 86400s exceeded. Please wait 42839 seconds before retrying.", 42_839_000),
            ("Limit 3 / min. Please try again in 20s. Contact us", 20_000),
            ("Quota is used up. You can call again in 1 hour, 2 minutes.", 3_720_000),
            ("Please try again in 6m0s.", 360_000),
            ("Please try again in 20ms.", 20),
            ("limit reached, resets at 1970-01-01T00:01:00Z (2056)", 60_000),
        ];
        for (message, millis) in cases {
            assert_eq!(
                of_message(message, Some(UNIX_EPOCH)).map(|wait| wait.span),
                Some(Duration::from_millis(millis)),
                "{message}"
            );
        }
    }

    #[test]
    fn messages_without_a_wait_state_none() {
        for message in [
            "Please try again later.",
            "too many tokens, please wait before trying again",
            "wait 5 of them",
            "Please retry in a moment",
            "try again in 5",
            "",
            "retry after ",
        ] {
            assert_eq!(of_message(message, Some(UNIX_EPOCH)), None, "{message}");
        }
    }

    #[test]
    fn the_larger_of_the_two_headers_counts() {
        let wait = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_static(value));
            }
            of_headers(&ResponseHead { status: 429, headers: &headers, received_at: UNIX_EPOCH })
                .map(|wait| wait.span)
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
        assert_eq!(
            wait(&[("retry-after", "2"), ("retry-after", "9"), ("retry-after", "NaN")]),
            millis(9_000)
        );
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "Thu, 01 Jan 2099 00:00:00 GMT")]), None, "longer than a year");
    }
}
