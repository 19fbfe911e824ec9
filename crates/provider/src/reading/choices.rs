//! `Choices`: which choices one document speaks of, and which of them tell in it why they end.

use super::paths::CHOICE;

/// The most choices of one document that are told apart. OpenAI's `n` goes up to 128.
const CHOICES_MAX: usize = 256;

/// One choice, as far as it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Its number; the first one where it tells none.
    pub(crate) number: u64,
    /// Whether it tells why it ends.
    pub(crate) is_finished: bool,
}

/// The choices of one document.
#[derive(Debug, Default)]
pub(super) struct Choices {
    /// Those that were read to their ends.
    read: Vec<Choice>,
    /// The one that is being read.
    current: Choice,
}

impl Choices {
    pub(super) fn read(&self) -> &[Choice] {
        &self.read
    }

    pub(super) const fn current(&self) -> Choice {
        self.current
    }

    /// Goes on with a choice that began as another did.
    pub(super) fn go_on(&mut self, choice: Choice) {
        self.current = choice;
    }

    /// Takes in a value of the current choice, by its place in [`CHOICE`].
    pub(super) fn note(&mut self, part: usize, value: &[u8]) {
        debug_assert!(part < CHOICE.len(), "a part of a choice");
        match part {
            0 => self.current.number = number(value),
            // Some hosts write an empty text where others write null.
            _ => self.current.is_finished |= !matches!(value, b"null" | b"\"\""),
        }
    }

    /// The current choice came to its end.
    pub(super) fn end(&mut self) {
        let ended = std::mem::take(&mut self.current);
        if self.read.len() < CHOICES_MAX {
            self.read.push(ended);
        }
    }

    pub(super) fn clear(&mut self) {
        self.read.clear();
        self.current = Choice::default();
    }
}

/// A number as it is written; anything else counts as the first.
fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}
