//! Parsers of header values: counts, durations, dates. Garbage is `None`, never a guess.
//!
//! The same header name carries different units at different providers, but their forms never overlap, so a reset
//! is read by the shape of its value ([`until_by_shape`]).

mod duration;
mod instant;

use std::time::{Duration, SystemTime};

pub use duration::parse_duration;
pub(crate) use duration::{go_duration, seconds};
pub use instant::parse_instant;
pub(crate) use instant::{epoch_millis, http_date, rfc3339};

/// Longer than any wait or reset that a provider means (a yearly quota); what is beyond is a sentinel.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Below this a plain number of seconds is a duration, from here on a date (2001 and later).
const EPOCH_SECONDS_FROM: f64 = 1e9;

/// A count: digits only, in range. Negative sentinels, fractions and words are `None`.
pub(crate) fn count(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // The top of the signed range is a sentinel for "no limit" (seen as 9223372036854767616, 2026-08).
    let plausible = |count: &u64| *count < 1 << 62;
    if digits { text.parse().ok().filter(plausible) } else { None }
}

/// A wait or reset in any form, told apart by shape: suffix letters are a duration, thirteen digits epoch
/// milliseconds, ten digits epoch seconds, a `T` and a zone a date, a bare number seconds.
pub(crate) fn until_by_shape(text: &str, now: impl Fn() -> SystemTime) -> Option<Duration> {
    let text = text.trim();
    let from = |instant: SystemTime| instant.duration_since(now()).unwrap_or(Duration::ZERO);
    let wait = match text.parse::<f64>() {
        Ok(number) if number >= EPOCH_SECONDS_FROM => parse_instant(text).map(from),
        Ok(_) => seconds(text),
        Err(_) => go_duration(text).or_else(|| parse_instant(text).map(from)),
    };
    wait.filter(|wait| *wait <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_digits_and_nothing_else() {
        assert_eq!(count("0"), Some(0));
        assert_eq!(count(" 30000 "), Some(30_000));
        for garbage in
            ["", "-1", "+5", "1e3", "1.0", "5, 5", "REDACTED", "9223372036854767616", "99999999999999999999"]
        {
            assert_eq!(count(garbage), None, "{garbage:?}");
        }
    }

    #[test]
    fn the_shape_tells_the_unit_of_an_unknown_host() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_754_667_600);
        let cases = [
            ("6m0s", 360_000),
            ("716ms", 716),
            ("33011.382867", 33_011_383),
            ("7", 7_000),
            ("1754667660", 60_000),
            ("1754667660000", 60_000),
            ("2025-08-08T15:41:00Z", 60_000),
        ];
        for (text, millis) in cases {
            let wait = until_by_shape(text, || now).map(|wait| wait.as_micros().div_ceil(1_000));
            assert_eq!(wait, Some(millis), "{text}");
        }
        for garbage in ["", "soon", "NaN", "inf", "-3", "1e300", "X-RATELIMIT-RESET-TOKENS-XXX"] {
            assert_eq!(until_by_shape(garbage, || now), None, "{garbage:?}");
        }
    }
}
