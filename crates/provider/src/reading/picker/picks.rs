//! `Picks`: what was picked out of one document.

use super::Picker;
use crate::reading::choices::Choice;
use crate::reading::{Map, Tree};

/// What was picked out of one document; one slot a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picks<'a> {
    pub(super) found: &'a [Option<Vec<u8>>],
    /// Bytes of text at the measured paths, escapes counted as they are written or a little more.
    pub(crate) measured: u64,
    /// The choices that it speaks of, where they are looked for.
    pub(crate) choices: &'a [Choice],
    /// Whether it came to its end.
    pub(crate) is_whole: bool,
}

impl<'a> Picks<'a> {
    /// The JSON text of the value at path number `path`, unless it is absent or null.
    pub(crate) fn raw(&self, path: usize) -> Option<&'a [u8]> {
        self.found.get(path)?.as_deref().filter(|bytes| *bytes != b"null")
    }

    /// The parsed value at path number `path`.
    pub(crate) fn value(&self, path: usize) -> Option<serde_json::Value> {
        serde_json::from_slice(self.raw(path)?).ok()
    }

    /// The value at path number `path` as it takes least to read.
    pub(crate) fn tree(&self, path: usize) -> Option<Tree<'a>> {
        let text = simdutf8::basic::from_utf8(self.raw(path)?).ok()?;
        serde_json::from_str(text).ok()
    }

    /// Whether the value at path number `path` is this text.
    pub(crate) fn is(&self, path: usize, text: &str) -> bool {
        self.text(path).is_some_and(|found| found == text.as_bytes())
    }

    /// The raw content of the string at path number `path`, escapes left as they are.
    pub(crate) fn text(&self, path: usize) -> Option<&'a [u8]> {
        self.raw(path)?.strip_prefix(b"\"")?.strip_suffix(b"\"")
    }
}

/// Picks values out of a whole document, which may be cut short.
pub(crate) fn pick<T>(paths: &'static Map, document: &[u8], read: impl FnOnce(&Picks<'_>) -> T) -> T {
    let mut picker = Picker::new(paths);
    picker.push(document);
    read(&picker.picks())
}
