//! Absolute times in header values: RFC 3339, epoch seconds and milliseconds, HTTP dates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// From here on a number is epoch milliseconds (as seconds it would be the year 5138).
const EPOCH_MILLIS_FROM: f64 = 1e11;

/// The end of what is read as a date, in epoch seconds: the year 2100. Later ones are sentinels or garbage.
const LATEST: f64 = 4_102_444_800.0;

/// An instant in any form that providers use: RFC 3339, an HTTP date, epoch seconds or epoch milliseconds.
#[must_use]
pub fn parse_instant(text: &str) -> Option<SystemTime> {
    let text = text.trim_ascii();
    match text.parse::<f64>() {
        Ok(number) if number >= EPOCH_MILLIS_FROM => epoch_seconds(number / 1e3),
        Ok(number) => epoch_seconds(number),
        Err(_) => rfc3339(text).or_else(|| http_date(text)),
    }
}

/// Epoch milliseconds.
pub(crate) fn epoch_millis(text: &str) -> Option<SystemTime> {
    epoch_seconds(text.trim_ascii().parse::<f64>().ok()? / 1e3)
}

fn epoch_seconds(number: f64) -> Option<SystemTime> {
    // Asking for the range first keeps NaN, infinities and negative numbers out.
    (0.0..=LATEST).contains(&number).then(|| UNIX_EPOCH + Duration::from_secs_f64(number))
}

/// An RFC 3339 instant with a zone, such as `2025-01-14T22:01:32Z`.
pub(crate) fn rfc3339(text: &str) -> Option<SystemTime> {
    let text = text.trim_ascii();
    // The date library also reads notations of its own; only the one that providers use counts here.
    let dated = text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.len() <= 40;
    if !dated {
        return None;
    }
    let instant: jiff::Timestamp = text.parse().ok()?;
    epoch_seconds(instant.as_second() as f64 + f64::from(instant.subsec_nanosecond()) / 1e9)
}

/// An HTTP date, such as `Mon, 21 Apr 2025 19:13:46 GMT`.
pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text.trim_ascii()).ok()
}

/// How long from `now` until the next midnight of a time zone.
pub(crate) fn until_midnight(now: SystemTime, zone: &str) -> Option<Duration> {
    let now = jiff::Timestamp::try_from(now).ok()?;
    let today = now.in_tz(zone).ok()?;
    let midnight = today.tomorrow().ok()?.start_of_day().ok()?;
    Duration::try_from(midnight.timestamp().duration_since(now)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(text: &str) -> Option<u64> {
        parse_instant(text)
            .map(|instant| instant.duration_since(UNIX_EPOCH).expect("after the epoch").as_secs())
    }

    #[test]
    fn every_form_of_a_date_is_read() {
        assert_eq!(epoch("1754667660"), Some(1_754_667_660));
        assert_eq!(epoch("1754667660000"), Some(1_754_667_660));
        assert_eq!(epoch("2025-08-08T15:41:00Z"), Some(1_754_667_660));
        assert_eq!(epoch("2025-08-08T17:41:00+02:00"), Some(1_754_667_660));
        assert_eq!(epoch("Fri, 08 Aug 2025 15:41:00 GMT"), Some(1_754_667_660));
    }

    #[test]
    fn garbage_is_not_a_date() {
        for text in ["", "tomorrow", "2025-13-40T99:99:99Z", "NaN", "-inf", "1e30", "2025-08-08", "-1"] {
            assert_eq!(parse_instant(text), None, "{text:?}");
        }
    }
}
