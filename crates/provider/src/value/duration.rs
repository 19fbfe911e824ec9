//! Durations in header values and message texts: seconds with fractions, and Go's `1m30.5s`.

use std::time::Duration;

use super::LONGEST;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A duration as providers write it: `6m0s`, `120ms`, `1h2m3.5s`, or bare seconds as `20` and `33011.38`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim_ascii();
    seconds(text).or_else(|| go_duration(text))
}

/// Bare seconds, whole or with a fraction. Signs, exponents and `NaN` are `None`.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let (nanos, rest) = number(text.trim_ascii().as_bytes(), NANOS_PER_SECOND)?;
    if rest.is_empty() { bounded(nanos) } else { None }
}

/// Go's notation: numbers with units, largest first as a rule, at least one.
///
/// Also reads the units `d` and `us`/`µs`, and words after it never: `6 minutes` is `None`.
pub(crate) fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim_ascii().as_bytes();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| !is_number(byte))?;
        let unit_end = rest[end..].iter().position(is_number).map_or(rest.len(), |at| end + at);
        let (nanos, left) = number(&rest[..end], unit_nanos(&rest[end..unit_end])?)?;
        if !left.is_empty() {
            return None;
        }
        total = total.checked_add(nanos)?;
        rest = &rest[unit_end..];
    }
    bounded(total)
}

/// Nanoseconds of one unit.
fn unit_nanos(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"ns" => 1,
        // The sign of a millionth, and the Greek letter that looks like it.
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => NANOS_PER_SECOND,
        b"m" => 60 * NANOS_PER_SECOND,
        b"h" => 3_600 * NANOS_PER_SECOND,
        b"d" => 86_400 * NANOS_PER_SECOND,
        _ => return None,
    })
}

/// A leading decimal number times `unit`, exactly, and what follows it. Digits below a nanosecond are dropped.
fn number(text: &[u8], unit: u64) -> Option<(u64, &[u8])> {
    let (whole, rest) = digits(text);
    if whole.is_empty() || whole.len() > 15 {
        return None;
    }
    let whole = whole.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let mut nanos = unit.checked_mul(whole)?;
    let Some(fraction) = rest.strip_prefix(b".") else {
        return Some((nanos, rest));
    };
    let (fraction, rest) = digits(fraction);
    if fraction.is_empty() {
        return None;
    }
    let mut scale = unit;
    for digit in fraction.iter().take(18) {
        scale /= 10;
        nanos = nanos.checked_add(u64::from(digit - b'0') * scale)?;
    }
    Some((nanos, rest))
}

/// The digits at the start of a text, and what follows them.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

/// The span, unless it is longer than any provider means.
fn bounded(nanos: u64) -> Option<Duration> {
    let span = Duration::from_nanos(nanos);
    (span <= LONGEST).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_that_providers_use_is_read_exactly() {
        let cases = [
            ("0s", 0),
            ("1ms", 1_000_000),
            ("120ms", 120_000_000),
            ("8.64s", 8_640_000_000),
            ("1m0s", 60_000_000_000),
            ("6m0s", 360_000_000_000),
            ("1m30.5s", 90_500_000_000),
            ("14m20.852s", 860_852_000_000),
            ("2h47m48.417s", 10_068_417_000_000),
            ("10.974999999s", 10_974_999_999),
            ("1d1h", 90_000_000_000_000),
            ("16.666µs", 16_666),
            ("20", 20_000_000_000),
            ("33011.382867", 33_011_382_867_000),
        ];
        for (text, nanos) in cases {
            assert_eq!(parse_duration(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn garbage_is_not_guessed_at() {
        let garbage = [
            "",
            " ",
            "s",
            "ms",
            "-1s",
            "-5",
            "+5",
            "1.s",
            ".5s",
            "1..2s",
            "6 minutes",
            "6m0",
            "1e9",
            "NaN",
            "inf",
            "0x10",
            "99999999999999999999",
            "999999999999999h",
            "1m-3s",
            "ten",
            "1,5s",
            "٣s",
        ];
        for text in garbage {
            assert_eq!(parse_duration(text), None, "{text:?}");
        }
    }
}
