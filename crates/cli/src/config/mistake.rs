//! `Mistake` and `Report`: everything that is wrong with a config file, each with its line and its remedy.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::exit::Failure;

/// One thing that is wrong with a config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
    /// The key with its tables, `server.max_wait`; empty where the text is no TOML.
    pub(crate) path: String,
    /// What is wrong, a lower-case fragment.
    pub(crate) what: String,
    /// What to write instead.
    pub(crate) remedy: String,
}

/// What is wrong with a value, and what to write instead, before it is known where the value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// What is wrong, a lower-case fragment.
    pub(crate) what: String,
    /// What to write instead.
    pub(crate) remedy: String,
}

impl Wrong {
    /// A wrong value and its remedy.
    pub(crate) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

/// Collects the mistakes of one file while it is read.
#[derive(Debug)]
pub(super) struct Report<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
    /// Lines that are no TOML: what was made of the rest of them means nothing.
    broken: BTreeSet<usize>,
}

impl<'a> Report<'a> {
    /// A report on `text`, empty as yet.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, mistakes: Vec::new(), broken: BTreeSet::new() }
    }

    /// Notes that what stands at `span` is no TOML; `what` is its parser's word for that.
    pub(super) fn broken(&mut self, span: &Range<usize>, what: &str) {
        let (line, _) = position(self.text, span.start);
        if self.broken.insert(line) {
            let what = what.lines().next().unwrap_or("not TOML");
            self.push(span, "", Wrong::new(what, remedy_of_broken(what)));
        }
    }

    /// Notes that what stands at `span` (in bytes) is wrong.
    pub(super) fn add(&mut self, span: &Range<usize>, path: &str, wrong: Wrong) {
        let (line, _) = position(self.text, span.start);
        // An empty place among broken lines is a value that the parser made up to go on.
        if !self.broken.contains(&line) && (self.broken.is_empty() || !span.is_empty()) {
            self.push(span, path, wrong);
        }
    }

    fn push(&mut self, span: &Range<usize>, path: &str, wrong: Wrong) {
        let (line, column) = position(self.text, span.start);
        self.mistakes.push(Mistake {
            line,
            column,
            path: path.to_owned(),
            what: wrong.what,
            remedy: wrong.remedy,
        });
    }

    /// The mistakes in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by(|a, b| (a.line, a.column, &a.path).cmp(&(b.line, b.column, &b.path)));
        self.mistakes
    }
}

/// What to do about a line that is no TOML.
fn remedy_of_broken(what: &str) -> &'static str {
    if what.contains("duplicate") {
        "keep one of the two"
    } else if what.contains("quoted") {
        "put the value in quotes"
    } else {
        "a line is `key = value`, `[table]` or `[[list]]`; text stands in quotes"
    }
}

/// The line and the column, both from 1, of the byte at `offset`.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// All that is wrong with one file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistakes {
    /// The file as the user named it.
    pub(crate) file: String,
    /// In the order of the file.
    pub(crate) list: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.list.len();
        write!(f, "{} has {count} {}", self.file, if count == 1 { "mistake" } else { "mistakes" })?;
        for Mistake { line, column, path, what, remedy } in &self.list {
            let separator = if path.is_empty() { "" } else { ": " };
            write!(f, "\n{}:{line}:{column}: {path}{separator}{what}\n    hint: {remedy}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self::usage(mistakes.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a = 1\nä = \"é\" x\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, text.find('x').unwrap()), (2, 9));
        assert_eq!(position(text, 1000), (3, 1));
    }

    #[test]
    fn mistakes_are_listed_in_the_order_of_the_file_each_with_its_remedy() {
        let mut report = Report::new("one\ntwo\n");
        report.add(&(4..7), "server.two", Wrong::new("too late", "come earlier"));
        report.add(&(0..3), "", Wrong::new("not a key", "write one"));
        let mistakes = Mistakes { file: "t.toml".into(), list: report.finish() };
        assert_eq!(
            mistakes.to_string(),
            "t.toml has 2 mistakes\nt.toml:1:1: not a key\n    hint: write one\n\
             t.toml:2:1: server.two: too late\n    hint: come earlier"
        );
    }
}
