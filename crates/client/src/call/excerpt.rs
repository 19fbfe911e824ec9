//! `Excerpt`: the beginning of a body for a message, and any text, without the key.

use std::fmt;

use crate::Key;

/// The most bytes of an answer that an error shows.
const EXCERPT_BYTES_MAX: usize = 300;
/// The longest that one character of a key is written in an answer: `\\u002f`.
const WRITTEN_BYTES_MAX: usize = 6;
/// How much of a key is a part of it, and not any word: less at the end of a text is left.
const PART_CHARS_MIN: usize = 4;
/// What stands for the key.
const REDACTED: &str = "[key]";

/// Cuts the beginning of a body for a message. A server that echoes the key is not quoted on it.
#[derive(Clone, Default)]
pub(crate) struct Excerpt(Option<Key>);

impl Excerpt {
    pub(crate) const fn hiding(key: Option<Key>) -> Self {
        Self(key)
    }

    pub(crate) fn of(&self, body: &[u8]) -> String {
        let secret = self.secret().unwrap_or_default();
        // As much more as a key may take that begins before the end: only a whole one is known in every spelling.
        let reach = EXCERPT_BYTES_MAX.saturating_add(secret.len().saturating_mul(WRITTEN_BYTES_MAX));
        let whole = self.clean(&String::from_utf8_lossy(&body[..body.len().min(reach)]));
        let end = (0..=EXCERPT_BYTES_MAX.min(whole.len())).rev().find(|&end| whole.is_char_boundary(end));
        whole[..end.unwrap_or_default()].trim().to_owned()
    }

    /// The text without the key, as it is or as JSON may spell it, and without the beginning of one that a cut left.
    pub(crate) fn clean(&self, text: &str) -> String {
        let Some(secret) = self.secret() else { return text.to_owned() };
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match hidden(rest, secret) {
                Some(length) => {
                    clean.push_str(REDACTED);
                    length
                }
                None => {
                    clean.push(first);
                    first.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        clean
    }

    fn secret(&self) -> Option<&str> {
        std::str::from_utf8(self.0.as_ref()?.expose()).ok()
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Excerpt")
    }
}

/// How many bytes of the key the text begins with, if it does: all of it, or as much as the text has room for.
fn hidden(text: &str, secret: &str) -> Option<usize> {
    [plain as Spelling, escaped].into_iter().find_map(|spelling| {
        let mut rest = text;
        for (matched, expected) in secret.chars().enumerate() {
            if rest.is_empty() {
                return (matched >= PART_CHARS_MIN).then_some(text.len());
            }
            let (found, length) = spelling(rest)?;
            if found != expected {
                return None;
            }
            rest = &rest[length..];
        }
        Some(text.len() - rest.len())
    })
}

/// The character that a text begins with, and in how many bytes it is written.
type Spelling = fn(&str) -> Option<(char, usize)>;

fn plain(text: &str) -> Option<(char, usize)> {
    text.chars().next().map(|first| (first, first.len_utf8()))
}

/// As in a JSON string (RFC 8259, 7).
fn escaped(text: &str) -> Option<(char, usize)> {
    let Some(rest) = text.strip_prefix('\\') else { return plain(text) };
    match rest.chars().next()? {
        'u' => {
            let code = u32::from_str_radix(rest.get(1..5)?, 16).ok()?;
            Some((char::from_u32(code)?, WRITTEN_BYTES_MAX))
        }
        first => Some((first, 1 + first.len_utf8())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_never_shows_the_key_not_even_its_beginning() {
        let excerpt = Excerpt::hiding(Key::new("sk-secret-1234567890"));
        assert_eq!(excerpt.of(b"bad key sk-secret-1234567890!"), "bad key [key]!");
        assert_eq!(excerpt.of(b"bad key sk-secret"), "bad key [key]");
        assert_eq!(excerpt.of(b"no risk"), "no risk");
        for before in [EXCERPT_BYTES_MAX - 12, EXCERPT_BYTES_MAX - 2, EXCERPT_BYTES_MAX] {
            let long = format!("{}sk-secret-1234567890 and on", "x".repeat(before));
            let shown = excerpt.of(long.as_bytes());
            assert!(!shown.contains("sk") && shown.len() <= EXCERPT_BYTES_MAX, "{shown}");
        }
    }

    #[test]
    fn a_key_is_hidden_as_json_spells_it_too() {
        let excerpt = Excerpt::hiding(Key::new(r#"sk/a+b"c\d"#));
        for spelled in [r#"sk/a+b"c\d"#, r#"sk\/a+b\"c\\d"#, r#"sk\u002Fa\u002bb\u0022c\u005Cd"#] {
            let shown = excerpt.of(format!("key {spelled}; wrong").as_bytes());
            assert_eq!(shown, "key [key]; wrong", "{spelled}");
        }
    }

    #[test]
    fn without_a_key_everything_is_shown() {
        assert_eq!(Excerpt::default().of("tide \u{1F30A}".as_bytes()), "tide \u{1F30A}");
    }
}
