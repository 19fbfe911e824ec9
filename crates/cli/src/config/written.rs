//! The config as it was written: tables and values with their place in the file, each key taken at most once.
//! What nobody takes is a mistake.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Report, Wrong};
use super::suggest;

/// How many keys a remedy lists at most: more are not read.
const LISTED: usize = 10;

/// One table of the file.
#[derive(Debug)]
pub(super) struct Section<'a> {
    path: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
    known: Vec<Cow<'static, str>>,
}

/// One value of the file, with the path of its key.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    path: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(table: &'a Spanned<DeTable<'a>>) -> Self {
        Self { path: String::new(), span: table.span(), table: table.get_ref(), known: Vec::new() }
    }

    /// The value of `key`, where it was written.
    pub(super) fn take(&mut self, key: impl Into<Cow<'static, str>>) -> Option<Entry<'a>> {
        let key = key.into();
        let found = self.table.get(&*key).map(|value| Entry { path: join(&self.path, &key), value });
        self.known.push(key);
        found
    }

    /// Whether this key was written here, rightly or wrongly.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.keys().any(|known| known.get_ref() == key)
    }

    /// Whether a key of a rate was written here, rightly or wrongly.
    pub(super) fn has_rates(&self) -> bool {
        self.table.keys().any(|key| key.get_ref().contains("_per_") || key.get_ref() == "concurrency")
    }

    /// Every key with its value, for tables whose keys are names of the user's.
    pub(super) fn names(&self) -> Vec<(String, Entry<'a>)> {
        let entry = |key: &str, value| (key.to_owned(), Entry { path: join(&self.path, key), value });
        self.table.iter().map(|(key, value)| entry(key.get_ref(), value)).collect()
    }

    /// Notes something that is wrong with the table as a whole, at its head.
    pub(super) fn wrong(&self, report: &mut Report<'_>, wrong: Wrong) {
        report.add(&self.span, &self.path, wrong);
    }

    /// Ends the reading of this table: a key that nobody asked for is a mistake.
    pub(super) fn finish(self, report: &mut Report<'_>) {
        for (key, _) in self.table.iter() {
            let name: &str = key.get_ref();
            if self.known.iter().any(|known| known == name) {
                continue;
            }
            let remedy = match suggest::nearest(name, self.known.iter().map(AsRef::as_ref)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if self.known.len() > LISTED => "remove it, nothing by this name exists here".to_owned(),
                None => format!("remove it; the keys here are {}", self.known.join(", ")),
            };
            report.add(&key.span(), &join(&self.path, name), Wrong::new("unknown key", remedy));
        }
    }
}

impl<'a> Entry<'a> {
    /// Notes that this value is wrong.
    pub(super) fn wrong(&self, report: &mut Report<'_>, wrong: Wrong) {
        report.add(&self.value.span(), &self.path, wrong);
    }

    /// Notes that this value has another type than the one wanted.
    fn mistyped<T>(&self, report: &mut Report<'_>, wanted: &str, example: &str) -> Option<T> {
        let found = self.value.get_ref().type_str();
        self.wrong(
            report,
            Wrong::new(format!("{wanted} expected, found {found}"), format!("write {example}")),
        );
        None
    }

    /// The value as a table.
    pub(super) fn section(&self, report: &mut Report<'_>) -> Option<Section<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => {
                Some(Section { path: self.path.clone(), span: self.value.span(), table, known: Vec::new() })
            }
            _ => self.mistyped(report, "a table", &format!("[{}] on a line of its own", self.path)),
        }
    }

    /// The value as a list of tables, each with its number (from 1) in its path.
    pub(super) fn sections(&self, report: &mut Report<'_>) -> Vec<Section<'a>> {
        let DeValue::Array(array) = self.value.get_ref() else {
            self.mistyped::<()>(
                report,
                "a list of tables",
                &format!("[[{}]] on a line of its own", self.path),
            );
            return Vec::new();
        };
        let numbered = |(place, value)| Entry { path: format!("{}[{}]", self.path, place + 1), value };
        array.iter().enumerate().map(numbered).filter_map(|entry| entry.section(report)).collect()
    }

    /// The value as text.
    pub(super) fn text(&self, report: &mut Report<'_>) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => self.mistyped(report, "text", "it in quotes"),
        }
    }

    /// The value as text that `meaning` makes sense of.
    pub(super) fn meant<T>(
        &self,
        report: &mut Report<'_>,
        meaning: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let text = self.text(report)?;
        meaning(text).map_err(|wrong| self.wrong(report, wrong)).ok()
    }

    /// The value as true or false.
    pub(super) fn flag(&self, report: &mut Report<'_>) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.mistyped(report, "true or false", "true or false, without quotes"),
        }
    }

    /// The value as a whole number of at least `least`.
    pub(super) fn whole(&self, report: &mut Report<'_>, least: u64) -> Option<u64> {
        let DeValue::Integer(written) = self.value.get_ref() else {
            return self.mistyped(report, "a whole number", "digits without quotes, such as 500 or 200_000");
        };
        let number = u64::from_str_radix(written.as_str(), written.radix()).ok();
        if let Some(number) = number.filter(|&number| number >= least) {
            return Some(number);
        }
        self.wrong(
            report,
            Wrong::new(
                format!("`{written}` is out of range"),
                format!("write a whole number of at least {least}"),
            ),
        );
        None
    }

    /// The value as a number, as it was written in decimal.
    pub(super) fn decimal(&self, report: &mut Report<'_>) -> Option<String> {
        match self.value.get_ref() {
            DeValue::Integer(written) if written.radix() == 10 => Some(written.as_str().to_owned()),
            DeValue::Float(written) => Some(written.as_str().to_owned()),
            _ => self.mistyped(report, "a number", "digits without quotes, such as 500 or 0.5"),
        }
    }
}

/// The path of `key` in the table at `path`.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
