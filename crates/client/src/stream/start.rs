//! `Start`: how an answer begins that has brought no event yet, kept to say what came in the place of a stream.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The most that is kept to judge an answer without events, as of any error's body. Real ones have a few hundred bytes.
const START_BYTES_MAX: usize = 1024 * 1024;

/// How an answer begins that has brought no event yet.
#[derive(Debug)]
pub(crate) struct Start {
    kept: Vec<u8>,
    /// Whether its head says that it is one document, JSON or HTML.
    declared: bool,
}

impl Start {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        Self { kept: Vec::new(), declared: kind.is_some_and(is_document) }
    }

    /// Keeps what came, as far as there is room. Blanks in front, which some hosts send to keep a connection alive,
    /// are not part of a document.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = if self.kept.is_empty() { bytes.trim_ascii_start() } else { bytes };
        let room = START_BYTES_MAX.saturating_sub(self.kept.len());
        self.kept.extend(bytes.iter().take(room));
    }

    /// Whether it is one document by its head and by its first byte, with which no line of a stream begins. The head
    /// alone is not believed: a host that streams under a wrong content type is understood all the same.
    pub(crate) fn is_document(&self) -> bool {
        self.declared && matches!(self.kept.first(), Some(b'{' | b'[' | b'<' | b'"'))
    }

    /// Whether no more of it is kept.
    pub(crate) const fn is_full(&self) -> bool {
        self.kept.len() >= START_BYTES_MAX
    }

    /// What was kept.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.kept
    }
}

/// Whether a content type names one document rather than a stream. A stream of JSON texts has a name of its own.
fn is_document(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/problem+json", "text/json", "text/html", "application/xhtml+xml"]
        .iter()
        .any(|document| essence.eq_ignore_ascii_case(document))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn start(kind: &'static str, body: &[u8]) -> Start {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let mut start = Start::of(&headers);
        body.chunks(1).for_each(|bytes| start.push(bytes));
        start
    }

    #[test]
    fn a_document_is_one_by_its_head_and_by_its_first_byte() {
        assert!(start("Application/JSON; charset=utf-8", b" \n{\"error\":1}").is_document());
        assert!(start("text/html", b"<html>").is_document());
        assert!(!start("application/json", b"data: {}\n\n").is_document());
        assert!(!start("application/json", b"  ").is_document());
        assert!(!start("application/stream+json", b"{}").is_document());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut start = Start::of(&HeaderMap::new());
        start.push(&vec![b'x'; START_BYTES_MAX - 1]);
        assert!(!start.is_full());
        start.push(b"yz");
        assert!(start.is_full());
        assert_eq!(start.into_bytes().len(), START_BYTES_MAX);
    }
}
