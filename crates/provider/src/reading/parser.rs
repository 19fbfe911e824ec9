//! `Parser`: tells streams from documents by their first bytes and folds what is picked into a tally.
//!
//! A stream comes as server-sent events, as documents one after another (Cohere's and Ollama's lines), or in the
//! frames of AWS.

use std::io;

use super::ending::{Ending, is_done};
use super::events::{Lines, Piece};
use super::frames::{Frame, Frames};
use super::picker::Picker;
use super::tally::Tally;
use super::{Grammar, Reading};
use crate::fault::Fault;

/// The most decoded bytes that are read of one answer; a compressed answer beyond it is a bomb.
const DECODED_MAX: u64 = 1 << 30;

/// The most bytes of an event that are kept to see whether it is the mark that ends `OpenAI`'s streams, with blanks.
const MARK_MAX: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Unknown,
    /// One document, or several one after another.
    Document,
    Events,
    Frames,
    /// Neither: audio, images, HTML, plain text.
    Foreign,
}

/// The reader of decoded bytes.
#[derive(Debug)]
pub(crate) struct Parser {
    grammar: &'static Grammar,
    form: Form,
    seen: u64,
    lines: Option<Lines>,
    frames: Option<Frames>,
    /// Whether a document came before this one, outside of events.
    follows: bool,
    /// Whether the last document outside of events came to its end.
    is_closed: bool,
    /// Whether it is said to be a document.
    is_document: bool,
    picker: Picker,
    mark: Vec<u8>,
    tally: Tally,
}

impl Parser {
    pub(crate) fn new(grammar: &'static Grammar) -> Self {
        Self {
            grammar,
            form: Form::Unknown,
            seen: 0,
            lines: None,
            frames: None,
            follows: false,
            is_closed: false,
            is_document: false,
            picker: Picker::new(&grammar.paths),
            mark: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// A parser that reads nothing.
    pub(crate) fn idle(grammar: &'static Grammar) -> Self {
        Self { form: Form::Foreign, ..Self::new(grammar) }
    }

    /// Takes in whether the head says that the answer is a document.
    pub(crate) fn expect_document(&mut self, is_document: bool) {
        self.is_document = is_document;
    }

    /// What was told so far by whole documents.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The reading, when no more bytes come.
    pub(crate) fn finish(&mut self) -> Reading {
        if let Some(mut lines) = self.lines.take() {
            lines.finish(&mut |piece| self.piece(piece));
        } else if self.form == Form::Document {
            self.is_closed = self.picker.ended();
            self.fold();
        }
        let ending = self.ending();
        let tally = &mut self.tally;
        Reading {
            usage: tally.usage(),
            details: tally.details(),
            streamed: tally.streamed,
            conversation: tally.conversation.take(),
            answer: tally.answer.take(),
            error: tally.error.as_deref().map(self.grammar.judge),
            ending,
        }
    }

    /// How the answer ended, when no more bytes come.
    fn ending(&self) -> Ending {
        let by_events = self.tally.course.ending();
        let ending = match self.form {
            Form::Document if self.follows && by_events != Ending::Untold => by_events,
            _ if self.is_closed => Ending::Closed,
            Form::Document if self.is_document => Ending::Missing,
            Form::Events | Form::Frames => by_events,
            Form::Document | Form::Unknown | Form::Foreign => Ending::Untold,
        };
        // Who tells an error ends with it.
        if ending == Ending::Missing && self.tally.error.is_some() { Ending::Untold } else { ending }
    }

    fn bytes(&mut self, mut bytes: &[u8]) {
        if self.form == Form::Unknown {
            bytes = self.open(bytes);
        }
        match self.form {
            Form::Document => self.documents(bytes),
            Form::Frames => {
                if let Some(mut frames) = self.frames.take() {
                    frames.push(bytes, &mut |frame| self.frame(frame));
                    self.frames = Some(frames);
                }
            }
            Form::Events => {
                if let Some(mut lines) = self.lines.take() {
                    lines.push(bytes, &mut |piece| self.piece(piece));
                    self.lines = Some(lines);
                }
            }
            Form::Unknown | Form::Foreign => {}
        }
    }

    /// Skips leading blanks and a byte order mark, and decides by what follows.
    fn open<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0xEF | 0xBB | 0xBF);
        let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
        let rest = &bytes[start..];
        self.form = match rest.first() {
            None => Form::Unknown,
            Some(b'{' | b'[') => Form::Document,
            // The first letters of the fields data, event, id, retry, and of a comment.
            Some(b'd' | b'e' | b'i' | b'r' | b':') => Form::Events,
            // The length of a frame, which is below sixteen million, in four bytes.
            Some(0) => Form::Frames,
            Some(_) => Form::Foreign,
        };
        if self.form == Form::Events {
            self.lines = Some(Lines::new());
        } else if self.form == Form::Frames {
            self.frames = Some(Frames::new());
        }
        rest
    }

