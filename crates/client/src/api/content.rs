//! `Content`: whether prompts and answers are told, which are nobody's business unless somebody says so.

use super::span::Spanned;
use crate::call::Excerpt;

/// Whether prompts and answers are written to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Hidden,
    Logged,
}

impl Content {
    /// The log of one call; `None` where nothing is to be told.
    pub(crate) fn transcript(
        self,
        spanned: &Spanned,
        excerpt: impl FnOnce() -> Excerpt,
    ) -> Option<Transcript> {
        (self == Self::Logged).then(|| Transcript { spanned: spanned.clone(), excerpt: excerpt() })
    }
}

/// Writes what one call says and hears to the log, as events inside of its span, without the key.
#[derive(Debug)]
pub(crate) struct Transcript {
    spanned: Spanned,
    excerpt: Excerpt,
}

impl Transcript {
    /// The body of the request, as it is on the wire.
    pub(crate) fn prompt(&self, body: &[u8]) {
        let text = self.excerpt.clean(&String::from_utf8_lossy(body));
        tracing::info!(target: "tidegate::content", parent: self.spanned.span(), { tidegate.request.body = text }, "prompt");
    }

    /// The body of the answer as it is on the wire, or a piece of it.
    pub(crate) fn answer(&self, body: &[u8]) {
        let text = self.excerpt.clean(&String::from_utf8_lossy(body));
        tracing::info!(target: "tidegate::content", parent: self.spanned.span(), { tidegate.response.body = text }, "answer");
    }
}
