//! `Picker`: takes a few values out of a JSON document that passes in chunks, without keeping the rest.
//!
//! A scanner, not a validator: it follows strings and nesting and remembers keys near the root. What is captured
//! is at most [`CAPTURE_MAX`] bytes a path, so memory is bounded for documents of any size.

use memchr::memchr2;

/// A way from the root to a value; `*` stands for the entries of an array.
pub(crate) type Path = &'static [&'static str];

/// The most bytes kept of one value. Usage objects are below 2 kB and error bodies below 20 kB in all recordings
/// up to 2026-08.
const CAPTURE_MAX: usize = 64 * 1024;

/// The most bytes kept of a key; no key on any path is longer.
const KEY_MAX: usize = 32;

/// How many containers below the root can lie on a path.
const SHALLOW: usize = 4;

/// An open container near the root.
#[derive(Debug, Default)]
struct Level {
    is_object: bool,
    expects_key: bool,
    key: Vec<u8>,
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
    bytes: Vec<u8>,
    overflown: bool,
}

/// The scanner of one document after another.
#[derive(Debug)]
pub(crate) struct Picker {
    paths: &'static [Path],
    levels: Vec<Level>,
    deep: usize,
    lexeme: Lexeme,
    escaped: bool,
    in_root_array: bool,
    ended: bool,
    capture: Option<Capture>,
    found: Vec<Option<Vec<u8>>>,
}

/// What was picked out of one document; one slot a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picks<'a> {
    found: &'a [Option<Vec<u8>>],
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
pub(crate) fn pick<T>(paths: &'static [Path], document: &[u8], read: impl FnOnce(&Picks<'_>) -> T) -> T {
    let mut picker = Picker::new(paths);
    picker.push(document);
    read(&picker.picks())
}

impl Picker {
    pub(crate) fn new(paths: &'static [Path]) -> Self {
        Self {
            paths,
            levels: Vec::with_capacity(SHALLOW),
            deep: 0,
            lexeme: Lexeme::Between,
            escaped: false,
            in_root_array: false,
            ended: false,
            capture: None,
            found: vec![None; paths.len()],
        }
    }

