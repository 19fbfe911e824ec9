//! `Prose`: what an emulated model says. Its length in tokens is exact by the emulator's own rule of four
//! characters a token, each byte taken for one.

use crate::rng::Rng;

/// An answer's text, cut into tokens of exactly four characters each.
///
/// Answers of two tokens and more begin with a digest of what was asked (`#0a1b2c `), so that a test can tell
/// whether an answer belongs to its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prose {
    text: String,
    /// Whether `max_tokens` cut it.
    pub(crate) cut: bool,
}

impl Prose {
    /// An answer of `tokens` tokens to a question with this digest.
    pub(crate) fn new(question: u64, tokens: u64, cut: bool, rng: &mut Rng) -> Self {
        const WORDS: [&str; 16] = [
            "the ", "sea ", "ebb ", "and ", "tow ", "bay ", "lee ", "oar ", "net ", "fog ", "dew ", "ash ",
            "fin ", "cod ", "rib ", "log ",
        ];
        let mut text = String::new();
        let mut left = tokens;
        if tokens > 2 {
            text = format!("#{:06x} ", question & 0x00FF_FFFF);
            left -= 2;
        }
        for _ in 0..left {
            text.push_str(WORDS[usize::try_from(rng.below(16)).unwrap_or(0)]);
        }
        text.pop();
        text.push('.');
        Self { text, cut }
    }

    /// These words, as many of their tokens as `most` allows.
    pub(crate) fn repeating(words: &str, most: u64) -> Self {
        let bytes_max = usize::try_from(most.saturating_mul(4)).unwrap_or(usize::MAX);
        let end = (0..=bytes_max.min(words.len())).rev().find(|&end| words.is_char_boundary(end));
        let text = words.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
        Self { cut: text.len() < words.len(), text }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its length in tokens.
    pub(crate) fn tokens(&self) -> u64 {
        tokens_of(self.text.len())
    }

    /// The text in at most `most` pieces of whole tokens.
    pub(crate) fn pieces(&self, most: usize) -> Vec<&str> {
        let tokens = self.text.len().div_ceil(4);
        let length = tokens.div_ceil(most.max(1)).max(1) * 4;
        let mut pieces = Vec::new();
        let mut rest = self.text.as_str();
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(end_of_piece(rest, length));
            pieces.push(piece);
            rest = tail;
        }
        pieces
    }
}

/// Where a piece of so many bytes ends that cuts no character.
fn end_of_piece(text: &str, length: usize) -> usize {
    (length..text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len())
}

/// The tokens of a text of `chars` characters: a quarter, rounded up.
pub(crate) fn tokens_of(chars: usize) -> u64 {
    u64::try_from(chars.div_ceil(4)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_exactly_the_tokens_that_were_drawn() {
        for tokens in 1..200 {
            let prose = Prose::new(0xABCD_EF12, tokens, false, &mut Rng::new(tokens));
            assert_eq!(prose.tokens(), tokens);
            assert_eq!(prose.pieces(32).concat(), prose.text());
            assert!(prose.pieces(32).len() <= 32);
        }
    }

    #[test]
    fn words_are_repeated_as_far_as_there_is_room() {
        let whole = Prose::repeating("Ebbe und Flüsse", 10);
        assert_eq!((whole.text(), whole.cut, whole.tokens()), ("Ebbe und Flüsse", false, 4));
        assert_eq!(whole.pieces(32).concat(), whole.text());
        let cut = Prose::repeating("Ebbe und Flüsse", 3);
        assert_eq!((cut.text(), cut.cut, cut.tokens()), ("Ebbe und Fl", true, 3));
    }

    #[test]
    fn an_answer_names_its_question() {
        let prose = Prose::new(0xAB_CDEF, 20, false, &mut Rng::new(1));
        assert!(prose.text().starts_with("#abcdef "));
        assert!(prose.text().ends_with('.'));
    }
}
