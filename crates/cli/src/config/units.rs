//! Durations and sizes as people write them, and back again.

use std::time::Duration;

use super::mistake::Wrong;

/// Units of time and their length in milliseconds, the longer spelling first where one ends in the other.
const TIMES: [(&str, f64); 5] = [("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3_600e3), ("d", 86_400e3)];

/// Units of size and their bytes.
const SIZES: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// The longest duration that anybody means; it keeps every later sum in range.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// A duration such as `120s`, `1500ms`, `2m` or `0.5h`.
pub(crate) fn duration(text: &str) -> Result<Duration, Wrong> {
    let wrong = || {
        Wrong::new(
            format!("`{text}` is not a duration"),
            "write a number and its unit, such as \"120s\", \"1500ms\", \"2m\" or \"1h\"",
        )
    };
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let (_, millis) = TIMES.into_iter().find(|&(name, _)| name == unit).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let span = Duration::try_from_secs_f64(number * millis / 1e3).map_err(|_| wrong())?;
    if span > LONGEST {
        return Err(Wrong::new(format!("`{text}` is longer than a year"), "write a shorter duration"));
    }
    Ok(span)
}

/// A size in bytes, such as `32MiB`, `64kB` or `1000` (bytes).
pub(crate) fn size(text: &str) -> Result<u64, Wrong> {
    let wrong = || {
        Wrong::new(
            format!("`{text}` is not a size"),
            "write a whole number and its unit, such as \"32MiB\", \"64kB\" or \"1000B\"",
        )
    };
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let (_, bytes) =
        SIZES.into_iter().find(|&(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(wrong)?;
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(bytes)).ok_or_else(wrong)
}

/// The number and the unit of a text such as `1.5 s`.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    (!number.is_empty()).then(|| (number, unit.trim_start()))
}

/// A size in the largest unit that leaves a whole number.
pub(crate) fn size_text(bytes: u64) -> String {
    let fits = |unit: u64| bytes >= unit && bytes.is_multiple_of(unit);
    let (name, unit) = SIZES[..3].iter().rev().find(|&&(_, unit)| fits(unit)).copied().unwrap_or(("B", 1));
    format!("{}{name}", bytes / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit() {
        for (text, millis) in
            [("120s", 120_000), ("1500ms", 1500), ("2m", 120_000), ("1h", 3_600_000), ("0.5 s", 500)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_duration_without_a_known_unit_is_a_mistake() {
        for text in ["120", "s", "", "12 parsecs", "-1s", "1.2.3s", "9999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_every_unit_and_written_in_the_largest_whole_one() {
        for (text, bytes) in
            [("32MiB", 32 << 20), ("64kB", 64_000), ("1GiB", 1 << 30), ("17B", 17), ("2mib", 2 << 20)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        assert_eq!(size_text(32 << 20), "32MiB");
        assert_eq!(size_text(1536), "1536B");
        assert_eq!(size_text(0), "0B");
    }

    #[test]
    fn a_size_that_is_none_is_a_mistake() {
        for text in ["32", "1.5MiB", "MiB", "99999999999GiB", "3 apples"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
