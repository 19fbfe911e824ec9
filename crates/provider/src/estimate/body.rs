//! `Body`: what a request's JSON tells about its cost, read in one pass.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use tidegate_core::{Cost, Dimension, Text};

use super::Estimate;
use super::heard::Heard;
use super::meter::{Meter, Weight};
use super::sound::{self, Sound};
use super::{pages, upload};
use crate::{Endpoint, EndpointKind};

/// Bytes a token until a model's own ratio is learned. OpenAI's admission counts a token for four characters (measured
/// to 2026-08), others are close to it; in bytes the same holds of scripts that take several for a character.
const BYTES_PER_TOKEN: u64 = 4;

/// Tokens of the frame around a prompt: OpenAI adds two to three (measured since 2025-04).
const FRAME_TOKENS: u64 = 3;

/// Tokens of an image: about 765, flat (OpenAI, measured to 2026-08).
pub(crate) const IMAGE_TOKENS: u64 = 765;

/// What a request's JSON tells about its cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) model: Option<String>,
    /// What stands for the model in calls of a stored agent or conversation.
    pub(crate) agent: Option<String>,
    pub(crate) weight: Weight,
    /// What is written in the words of a schema: tools, and the form that an answer must have. It has more tokens a
    /// byte than prose, and is weighed apart so that it does not pass for it.
    pub(crate) schemas: Weight,
    /// The conversation, or the answer, that it continues.
    pub(crate) continues: Option<String>,
    pub(crate) max_output: Option<u64>,
    pub(crate) count: Option<u64>,
    /// How many answers a completion is drawn from, of which the caller sees `count`.
    pub(crate) best_of: Option<u64>,
    /// How many pages of a document are asked for; absent where it is all of them.
    pub(crate) pages: Option<u64>,
    pub(crate) streams: bool,
    /// Whether texts are passed over unread.
    skims: bool,
}

impl Body {
    /// Reads a body; `None` when it is no JSON object.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        Self::default().filled(bytes).or_else(|| Self::skimmed(bytes))
    }

    /// A body whose texts cannot be read: they hold half of a letter (which JavaScript writes where a text was cut), are not
    /// UTF-8, or are nested beyond reason. It still names its model; its texts weigh what the whole body has.
    fn skimmed(bytes: &[u8]) -> Option<Self> {
        let mut body = Self { skims: true, ..Self::default() }.filled(bytes)?;
        body.weight.bytes = bytes.len() as u64;
        Some(body)
    }

    fn filled(self, bytes: &[u8]) -> Option<Self> {
        let mut body = self;
        // One pass over the whole is quicker than the check of each string that a slice asks for. What is not UTF-8
        // can still be so outside of what is weighed.
        let read = match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => (&mut body).deserialize(&mut serde_json::Deserializer::from_str(text)),
            Err(_) => (&mut body).deserialize(&mut serde_json::Deserializer::from_slice(bytes)),
        };
        read.ok().map(|()| body)
    }

    /// The most output over all answers that are made. Only text completions know `best_of`, and all that it asks for
    /// is generated, seen or not: Azure takes it into the charge of an admission (documentation, 2026-08).
    fn max_output_of_all(&self, kind: EndpointKind) -> Option<u64> {
        let drawn = self.best_of.filter(|_| kind == EndpointKind::Completion).unwrap_or(1);
        Some(self.max_output?.saturating_mul(self.count.unwrap_or(1).max(drawn).max(1)))
    }

    /// Its text, with the guess for it.
    pub(crate) fn text(&self) -> Text {
        Text { bytes: self.weight.bytes, guess: self.weight.bytes.div_ceil(BYTES_PER_TOKEN) }
    }

    /// Tokens of the input, where sound counts like that.
    pub(crate) fn input_tokens(&self, sound: Sound) -> u64 {
        let schemas = self.schemas.bytes.div_ceil(BYTES_PER_TOKEN);
        let numbers = self.weight.numbers.saturating_add(self.schemas.numbers);
        let media = self.weight.media.saturating_mul(IMAGE_TOKENS);
        [schemas, numbers, media, sound.tokens(self.weight.sound), FRAME_TOKENS]
            .iter()
            .fold(self.text().guess, |sum, part| sum.saturating_add(*part))
    }
}

