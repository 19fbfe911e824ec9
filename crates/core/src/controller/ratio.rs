//! `Ratio`: how many tokens a lane's texts have, learned from what the provider counted for them.

use crate::notes::noted;

/// After so many texts the older half of them counts half: enough to be steady, few enough to follow a caller who
/// turns to another language.
const REMEMBERED: u8 = 64;
/// Shorter texts tell nothing: the frame around them weighs as much.
const BYTES_MIN: u64 = 64;
/// A longer text counts as much as one of this length, so that none outweighs all others.
const BYTES_MAX: u64 = 8_192;
/// Bytes a token where nothing is known, and how many bytes of such text stand among the first real ones.
const USUAL: u64 = 4;
const MADE_UP: u64 = 1_024;
/// The most and the fewest bytes a token of any text in any vocabulary. Beyond them somebody counted something else.
const SPARSEST: u64 = 16;
const DENSEST: u64 = 1;
/// From so many texts on, one that has more than twice or less than half of what the others lead to expect counts as
/// twice or half: a single odd one moves little, and a change that lasts is followed all the same.
const EXPERIENCE: u8 = 8;

/// How many tokens a lane's texts have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ratio {
    bytes: u64,
    tokens: u64,
    texts: u8,
}

noted!(Ratio { bytes, tokens, texts });

impl Ratio {
    /// The ratio as it was learned before. Numbers that no text can have are not taken.
    pub(crate) fn restored(bytes: u64, tokens: u64) -> Self {
        let remembered = BYTES_MAX.saturating_mul(u64::from(REMEMBERED));
        if bytes < BYTES_MIN || bytes > remembered || tokens != bounded(bytes, tokens) {
            return Self::default();
        }
        // As many texts as make up half of what is remembered, so that new ones count soon.
        Self { bytes, tokens, texts: REMEMBERED / 2 }
    }

    /// What was weighed, to be kept: bytes and the tokens that they had.
    pub(crate) const fn learned(&self) -> (u64, u64) {
        (self.bytes, self.tokens)
    }

    /// The provider counted `tokens` for a text of `bytes`.
    pub(crate) fn record(&mut self, bytes: u64, tokens: u64) {
        if bytes < BYTES_MIN {
            return;
        }
        let mut tokens = bounded(bytes, tokens);
        if self.texts >= EXPERIENCE {
            let expected = self.expected(bytes);
            tokens = tokens.clamp(expected.div_ceil(2), expected.saturating_mul(2));
        }
        let weighed = bytes.min(BYTES_MAX);
        if self.texts >= REMEMBERED {
            *self = Self { bytes: self.bytes / 2, tokens: self.tokens / 2, texts: self.texts / 2 };
        }
        self.bytes = self.bytes.saturating_add(weighed);
        self.tokens = self.tokens.saturating_add(part(weighed, tokens, bytes));
        self.texts = self.texts.saturating_add(1);
    }

    /// How many tokens a text of `bytes` has, by experience; `None` without any.
    pub(crate) fn tokens(&self, bytes: u64) -> Option<u64> {
        (self.texts > 0).then(|| self.expected(bytes))
    }

    fn expected(&self, bytes: u64) -> u64 {
        let tokens = self.tokens.saturating_add(MADE_UP / USUAL);
        part(bytes, tokens, self.bytes.saturating_add(MADE_UP))
    }
}

/// `tokens` within what a text of `bytes` can have.
fn bounded(bytes: u64, tokens: u64) -> u64 {
    tokens.clamp(bytes.div_ceil(SPARSEST), bytes.div_ceil(DENSEST))
}

/// `amount * share / whole`, rounded up.
fn part(amount: u64, share: u64, whole: u64) -> u64 {
    let product = u128::from(amount).saturating_mul(u128::from(share));
    u64::try_from(product.div_ceil(u128::from(whole.max(1)))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(texts: &[(u64, u64)]) -> Ratio {
        let mut ratio = Ratio::default();
        texts.iter().for_each(|(bytes, tokens)| ratio.record(*bytes, *tokens));
        ratio
    }

    #[test]
    fn nothing_is_said_before_the_first_text_and_soon_the_truth() {
        assert_eq!(Ratio::default().tokens(400), None);
        assert_eq!(after(&[(1_024, 512)]).tokens(4_096), Some(1_536), "half made up");
        let settled = after(&[(2_000, 1_000); 40]);
        assert!((990..=1_000).contains(&settled.tokens(2_000).unwrap()), "{settled:?}");
    }

    #[test]
    fn an_odd_text_moves_little_and_a_lasting_change_is_followed() {
        let mut ratio = after(&[(2_000, 500); 40]);
        let before = ratio.tokens(10_000).unwrap();
        ratio.record(2_000, 2_000);
        ratio.record(1_000_000, 62_500);
        let moved = ratio.tokens(10_000).unwrap().abs_diff(before);
        assert!(moved * 20 <= before, "{before} moved by {moved}");
        for _ in 0..200 {
            ratio.record(2_000, 1_600);
        }
        assert!(ratio.tokens(10_000).unwrap() >= 7_600, "{ratio:?}");
    }

    #[test]
    fn short_texts_tell_nothing_and_no_count_is_beyond_reason() {
        assert_eq!(after(&[(63, 9_999)]), Ratio::default());
        let dense = after(&[(1_000, u64::MAX); 100]);
        assert!(dense.tokens(1_000).unwrap() <= 1_000);
        let sparse = after(&[(1_000, 0); 100]);
        assert!(sparse.tokens(16_000).unwrap() >= 1_000);
        assert_eq!(dense.tokens(u64::MAX).map(|tokens| tokens > 0), Some(true));
    }

    #[test]
    fn what_was_learned_is_restored_and_nonsense_is_not() {
        let ratio = after(&[(2_000, 1_000); 40]);
        let (bytes, tokens) = ratio.learned();
        assert_eq!(Ratio::restored(bytes, tokens).tokens(7_777), ratio.tokens(7_777));
        for (bytes, tokens) in [(0, 0), (100, 1_000), (100, 0), (u64::MAX, u64::MAX)] {
            assert_eq!(Ratio::restored(bytes, tokens), Ratio::default(), "{bytes} {tokens}");
        }
    }
}
