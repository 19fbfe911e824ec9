//! `Picker`: takes a few values out of a JSON document that passes in chunks, without keeping the rest.
//!
//! A scanner, not a validator: it follows strings and nesting and remembers keys near the root. What is captured
//! is at most [`CAPTURE_MAX`] bytes a path, so memory is bounded for documents of any size.

mod picks;

use memchr::memchr2;

use super::choices::Choices;
use super::habit::{Habit, Standing};
use super::paths::{Map, bits};
pub(crate) use picks::{Picks, pick};

/// The most bytes kept of one value. Usage objects are below 2 kB and error bodies below 20 kB in all recordings
/// up to 2026-08.
const CAPTURE_MAX: usize = 64 * 1024;

/// Room for a usage object with its details, as most of them are.
const CAPTURE_FIRST: usize = 256;

/// The largest buffer that is used again for the next document.
const SPARE_MAX: usize = 4 * 1024;

/// The most bytes kept of a key; no key on any path is longer.
const KEY_MAX: usize = 32;

/// How many containers can lie on a path, the root included: the arguments of a tool's call in a stream lie deepest.
pub(super) const SHALLOW: usize = 8;

/// How many containers lie around a choice.
const CHOICE_DEPTH: usize = 2;

/// An open container that a path leads into.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    is_object: bool,
    expects_key: bool,
    /// The paths that lead to this container, one bit each.
    paths: u64,
    /// The paths that lead to the value that comes next in it.
    next: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lexeme {
    Between,
    Key,
    Text,
    Scalar,
}

#[derive(Debug)]
struct Capture {
    path: usize,
    depth: usize,
    kept: Kept,
}

/// What is kept of a value.
#[derive(Debug)]
enum Kept {
    /// Its JSON text.
    Text(Vec<u8>),
    /// Nothing, since it was longer than is kept.
    TooLong,
    /// How long its strings are.
    Length,
}

/// The scanner of one document after another.
#[derive(Debug)]
pub(crate) struct Picker {
    paths: &'static Map,
    levels: [Level; SHALLOW],
    depth: usize,
    /// The key that is being read where it could not be read at once; and how long it is, even where it has more bytes
    /// than are kept.
    key: [u8; KEY_MAX],
    key_length: usize,
    /// Open containers below the last level: none of them is on a path, or all of them are in a capture.
    deep: usize,
    lexeme: Lexeme,
    escaped: bool,
    in_root_array: bool,
    ended: bool,
    capture: Option<Capture>,
    found: Vec<Option<Vec<u8>>>,
    /// Buffers of earlier documents, to be used again.
    spare: Vec<Vec<u8>>,
    measured: u64,
    choices: Choices,
    /// Whether a byte of the document was read.
    begun: bool,
    /// Whether a document came before this one: only then others will follow it, which may begin as it does.
    follows: bool,
    habit: Habit,
}

impl Picker {
    pub(crate) fn new(paths: &'static Map) -> Self {
        Self {
            paths,
            levels: [Level::default(); SHALLOW],
            depth: 0,
            key: [0; KEY_MAX],
            key_length: 0,
            deep: 0,
            lexeme: Lexeme::Between,
            escaped: false,
            in_root_array: false,
            ended: false,
            capture: None,
            found: vec![None; paths.picked()],
            spare: Vec::new(),
            measured: 0,
            choices: Choices::default(),
            begun: false,
            follows: false,
            habit: Habit::default(),
        }
    }

