//! `Decoder`: the data of server-sent events, from bytes in any chunking, in bounded memory.

use std::collections::VecDeque;

/// The longest event. Images in base64 stay below it.
const EVENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Cuts bytes into lines and gathers the data of each event. Names, comments and ids are passed over: every provider
/// repeats the name in the data.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    data: Option<String>,
    /// Whether the last byte was a carriage return, whose line feed is still to come.
    returned: bool,
}

impl Decoder {
    /// Reads the next bytes; the data of each event that they complete goes to `ready`.
    pub(crate) fn push(&mut self, bytes: &[u8], ready: &mut VecDeque<String>) -> Result<(), &'static str> {
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.returned, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(ready),
                _ => self.line.push(byte),
            }
        }
        let held = self.line.len().saturating_add(self.data.as_ref().map_or(0, String::len));
        if held > EVENT_BYTES_MAX { Err("an event is longer than 64 MiB") } else { Ok(()) }
    }

    /// The stream has ended: an event without its closing blank line counts too.
    pub(crate) fn finish(&mut self, ready: &mut VecDeque<String>) {
        if !self.line.is_empty() {
            self.end_line(ready);
        }
        ready.extend(self.data.take());
    }

    fn end_line(&mut self, ready: &mut VecDeque<String>) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            ready.extend(self.data.take().filter(|data| !data.is_empty()));
            return;
        }
        let Some(value) = line.strip_prefix(b"data:") else { return };
        let text = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match &mut self.data {
            None => self.data = Some(text.into_owned()),
            Some(data) => {
                data.push('\n');
                data.push_str(&text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_chunking_and_any_line_end_give_the_same_events() {
        for end in ["\n", "\r\n", "\r"] {
            let lines =
                [": comment", "event: a", "data: {\"x\":", "data: 1}", "", "id: 7", "data:[DONE]", "", ""];
            let text = lines.join(end);
            for size in 1..text.len() {
                let (mut decoder, mut ready) = (Decoder::default(), VecDeque::new());
                for chunk in text.as_bytes().chunks(size) {
                    decoder.push(chunk, &mut ready).unwrap();
                }
                decoder.finish(&mut ready);
                assert_eq!(ready, ["{\"x\":\n1}", "[DONE]"], "{end:?} in chunks of {size}");
            }
        }
    }
}