    /// Whether the document came to its end.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// What was picked so far.
    pub(crate) fn picks(&self) -> Picks<'_> {
        Picks { found: &self.found }
    }

    /// Forgets the document and waits for the next.
    pub(crate) fn reset(&mut self) {
        self.levels.clear();
        self.deep = 0;
        self.lexeme = Lexeme::Between;
        self.escaped = false;
        self.in_root_array = false;
        self.ended = false;
        self.capture = None;
        self.found.iter_mut().for_each(|slot| *slot = None);
    }

    /// Scans the next bytes.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        let mut at = 0;
        while at < chunk.len() && !self.ended {
            let rest = &chunk[at..];
            at += match self.lexeme {
                Lexeme::Key | Lexeme::Text => self.string(rest),
                Lexeme::Scalar => self.scalar(rest),
                Lexeme::Between => self.between(rest),
            };
        }
    }

    /// Inside a string: up to its end or the end of the chunk.
    fn string(&mut self, rest: &[u8]) -> usize {
        if self.escaped {
            self.escaped = false;
            self.keep(&rest[..1]);
            return 1;
        }
        let stop = memchr2(b'"', b'\\', rest).map_or(rest.len(), |at| at + 1);
        self.keep(&rest[..stop]);
        match rest[stop - 1] {
            b'\\' => self.escaped = true,
            b'"' if self.lexeme == Lexeme::Key => self.lexeme = Lexeme::Between,
            b'"' => self.value_ended(),
            _ => {}
        }
        stop
    }

    /// Inside a number or word: up to its end or the end of the chunk.
    fn scalar(&mut self, rest: &[u8]) -> usize {
        let is_end =
            |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b':' | b'"');
        let stop = rest.iter().position(is_end).unwrap_or(rest.len());
        self.keep(&rest[..stop]);
        if stop < rest.len() {
            self.value_ended();
        }
        stop
    }

    /// Between strings and scalars: one structural byte.
    fn between(&mut self, rest: &[u8]) -> usize {
        let byte = rest[0];
        match byte {
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => self.close(byte),
            b'"' => self.quote(),
            b',' => {
                self.keep(b",");
                if self.deep == 0
                    && let Some(level) = self.levels.last_mut()
                {
                    level.expects_key = level.is_object;
                }
            }
            b':' | b' ' | b'\n' | b'\r' | b'\t' => self.keep(&rest[..1]),
            _ => {
                self.value_begins(false);
                self.lexeme = Lexeme::Scalar;
                return self.scalar(rest).max(1);
            }
        }
        1
    }

    fn open(&mut self, byte: u8) {
        if self.levels.is_empty() && byte == b'[' && !self.in_root_array {
            self.in_root_array = true;
            return;
        }
        self.value_begins(true);
        self.keep(&[byte]);
        if self.levels.len() < SHALLOW {
            let is_object = byte == b'{';
            self.levels.push(Level { is_object, expects_key: is_object, key: Vec::new() });
        } else {
            self.deep = self.deep.saturating_add(1);
        }
    }

    fn close(&mut self, byte: u8) {
        self.keep(&[byte]);
        if self.deep > 0 {
            self.deep -= 1;
        } else if self.levels.pop().is_none() {
            self.ended = true;
            return;
        }
        self.value_ended();
        self.ended = self.levels.is_empty() && !self.in_root_array;
    }

    fn quote(&mut self) {
        let expects_key = self.deep == 0 && self.levels.last().is_some_and(|level| level.expects_key);
        if expects_key {
            if let Some(level) = self.levels.last_mut() {
                level.key.clear();
                level.expects_key = false;
            }
            // The opening quote goes to a capture around the key, not into the key.
            self.capture_bytes(b"\"");
            self.lexeme = Lexeme::Key;
        } else {
            self.value_begins(false);
            self.keep(b"\"");
            self.lexeme = Lexeme::Text;
        }
    }

    /// A value begins here: starts a capture where a path leads to it.
    fn value_begins(&mut self, is_container: bool) {
        if self.capture.is_some() || self.deep > 0 || self.levels.is_empty() {
            return;
        }
        let Some(path) = self.paths.iter().position(|path| self.stands_at(path)) else {
            return;
        };
        // A path that leads on to others is meant only where the value is no container.
        let leads_on =
            |other: &&Path| other.len() > self.paths[path].len() && other.starts_with(self.paths[path]);
        if is_container && self.paths.iter().any(|other| leads_on(&other)) {
            return;
        }
        self.capture = Some(Capture { path, depth: self.levels.len(), bytes: Vec::new(), overflown: false });
    }

    fn stands_at(&self, path: &[&str]) -> bool {
        path.len() == self.levels.len()
            && path.iter().zip(&self.levels).all(|(step, level)| {
                if level.is_object { level.key == step.as_bytes() } else { *step == "*" }
            })
    }

    /// A value ended here: finishes the capture that it began.
    fn value_ended(&mut self) {
        self.lexeme = Lexeme::Between;
        let ends = |capture: &mut Capture| capture.depth == self.levels.len() && self.deep == 0;
        if let Some(capture) = self.capture.take_if(ends)
            && !capture.overflown
            && let Some(slot) = self.found.get_mut(capture.path)
            // A null after a value takes nothing back.
            && (slot.is_none() || capture.bytes != b"null")
        {
            *slot = Some(capture.bytes);
        }
    }

    /// Keeps bytes for the key being read and for the capture around it.
    fn keep(&mut self, bytes: &[u8]) {
        if self.lexeme == Lexeme::Key
            && let Some(level) = self.levels.last_mut()
        {
            let closing = usize::from(bytes.last() == Some(&b'"') && !self.escaped);
            let room = KEY_MAX.saturating_sub(level.key.len());
            level.key.extend_from_slice(&bytes[..bytes.len() - closing][..room.min(bytes.len() - closing)]);
        }
        self.capture_bytes(bytes);
    }

    fn capture_bytes(&mut self, bytes: &[u8]) {
        if let Some(capture) = &mut self.capture {
            if capture.bytes.len() + bytes.len() > CAPTURE_MAX {
                capture.overflown = true;
                capture.bytes = Vec::new();
            } else if !capture.overflown {
                capture.bytes.extend_from_slice(bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: &[Path] = &[&["usage"], &["a", "b"], &["list", "*", "x"], &["a"]];

    /// What is found at each path, read in chunks of `size`.
    fn found(document: &str, size: usize) -> Vec<Option<String>> {
        let mut picker = Picker::new(PATHS);
        document.as_bytes().chunks(size).for_each(|chunk| picker.push(chunk));
        let text = |path| picker.picks().raw(path).map(|raw| String::from_utf8(raw.to_vec()).unwrap());
        (0..PATHS.len()).map(text).collect()
    }

    fn check(document: &str, expected: [Option<&str>; 4]) {
        for size in 1..document.len() + 1 {
            let found = found(document, size);
            let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
            assert_eq!(found, expected, "{document} in chunks of {size}");
        }
    }

    #[test]
    fn values_are_picked_by_their_path_alone() {
        check(
            r#"{"usage": {"n": [1, {"usage": 2}]}, "x": 1}"#,
            [Some(r#"{"n": [1, {"usage": 2}]}"#), None, None, None],
        );
        check(r#"{"text": "\"usage\": {\"n\": 1}", "deep": {"usage": 1}}"#, [None; 4]);
        check(r#"{"a": {"b": 12}, "usage":null}"#, [None, Some("12"), None, None]);
        check(r#"{"a": "plain"}"#, [None, None, None, Some(r#""plain""#)]);
        check(r#"{"list": [{"y": 1}, {"x": true}]}"#, [None, None, Some("true"), None]);
        check(r#"[{"usage": 1}, {"usage": 2}]"#, [Some("2"), None, None, None]);
        check(r#"{"us\u0061ge": 1, "usagex": 2, "usage" : "ü\\" }"#, [Some(r#""ü\\""#), None, None, None]);
    }

    #[test]
    fn a_document_that_breaks_off_tells_what_was_whole() {
        check(r#"{"usage": {"n": 1}, "a": {"b": "cut of"#, [Some(r#"{"n": 1}"#), None, None, None]);
    }

    #[test]
    fn depth_and_size_have_bounds() {
        let deep = format!("{{\"a\": {}1{}, \"usage\": 7}}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(found(&deep, 64)[0].as_deref(), Some("7"));
        let long = format!("{{\"usage\": \"{}\", \"a\": 1}}", "x".repeat(CAPTURE_MAX + 1));
        assert_eq!(found(&long, 1_000)[0], None);
        assert_eq!(found(&long, 1_000)[3].as_deref(), Some("1"));
    }

    #[test]
    fn rubbish_ends_nowhere() {
        for rubbish in ["}}}}", "{]}[", "\"\"\"", "{\"\\", "nul", ",,::", "{\"usage\":}"] {
            check_no_panic(rubbish);
        }
    }

    fn check_no_panic(document: &str) {
        for size in 1..document.len() + 1 {
            let _ = found(document, size);
        }
    }
}
