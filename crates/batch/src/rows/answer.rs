//! `Answer`: an HTTP answer as the `response` of an output line has it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::json::on_one_line;

/// An HTTP answer of any status.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The status.
    pub status_code: u16,
    /// The provider's name for the request, where its headers give one.
    pub request_id: Option<String>,
    /// The body.
    pub body: AnswerBody,
    /// The headers by name, where they were asked for; several of one name are joined by a comma.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
}

/// The body of an answer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum AnswerBody {
    /// JSON as the provider wrote it; only line ends between its parts are gone.
    Json(Box<RawValue>),
    /// Anything else (a page, a stream of events); bytes that are not UTF-8 are replaced.
    Text(String),
}

impl From<&[u8]> for AnswerBody {
    fn from(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<Box<RawValue>>(bytes) {
            Ok(json) => Self::Json(on_one_line(json)),
            Err(_) => Self::Text(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: &[u8]) -> String {
        serde_json::to_string(&Answer {
            status_code: 200,
            request_id: None,
            body: body.into(),
            headers: None,
        })
        .unwrap()
    }

    #[test]
    fn json_stays_as_the_provider_wrote_it() {
        let written = written(br#"{"x": 1.000, "big": 123456789012345678901234567890, "x": 2}"#);
        let wanted = r#"{"status_code":200,"request_id":null,"body":{"x": 1.000, "big": 123456789012345678901234567890, "x": 2}}"#;
        assert_eq!(written, wanted);
    }

    #[test]
    fn what_is_not_json_becomes_a_string() {
        assert!(written(b"<html>\n\xff").ends_with("\"body\":\"<html>\\n\u{fffd}\"}"));
        assert!(written(b"").ends_with("\"body\":\"\"}"));
    }
}
