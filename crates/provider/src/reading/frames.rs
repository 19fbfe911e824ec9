//! `Frames`: splits AWS's event streams into the documents of their frames, with a bound on each.
//!
//! A frame is its length, the length of its headers, a checksum, the headers, the payload and another checksum
//! (documentation of Amazon's event stream encoding, 2026-08). A model's own events lie in base64 inside a document.
//! Checksums are not checked: who forwards bytes cannot mend them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The bytes before the headers.
const PRELUDE: usize = 12;

/// The bytes after the payload.
const CHECKSUM: usize = 4;

/// The most bytes kept of one frame; those with usage are far smaller. A longer one is passed over.
const FRAME_MAX: usize = 64 * 1024;

/// What one frame brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A document.
    Document(&'a [u8]),
    /// An error in the middle of the stream.
    Exception { kind: &'a str, document: &'a [u8] },
}

/// The splitter.
#[derive(Debug)]
pub(super) struct Frames {
    /// The frame so far, its prelude included.
    kept: Vec<u8>,
    /// How much of a frame that is too long is still to come.
    passed_over: usize,
    /// Whether the bytes are no frames after all.
    broken: bool,
}

impl Frames {
    pub(super) const fn new() -> Self {
        Self { kept: Vec::new(), passed_over: 0, broken: false }
    }

    /// Splits the next bytes and hands each frame to `sink`.
    pub(super) fn push(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(Frame<'_>)) {
        while !bytes.is_empty() && !self.broken {
            if self.passed_over > 0 {
                let step = self.passed_over.min(bytes.len());
                self.passed_over -= step;
                bytes = &bytes[step..];
                continue;
            }
            let wanted = self.length().unwrap_or(PRELUDE);
            let step = (wanted - self.kept.len()).min(bytes.len());
            self.kept.extend_from_slice(&bytes[..step]);
            bytes = &bytes[step..];
            self.advance(sink);
        }
    }

    /// The bytes of its buffer.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.kept.capacity()
    }

    /// Hands on the frame once it is whole.
    fn advance(&mut self, sink: &mut impl FnMut(Frame<'_>)) {
        let Some(length) = self.length() else { return };
        if length < PRELUDE + CHECKSUM {
            self.broken = true;
        } else if length > FRAME_MAX {
            self.passed_over = length - self.kept.len();
            self.kept.clear();
        } else if self.kept.len() == length {
            read(&self.kept, sink);
            self.kept.clear();
        }
    }

    /// The length of the frame, once its prelude is here.
    fn length(&self) -> Option<usize> {
        if self.kept.len() < PRELUDE { None } else { number(&self.kept, 0) }
    }
}

/// Reads a whole frame; one whose lengths do not fit says nothing.
fn read(frame: &[u8], sink: &mut impl FnMut(Frame<'_>)) {
    let end = frame.len() - CHECKSUM;
    let parts = number(frame, 4).and_then(|length| {
        let start = PRELUDE.checked_add(length)?;
        Some((frame.get(PRELUDE..start)?, frame.get(start..end)?))
    });
    let Some((headers, document)) = parts else { return };
    let kind = header(headers, b":exception-type").or_else(|| header(headers, b":error-code"));
    match kind.and_then(|kind| std::str::from_utf8(kind).ok()) {
        Some(kind) => sink(Frame::Exception { kind, document }),
        None => match unwrapped(document) {
            Some(inner) => sink(Frame::Document(&inner)),
            None => sink(Frame::Document(document)),
        },
    }
}

/// A number of four bytes.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(four)).ok()
}

/// The text of a header. All that matter are texts, so what follows one of another kind is not looked at.
fn header<'a>(mut headers: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    const TEXT: u8 = 7;
    loop {
        let (length, rest) = headers.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let [kind, high, low, rest @ ..] = rest else { return None };
        if *kind != TEXT {
            return None;
        }
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        if name == wanted {
            return Some(value);
        }
        headers = rest;
    }
}

/// The document inside of `{"bytes":"eyJ0..","p":"abc"}`.
fn unwrapped(document: &[u8]) -> Option<Vec<u8>> {
    let rest = document.strip_prefix(b"{\"bytes\":\"")?;
    let end = memchr::memchr(b'"', rest)?;
    STANDARD.decode(&rest[..end]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(headers: &[(&str, &str)], document: &[u8]) -> Vec<u8> {
        let mut block = Vec::new();
        for (name, value) in headers {
            block.push(u8::try_from(name.len()).unwrap());
            block.extend_from_slice(name.as_bytes());
            block.push(7);
            block.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
            block.extend_from_slice(value.as_bytes());
        }
        let length = PRELUDE + block.len() + document.len() + CHECKSUM;
        let mut frame = Vec::new();
        frame.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        frame.extend_from_slice(&u32::try_from(block.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&block);
        frame.extend_from_slice(document);
        frame.extend_from_slice(&[0; 4]);
        frame
    }

    fn documents(stream: &[u8], size: usize) -> Vec<String> {
        let (mut frames, mut list) = (Frames::new(), Vec::new());
        let mut sink = |frame: Frame<'_>| match frame {
            Frame::Document(document) => list.push(String::from_utf8_lossy(document).into_owned()),
            Frame::Exception { kind, .. } => list.push(format!("!{kind}")),
        };
        stream.chunks(size).for_each(|chunk| frames.push(chunk, &mut sink));
        list
    }

    #[test]
    fn frames_give_their_documents_in_any_chunking() {
        let event = [(":event-type", "metadata"), (":message-type", "event")];
        let stream = [
            framed(&event, b"{\"a\":1}"),
            framed(&event, b"{\"bytes\":\"eyJiIjoyfQ==\",\"p\":\"abcd\"}"),
            framed(&[(":exception-type", "throttlingException")], b"{\"message\":\"m\"}"),
            framed(&[], &vec![b'x'; FRAME_MAX]),
            framed(&event, b"{\"c\":3}"),
        ]
        .concat();
        for size in [1, 2, 13, 1_000, usize::MAX] {
            let expected = ["{\"a\":1}", "{\"b\":2}", "!throttlingException", "{\"c\":3}"];
            assert_eq!(documents(&stream, size), expected, "chunks of {size}");
        }
    }

    #[test]
    fn lengths_that_do_not_fit_end_the_reading() {
        for stream in
            [&[0; 64][..], &[0, 0, 0, 20, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]]
        {
            assert_eq!(documents(stream, 7), [""; 0]);
        }
    }
}
