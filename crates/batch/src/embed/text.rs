//! `Text`: one text to embed; `TextRows`: how a line tells it.

use std::borrow::Cow;

use serde::Deserialize;

use crate::format::{Format, Reading, default_id};

/// One text to embed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub(super) String);

impl Text {
    /// A text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What it says.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its tokens, roughly, and rather too many: a token of English has four bytes, of other tongues more.
    pub(super) fn tokens(&self) -> u64 {
        u64::try_from(self.0.len() / 3).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// Lines that are a JSON string, an object with a `text` or an `input` string, or `OpenAI`'s batch line for one text.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextRows;

#[derive(Deserialize)]
#[serde(untagged)]
enum Line<'a> {
    Bare(#[serde(borrow)] Cow<'a, str>),
    Named {
        custom_id: Option<String>,
        #[serde(borrow, alias = "input")]
        text: Option<Cow<'a, str>>,
        #[serde(borrow)]
        body: Option<Body<'a>>,
    },
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    input: Cow<'a, str>,
}

impl Format for TextRows {
    type Item = Text;

    fn read(&self, line: &[u8], number: u64) -> Reading<Text> {
        let wrong = |why: &str| format!("line {number}: {why}");
        let Ok(line) = std::str::from_utf8(line) else {
            return Reading { custom_id: default_id(number), item: Err(wrong("not valid UTF-8")) };
        };
        let (custom_id, text) = match serde_json::from_str::<Line<'_>>(line) {
            Ok(Line::Bare(text)) => (None, Ok(text)),
            Ok(Line::Named { custom_id, text, body }) => {
                let text = text.or(body.map(|body| body.input));
                (custom_id, text.ok_or_else(|| wrong(WANTED)))
            }
            Err(_) => (id_in(line), Err(wrong(WANTED))),
        };
        let item = match text {
            Ok(text) if text.trim().is_empty() => Err(wrong("the text is empty; providers refuse those")),
            text => text.map(|text| Text(text.into_owned())),
        };
        Reading { custom_id: custom_id.unwrap_or_else(|| default_id(number)), item }
    }
}

/// What a line must be.
const WANTED: &str = "not a text; write \"some text\" or {\"text\": \"some text\"}";

/// The `custom_id` of a line whose other parts are not what they should be.
fn id_in(line: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    Some(value.get("custom_id")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Reading<Text> {
        TextRows.read(line.as_bytes(), 3)
    }

    #[test]
    fn a_text_is_told_in_four_ways() {
        let text = |line| read(line).item.unwrap().0;
        assert_eq!(text(r#""a\"b""#), "a\"b");
        assert_eq!(text(r#"{"text":"a"}"#), "a");
        assert_eq!(text(r#"{"input":"a"}"#), "a");
        let line =
            r#"{"custom_id":"x","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"a"}}"#;
        assert_eq!((read(line).custom_id.as_str(), text(line).as_str()), ("x", "a"));
        assert_eq!(read(r#""a""#).custom_id, "row-3");
    }

    #[test]
    fn what_is_no_text_says_what_is_wanted() {
        for line in ["7", "{", r#"{"custom_id":"y"}"#, r#"{"text":["a"]}"#] {
            assert!(read(line).item.unwrap_err().contains("not a text"), "{line}");
        }
        assert_eq!(read(r#"{"custom_id":"y","text":7}"#).custom_id, "y");
        assert!(read("\"  \"").item.unwrap_err().contains("empty"));
    }
}
