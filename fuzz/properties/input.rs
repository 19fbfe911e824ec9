//! `Input`: what a target is given. The first line says whose answer it is and a number; the rest is the answer.

use tidegate_provider::{Adapter, Dialect, adapter};

/// What a target is given: `openai 429` and, from the second line on, the rest.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) adapter: &'static dyn Adapter,
    /// A status or the size of a chunk, whichever the target wants.
    pub(crate) number: u16,
    pub(crate) rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Reads any bytes; a name that is unknown stands for some dialect all the same.
    pub(crate) fn of(data: &'a [u8]) -> Self {
        let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
        let (line, rest) = (&data[..end], data.get(end + 1..).unwrap_or_default());
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let some = name.bytes().fold(0_usize, |sum, byte| sum + usize::from(byte)) % Dialect::ALL.len();
        let dialect = Dialect::from_name(name).unwrap_or(Dialect::ALL[some]);
        let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(200);
        Self { adapter: adapter(dialect), number, rest }
    }
}
