//! Counting of tokens, for people and for plans: exact where a model's vocabulary is public, else by a ratio.
//!
//! Calls are not counted so while they wait for their turn: there the length and what was learned will do, at a
//! thousandth of the cost. The vocabularies are behind the feature `vocabularies`; each is unpacked when it is first
//! asked for.

mod fields;
mod image;
#[cfg(feature = "vocabularies")]
mod merge;
mod request;
#[cfg(feature = "vocabularies")]
mod tekken;
mod tools;
mod vocabulary;

pub use fields::TEXT_FIELDS;
#[cfg(feature = "vocabularies")]
pub use tekken::{Tekken, TekkenError};
pub use vocabulary::Vocabulary;

/// Characters a token where no vocabulary is known. OpenAI's own admission counts so (measured to 2026-08), and
/// English prose comes to it with most vocabularies; code has fewer characters a token, and other scripts far fewer.
pub const CHARACTERS_PER_TOKEN: u64 = 4;

/// How many tokens something is, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The tokens.
    pub tokens: u64,
    /// How they were counted.
    pub method: Method,
}

/// How tokens were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// With the model's own vocabulary.
    Exact(Vocabulary),
    /// With the model's own vocabulary, and by its provider's formulas for what is no text: images, tools.
    Formula(Vocabulary),
    /// With the model's own vocabulary, and by a guess for what has no public formula: sound, files, the form that an
    /// answer must have, fields that are not known, and what only the provider has.
    Guess(Vocabulary),
    /// By [`CHARACTERS_PER_TOKEN`].
    Estimate,
}

impl Count {
    /// The sum of both, known as well as the worse known of them.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { tokens: self.tokens.saturating_add(other.tokens), method: self.method.max(other.method) }
    }

    /// The same number, known by formulas at best.
    fn by_formula(self) -> Self {
        let method = match self.method {
            Method::Exact(vocabulary) => Method::Formula(vocabulary),
            other => other,
        };
        Self { method, ..self }
    }

    /// The same number, guessed in part.
    fn by_guess(self) -> Self {
        let method = match self.method {
            Method::Exact(vocabulary) | Method::Formula(vocabulary) => Method::Guess(vocabulary),
            other => other,
        };
        Self { method, ..self }
    }
}

/// Counts, with the vocabularies that are built in and the one that it was given.
#[derive(Debug, Default)]
pub struct Counter {
    #[cfg(feature = "vocabularies")]
    tekken: Option<Tekken>,
}

impl Counter {
    /// The same with the vocabulary of Mistral's models.
    #[cfg(feature = "vocabularies")]
    #[must_use]
    pub fn tekken(mut self, tekken: Tekken) -> Self {
        self.tekken = Some(tekken);
        self
    }

    /// How many tokens a text is for a model.
    #[must_use]
    pub fn text(&self, model: &str, text: &str) -> Count {
        let exact = Vocabulary::of_model(model)
            .and_then(|vocabulary| Some((vocabulary, self.exact(vocabulary, text)?)));
        match exact {
            Some((vocabulary, tokens)) => Count { tokens, method: Method::Exact(vocabulary) },
            None => Count {
                tokens: (text.chars().count() as u64).div_ceil(CHARACTERS_PER_TOKEN),
                method: Method::Estimate,
            },
        }
    }

    /// The input tokens of a request's body: chat, responses, messages, completion or embeddings. `None` for what is no
    /// JSON object. `model` stands in where the body names none.
    #[must_use]
    pub fn request(&self, model: Option<&str>, body: &[u8]) -> Option<Count> {
        request::count(self, model, body)
    }

    #[cfg(feature = "vocabularies")]
    fn exact(&self, vocabulary: Vocabulary, text: &str) -> Option<u64> {
        match vocabulary {
            Vocabulary::Tekken => self.tekken.as_ref()?.count(text),
            built_in => built_in.count(text),
        }
    }

    #[cfg(not(feature = "vocabularies"))]
    #[expect(clippy::unused_self, reason = "without vocabularies there is none to be given")]
    fn exact(&self, vocabulary: Vocabulary, text: &str) -> Option<u64> {
        vocabulary.count(text)
    }
}

/// How many tokens a text is for a model, with what is built in.
///
/// ```
/// use tidegate_provider::tokens::{Method, count_text};
///
/// let count = count_text("claude-sonnet-5", "eight ch");
/// assert_eq!((count.tokens, count.method), (2, Method::Estimate));
/// ```
#[must_use]
pub fn count_text(model: &str, text: &str) -> Count {
    Counter::default().text(model, text)
}

/// The input tokens of a request's body, with what is built in; see [`Counter::request`].
#[must_use]
pub fn count_request(model: Option<&str>, body: &[u8]) -> Option<Count> {
    Counter::default().request(model, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_known_as_well_as_its_worse_part() {
        let exact = Count { tokens: 2, method: Method::Exact(Vocabulary::O200k) };
        let guess = Count { tokens: 3, method: Method::Estimate };
        assert_eq!(exact.plus(guess), Count { tokens: 5, method: Method::Estimate });
        assert_eq!(exact.plus(exact.by_formula()).method, Method::Formula(Vocabulary::O200k));
        let guessed = exact.by_guess();
        assert_eq!(guessed.plus(exact.by_formula()).by_formula().method, Method::Guess(Vocabulary::O200k));
        assert_eq!(guessed.plus(guess).by_guess().method, Method::Estimate);
    }

    #[cfg(feature = "vocabularies")]
    #[test]
    fn texts_are_counted_with_the_models_own_vocabulary() {
        let cases = [
            // From OpenAI's cookbook, "How to count tokens with tiktoken" (2026-08).
            ("gpt-4", "tiktoken is great!", 6),
            ("gpt-4o", "tiktoken is great!", 6),
            ("gpt-4", "antidisestablishmentarianism", 6),
            ("gpt-4", "2 + 2 = 4", 7),
            ("gpt-4", "お誕生日おめでとう", 9),
            ("gpt-4o", "お誕生日おめでとう", 8),
            ("text-embedding-3-small", "", 0),
        ];
        for (model, text, tokens) in cases {
            let count = count_text(model, text);
            assert_eq!(count.tokens, tokens, "{model}: {text}");
            assert!(matches!(count.method, Method::Exact(_)), "{model}");
        }
    }
}
