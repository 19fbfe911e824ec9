//! `ResponseHead`: status, headers and arrival of an answer, with the lookups that adapters share.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AsHeaderName, DATE};

use crate::value;

/// The head of an answer.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// When the head arrived, by the caller's clock. Absolute times in headers are read relative to the answer's
    /// own `date` where it has one, so that a clock that is off does no harm.
    pub received_at: SystemTime,
}

impl<'a> ResponseHead<'a> {
    /// The header's value, trimmed; `None` where it is absent, repeated with different values, or not text.
    pub(crate) fn text(&self, name: impl AsHeaderName) -> Option<&'a str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        if values.any(|other| other != first) {
            return None;
        }
        let text = first.to_str().ok()?.trim_ascii();
        (!text.is_empty()).then_some(text)
    }

    /// The header's value as a count; negative sentinels and garbage are `None`.
    pub(crate) fn count(&self, name: impl AsHeaderName) -> Option<u64> {
        value::count(self.text(name)?).ok()
    }

    /// The instant to which absolute times of this answer relate.
    pub(crate) fn date(&self) -> SystemTime {
        self.text(DATE).and_then(value::http_date).unwrap_or(self.received_at)
    }

    /// How long from this answer until `instant`; zero when that has passed.
    pub(crate) fn until(&self, instant: SystemTime) -> Duration {
        instant.duration_since(self.date()).unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn answer(headers: &HeaderMap) -> ResponseHead<'_> {
        ResponseHead { status: 200, headers, received_at: SystemTime::UNIX_EPOCH }
    }

    #[test]
    fn repeated_headers_count_only_when_they_agree() {
        let mut headers = HeaderMap::new();
        headers.append("x-limit", HeaderValue::from_static("5"));
        headers.append("x-limit", HeaderValue::from_static("5"));
        assert_eq!(answer(&headers).count("x-limit"), Some(5));
        headers.append("x-limit", HeaderValue::from_static("7"));
        assert_eq!(answer(&headers).count("x-limit"), None);
    }

    #[test]
    fn the_answers_own_date_goes_before_the_callers_clock() {
        let mut headers = HeaderMap::new();
        headers.insert("date", HeaderValue::from_static("Thu, 01 Jan 1970 00:01:40 GMT"));
        let head = answer(&headers);
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(130);
        assert_eq!(head.until(later), Duration::from_secs(30));
        assert_eq!(head.until(SystemTime::UNIX_EPOCH), Duration::ZERO);
    }
}
