//! `Meter`: weighs any JSON value as model input, in one pass and without building it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::heard::Heard;

/// What a value weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Bytes of text.
    pub(crate) bytes: u64,
    /// Characters of text.
    pub(crate) chars: u64,
    /// Bare numbers, such as token ids.
    pub(crate) numbers: u64,
    /// Images and other media.
    pub(crate) media: u64,
    /// Milliseconds of sound.
    pub(crate) sound: u64,
}

impl Weight {
    fn add(&mut self, text: &str) {
        self.bytes = self.bytes.saturating_add(text.len() as u64);
        self.chars = self.chars.saturating_add(chars(text));
    }
}

/// Keys whose values are no text for the model: roles, ids, switches. They are OpenAI's, Anthropic's (`tool_use_id`,
/// `cache_control`, `media_type`) and those of hosts that take either's bodies (`signature`: OpenRouter); all but
/// `detail` stand in requests of recordings to 2026-08.
const SILENT: [&str; 11] = [
    "role",
    "type",
    "id",
    "tool_call_id",
    "tool_use_id",
    "call_id",
    "cache_control",
    "detail",
    "media_type",
    "signature",
    "encrypted_content",
];

/// Keys whose values are media, whatever they hold: weighing base64 as text would be off by a thousand. They are
/// OpenAI's (`image_url`, `file_data`), Anthropic's (`source`), Mistral's (`document_url`) and Gemini's (`fileData`), in
/// recordings to 2026-08, and OpenRouter's (`video_url`, documentation, 2026-09); `image`, `audio` and `file` stand in no
/// message of a recording.
const MEDIA: [&str; 10] = [
    "image_url",
    "image",
    "source",
    "audio",
    "file",
    "file_data",
    "document_url",
    "video_url",
    "fileData",
    "file_uri",
];

/// Keys whose values are sound or anything else that says what it is: OpenAI's and Mistral's `input_audio` (a text, or an
/// object with `data`), Gemini's `inlineData`, in recordings to 2026-08; `audio_url` of servers of open models
/// (documentation of vLLM, 2026-08).
const HEARD: [&str; 4] = ["input_audio", "audio_url", "inlineData", "inline_data"];

/// Weighs a value into a [`Weight`].
pub(crate) struct Meter<'a>(pub(crate) &'a mut Weight);

impl<'de> DeserializeSeed<'de> for Meter<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Meter<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.add(text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.0.numbers = self.0.numbers.saturating_add(1);
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.visit_u64(0)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.visit_u64(0)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Meter(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match key {
                Sort::Silent => {
                    map.next_value::<IgnoredAny>()?;
                }
                Sort::Media => {
                    self.0.media = self.0.media.saturating_add(1);
                    map.next_value::<IgnoredAny>()?;
                }
                Sort::Heard => {
                    let (sound, media) = match map.next_value::<Heard>()? {
                        Heard(Some(millis)) => (millis, 0),
                        Heard(None) => (0, 1),
                    };
                    self.0.sound = self.0.sound.saturating_add(sound);
                    self.0.media = self.0.media.saturating_add(media);
                }
                Sort::Text => map.next_value_seed(Meter(self.0))?,
                // Names of a tool's parameters are read by the model like its descriptions.
                Sort::Name { bytes, chars } => {
                    self.0.bytes = self.0.bytes.saturating_add(bytes);
                    self.0.chars = self.0.chars.saturating_add(chars);
                    map.next_value_seed(Meter(self.0))?;
                }
            }
        }
        Ok(())
    }
}

/// What a key says of its value.
enum Sort {
    Silent,
    Media,
    Heard,
    Text,
    Name { bytes: u64, chars: u64 },
}

struct Key(Sort);

impl<'de> serde::Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(Key(match key {
                    "content" | "text" | "input" | "arguments" | "name" | "description" => Sort::Text,
                    _ if SILENT.contains(&key) => Sort::Silent,
                    _ if MEDIA.contains(&key) => Sort::Media,
                    _ if HEARD.contains(&key) => Sort::Heard,
                    _ => Sort::Name { bytes: key.len() as u64, chars: chars(key) },
                }))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// Characters of a text: its bytes less the continuation bytes of UTF-8.
fn chars(text: &str) -> u64 {
    text.chars().count() as u64
}