    /// Reads a document and those that follow it, one a line as a rule.
    fn documents(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.picker.ended() {
                bytes = bytes.trim_ascii_start();
                match bytes.first() {
                    None => return,
                    Some(b'{') => {
                        self.follows = true;
                        self.fold();
                    }
                    // Whatever it is, the document before it came to its end.
                    Some(_) => {
                        self.fold();
                        self.is_closed = true;
                        self.form = Form::Foreign;
                        return;
                    }
                }
            }
            let read = self.picker.push(bytes);
            bytes = &bytes[read..];
        }
    }

    /// Reads the document of one frame.
    fn frame(&mut self, frame: Frame<'_>) {
        match frame {
            Frame::Document(document) => {
                self.picker.push(document);
                self.fold();
            }
            Frame::Exception { kind, document } => {
                let fault = Fault::of_body(document);
                self.tally.note_error(Fault { kind: Some(kind.to_owned()), ..fault });
            }
        }
    }

    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::DataBegins => self.mark.clear(),
            Piece::Data(bytes) => {
                let room = MARK_MAX.saturating_sub(self.mark.len()).min(bytes.len());
                self.mark.extend_from_slice(&bytes[..room]);
                self.picker.push(bytes);
            }
            Piece::DataEnds if is_done(&self.mark) => {
                self.tally.course.end();
                self.picker.reset();
            }
            // Some hosts leave out the empty line between events; a document that closed is an event.
            Piece::DataEnds if self.picker.ended() => self.fold(),
            Piece::DataEnds => {
                self.picker.push(b"\n");
            }
            Piece::EventEnds => self.fold(),
        }
    }

    fn fold(&mut self) {
        let picks = self.picker.picks();
        self.tally.course.note(&picks);
        (self.grammar.fold)(&mut self.tally, &picks);
        self.tally.streamed.note(picks.measured, self.form != Form::Document || self.follows);
        self.picker.reset();
    }
}

impl io::Write for Parser {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        if self.seen > DECODED_MAX {
            return Err(io::Error::other("the answer is too long to be read for usage"));
        }
        self.bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::Verdict;
    use crate::reading::{BROAD_PATHS, Map, fold_broad};
    use tidegate_core::Class;

    static GRAMMAR: Grammar = Grammar {
        paths: Map::new(BROAD_PATHS),
        fold: fold_broad,
        judge: |_| Verdict::of(Class::ServerError),
    };

    /// The most bytes of buffers while a stream of parts passes, in chunks of 16 kB.
    fn held(parts: &[&[u8]]) -> (usize, Reading) {
        let mut parser = Parser::new(&GRAMMAR);
        let mut most = 0;
        for chunk in parts.iter().flat_map(|part| part.chunks(16 * 1024)) {
            parser.write_all(chunk).unwrap();
            let frames = parser.frames.as_ref().map_or(0, Frames::held);
            most = most.max(parser.picker.held() + parser.mark.capacity() + frames);
        }
        (most, parser.finish())
    }

    #[test]
    fn events_of_ten_megabytes_pass_through_a_few_small_buffers() {
        const MOST: usize = 512 * 1024;
        let long = vec![b'x'; 10 << 20];
        let usage = b"data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
        // A text, a name of a field, a line that is no field, a usage, an error, and a beginning that is ten megabytes long.
        for (start, end) in [
            ("data: {\"choices\":[{\"delta\":{\"content\":\"", "\"}}]}\n\n"),
            ("data: {\"", "\":1}\n\n"),
            (": ", "\n\n"),
            ("data: {\"usage\":\"", "\"}\n\n"),
            ("data: {\"error\":{\"message\":\"", "\"}}\n\n"),
            ("data: {\"id\":\"", "\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"),
        ] {
            let (most, reading) = held(&[start.as_bytes(), &long, end.as_bytes(), usage]);
            assert!(most <= MOST, "{most} bytes are held of {start}");
            assert_eq!(reading.usage.map(|usage| usage.total()), Some(5), "{start}");
        }
        let frame = [&(10_u32 << 20).to_be_bytes()[..], &[0; 8], &long[12..]].concat();
        assert!(held(&[&frame, &frame]).0 <= MOST);
        let lines = [b"{\"text\":\"", &long[..], b"\"}\n"].concat();
        assert!(held(&[&lines, &lines]).0 <= MOST);
    }
}
