//! `Tally`: what the documents of one answer told so far.

use tidegate_core::Usage;

use super::{Course, Details, Streamed, UsageParts};
use crate::fault::Fault;

/// What the documents of one answer told so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    parts: Option<UsageParts>,
    details: Details,
    /// How much text went by.
    pub(crate) streamed: Streamed,
    /// The first conversation that was named.
    pub(crate) conversation: Option<String>,
    /// The first name of the answer itself.
    pub(crate) answer: Option<String>,
    /// The first error; few answers have one.
    pub(crate) error: Option<Box<Fault>>,
    /// What its events said of its end.
    pub(crate) course: Course,
}

impl Tally {
    /// The usage so far.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.parts.map(UsageParts::usage)
    }

    /// What was told beside plain tokens so far.
    pub(crate) fn details(&self) -> Details {
        self.parts.map_or(self.details, |parts| self.details.updated(parts.details))
    }

    /// Takes in what stands outside of a usage object.
    pub(crate) fn note_details(&mut self, details: Details) {
        self.details = self.details.updated(details);
    }

    /// Takes in a usage object; anything that is no object names nothing.
    pub(crate) fn note_usage(&mut self, parts: Option<UsageParts>) {
        if let Some(next) = parts {
            self.parts = Some(self.parts.map_or(next, |known| known.updated(next)));
        }
    }

    /// Takes in the name of the conversation; one that is no name in reason is left out.
    pub(crate) fn note_conversation(&mut self, name: Option<&[u8]>) {
        note_name(&mut self.conversation, name);
    }

    /// Takes in the name of the answer itself.
    pub(crate) fn note_answer(&mut self, name: Option<&[u8]>) {
        note_name(&mut self.answer, name);
    }

    /// Takes in an error, unless it is empty or another came before it.
    pub(crate) fn note_error(&mut self, fault: Fault) {
        if self.error.is_none() && !fault.is_empty() {
            self.error = Some(Box::new(fault));
        }
    }
}

/// Keeps the first name that is one in reason.
fn note_name(known: &mut Option<String>, name: Option<&[u8]>) {
    const NAME_BYTES_MAX: usize = 128;
    let name = name.filter(|name| known.is_none() && !name.is_empty() && name.len() <= NAME_BYTES_MAX);
    if let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) {
        *known = Some(name.to_owned());
    }
}
