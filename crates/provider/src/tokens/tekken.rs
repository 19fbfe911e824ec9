//! `Tekken`: Mistral's vocabulary, read from the file that comes with its models. It is too large to be built in, and no
//! crate that is well kept carries it (looked for in 2026-11).
//!
//! The file is JSON: `config` with the pattern that splits text, and how many of its ids are for control; `vocab` with
//! the tokens by rank, of which as many count as the ids leave room for (mistral-common 1.13.1, 2026-11).

use bpe_openai::Tokenizer;
use bpe_openai::byte_pair_encoding::BytePairEncoding;
use serde::Deserialize;

use super::merge::Ranks;

/// What a text without any letter after blanks ends in. The engine for patterns here looks at nothing that it does not
/// take, so that this tail is written in other words.
const TAIL: &str = r"|\s+(?!\S)|\s+";

/// The largest vocabulary that is read; Mistral's have 131 072 ids (2026-11).
const TOKENS_MAX: usize = 2_000_000;

/// A vocabulary of Mistral's.
pub struct Tekken {
    ranks: Ranks,
    /// Splits texts; its own vocabulary is that of the bytes, and not used.
    splitter: Tokenizer,
}

/// Why a file is no vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TekkenError {
    /// It is no JSON, or of another form.
    #[error("it is no Tekken vocabulary: {0}; take the tekken.json that comes with the model")]
    Form(String),
    /// A token is not what its place says.
    #[error("its token {rank} is harmed: {why}; fetch the file again")]
    Token {
        /// The token's place.
        rank: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Its pattern is none that can be used here.
    #[error("its pattern is of a kind that is not known here: {0}; count with another version of the file")]
    Pattern(String),
}

#[derive(Deserialize)]
struct Written {
    config: Config,
    vocab: Vec<Token>,
}

#[derive(Deserialize)]
struct Config {
    pattern: String,
    default_vocab_size: usize,
    default_num_special_tokens: usize,
}

#[derive(Deserialize)]
struct Token {
    rank: usize,
    token_bytes: String,
}

impl Tekken {
    /// Reads the content of a `tekken.json`.
    ///
    /// # Errors
    ///
    /// When it is of another form, a token is harmed, or its pattern is not known here.
    pub fn read(content: &[u8]) -> Result<Self, TekkenError> {
        let written: Written =
            serde_json::from_slice(content).map_err(|error| TekkenError::Form(error.to_string()))?;
        let Config { pattern, default_vocab_size, default_num_special_tokens } = written.config;
        let size = default_vocab_size.saturating_sub(default_num_special_tokens);
        if size < 256 || size > written.vocab.len().min(TOKENS_MAX) {
            return Err(TekkenError::Form(format!("{size} tokens are meant, {} there", written.vocab.len())));
        }
        Ok(Self { ranks: ranks(&written.vocab[..size])?, splitter: splitter(&pattern)? })
    }

    /// How many tokens a text is, without any for control. `None` where the pattern of the file leaves a part of the text
    /// out.
    #[must_use]
    pub fn count(&self, text: &str) -> Option<u64> {
        let (mut tokens, mut read) = (0, 0);
        for piece in self.splitter.split(text) {
            tokens += self.ranks.count(piece.as_bytes());
            read += piece.len();
        }
        (read == text.len()).then_some(tokens)
    }
}

impl std::fmt::Debug for Tekken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tekken").finish_non_exhaustive()
    }
}

fn ranks(vocab: &[Token]) -> Result<Ranks, TekkenError> {
    use base64::Engine;
    let mut ranks = Ranks::default();
    for (place, token) in vocab.iter().enumerate() {
        let harmed = |why| TekkenError::Token { rank: place, why };
        let bytes = base64::engine::general_purpose::STANDARD.decode(&token.token_bytes);
        let bytes = bytes.map_err(|_| harmed("its bytes are no base64"))?;
        if token.rank != place {
            return Err(harmed("it has another rank"));
        }
        if u8::try_from(place).is_ok_and(|byte| bytes != [byte]) {
            return Err(harmed("the first 256 are the single bytes"));
        }
        let rank = u32::try_from(place).map_err(|_| harmed("there are too many"))?;
        if bytes.is_empty() || !ranks.add(bytes, rank) {
            return Err(harmed("it is empty, or there twice"));
        }
    }
    Ok(ranks)
}

