//! `Vocabulary`: the public vocabularies, and which models have which.

/// A public vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Vocabulary {
    /// OpenAI's of 2024 and later.
    O200k,
    /// OpenAI's of 2023, which its embeddings still have.
    Cl100k,
    /// Voyage's third generation.
    Voyage3,
    /// Mistral's since 2024-07. It is not built in: whoever has the file gives it to a
    /// [`Counter`](super::Counter).
    Tekken,
}

/// Beginnings of model names, the longer before the shorter that they begin with. OpenAI's are those of its
/// tokenizer's table (tiktoken, `model.py`, 2026-08); Voyage's are its documentation's (2026-08).
const MODELS: [(&str, Vocabulary); 17] = [
    ("gpt-oss", Vocabulary::O200k),
    ("gpt-4o", Vocabulary::O200k),
    ("gpt-4.1", Vocabulary::O200k),
    ("gpt-4.5", Vocabulary::O200k),
    ("gpt-5", Vocabulary::O200k),
    ("chatgpt-4o", Vocabulary::O200k),
    ("ft:gpt-4o", Vocabulary::O200k),
    ("o1", Vocabulary::O200k),
    ("o3", Vocabulary::O200k),
    ("o4-mini", Vocabulary::O200k),
    ("ft:gpt-4", Vocabulary::Cl100k),
    ("ft:gpt-3.5-turbo", Vocabulary::Cl100k),
    ("gpt-4", Vocabulary::Cl100k),
    ("gpt-3.5-turbo", Vocabulary::Cl100k),
    ("text-embedding-3-", Vocabulary::Cl100k),
    ("text-embedding-ada-002", Vocabulary::Cl100k),
    ("voyage-3", Vocabulary::Voyage3),
];

/// Beginnings of the names of Mistral's models (its model list, 2026-11).
const MISTRALS: [&str; 9] = [
    "mistral-",
    "open-mistral-nemo",
    "ministral-",
    "pixtral-",
    "magistral-",
    "devstral-",
    "codestral-",
    "voxtral-",
    "labs-",
];
/// Those of them that have an older vocabulary (mistral-common 1.13.1, its table of models).
const BEFORE_TEKKEN: [&str; 8] = [
    "mistral-tiny",
    "mistral-small-23",
    "mistral-small-2402",
    "mistral-medium-23",
    "mistral-large-24",
    "codestral-2405",
    "codestral-mamba",
    "mistral-embed",
];

impl Vocabulary {
    /// The vocabulary of a model, by its name, which may stand behind a provider's: `openai/gpt-4o`.
    #[must_use]
    pub fn of_model(model: &str) -> Option<Self> {
        let name = model.rsplit('/').next().unwrap_or(model);
        let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        if begins(&MISTRALS) && !begins(&BEFORE_TEKKEN) {
            return Some(Self::Tekken);
        }
        // What follows a model's name must not make it another: `o1-mini` is of `o1`, `o10` would not be.
        let ends = |rest: &str| rest.chars().next().is_none_or(|next| !next.is_ascii_alphanumeric());
        let has =
            |start: &str| name.strip_prefix(start).is_some_and(|rest| start.ends_with('-') || ends(rest));
        MODELS.iter().find(|(start, _)| has(start)).map(|(_, vocabulary)| *vocabulary)
    }

    /// The name by which the field knows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::O200k => "o200k_base",
            Self::Cl100k => "cl100k_base",
            Self::Voyage3 => "voyage3_base",
            Self::Tekken => "tekken",
        }
    }

    /// How many tokens a text is; `None` where the vocabulary is not built in. The first call unpacks it: some ten
    /// milliseconds and megabytes.
    #[must_use]
    pub fn count(self, text: &str) -> Option<u64> {
        #[cfg(feature = "vocabularies")]
        {
            let tokenizer = match self {
                Self::O200k => bpe_openai::o200k_base(),
                Self::Cl100k => bpe_openai::cl100k_base(),
                Self::Voyage3 => bpe_openai::voyage3_base(),
                Self::Tekken => return None,
            };
            Some(tokenizer.count(text) as u64)
        }
        #[cfg(not(feature = "vocabularies"))]
        {
            let _ = text;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_the_vocabulary_of_its_family() {
        let cases = [
            ("gpt-4o-mini-2024-07-18", Some(Vocabulary::O200k)),
            ("openai/gpt-4o", Some(Vocabulary::O200k)),
            ("gpt-4-turbo", Some(Vocabulary::Cl100k)),
            ("gpt-4.1-nano", Some(Vocabulary::O200k)),
            ("gpt-5.2", Some(Vocabulary::O200k)),
            ("gpt-oss-120b", Some(Vocabulary::O200k)),
            ("o3-mini", Some(Vocabulary::O200k)),
            ("o10", None),
            ("text-embedding-3-large", Some(Vocabulary::Cl100k)),
            ("ft:gpt-4o-mini:org::id", Some(Vocabulary::O200k)),
            ("voyage-3-large", Some(Vocabulary::Voyage3)),
            ("claude-sonnet-5", None),
            ("mistral-small-latest", Some(Vocabulary::Tekken)),
            ("mistralai/ministral-8b-2410", Some(Vocabulary::Tekken)),
            ("mistral-large-2411", None),
            ("open-mistral-7b", None),
            ("mistral-embed", None),
            ("", None),
        ];
        for (model, expected) in cases {
            assert_eq!(Vocabulary::of_model(model), expected, "{model}");
        }
    }
}