/// The estimate of a request whose lane the dialect names, and of whose sound it tells how it counts; the rules that all
/// dialects share.
pub(crate) fn estimate(
    endpoint: Endpoint,
    bytes: &[u8],
    sound: Sound,
    lane: impl Fn(&Body) -> String,
) -> Estimate {
    let Some(body) = Body::read(bytes) else {
        return unreadable(endpoint, bytes, sound);
    };
    Estimate {
        lane: lane(&body),
        cost: cost(endpoint.kind, &body, sound),
        // What was not read teaches nothing of how many tokens texts have.
        text: if endpoint.reads_text() && !body.skims { body.text() } else { Text::default() },
        max_output: body.max_output_of_all(endpoint.kind),
        streams: body.streams,
        expects_output: expects_output(endpoint, sound),
        model: body.model,
        continues: body.continues,
        price: None,
    }
}

fn cost(kind: EndpointKind, body: &Body, sound: Sound) -> Cost {
    use EndpointKind as Kind;
    let request = Cost::requests(1);
    let heard = |cost: Cost| cost.with(Dimension::AudioSeconds, body.weight.sound.div_ceil(1_000));
    match kind {
        Kind::Unmetered => Cost::ZERO,
        Kind::Chat | Kind::Completion | Kind::Responses | Kind::Messages | Kind::Conversations => {
            heard(request.input_tokens(body.input_tokens(sound)))
        }
        Kind::Embeddings => {
            request.input_tokens(body.input_tokens(sound).saturating_sub(FRAME_TOKENS).max(1))
        }
        Kind::Images => request.with(Dimension::Images, body.count.unwrap_or(1)),
        Kind::Speech => spoken(request, body, sound),
        Kind::Ocr => request.with(Dimension::Pages, body.pages.unwrap_or(1)),
        Kind::Audio => heard(request.input_tokens(sound.tokens(body.weight.sound))),
        Kind::Moderation | Kind::Rerank | Kind::CountTokens | Kind::Unknown => request,
    }
}

/// Text that is to be spoken: its characters, and its tokens where they count. Models of speech that read tokens have
/// limits on them (OpenAI's and Groq's lists of limits, documentation, 2026-09). Of the sound that is made no answer tells
/// the tokens, unless it comes as events, and no source says that a limit counts them: that part stays 0.
fn spoken(request: Cost, body: &Body, sound: Sound) -> Cost {
    let cost = request.with(Dimension::Characters, body.weight.chars);
    if sound == Sound::Units { cost } else { cost.input_tokens(body.text().guess) }
}

/// Whether the answer has tokens that a limit may count: also the text of what was heard, where sound counts in tokens
/// (OpenAI, recordings of 2026-08: 37 of sound, 145 of text).
fn expects_output(endpoint: Endpoint, sound: Sound) -> bool {
    endpoint.produces_tokens() || endpoint.kind == EndpointKind::Audio && sound != Sound::Units
}

/// A body that is no JSON: an upload tells its model in a form field and its sound in a file, anything else is for the
/// provider to judge. Of sound that is named by an address or an id, the length stays 0: the body does not tell it.
fn unreadable(endpoint: Endpoint, bytes: &[u8], sound: Sound) -> Estimate {
    let model = upload::field(bytes, "model");
    let tokens = bytes.len() as u64 / BYTES_PER_TOKEN;
    let mut body = Body::default();
    if endpoint.kind == EndpointKind::Audio {
        body.weight.sound = upload::file(bytes).map_or(0, sound::of_file);
    }
    let cost = cost(endpoint.kind, &body, sound);
    Estimate {
        lane: model.clone().unwrap_or_default(),
        model,
        cost: if endpoint.reads_text() { cost.input_tokens(tokens) } else { cost },
        text: Text::default(),
        continues: None,
        max_output: None,
        streams: false,
        expects_output: expects_output(endpoint, sound),
        price: None,
    }
}

/// What a field of a body is, over all dialects.
#[derive(serde::Deserialize)]
#[serde(field_identifier)]
enum Field {
    #[serde(rename = "model")]
    Model,
    #[serde(rename = "agent_id")]
    Agent,
    #[serde(rename = "stream")]
    Stream,
    #[serde(rename = "n")]
    Count,
    #[serde(rename = "best_of")]
    BestOf,
    #[serde(rename = "pages")]
    Pages,
    #[serde(rename = "max_tokens", alias = "max_completion_tokens", alias = "max_output_tokens")]
    MaxOutput,
    #[serde(rename = "completion_args")]
    Arguments,
    #[serde(rename = "previous_response_id", alias = "conversation")]
    Continues,
    #[serde(
        rename = "messages",
        alias = "input",
        alias = "inputs",
        alias = "prompt",
        alias = "suffix",
        alias = "system",
        alias = "instructions",
        alias = "query",
        alias = "documents",
        alias = "message",
        alias = "chat_history",
        alias = "preamble",
        alias = "texts",
        alias = "contents",
        alias = "systemInstruction"
    )]
    Text,
    /// The sound of a transcription that is asked for in JSON (OpenRouter, documentation and recordings of 2026-08).
    #[serde(rename = "input_audio")]
    Heard,
    #[serde(rename = "tools", alias = "functions", alias = "response_format", alias = "text")]
    Schema,
    #[serde(other)]
    Other,
}

