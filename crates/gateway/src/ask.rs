//! `Ask`: what a caller asks of the gateway itself, in its `x-tidegate-` headers.

use std::time::Duration;

use http::HeaderMap;
use tidegate::Band;

/// What a caller asks of the gateway itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Its priority class; standard when it does not say.
    pub(crate) band: Band,
    /// How long it would wait; `None` when it does not say.
    pub(crate) max_wait: Option<Duration>,
}

/// A header that says nothing understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{header}: {remedy}")]
pub(crate) struct BadHeader {
    header: &'static str,
    remedy: &'static str,
}

/// The header of the priority class.
const BAND: &str = "x-tidegate-band";
/// The header of the longest wait.
const MAX_WAIT: &str = "x-tidegate-max-wait";

impl Ask {
    /// Reads the headers of a request.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, BadHeader> {
        let mut ask = Self::default();
        if let Some(text) = headers.get(BAND) {
            let band = text.to_str().ok().and_then(|text| Band::from_name(text.trim()));
            ask.band =
                band.ok_or(BadHeader { header: BAND, remedy: "say `interactive`, `standard` or `batch`" })?;
        }
        if let Some(text) = headers.get(MAX_WAIT) {
            let wait = text.to_str().ok().and_then(duration);
            ask.max_wait = Some(wait.ok_or(BadHeader {
                header: MAX_WAIT,
                remedy: "say `30s`, `1500ms` or seconds such as `30`",
            })?);
        }
        Ok(ask)
    }
}

/// A duration such as `30s`, `1500ms`, `2m` or bare seconds; fractions allowed.
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    let written = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)));
    let (number, seconds) = written.unwrap_or((text, 1.0));
    let number = number.trim_end();
    if !number.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &'static str) -> Result<Ask, BadHeader> {
        Ask::read(&HeaderMap::from_iter([(
            http::HeaderName::from_static(name),
            http::HeaderValue::from_static(value),
        )]))
    }

    #[test]
    fn waits_are_read_with_and_without_units() {
        for (text, millis) in
            [("30s", 30_000), ("1500ms", 1_500), ("30", 30_000), ("0.5", 500), ("2m", 120_000), ("0", 0)]
        {
            assert_eq!(read(MAX_WAIT, text).unwrap().max_wait, Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_header_that_is_not_understood_names_itself_and_the_remedy() {
        for text in ["soon", "-1", "", "inf", "s", "1e400"] {
            let error = read(MAX_WAIT, text).unwrap_err().to_string();
            assert!(error.starts_with("x-tidegate-max-wait: say `30s`"), "{text}: {error}");
        }
        assert!(read(BAND, "urgent").unwrap_err().to_string().contains("interactive"));
    }

    #[test]
    fn a_caller_that_asks_nothing_is_standard() {
        assert_eq!(Ask::read(&HeaderMap::new()).unwrap(), Ask::default());
        assert_eq!(read(BAND, "batch").unwrap().band, Band::Batch);
    }
}
