//! A Rust text with its comments and literals blanked out, so that rules look at code only.
//!
//! Line breaks stay where they are: line numbers of the views are those of the file.

/// What stays visible besides code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    Literals,
}

/// The code alone: comments, strings and characters are spaces.
pub(crate) fn code(text: &str) -> String {
    blank(text, Keep::Nothing)
}

/// Code and literals: only comments are spaces.
pub(crate) fn code_and_literals(text: &str) -> String {
    blank(text, Keep::Literals)
}

/// How many lines stand before the tests of the file, which by custom come last.
pub(crate) fn production_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let starts_tests = |(index, line): (usize, &&str)| {
        let next = lines.iter().skip(index + 1).take(3);
        line.starts_with("#[cfg(") && has_word(line, "test") && next.clone().any(|line| opens_module(line))
    };
    lines.iter().enumerate().position(starts_tests).unwrap_or(lines.len())
}

/// Whether `text` holds `word` with no letter, digit or underscore right before or after it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

fn opens_module(line: &str) -> bool {
    has_word(line, "mod") && line.trim_end().ends_with('{')
}

fn blank(text: &str, keep: Keep) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, visible) = match piece(rest, out.chars().next_back()) {
            Some((length, Piece::Comment)) => (length, false),
            Some((length, Piece::Literal)) => (length, keep == Keep::Literals),
            None => (first.len_utf8(), true),
        };
        let (taken, after) = rest.split_at(length);
        if visible {
            out.push_str(taken);
        } else {
            out.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    out
}

enum Piece {
    Comment,
    Literal,
}

/// The comment or literal that `rest` begins with, if any, and its length in bytes.
fn piece(rest: &str, before: Option<char>) -> Option<(usize, Piece)> {
    if rest.starts_with("//") {
        return Some((rest.find('\n').unwrap_or(rest.len()), Piece::Comment));
    }
    if rest.starts_with("/*") {
        return Some((block_comment(rest), Piece::Comment));
    }
    if rest.starts_with('"') {
        return Some((quoted(rest, '"'), Piece::Literal));
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !in_word && let Some(length) = raw_string(rest) {
        return Some((length, Piece::Literal));
    }
    if rest.starts_with('\'') && is_character(rest) {
        return Some((quoted(rest, '\''), Piece::Literal));
    }
    None
}

/// Length of a block comment; they nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Length of a literal between two `quote`s, escapes included.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Length of a raw string (`r"..."`, `r#"..."#`, `br"..."`), if `rest` begins with one.
fn raw_string(rest: &str) -> Option<usize> {
    let marked = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = marked.len() - marked.trim_start_matches('#').len();
    if !marked[hashes..].starts_with('"') {
        return None;
    }
    let opening = rest.len() - marked.len() + hashes + 1;
    let closing = format!("\"{}", "#".repeat(hashes));
    Some(rest[opening..].find(&closing).map_or(rest.len(), |at| opening + at + closing.len()))
}

/// Tells `'x'` and `'\n'` from a lifetime.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => true,
        (Some(_), Some(second)) => second == '\'',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_lines_stay() {
        let text = "let a = \"x // y\"; // z\n/* q\n /* r */ */ let b = '\"';\n";
        let code = code(text);
        assert_eq!(code.lines().count(), 3);
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["let", "a", "=", ";", "let", "b", "=", ";"]);
    }

    #[test]
    fn literals_can_be_kept() {
        assert_eq!(code_and_literals("f(\"a//b\") // c").trim_end(), "f(\"a//b\")");
    }

    #[test]
    fn raw_strings_and_lifetimes_are_told_apart_from_code() {
        let code = code("fn f<'a>(x: &'a str) { g(r#\"he said \"hi\" // no\"#, br\"x\") }");
        assert!(code.contains("fn f<'a>(x: &'a str)"));
        assert!(!code.contains("said"));
        assert!(code.trim_end().ends_with(") }"));
    }

    #[test]
    fn the_tests_of_a_file_are_not_counted() {
        assert_eq!(production_lines("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(production_lines("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
    }

    #[test]
    fn a_word_is_whole() {
        assert!(has_word("use std::env;", "std"));
        assert!(!has_word("no_std", "std"));
    }
}
