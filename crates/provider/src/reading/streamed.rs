//! `Streamed`: how much text of a model went by, for answers that do not say what they used.

/// Bytes of output a token, where nothing was learned: the recordings of 2024 to 2026 have 3.6 to 4.1 in streams
/// of prose (OpenAI, Anthropic, DeepSeek, Together) and less in other languages and in code.
const BYTES_PER_TOKEN: u64 = 4;

/// How much text of a model went by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streamed {
    /// Pieces of a stream that brought text; a plain answer is none.
    pub pieces: u64,
    /// Bytes of text, arguments of tools and shown thoughts included.
    pub bytes: u64,
}

impl Streamed {
    /// The output tokens that this text probably was.
    ///
    /// A piece is a token with most hosts (0.84 pieces a token over OpenAI's recorded chat streams, 0.97 to 1.04
    /// at DeepSeek, Together and LiteLLM) and several with others (Anthropic 0.15, Mistral 0.56); in neither case
    /// are there fewer tokens than pieces. So the larger of both counts is taken.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.pieces.max(self.bytes.div_ceil(BYTES_PER_TOKEN))
    }

    /// Takes in the text of one document; `is_piece` where it is an event of a stream.
    pub(crate) fn note(&mut self, bytes: u64, is_piece: bool) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.pieces = self.pieces.saturating_add(u64::from(is_piece && bytes > 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_larger_of_pieces_and_bytes() {
        let of = |pieces, bytes| Streamed { pieces, bytes }.tokens();
        assert_eq!(of(0, 0), 0);
        assert_eq!(of(10, 20), 10);
        assert_eq!(of(1, 401), 101);
    }

    #[test]
    fn a_piece_without_text_is_none() {
        let mut streamed = Streamed::default();
        streamed.note(0, true);
        streamed.note(5, true);
        streamed.note(7, false);
        assert_eq!(streamed, Streamed { pieces: 1, bytes: 12 });
    }
}
