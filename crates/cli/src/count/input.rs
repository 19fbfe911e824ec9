//! `Input`: what is to be counted, a text as a whole or requests one at a time, in bounded memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use serde_json::Value;
use tidegate_provider::tokens::TEXT_FIELDS;

use crate::exit::Failure;

/// The longest text, and the longest request; what is longer would not fit any model.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What is to be counted.
pub(super) struct Input {
    name: String,
    reader: Box<dyn BufRead>,
    /// What was read last.
    held: Vec<u8>,
    row: u64,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing has been read.
    Unknown,
    /// A request a line.
    Requests,
    /// All of it was given.
    Done,
}

/// A part of the input.
pub(super) enum Part<'a> {
    /// A text, and all of the input.
    Text(&'a str),
    /// The body of one request.
    Request {
        /// Its line, from 1.
        row: u64,
        /// Its JSON.
        body: &'a [u8],
    },
}

impl Input {
    /// The file, or standard input.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let name = path.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
        let reader: Box<dyn BufRead> = match path {
            Some(path) => {
                let file = File::open(path);
                Box::new(BufReader::new(file.map_err(|error| unreadable(&name, &error))?))
            }
            None => Box::new(BufReader::new(stdin())),
        };
        Ok(Self::of(name, reader))
    }

    fn of(name: String, reader: Box<dyn BufRead>) -> Self {
        Self { name, reader, held: Vec::new(), row: 0, form: Form::Unknown }
    }

    /// The next part; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Part<'_>>, Failure> {
        match self.form {
            Form::Done => return Ok(None),
            Form::Requests => {
                if !self.line()? {
                    return Ok(None);
                }
            }
            Form::Unknown => {
                let any = self.line()?;
                if any && is_request(&self.held) {
                    self.form = Form::Requests;
                } else {
                    self.rest()?;
                    self.form = Form::Done;
                    // One request over several lines is a request as well.
                    if !is_request(&self.held) {
                        let text = std::str::from_utf8(&self.held);
                        let wrong = |_| Failure::usage(format!("{} is no text in UTF-8", self.name));
                        return text.map(Part::Text).map(Some).map_err(wrong);
                    }
                }
            }
        }
        Ok(Some(Part::Request { row: self.row.max(1), body: body_of(&self.held) }))
    }

    /// Reads on to the end of the next line that is not blank; false where there is none.
    fn line(&mut self) -> Result<bool, Failure> {
        // A text that is no file of requests keeps its blank lines.
        let keeps = self.form == Form::Unknown;
        loop {
            if !keeps {
                self.held.clear();
            }
            let start = self.held.len();
            let mut line = (&mut self.reader).take(BYTES_MAX);
            line.read_until(b'\n', &mut self.held).map_err(|error| unreadable(&self.name, &error))?;
            self.row += 1;
            if self.held.len() as u64 >= BYTES_MAX {
                return Err(self.too_long());
            }
            if self.held.len() == start {
                return Ok(false);
            }
            if !self.held[start..].trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// Reads all that is left.
    fn rest(&mut self) -> Result<(), Failure> {
        let mut rest = (&mut self.reader).take(BYTES_MAX);
        rest.read_to_end(&mut self.held).map_err(|error| unreadable(&self.name, &error))?;
        if self.held.len() as u64 >= BYTES_MAX { Err(self.too_long()) } else { Ok(()) }
    }

    fn too_long(&self) -> Failure {
        Failure::usage(format!("{} is longer than {} MiB", self.name, BYTES_MAX >> 20))
            .hint("split it; a file of requests may have any number of lines")
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::start(format!("cannot read {name}: {error}"))
}

/// Whether a text is a request rather than prose: an object with a field that requests have.
fn is_request(text: &[u8]) -> bool {
    /// What wraps a request in a file of OpenAI's batches.
    const WRAPPERS: [&str; 2] = ["body", "custom_id"];
    /// Words that other JSON has as well, such as a line of a log: they tell a request where a model stands beside
    /// them.
    const EVERYDAY: [&str; 8] =
        ["message", "query", "documents", "texts", "system", "instructions", "preamble", "suffix"];
    let Some(object) = serde_json::from_slice::<Value>(text).ok() else { return false };
    let names_model = object.get("model").is_some();
    let tells = |field: &&&str| names_model || !EVERYDAY.contains(field);
    TEXT_FIELDS.iter().filter(tells).chain(&WRAPPERS).any(|field| object.get(field).is_some())
}

/// The body of a request that may be wrapped as OpenAI's batches have it.
fn body_of(request: &[u8]) -> &[u8] {
    #[derive(serde::Deserialize)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        body: Option<&'a serde_json::value::RawValue>,
    }
    let wrapped = serde_json::from_slice::<Wrapped<'_>>(request).ok().and_then(|wrapped| wrapped.body);
    wrapped.map_or(request, |body| body.get().as_bytes())
}

/// The model that a request's body names.
pub(super) fn model_of(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        model: Option<String>,
    }
    serde_json::from_slice::<Named>(body).ok()?.model
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each part: its row, 0 for a text, and its bytes.
    fn parts(text: &str) -> Vec<(u64, String)> {
        let mut input = Input::of("x".to_owned(), Box::new(std::io::Cursor::new(text.to_owned())));
        let mut parts = Vec::new();
        while let Some(part) = input.next().unwrap() {
            parts.push(match part {
                Part::Text(text) => (0, text.to_owned()),
                Part::Request { row, body } => {
                    (row, String::from_utf8(body.to_vec()).unwrap().trim().to_owned())
                }
            });
        }
        parts
    }

    #[test]
    fn prose_is_one_text_and_keeps_its_lines() {
        for text in ["one\n\ntwo\n", "", "\n\n", "{\"no\": \"request\"}\nx", "7"] {
            assert_eq!(parts(text), [(0, text.to_owned())]);
        }
    }

    #[test]
    fn requests_in_any_providers_words_are_requests() {
        for field in TEXT_FIELDS {
            let text = format!("{{\"model\": \"m\", \"{field}\": \"x\"}}");
            assert_eq!(parts(&text), [(1, text.clone())], "{field}");
        }
        for text in [r#"{"contents": []}"#, r#"{"message": "x", "chat_history": []}"#] {
            assert_eq!(parts(text), [(1, text.to_owned())]);
        }
        let log = r#"{"level": "info", "message": "x"}"#;
        assert_eq!(parts(log), [(0, log.to_owned())], "a line of a log is a text");
    }

    #[test]
    fn requests_come_line_by_line_wrapped_or_bare() {
        let text = "\n{\"messages\": []}\n\n{\"custom_id\": \"a\", \"body\": {\"input\": \"x\"}}\nnonsense";
        let expected = [(2, "{\"messages\": []}"), (4, "{\"input\": \"x\"}"), (5, "nonsense")];
        assert_eq!(parts(text), expected.map(|(row, body)| (row, body.to_owned())));
    }

    #[test]
    fn a_request_over_several_lines_is_one_request() {
        let text = "{\n  \"model\": \"m\",\n  \"messages\": []\n}\n";
        assert_eq!(parts(text), [(1, text.trim().to_owned())]);
        assert_eq!(model_of(text.as_bytes()).as_deref(), Some("m"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let mut input = Input::of("x".to_owned(), Box::new(std::io::Cursor::new(vec![0xff, 0xfe])));
        assert!(input.next().is_err());
    }
}
