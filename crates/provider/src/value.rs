//! Parsers of header values: counts, durations, dates. Garbage is `None`, never a guess.
//!
//! The same header name carries different units at different providers, but their forms never overlap, so a reset
//! is read by the shape of its value ([`until_by_shape`]).

mod duration;
mod instant;

use std::time::{Duration, SystemTime};

use crate::Why;
pub use duration::parse_duration;
pub(crate) use duration::{go_duration, seconds};
pub use instant::parse_instant;
pub(crate) use instant::{epoch_millis, http_date, rfc3339, until_midnight};

/// Longer than any wait or reset that a provider means (a yearly quota); what is beyond is a sentinel.
pub(crate) const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The top of the signed range is a sentinel for "no limit" (seen as 9223372036854767616, 2026-08).
const SENTINEL_FROM: u64 = 1 << 62;

/// More tokens, pages or seconds than any call has: a hundred times the longest contexts (2026-08). What is beyond is a -1
/// that was written without its sign, or garbage, and would be a debt for ever.
pub(crate) const ONE_CALL_MAX: u64 = 1_000_000_000;

/// A count: digits only, in range.
///
/// A fraction of zeros counts as none (`150000.000000` in refusals of 2023); any other fraction is no count.
pub(crate) fn count(text: &str) -> Result<u64, Why> {
    let text = text.trim_ascii();
    // Nearly every count is plain digits: no more is done for them than must be.
    if (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.bytes().fold(0, |count, digit| count * 10 + u64::from(digit - b'0')));
    }
    if text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(Why::Negative);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.bytes().any(|byte| byte != b'0') {
        return Err(Why::NotACount);
    }
    whole.parse().ok().filter(|count| *count < SENTINEL_FROM).ok_or(Why::Sentinel)
}

/// A wait or reset in any form, told apart by shape: suffix letters are a duration, thirteen digits epoch
/// milliseconds, ten digits epoch seconds, a `T` and a zone a date, a bare number seconds. What has passed is zero.
pub(crate) fn until_by_shape(text: &str, now: impl Fn() -> SystemTime) -> Result<Duration, Why> {
    let text = text.trim_ascii();
    if text.starts_with('-') {
        return Err(Why::Negative);
    }
    let from = |instant: SystemTime| instant.duration_since(now()).unwrap_or(Duration::ZERO);
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let wait = if is_number {
        // The whole part tells the shape; numbers below the first epoch that is meant are seconds.
        match text.split('.').next().map(str::len) {
            Some(..10) => seconds(text),
            _ => parse_instant(text).map(from),
        }
    } else {
        go_duration(text).or_else(|| parse_instant(text).map(from))
    };
    match wait {
        Some(wait) if wait > LONGEST => Err(Why::TooLong),
        Some(wait) => Ok(wait),
        None => Err(Why::NotASpan),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_digits_and_nothing_else() {
        assert_eq!(count("0"), Ok(0));
        assert_eq!(count(" 30000 "), Ok(30_000));
        assert_eq!(count("150000.000000"), Ok(150_000));
        for (garbage, why) in [
            ("", Why::NotACount),
            ("-1", Why::Negative),
            ("-", Why::NotACount),
            ("+5", Why::NotACount),
            ("1e3", Why::NotACount),
            ("1.5", Why::NotACount),
            ("1.", Why::NotACount),
            ("5, 5", Why::NotACount),
            ("NaN", Why::NotACount),
            ("REDACTED", Why::NotACount),
            ("9223372036854767616", Why::Sentinel),
            ("99999999999999999999", Why::Sentinel),
        ] {
            assert_eq!(count(garbage), Err(why), "{garbage:?}");
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
            assert_eq!(wait, Ok(millis), "{text}");
        }
        for (garbage, why) in [
            ("", Why::NotASpan),
            ("soon", Why::NotASpan),
            ("NaN", Why::NotASpan),
            ("inf", Why::NotASpan),
            ("-3", Why::Negative),
            ("1e300", Why::NotASpan),
            (".", Why::NotASpan),
            ("1.2.3", Why::NotASpan),
            ("4102444799", Why::TooLong),
            ("X-RATELIMIT-RESET-TOKENS-XXX", Why::NotASpan),
        ] {
            assert_eq!(until_by_shape(garbage, || now), Err(why), "{garbage:?}");
        }
    }
}
