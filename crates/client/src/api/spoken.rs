//! `Spoken`: what an answer says of itself for the span of its call: its name, its model, its conversation, why it ended.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::span::Spanned;

/// What an answer says of itself, whole or as far as its pieces came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) conversation: Option<String>,
    /// Why each choice ended, by its number.
    ended: BTreeMap<u64, String>,
}

impl Spoken {
    /// What a whole answer says.
    pub(super) fn of(body: &[u8]) -> Self {
        let mut spoken = Self::default();
        let said: Said = serde_json::from_slice(body).unwrap_or_default();
        spoken.add(said);
        spoken
    }

    /// What one more piece of a stream says. The id of a piece that has a type of its own (Mistral's conversations) names
    /// an entry, not the answer.
    fn note(&mut self, piece: &str) {
        let mut said: Said = serde_json::from_str(piece).unwrap_or_default();
        if said.kind.is_some() {
            said.id = None;
        }
        self.add(said);
    }

    fn add(&mut self, said: Said) {
        let Said {
            id,
            model,
            conversation_id,
            conversation,
            choices,
            stop_reason,
            delta,
            message,
            response,
            ..
        } = said;
        let within = [message, response].into_iter().flatten();
        self.id = self.id.take().or(id);
        self.model = self.model.take().or(model);
        let conversation = conversation_id.or_else(|| conversation?.id);
        self.conversation = self.conversation.take().or(conversation);
        for (place, choice) in choices.unwrap_or_default().into_iter().enumerate() {
            if let Some(reason) = choice.finish_reason {
                self.ended.insert(choice.index.unwrap_or(place as u64), reason);
            }
        }
        if let Some(reason) = stop_reason.or_else(|| delta?.stop_reason) {
            self.ended.insert(0, reason);
        }
        within.for_each(|said| self.add(*said));
    }

    /// Why its choices ended, in their order, as a list in JSON: a field of a span holds no list. `None` where none did.
    pub(super) fn finish_reasons(&self) -> Option<String> {
        let reasons: Vec<&String> = self.ended.values().collect();
        (!reasons.is_empty()).then(|| serde_json::to_string(&reasons).ok()).flatten()
    }
}

/// An answer or a piece of one, by the names that the APIs of chat, messages, responses and conversations have.
#[derive(Default, Deserialize)]
struct Said {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    model: Option<String>,
    conversation_id: Option<String>,
    conversation: Option<Conversation>,
    choices: Option<Vec<Choice>>,
    stop_reason: Option<String>,
    delta: Option<Delta>,
    message: Option<Box<Self>>,
    response: Option<Box<Self>>,
}

#[derive(Deserialize)]
struct Conversation {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    index: Option<u64>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    stop_reason: Option<String>,
}

/// Hears what a stream says of itself, and tells its span once, when the stream is over.
#[derive(Debug)]
pub(crate) struct Hearing {
    spanned: Spanned,
    spoken: Spoken,
    /// The model that was asked.
    asked: Option<String>,
}

impl Hearing {
    pub(super) fn new(spanned: Spanned, asked: Option<String>) -> Self {
        Self { spanned, spoken: Spoken::default(), asked }
    }

    /// A piece of the answer came.
    pub(crate) fn note(&mut self, piece: &str) {
        self.spoken.note(piece);
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        let model = self.spoken.model.take().or_else(|| self.asked.take());
        self.spanned.spoke(&self.spoken, model.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pieces: &[&str]) -> (Option<String>, Option<String>, Option<String>, Option<String>) {
        let mut spoken = Spoken::default();
        pieces.iter().for_each(|piece| spoken.note(piece));
        let reasons = spoken.finish_reasons();
        (spoken.id, spoken.model, spoken.conversation, reasons)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_streams_of_every_api_are_understood() {
        let chunks = [
            r#"{"id":"c1","model":"m","choices":[{"index":1,"delta":{},"finish_reason":"length"}]}"#,
            r#"{"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        ];
        assert_eq!(told(&chunks), (some("c1"), some("m"), None, some(r#"["stop","length"]"#)));
        let messages = [
            r#"{"type":"message_start","message":{"type":"message","id":"msg_1","model":"m","stop_reason":null}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Up"}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#,
        ];
        assert_eq!(told(&messages), (some("msg_1"), some("m"), None, some(r#"["end_turn"]"#)));
        let responses = [
            r#"{"type":"response.created","response":{"id":"resp_1","model":"m","conversation":{"id":"conv_1"}}}"#,
            r#"{"type":"response.output_text.delta","delta":"Up"}"#,
        ];
        assert_eq!(told(&responses), (some("resp_1"), some("m"), some("conv_1"), None));
        let conversation = [
            r#"{"type":"conversation.response.started","conversation_id":"conv_1"}"#,
            r#"{"type":"message.output.delta","id":"msg_1","model":"m","content":"Up"}"#,
        ];
        assert_eq!(told(&conversation), (None, some("m"), some("conv_1"), None));
    }

    #[test]
    fn whole_answers_are_understood_and_anything_else_says_nothing() {
        let spoken = Spoken::of(br#"{"type":"message","id":"msg_1","model":"m","stop_reason":"end_turn"}"#);
        assert_eq!((spoken.id.as_deref(), spoken.finish_reasons()), (Some("msg_1"), some(r#"["end_turn"]"#)));
        for nonsense in ["", "[]", r#"{"id":7}"#, "<html>"] {
            assert_eq!(Spoken::of(nonsense.as_bytes()), Spoken::default(), "{nonsense}");
        }
    }
}
