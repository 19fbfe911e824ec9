//! `Heard`: what a value that may be sound says of its length.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::sound;

/// Milliseconds of sound; `None` where it is something else, or its length cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard(pub(crate) Option<u64>);

/// What a field of the value is.
#[derive(serde::Deserialize)]
#[serde(field_identifier)]
enum Field {
    #[serde(rename = "data", alias = "url")]
    Data,
    #[serde(rename = "mimeType", alias = "mime_type")]
    Kind,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Heard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeardVisitor).map(Self)
    }
}

struct HeardVisitor;

impl<'de> Visitor<'de> for HeardVisitor {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<u64>, E> {
        Ok(sound::of_text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<u64>, A::Error> {
        let (mut millis, mut is_sound) = (None, true);
        while let Some(field) = map.next_key()? {
            match field {
                Field::Data => millis = map.next_value::<Heard>()?.0,
                Field::Kind => {
                    let kind = map.next_value::<Value>()?;
                    is_sound = kind.as_str().is_none_or(|kind| kind.starts_with("audio/"));
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(millis.filter(|_| is_sound))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<u64>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<u64>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds of sound whose beginning tells nothing.
    fn two_seconds() -> String {
        "T2dn".repeat(16_000 / 3 + 1)
    }

    #[test]
    fn sound_is_known_in_every_form_in_which_bodies_have_it() {
        let data = two_seconds();
        let forms = [
            format!(r#""{data}""#),
            format!(r#"{{"data":"{data}","format":"mp3"}}"#),
            format!(r#"{{"mimeType":"audio/ogg","data":"{data}"}}"#),
            format!(r#"{{"data":"{data}","mime_type":"audio/ogg"}}"#),
            format!(r#"{{"url":"data:audio/ogg;base64,{data}"}}"#),
        ];
        for form in forms {
            assert_eq!(serde_json::from_str::<Heard>(&form).unwrap(), Heard(Some(2_000)), "{}", &form[..40]);
        }
    }

    #[test]
    fn whatever_is_no_sound_is_no_mistake_either() {
        let image = format!(r#"{{"mimeType":"image/png","data":"{}"}}"#, two_seconds());
        let others = [
            image.as_str(),
            "null",
            "true",
            "7",
            "-7",
            "0.5",
            "[1,[2]]",
            "{}",
            r#"{"data":{"data":[]}}"#,
            r#"{"url":"https://example.com/a.mp3"}"#,
            r#""file-1""#,
        ];
        for other in others {
            assert_eq!(serde_json::from_str::<Heard>(other).unwrap(), Heard(None), "{other}");
        }
    }
}
