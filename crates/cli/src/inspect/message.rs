//! `Message`: one raw HTTP response as people keep them: line ends of either kind, chunks framed or already joined.

use http::header::TRANSFER_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::exit::Failure;

/// One response.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// The body without the framing of chunks; still compressed where it came so.
    pub(super) body: Vec<u8>,
    /// Lines of the head that are no headers, with the reason.
    pub(super) skipped: Vec<(String, &'static str)>,
}

/// The most lines of a head that are kept as skipped, and the most of each.
const SKIPPED_MAX: usize = 32;
const SHOWN_MAX: usize = 80;

impl Message {
    /// Reads a response; what stands before it of interim ones (100, a proxy's own) is left out.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        loop {
            let (message, body) = Self::head(rest)?;
            let is_interim = message.status < 200 || message.status == 200 && message.headers.is_empty();
            if is_interim && body.starts_with(b"HTTP/") {
                rest = body;
                continue;
            }
            let is_chunked = message.headers.get(TRANSFER_ENCODING).is_some_and(is_chunked);
            let body = if is_chunked { unchunked(body) } else { None }.unwrap_or_else(|| body.to_vec());
            return Ok(Self { body, ..message });
        }
    }

    /// The head, and the bytes after it.
    fn head(bytes: &[u8]) -> Result<(Self, &[u8]), Failure> {
        let (line, mut rest) = line(bytes);
        let mut message = Self {
            status: status(line).ok_or_else(|| no_status(line))?,
            headers: HeaderMap::new(),
            body: Vec::new(),
            skipped: Vec::new(),
        };
        let mut last: Option<(Vec<u8>, Vec<u8>)> = None;
        loop {
            let (text, after) = self::line(rest);
            let ended = text.is_empty();
            // A line that begins with a space goes on with the header before it (RFC 9112, obsolete).
            match &mut last {
                Some((_, value)) if !ended && text.starts_with(b" ") => {
                    value.push(b' ');
                    value.extend_from_slice(text.trim_ascii());
                }
                _ => {
                    if let Some((name, value)) = last.take() {
                        message.add(&name, &value);
                    }
                    match text.iter().position(|byte| *byte == b':') {
                        Some(at) => last = Some((text[..at].to_vec(), text[at + 1..].trim_ascii().to_vec())),
                        None if ended => {}
                        None => message.skip(text, "a line without a colon"),
                    }
                }
            }
            rest = after;
            if ended {
                return Ok((message, rest));
            }
        }
    }

    fn add(&mut self, name: &[u8], value: &[u8]) {
        match (HeaderName::from_bytes(name.trim_ascii()), HeaderValue::from_bytes(value)) {
            (Ok(known), Ok(value)) => {
                if self.headers.try_append(known, value).is_err() {
                    self.skip(name, "more headers than are kept");
                }
            }
            (Err(_), _) => self.skip(name, "not the name of a header"),
            (_, Err(_)) => self.skip(name, "not the value of a header"),
        }
    }

    fn skip(&mut self, line: &[u8], why: &'static str) {
        if self.skipped.len() < SKIPPED_MAX {
            let shown = String::from_utf8_lossy(line).chars().take(SHOWN_MAX).collect();
            self.skipped.push((shown, why));
        }
    }
}

/// The first line without its end, and what follows it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]), &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

/// The code of a status line: `HTTP/1.1 200 OK`, `HTTP/2 200`.
fn status(line: &[u8]) -> Option<u16> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.next().filter(|word| word.starts_with(b"HTTP/"))?;
    let code = std::str::from_utf8(words.next()?).ok()?;
    code.parse().ok().filter(|code| (100..1_000).contains(code))
}

fn no_status(line: &[u8]) -> Failure {
    let shown: String = String::from_utf8_lossy(line).chars().take(SHOWN_MAX).collect();
    let what = match shown.as_str() {
        "" => "the response has no status line: it is empty".to_owned(),
        _ => format!("the response has no status line: it begins with `{shown}`"),
    };
    Failure::usage(what)
        .hint("write it as `curl -i` prints it: `HTTP/1.1 200 OK`, the headers, an empty line, the body")
}