/// The name that a value is. Longer ones are none (the longest known, addresses of profiles at Amazon, have some hundred
/// bytes): whatever keeps something for each name must not keep megabytes.
fn text_of(value: Value) -> Option<String> {
    const NAME_BYTES_MAX: usize = 512;
    match value {
        Value::String(text) if text.len() <= NAME_BYTES_MAX => Some(text),
        _ => None,
    }
}

/// The name of what a body continues: as a text, or as the id of an object.
fn name_of(value: &Value) -> Option<String> {
    const NAME_BYTES_MAX: usize = 128;
    let name = value.as_str().or_else(|| value.get("id")?.as_str())?;
    (!name.is_empty() && name.len() <= NAME_BYTES_MAX).then(|| name.to_owned())
}

impl<'de> DeserializeSeed<'de> for &mut Body {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Body {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request body")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key()? {
            match field {
                Field::Model => self.model = text_of(map.next_value()?),
                Field::Agent => self.agent = text_of(map.next_value()?),
                Field::Stream => self.streams = map.next_value::<Value>()?.as_bool().unwrap_or(false),
                Field::Count => self.count = map.next_value::<Value>()?.as_u64(),
                Field::BestOf => self.best_of = map.next_value::<Value>()?.as_u64(),
                Field::Pages => self.pages = pages::count(&map.next_value()?),
                Field::MaxOutput => {
                    self.max_output = map.next_value::<Value>()?.as_u64().or(self.max_output);
                }
                Field::Arguments => {
                    let arguments = map.next_value::<Value>()?;
                    self.max_output = arguments.get("max_tokens").and_then(Value::as_u64).or(self.max_output);
                }
                Field::Continues => {
                    self.continues = name_of(&map.next_value::<Value>()?).or(self.continues.take());
                }
                Field::Text | Field::Schema | Field::Heard if self.skims => {
                    map.next_value::<IgnoredAny>()?;
                }
                Field::Text => map.next_value_seed(Meter(&mut self.weight))?,
                Field::Heard => self.weight.sound = map.next_value::<Heard>()?.0.unwrap_or(0),
                Field::Schema => map.next_value_seed(Meter(&mut self.schemas))?,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Err(E::custom("no request body"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::OPENAI_SOUND;

    fn read(text: &str) -> Body {
        Body::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn text_is_weighed_wherever_it_stands_and_ids_are_not() {
        let plain = read(
            r#"{"model":"m","messages":[{"role":"user","content":"12345678"}],"max_tokens":7,"stream":true}"#,
        );
        assert_eq!((plain.model.as_deref(), plain.max_output, plain.streams), (Some("m"), Some(7), true));
        assert_eq!(plain.weight.chars, 8);
        assert_eq!(plain.input_tokens(OPENAI_SOUND), 2 + FRAME_TOKENS);
        let parts = read(
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"1234"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#,
        );
        assert_eq!(parts.weight, Weight { bytes: 4, chars: 4, numbers: 0, media: 1, sound: 0 });
        let ids = read(r#"{"input":[[1,2,3],[4]]}"#);
        assert_eq!(ids.weight.numbers, 4);
        assert_eq!(read(r#"{"system":"abcd","messages":[]}"#).weight.chars, 4);
        let umlauts = read(r#"{"input":"äöüß"}"#).weight;
        assert_eq!((umlauts.chars, umlauts.bytes), (4, 8));
    }

    #[test]
    fn tools_are_weighed_apart_from_the_text() {
        let body =
            read(r#"{"input":"12345678","tools":[{"type":"function","name":"abcd"}],"text":{"format":{}}}"#);
        assert_eq!(body.text(), Text { bytes: 8, guess: 2 });
        assert_eq!(body.schemas.bytes, 4 + 6);
        assert_eq!(body.input_tokens(OPENAI_SOUND), 2 + 3 + FRAME_TOKENS);
        let estimate = estimate(
            Endpoint::of(EndpointKind::Moderation),
            b"{\"input\":\"12345678\"}",
            OPENAI_SOUND,
            |_| String::new(),
        );
        assert_eq!(estimate.text, Text::default(), "no tokens of a moderation are counted");
    }

    #[test]
    fn a_completion_reserves_output_for_all_that_it_is_drawn_from() {
        let most = |kind, body: &str| {
            estimate(Endpoint::of(kind), body.as_bytes(), OPENAI_SOUND, |_| String::new()).max_output
        };
        let drawn = r#"{"prompt":"a","max_tokens":10,"n":2,"best_of":5}"#;
        assert_eq!(most(EndpointKind::Completion, drawn), Some(50));
        assert_eq!(most(EndpointKind::Chat, drawn), Some(20), "only completions know it");
        let shown = r#"{"prompt":"a","max_tokens":10,"n":3,"best_of":1}"#;
        assert_eq!(most(EndpointKind::Completion, shown), Some(30));
        assert_eq!(most(EndpointKind::Completion, r#"{"max_tokens":10,"best_of":"x"}"#), Some(10));
        assert_eq!(most(EndpointKind::Completion, r#"{"best_of":5}"#), None);
    }

    #[test]
    fn a_document_costs_the_pages_that_are_asked_for() {
        let pages = |body: &str| {
            let read =
                estimate(Endpoint::of(EndpointKind::Ocr), body.as_bytes(), OPENAI_SOUND, |_| String::new());
            read.cost.get(Dimension::Pages)
        };
        assert_eq!(pages(r#"{"document":{},"pages":[0,3,4]}"#), 3);
        assert_eq!(pages(r#"{"document":{},"pages":"0,2-4"}"#), 4);
        for all in [r#"{"document":{}}"#, r#"{"document":{},"pages":null}"#, r#"{"document":{},"pages":[]}"#]
        {
            assert_eq!(pages(all), 1, "{all}");
        }
    }

    #[test]
    fn what_a_body_continues_is_told_by_a_text_or_an_object() {
        let continues = |text: &str| read(text).continues;
        assert_eq!(continues(r#"{"previous_response_id":"resp_1"}"#).as_deref(), Some("resp_1"));
        assert_eq!(continues(r#"{"conversation":{"id":"conv_1"}}"#).as_deref(), Some("conv_1"));
        assert_eq!(
            continues(r#"{"conversation":"conv_2","previous_response_id":null}"#).as_deref(),
            Some("conv_2")
        );
        let long = format!(r#"{{"conversation":"{}"}}"#, "x".repeat(129));
        for odd in [r#"{"conversation":7}"#, r#"{"conversation":""}"#, long.as_str()] {
            assert_eq!(continues(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_body_whose_text_cannot_be_read_still_names_its_model() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let half = r#"{"model":"m","messages":[{"role":"user","content":"cut \ud83d"}],"max_tokens":9}"#;
        let bodies = [
            half.as_bytes().to_vec(),
            format!(r#"{{"messages":{deep},"model":"m","max_tokens":9,"tools":{deep}}}"#).into_bytes(),
            [br#"{"model":"m","max_tokens":9,"prompt":""#, &b"\xff\xfe"[..], br#""}"#].concat(),
        ];
        for body in bodies {
            let read = estimate(Endpoint::of(EndpointKind::Chat), &body, OPENAI_SOUND, |body| {
                body.model.clone().unwrap_or_default()
            });
            assert_eq!((read.lane.as_str(), read.max_output, read.text), ("m", Some(9), Text::default()));
            let tokens = (body.len() as u64).div_ceil(BYTES_PER_TOKEN) + FRAME_TOKENS;
            assert_eq!(read.cost.get(Dimension::InputTokens), tokens);
        }
    }

    #[test]
    fn odd_values_are_left_out() {
        let odd = read(r#"{"model":5,"max_tokens":"many","stream":"yes","n":-1}"#);
        assert_eq!(odd, Body::default());
        for text in ["", "[]", "null", "7", "{\"a\":"] {
            assert_eq!(Body::read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_costs_a_token_per_four_bytes() {
        let chat =
            estimate(Endpoint::of(EndpointKind::Chat), b"{ not json at all", OPENAI_SOUND, |_| String::new());
        assert_eq!(chat.cost.get(Dimension::InputTokens), 4);
        assert_eq!(chat.cost.get(Dimension::Requests), 1);
        assert_eq!(chat.lane, "");
    }

    #[test]
    fn an_upload_names_its_model_in_a_form_field() {
        let form =
            b"--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x\r\n\r\n\x00\xff";
        let audio = estimate(Endpoint::of(EndpointKind::Audio), form, OPENAI_SOUND, |_| String::new());
        assert_eq!(audio.lane, "whisper-1");
        assert_eq!(audio.cost.get(Dimension::InputTokens), 0);
    }
}
