//! `Ending`: whether the events of a stream have said that the answer is at its end.
//!
//! Most streams have an event for it. OpenAI's chats end with `[DONE]`, which hosts that speak as it does leave out
//! (in recordings to 2026-08: Perplexity and Writer always, Hugging Face's router in 8 of 17, Groq in 2 of 38); so a
//! reason to finish for every choice counts as well.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What ends a stream of OpenAI's shape.
const DONE: &str = "[DONE]";

/// The types of events after which nothing follows: Anthropic's, Cohere's, OpenAI's responses', Mistral's conversations'.
const FINAL: [&str; 7] = [
    "message_stop",
    "message-end",
    "response.completed",
    "response.incomplete",
    "response.failed",
    "conversation.response.done",
    "conversation.response.error",
];

/// The most choices that are told apart. OpenAI's `n` goes up to 128.
const CHOICES_MAX: usize = 256;

/// Whether an event is the mark after which nothing of a stream counts.
pub(crate) fn is_done(event: &str) -> bool {
    event.trim() == DONE
}

/// What the events of a stream have said of its end.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// Whether the event came that ends it.
    is_final: bool,
    /// Whether Anthropic's last change came, which tells why the answer ends.
    has_reason: bool,
    /// The choices by number, and whether each has told why it ends.
    choices: BTreeMap<u64, bool>,
}

impl Ending {
    /// Takes in an event.
    pub(crate) fn note(&mut self, event: &str) {
        if is_done(event) {
            self.is_final = true;
            return;
        }
        let Ok(mark) = serde_json::from_str::<Mark>(event) else { return };
        match mark.kind.as_deref() {
            Some(kind) if FINAL.contains(&kind) => self.is_final = true,
            Some("message_delta") => self.has_reason |= stops(event),
            _ => {}
        }
        for choice in mark.choices.into_iter().flatten() {
            let number = choice.index.unwrap_or_default();
            if self.choices.len() < CHOICES_MAX || self.choices.contains_key(&number) {
                *self.choices.entry(number).or_default() |= says(&choice.finish_reason);
            }
        }
    }

    /// Whether the event came after which nothing follows.
    pub(crate) const fn is_final(&self) -> bool {
        self.is_final
    }

    /// Whether the answer is all there, be it without the event that ends it.
    pub(crate) fn is_reached(&self) -> bool {
        let all_finished = !self.choices.is_empty() && self.choices.values().all(|finished| *finished);
        self.is_final || self.has_reason || all_finished
    }
}

/// Whether one of Anthropic's changes tells why the answer ends.
fn stops(event: &str) -> bool {
    #[derive(Deserialize)]
    struct Change {
        delta: Delta,
    }

    #[derive(Deserialize)]
    struct Delta {
        #[serde(default)]
        stop_reason: Value,
    }

    serde_json::from_str::<Change>(event).is_ok_and(|change| says(&change.delta.stop_reason))
}

/// What of an event may tell that it ends something. `type` is only read where it is a text, which it always is.
#[derive(Deserialize)]
struct Mark {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    finish_reason: Value,
}

/// Whether a field says anything: some hosts write an empty text where others write null.
fn says(field: &Value) -> bool {
    !field.is_null() && field != ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[&str]) -> Ending {
        let mut ending = Ending::default();
        events.iter().for_each(|event| ending.note(event));
        ending
    }

    #[test]
    fn the_event_that_ends_a_stream_is_known_in_every_dialect() {
        for kind in FINAL {
            let event = format!("{{\"x\":[{{}}],\"type\":\"{kind}\",\"delta\":\"d\",\"choices\":null}}");
            assert!(after(&[&event]).is_final(), "{kind}");
        }
        assert!(after(&[" [DONE]"]).is_final());
        for event in ["[DONE", "{\"type\":\"message_start\"}", "{\"type\":7}", "\"[DONE]\"", "{"] {
            assert!(!after(&[event]).is_reached(), "{event}");
        }
    }

    #[test]
    fn a_reason_to_finish_for_every_choice_counts_as_an_end() {
        let choice = |index: u64, reason: &str| {
            format!("{{\"choices\":[{{\"index\":{index},\"delta\":{{}},\"finish_reason\":{reason}}}]}}")
        };
        let (none, empty, stop) = (choice(0, "null"), choice(0, "\"\""), choice(0, "\"stop\""));
        assert!(!after(&[&none, &empty]).is_reached());
        assert!(after(&[&none, &stop]).is_reached() && !after(&[&none, &stop]).is_final());
        // What some hosts send after it, usage above all, takes nothing back.
        assert!(after(&[&stop, &none, "{\"choices\":[],\"usage\":{}}"]).is_reached());
        // Another choice still speaks.
        let (other, ended) = (choice(1, "null"), choice(1, "\"length\""));
        assert!(!after(&[&none, &other, &stop]).is_reached());
        assert!(after(&[&none, &other, &stop, &ended]).is_reached());
        assert!(!after(&["{\"choices\":[]}"]).is_reached());
    }

    #[test]
    fn anthropics_last_change_tells_that_the_answer_is_there() {
        let change = |reason: &str| {
            format!("{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":{reason}}},\"usage\":{{}}}}")
        };
        assert!(after(&[&change("\"end_turn\"")]).is_reached());
        assert!(!after(&[&change("null"), "{\"type\":\"message_delta\",\"delta\":{}}"]).is_reached());
    }

    #[test]
    fn made_up_choices_are_bounded() {
        let mut ending = Ending::default();
        for index in 0..4 * CHOICES_MAX {
            ending.note(&format!("{{\"choices\":[{{\"index\":{index}}}]}}"));
        }
        assert_eq!(ending.choices.len(), CHOICES_MAX);
    }
}