fn is_chunked(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("chunked"))
}

/// The body without the framing of its chunks; `None` where it has none, as recorders leave it.
fn unchunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    let mut rest = body;
    loop {
        let (text, after) = line(rest);
        let digits = text.split(|byte| *byte == b';').next()?.trim_ascii();
        let size = (1..=8).contains(&digits.len()).then(|| std::str::from_utf8(digits).ok())??;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(joined);
        }
        let end = size.min(after.len());
        joined.extend_from_slice(&after[..end]);
        rest = &after[end..];
        // Cut off inside the chunk or right after it: what came is what there is.
        if rest.is_empty() {
            return Some(joined);
        }
        let (between, after) = line(rest);
        if !between.is_empty() {
            return None;
        }
        rest = after;
        if rest.is_empty() {
            return Some(joined);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Message {
        Message::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn both_kinds_of_line_ends_are_read() {
        for text in [
            "HTTP/1.1 429 Too Many Requests\r\nA: 1\r\nB:  2 \r\n\r\n{}\r\n",
            "HTTP/2 429\na: 1\nb: 2\n\n{}\r\n",
        ] {
            let message = parsed(text);
            assert_eq!((message.status, message.headers.len()), (429, 2), "{text}");
            assert_eq!(message.headers["b"], "2");
            assert_eq!(message.body, b"{}\r\n");
        }
    }

    #[test]
    fn a_head_without_a_body_is_a_response() {
        for text in ["HTTP/1.1 204 No Content", "HTTP/1.1 204\r\n\r\n", "HTTP/1.1 204 X\na: 1"] {
            assert_eq!((parsed(text).status, parsed(text).body.len()), (204, 0), "{text}");
        }
    }

    #[test]
    fn interim_responses_are_passed_over() {
        let text = "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\na: 1\r\n\r\nx";
        assert_eq!(parsed(text).status, 401);
    }

    #[test]
    fn chunks_are_joined_where_they_are_framed_and_left_where_they_are_not() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = |text: &str| parsed(&format!("{head}{text}")).body;
        assert_eq!(body("5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n"), b"hello!");
        assert_eq!(body("5\nhello\n0\n\n"), b"hello");
        assert_eq!(body("a\r\nhel"), b"hel");
        assert_eq!(body("{\"a\": 1}"), b"{\"a\": 1}");
        assert_eq!(body("data: {}\n\n"), b"data: {}\n\n");
        assert_eq!(body("3\r\nfour\r\n0\r\n"), b"3\r\nfour\r\n0\r\n");
    }

    #[test]
    fn lines_that_are_no_headers_are_told() {
        let message = parsed("HTTP/1.1 200 OK\nno colon here\n: empty\nx-ok: \u{e9}\nfolded: a\n b\n\n");
        let skipped: Vec<_> = message.skipped.iter().map(|(line, _)| line.as_str()).collect();
        assert_eq!(skipped, ["no colon here", ""]);
        assert_eq!(message.headers["folded"], "a b");
    }

    #[test]
    fn what_is_no_response_is_told_with_a_remedy() {
        for text in ["", "{\"error\": 1}", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/1.1 99"] {
            let failure = Message::parse(text.as_bytes()).unwrap_err();
            assert!(failure.to_string().contains("no status line"), "{text}");
            assert!(failure.remedy().unwrap().contains("curl -i"));
        }
    }

    #[test]
    fn a_bomb_of_headers_is_cut() {
        let mut text = "HTTP/1.1 200 OK\n".to_owned();
        for number in 0..40_000 {
            text.push_str(&format!("x-{number}: 1\n"));
        }
        let message = parsed(&(text + "\nbody"));
        assert!(message.headers.len() < 40_000);
        assert_eq!(message.body, b"body");
        assert_eq!(message.skipped.len(), SKIPPED_MAX);
    }
}