    /// Whether the document came to its end.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// What was picked so far.
    pub(crate) fn picks(&self) -> Picks<'_> {
        Picks {
            found: &self.found,
            measured: self.measured,
            choices: self.choices.read(),
            is_whole: self.ended,
        }
    }

    /// The bytes of its buffers.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let found = self.found.iter().flatten().map(Vec::capacity).sum::<usize>();
        let captured = match &self.capture {
            Some(Capture { kept: Kept::Text(bytes), .. }) => bytes.capacity(),
            _ => 0,
        };
        found + captured + self.spare.iter().map(Vec::capacity).sum::<usize>() + self.habit.held()
    }

    /// Forgets the document and waits for the next.
    pub(crate) fn reset(&mut self) {
        self.depth = 0;
        self.deep = 0;
        self.lexeme = Lexeme::Between;
        self.escaped = false;
        self.in_root_array = false;
        self.ended = false;
        self.capture = None;
        self.measured = 0;
        self.choices.clear();
        self.follows |= self.begun;
        self.begun = false;
        for bytes in self.found.iter_mut().filter_map(Option::take) {
            // A buffer that one long value made large is not kept for the small ones.
            if bytes.capacity() <= SPARE_MAX {
                self.spare.push(bytes);
            }
        }
    }

    /// Scans the next bytes, up to the end of the document; gives how many of them belong to it.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> usize {
        let from_start = !self.begun;
        self.begun |= !chunk.is_empty();
        let mut at = if from_start { self.skip_beginning(chunk) } else { 0 };
        let mut may_note = from_start && self.follows && at == 0;
        while at < chunk.len() && !self.ended {
            let rest = &chunk[at..];
            at += match self.lexeme {
                Lexeme::Key | Lexeme::Text => self.string(rest),
                Lexeme::Scalar => self.scalar(rest),
                Lexeme::Between if self.deep > 0 => self.below(rest),
                Lexeme::Between => self.between(rest),
            };
            if may_note && self.found.iter().any(Option::is_some) {
                may_note = false;
            } else if may_note && self.lexeme == Lexeme::Text {
                may_note = !self.note_beginning(&chunk[..at]);
            }
        }
        at
    }

    /// Goes on after a beginning that the document before had too; gives its length.
    fn skip_beginning(&mut self, chunk: &[u8]) -> usize {
        let Some((length, standing)) = self.habit.recognise(chunk) else { return 0 };
        let Standing { levels, depth, path, choice } = standing;
        self.choices.go_on(choice);
        (self.levels, self.depth, self.lexeme) = (levels, depth, Lexeme::Text);
        self.capture = Some(Capture { path, depth, kept: Kept::Length });
        length
    }

    /// Notes how the document began, if a text that is measured has just begun.
    fn note_beginning(&mut self, beginning: &[u8]) -> bool {
        let Some(Capture { path, depth, kept: Kept::Length }) = self.capture else { return false };
        let is_later = self.measured > 0 || !self.choices.read().is_empty();
        if self.in_root_array || self.deep > 0 || is_later || depth != self.depth {
            return false;
        }
        let choice = self.choices.current();
        self.habit.note(beginning, Standing { levels: self.levels, depth, path, choice });
        true
    }

    /// Inside a string: up to its end or the end of the chunk.
    fn string(&mut self, rest: &[u8]) -> usize {
        if self.escaped {
            self.escaped = false;
            self.keep(&rest[..1]);
            // An escape is a character; the four digits of a code are about as long as what they stand for.
            self.measure(usize::from(rest[0] != b'u'));
            return 1;
        }
        let stop = memchr2(b'"', b'\\', rest).map_or(rest.len(), |at| at + 1);
        let closes = rest[stop - 1] == b'"';
        self.escaped = rest[stop - 1] == b'\\';
        if self.lexeme == Lexeme::Key {
            self.key(&rest[..stop - usize::from(closes)], closes);
        } else {
            self.keep(&rest[..stop]);
            self.measure(stop - usize::from(closes || self.escaped));
            if closes {
                self.value_ended();
            }
        }
        stop
    }

    /// Inside a number or word: up to its end or the end of the chunk.
    fn scalar(&mut self, rest: &[u8]) -> usize {
        let stop = rest.iter().position(ends_scalar).unwrap_or(rest.len());
        self.keep(&rest[..stop]);
        if stop < rest.len() {
            self.value_ended();
        }
        stop
    }

    /// In containers that no path leads into, or that are captured whole: up to a string or their end.
    fn below(&mut self, rest: &[u8]) -> usize {
        let mut stop = rest.len();
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b'{' | b'[' => self.deep = self.deep.saturating_add(1),
                b'}' | b']' => self.deep -= 1,
                b'"' => self.lexeme = Lexeme::Text,
                _ => continue,
            }
            if self.deep == 0 || self.lexeme == Lexeme::Text {
                stop = at + 1;
                break;
            }
        }
        self.keep(&rest[..stop]);
        if self.deep == 0 {
            self.value_ended();
        }
        stop
    }

    /// Between the values of a container on a path: structural bytes and keys, up to a value that takes longer.
    fn between(&mut self, rest: &[u8]) -> usize {
        let mut at = 0;
        while at < rest.len() && self.lexeme == Lexeme::Between && self.deep == 0 && !self.ended {
            match rest[at] {
                b'"' if self.expects_key() => {
                    at += self.quoted_key(&rest[at + 1..]);
                }
                b'"' => match self.idle_string(&rest[at + 1..]) {
                    Some(length) => at += length,
                    None => self.quote(),
                },
                byte @ (b'{' | b'[') => self.open(byte),
                b'}' | b']' => self.close(),
                b',' => {
                    if let Some(level) = self.level() {
                        level.expects_key = level.is_object;
                    }
                }
                b':' | b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => match self.idle_scalar(&rest[at..]) {
                    Some(length) => {
                        at += length;
                        continue;
                    }
                    None => {
                        self.value_begins(false);
                        self.lexeme = Lexeme::Scalar;
                        return at + self.scalar(&rest[at..]).max(1);
                    }
                },
            }
            at += 1;
        }
        at
    }

    /// Whether no path leads to the value that comes next: most values of an answer are of no interest.
    fn is_idle(&self) -> bool {
        self.depth.checked_sub(1).is_some_and(|last| self.levels[last].next == 0)
    }

    /// How long a string of no interest is with the quote that ends it, if all of it is here and nothing in it is escaped.
    fn idle_string(&self, rest: &[u8]) -> Option<usize> {
        let end = if self.is_idle() { memchr2(b'"', b'\\', rest)? } else { return None };
        (rest[end] == b'"').then_some(end + 1)
    }

    /// The same of a number or word.
    fn idle_scalar(&self, rest: &[u8]) -> Option<usize> {
        if self.is_idle() { rest.iter().position(ends_scalar).filter(|length| *length > 0) } else { None }
    }

    fn expects_key(&self) -> bool {
        self.depth.checked_sub(1).is_some_and(|last| self.levels[last].expects_key)
    }

    /// What follows the quote that begins a key. A key that is here as a whole is read at once; of one that is cut
    /// or that holds escapes the beginning is left to [`Self::string`].
    fn quoted_key(&mut self, rest: &[u8]) -> usize {
        let end = memchr2(b'"', b'\\', rest).filter(|end| rest[*end] == b'"');
        let depth = self.depth;
        let Some(level) = self.level() else { return 0 };
        level.expects_key = false;
        let paths = level.paths;
        let Some(end) = end else {
            self.key_length = 0;
            self.lexeme = Lexeme::Key;
            return 0;
        };
        let next = self.paths.narrowed(paths, depth - 1, &rest[..end]);
        self.levels[depth - 1].next = next;
        end + 1
    }

    /// The innermost container on a path.
    fn level(&mut self) -> Option<&mut Level> {
        self.levels.get_mut(self.depth.checked_sub(1)?)
    }

    fn open(&mut self, byte: u8) {
        if self.depth == 0 && byte == b'[' && !self.in_root_array {
            self.in_root_array = true;
            return;
        }
        let all = self.paths.all();
        let paths = self.level().map_or(all, |level| level.next);
        self.value_begins(true);
        self.keep(&[byte]);
        if paths == 0 || self.capture.is_some() || self.depth == SHALLOW {
            self.deep = 1;
            return;
        }
        let is_object = byte == b'{';
        let next = if is_object { 0 } else { self.paths.narrowed(paths, self.depth, b"*") };
        self.levels[self.depth] = Level { is_object, expects_key: is_object, paths, next };
        self.depth += 1;
    }

    fn close(&mut self) {
        if self.depth == 0 {
            self.ended = true;
            return;
        }
        self.depth -= 1;
        if self.depth == CHOICE_DEPTH && self.paths.is_choice(self.levels[CHOICE_DEPTH].paths) {
            self.choices.end();
        }
        self.value_ended();
        self.ended = self.depth == 0 && !self.in_root_array;
    }

    fn quote(&mut self) {
        self.value_begins(false);
        self.keep(b"\"");
        self.lexeme = Lexeme::Text;
    }

    /// A part of a key, as it is written.
    fn key(&mut self, part: &[u8], closes: bool) {
        let start = self.key_length.min(KEY_MAX);
        let kept = part.len().min(KEY_MAX - start);
        self.key[start..start + kept].copy_from_slice(&part[..kept]);
        self.key_length = self.key_length.saturating_add(part.len());
        if !closes {
            return;
        }
        self.lexeme = Lexeme::Between;
        let (paths, depth) = (self.paths, self.depth.saturating_sub(1));
        let key = self.key.get(..self.key_length);
        let Some(level) = self.levels.get_mut(depth) else { return };
        level.next = key.map_or(0, |key| paths.narrowed(level.paths, depth, key));
    }

    /// A value begins here: starts a capture where a path ends at it.
    fn value_begins(&mut self, is_container: bool) {
        let depth = self.depth;
        let Some(next) = self.level().map(|level| level.next).filter(|next| *next != 0) else {
            return;
        };
        let ending = self.paths.ending(next, depth);
        // A path that leads on to others is meant only where the value is no container.
        if is_container && ending != next {
            return;
        }
        let Some(path) = bits(ending).next() else { return };
        let kept = if self.paths.is_picked(path) {
            Kept::Text(self.spare.pop().map_or_else(|| Vec::with_capacity(CAPTURE_FIRST), cleared))
        } else {
            Kept::Length
        };
        self.capture = Some(Capture { path, depth, kept });
    }

    /// A value ended here: finishes the capture that it began.
    fn value_ended(&mut self) {
        self.lexeme = Lexeme::Between;
        let (depth, deep) = (self.depth, self.deep);
        let ended = self.capture.take_if(|capture| capture.depth == depth && deep == 0);
        let Some(Capture { path, kept: Kept::Text(bytes), .. }) = ended else { return };
        if let Some(part) = self.paths.part_of_choice(path) {
            self.choices.note(part, &bytes);
            // The number is not kept: how a document begins up to it may be how the next one begins.
            if part == 0 {
                return self.spare.push(bytes);
            }
        }
        // A null after a value takes nothing back.
        if let Some(slot) = self.found.get_mut(path).filter(|slot| slot.is_none() || bytes != b"null") {
            *slot = Some(bytes);
        }
    }

    /// Keeps bytes for the capture around them.
    fn keep(&mut self, bytes: &[u8]) {
        let Some(capture) = &mut self.capture else { return };
        match &mut capture.kept {
            Kept::Text(kept) if kept.len() + bytes.len() > CAPTURE_MAX => capture.kept = Kept::TooLong,
            Kept::Text(kept) => kept.extend_from_slice(bytes),
            Kept::Length | Kept::TooLong => {}
        }
    }

    /// Counts bytes of a string for the capture around them.
    fn measure(&mut self, bytes: usize) {
        if let Some(Capture { kept: Kept::Length, .. }) = self.capture {
            self.measured = self.measured.saturating_add(bytes as u64);
        }
    }
}

/// Whether a byte ends a number or word.
fn ends_scalar(byte: &u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b':' | b'"')
}

fn cleared(mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    buffer
}

#[cfg(test)]
mod tests;
