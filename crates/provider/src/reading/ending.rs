//! `Ending`: how an answer ended, by its own word; `Course`: what the events of a stream have said of that.
//!
//! Most streams have an event for it. `OpenAI`'s chats end with `[DONE]`, which hosts that speak as it does leave out
//! (in recordings to 2026-08: Perplexity and Writer always, Hugging Face's router in 8 of 17, Groq in 2 of 38); so a
//! reason to finish for every choice counts as well.

use std::collections::BTreeMap;

use super::Picks;

/// The mark after the last event of a stream of `OpenAI`'s shape.
const DONE: &[u8] = b"[DONE]";

/// The types of events after which nothing follows: Anthropic's, Cohere's, `OpenAI`'s responses', those of Mistral's
/// conversations and of Gemini's interactions.
const FINAL: [&[u8]; 8] = [
    b"message_stop",
    b"message-end",
    b"response.completed",
    b"response.incomplete",
    b"response.failed",
    b"conversation.response.done",
    b"conversation.response.error",
    b"interaction.completed",
];

/// How the types of events begin that one of those follows, unless an error does.
const EARLIER: [&[u8]; 7] = [
    b"message_start",
    b"message_delta",
    b"content_block_",
    b"message-start",
    b"content-",
    b"response.",
    b"conversation.response.",
];

/// The place of an event's type, which is the same in every grammar.
const TYPE: usize = 2;

/// The most choices of a stream that are told apart. `OpenAI`'s `n` goes up to 128.
const CHOICES_MAX: usize = 256;

/// How an answer ended, by its own word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It says nothing of it: no document, and no stream whose end is known. So does one that tells an error, after which
    /// no end is to be expected.
    #[default]
    Untold,
    /// More was to come: a document that is not closed, or a stream without the event that ends it.
    Missing,
    /// It is a document that is closed, or several of them of which nothing says which is the last.
    Closed,
    /// Its events say that the answer is all there.
    Told,
}

/// Whether the data of an event is the mark after which nothing of a stream counts.
pub(super) fn is_done(event: &[u8]) -> bool {
    event.trim_ascii() == DONE
}

/// What the events of a stream have said of its end so far.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// Whether an event came that another one has to follow.
    is_open: bool,
    /// Whether the event came that ends it.
    is_final: bool,
    /// Whether it was told why the answer ends, or that it does.
    has_reason: bool,
    /// The choices by number, and whether each has told why it ends.
    choices: BTreeMap<u64, bool>,
}

impl Course {
    /// An event came. What was cut in the middle is none.
    pub(crate) fn note(&mut self, picks: &Picks<'_>) {
        if !picks.is_whole {
            return;
        }
        if let Some(kind) = picks.text(TYPE) {
            self.note_type(kind);
        }
        for choice in picks.choices {
            if self.choices.len() < CHOICES_MAX || self.choices.contains_key(&choice.number) {
                *self.choices.entry(choice.number).or_default() |= choice.is_finished;
            }
        }
    }

    /// An event of this type came.
    pub(crate) fn note_type(&mut self, kind: &[u8]) {
        self.is_final |= FINAL.contains(&kind);
        self.is_open |= EARLIER.iter().any(|start| kind.starts_with(start));
    }

    /// An event came that another one has to follow.
    pub(crate) fn open(&mut self) {
        self.is_open = true;
    }

    /// It was told why the answer ends, or that it does.
    pub(crate) fn give_reason(&mut self) {
        self.has_reason = true;
    }

    /// The event came after which nothing follows.
    pub(crate) fn end(&mut self) {
        self.is_final = true;
    }

    /// Whether the event came after which nothing follows.
    pub(crate) const fn is_final(&self) -> bool {
        self.is_final
    }

    /// How the stream ended, if it has.
    pub(crate) fn ending(&self) -> Ending {
        let has_choices = !self.choices.is_empty();
        let all_finished = has_choices && self.choices.values().all(|is_finished| *is_finished);
        match () {
            () if self.is_final || self.has_reason || all_finished => Ending::Told,
            () if self.is_open || has_choices => Ending::Missing,
            () => Ending::Untold,
        }
    }

    /// How many choices are told apart.
    #[cfg(test)]
    pub(super) fn choices(&self) -> usize {
        self.choices.len()
    }
}
