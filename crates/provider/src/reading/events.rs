//! `Lines`: splits server-sent events into fields while they pass, without keeping a line.
//!
//! Line ends may be `\n`, `\r\n` or `\r`, anywhere in the chunking. Comments and unknown fields are dropped.

use memchr::memchr2;

/// The longest field name that matters, with room for a byte order mark before the first one.
const NAME_MAX: usize = 8;

/// What the splitter reports, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A data line begins.
    DataBegins,
    /// A part of a data line.
    Data(&'a [u8]),
    /// The data line ended.
    DataEnds,
    /// An empty line: the event is over.
    EventEnds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Name,
    /// After the colon: one space belongs to the separator.
    Gap,
    Data,
    Other,
}

/// The splitter.
#[derive(Debug)]
pub(crate) struct Lines {
    part: Part,
    name: Vec<u8>,
    after_return: bool,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self { part: Part::Name, name: Vec::with_capacity(NAME_MAX), after_return: false }
    }

    /// Splits the next bytes and hands each piece to `sink`.
    pub(crate) fn push(&mut self, chunk: &[u8], sink: &mut impl FnMut(Piece<'_>)) {
        let mut rest = chunk;
        if self.after_return && !rest.is_empty() {
            self.after_return = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            self.part_of_line(&rest[..end], sink);
            self.line_ends(sink);
            let is_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if is_return {
                self.after_return = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.part_of_line(rest, sink);
    }

    /// Ends the last line, which may lack its line end.
    pub(crate) fn finish(&mut self, sink: &mut impl FnMut(Piece<'_>)) {
        self.line_ends(sink);
        sink(Piece::EventEnds);
    }

    fn part_of_line(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(Piece<'_>)) {
        if self.part == Part::Name && !bytes.is_empty() {
            bytes = self.name_part(bytes, sink);
        }
        if self.part == Part::Gap && !bytes.is_empty() {
            bytes = bytes.strip_prefix(b" ").unwrap_or(bytes);
            self.part = Part::Data;
        }
        if self.part == Part::Data && !bytes.is_empty() {
            sink(Piece::Data(bytes));
        }
    }

    /// Collects the field's name up to the colon and gives what follows it.
    fn name_part<'a>(&mut self, bytes: &'a [u8], sink: &mut impl FnMut(Piece<'_>)) -> &'a [u8] {
        let colon = memchr::memchr(b':', bytes);
        let name = &bytes[..colon.unwrap_or(bytes.len())];
        let room = (NAME_MAX - self.name.len()).min(name.len());
        self.name.extend_from_slice(&name[..room]);
        let is_data = self.name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.name) == b"data";
        if room < name.len() {
            self.part = Part::Other;
        } else if colon.is_some() && is_data {
            self.part = Part::Gap;
            sink(Piece::DataBegins);
        } else if colon.is_some() {
            self.part = Part::Other;
        }
        colon.map_or(&[], |colon| &bytes[colon + 1..])
    }

    fn line_ends(&mut self, sink: &mut impl FnMut(Piece<'_>)) {
        match self.part {
            Part::Name if self.name.is_empty() => sink(Piece::EventEnds),
            Part::Gap | Part::Data => sink(Piece::DataEnds),
            Part::Name | Part::Other => {}
        }
        self.name.clear();
        self.part = Part::Name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data of each event, read in chunks of `size`.
    fn events(stream: &[u8], size: usize) -> Vec<String> {
        let mut lines = Lines::new();
        let (mut data, mut seen, mut list) = (Vec::new(), false, Vec::new());
        let mut sink = |piece: Piece<'_>| match piece {
            Piece::DataBegins if seen => data.push(b'\n'),
            Piece::DataBegins => seen = true,
            Piece::Data(bytes) => data.extend_from_slice(bytes),
            Piece::DataEnds => {}
            Piece::EventEnds if seen => {
                list.push(String::from_utf8(std::mem::take(&mut data)).unwrap());
                seen = false;
            }
            Piece::EventEnds => {}
        };
        for chunk in stream.chunks(size) {
            lines.push(chunk, &mut sink);
        }
        lines.finish(&mut sink);
        list
    }

    #[test]
    fn events_are_split_the_same_in_any_chunking_and_with_any_line_end() {
        let text = "\u{feff}data: one\nevent: x\n\n: comment\n\ndata:two\ndata:  three\nid: 5\n\ndataset: no\n\ndata: läst";
        for ending in ["\n", "\r\n", "\r"] {
            let stream = text.replace('\n', ending);
            for size in 1..stream.len() + 1 {
                let list = events(stream.as_bytes(), size);
                assert_eq!(list, ["one", "two\n three", "läst"], "{ending:?} in chunks of {size}");
            }
        }
    }
}