/// What splits texts as the pattern says. Of what looks ahead only [`TAIL`] is known: blanks before a letter leave the
/// last of them to it, which is the same as blanks with one more behind them that is not taken.
fn splitter(pattern: &str) -> Result<Tokenizer, TekkenError> {
    let unknown = || TekkenError::Pattern(pattern.chars().take(200).collect());
    let looks = |text: &str| text.contains("(?!") || text.contains("(?=") || text.contains("(?<");
    let bytes = BytePairEncoding::from_dictionary((0..=255_u8).map(|byte| vec![byte]), None);
    let built = match pattern.strip_suffix(TAIL) {
        Some(head) if !looks(head) => {
            let head = format!(r"{head}|\s+$");
            let patterns = [(head.as_str(), false), (r"\s+\s", true), (r"\s+", false)];
            Tokenizer::new_lookahead(bytes, &patterns, false)
        }
        None if !looks(pattern) => Tokenizer::new(bytes, Some(pattern), false),
        _ => return Err(unknown()),
    };
    built.map_err(|_| unknown())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A pattern of our own with the tail of Mistral's.
    const PATTERN: &str = r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+(?!\S)|\s+";

    fn file(more: &[&str]) -> Value {
        use base64::Engine;
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let bytes = (0..=255_u8).map(|byte| encode(&[byte]));
        let tokens = bytes.chain(more.iter().map(|token| encode(token.as_bytes())));
        let vocab: Vec<Value> = tokens
            .enumerate()
            .map(|(rank, bytes)| json!({"rank": rank, "token_bytes": bytes, "token_str": null}))
            .collect();
        let size = vocab.len() + 10;
        json!({"config": {"pattern": PATTERN, "num_vocab_tokens": vocab.len(), "default_vocab_size": size,
            "default_num_special_tokens": 10, "version": "v3"}, "vocab": vocab})
    }

    fn read(file: &Value) -> Result<Tekken, TekkenError> {
        Tekken::read(file.to_string().as_bytes())
    }

    #[test]
    fn a_text_is_split_by_the_pattern_and_merged_by_rank() {
        let tekken = read(&file(&["th", "the", " t", " th", " the", "  ", "é"])).unwrap();
        let cases =
            [("", 0), ("the", 1), ("the the", 2), ("the  the", 3), ("thé", 2), ("7 the", 2), ("the   ", 3)];
        for (text, tokens) in cases {
            assert_eq!(tekken.count(text), Some(tokens), "{text:?}");
        }
    }

    #[test]
    fn tokens_beyond_what_the_ids_leave_room_for_do_not_count() {
        let mut file = file(&["th", "the"]);
        file["config"]["default_vocab_size"] = json!(256 + 1 + 10);
        assert_eq!(read(&file).unwrap().count("the"), Some(2));
    }

    #[test]
    fn what_is_no_vocabulary_is_told_with_a_remedy() {
        for rubbish in ["", "[]", "{}", "{\"config\": {}, \"vocab\": []}"] {
            assert!(matches!(Tekken::read(rubbish.as_bytes()), Err(TekkenError::Form(_))), "{rubbish}");
        }
        let harmed = |change: fn(&mut Value)| {
            let mut file = file(&["th"]);
            change(&mut file);
            read(&file).map(|_| ()).unwrap_err()
        };
        let at = |error| matches!(error, TekkenError::Token { rank: 256, .. });
        assert!(at(harmed(|file| file["vocab"][256]["rank"] = json!(9))));
        assert!(at(harmed(|file| file["vocab"][256]["token_bytes"] = json!("?"))));
        assert!(at(harmed(|file| file["vocab"][256]["token_bytes"] = json!("AA=="))));
        let swapped = harmed(|file| file["vocab"][3]["token_bytes"] = json!("AA=="));
        assert!(
            matches!(swapped, TekkenError::Token { rank: 3, .. }) && swapped.to_string().contains("fetch")
        );
        assert!(matches!(
            harmed(|file| file["config"]["default_vocab_size"] = json!(100)),
            TekkenError::Form(_)
        ));
        for pattern in ["(?=a)b", "(", r"(?!x)a|\s+(?!\S)|\s+"] {
            let mut file = file(&[]);
            file["config"]["pattern"] = json!(pattern);
            assert!(matches!(read(&file), Err(TekkenError::Pattern(_))), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_leaves_something_out_gives_no_count() {
        let mut file = file(&[]);
        file["config"]["pattern"] = json!("[a-z]+");
        let tekken = read(&file).unwrap();
        assert_eq!((tekken.count("abc"), tekken.count("ab cd")), (Some(3), None));
    }
}
