//! `Habit`: how the documents of a stream begin, so that the next one need not be read to that point again.
//!
//! A host writes the same head into every event of a stream: id, model, time. Where the head up to the text is the
//! same to the byte as in the event before, the scanner may go on from where it stood then.

use super::choices::Choice;
use super::picker::{Level, SHALLOW};

/// The longest beginning that is kept. Those of the recordings have 150 to 400 bytes.
const BEGINNING_MAX: usize = 1024;

/// The beginning of the last document, and where a scanner stands after it: in a text that is measured.
#[derive(Debug, Default)]
pub(super) struct Habit {
    beginning: Vec<u8>,
    /// Boxed, since only streams have one: a reader of a whole answer is made for each call.
    standing: Option<Box<Standing>>,
}

/// Where a scanner stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) levels: [Level; SHALLOW],
    pub(super) depth: usize,
    /// The path that is measured.
    pub(super) path: usize,
    /// What was told before of the choice that the text is of.
    pub(super) choice: Choice,
}

impl Habit {
    /// Where a scanner stands after the known beginning, if the document has it; and how long that is.
    pub(super) fn recognise(&self, document: &[u8]) -> Option<(usize, Standing)> {
        let standing = self.standing.as_deref().filter(|_| document.starts_with(&self.beginning))?;
        Some((self.beginning.len(), *standing))
    }

    /// The bytes of its buffer.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.beginning.capacity()
    }

    /// Takes in how a document began.
    pub(super) fn note(&mut self, beginning: &[u8], standing: Standing) {
        if beginning.len() <= BEGINNING_MAX {
            self.beginning.clear();
            self.beginning.extend_from_slice(beginning);
            match &mut self.standing {
                Some(known) => **known = standing,
                None => self.standing = Some(Box::new(standing)),
            }
        }
    }
}
