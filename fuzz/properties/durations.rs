//! Spans and instants: whatever is read lies within what providers mean, and is read the same again.

use std::time::{Duration, UNIX_EPOCH};

use tidegate_provider::{parse_duration, parse_instant};

/// The longest span that is read: a leap year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The end of what is read as a date: the year 2100.
const LATEST: Duration = Duration::from_secs(4_102_444_800);

/// Checks one text.
pub(crate) fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let span = parse_duration(&text);
    assert_eq!(span, parse_duration(&format!(" {text} ")), "blanks around a span change it");
    if let Some(span) = span {
        assert!(span <= LONGEST, "{span:?} is longer than any wait");
        assert!(text.bytes().any(|byte| byte.is_ascii_digit()), "a span without a digit");
        let again = format!("{}ns", span.as_nanos());
        if span.as_nanos() < 1_000_000_000_000_000 {
            assert_eq!(parse_duration(&again), Some(span), "{again}");
        }
    }
    if let Some(instant) = parse_instant(&text) {
        let since = instant.duration_since(UNIX_EPOCH).expect("nothing before the epoch is read");
        assert!(since <= LATEST + Duration::from_secs(365 * 86_400 * 8_000), "{since:?}");
    }
}
