//! Mutations of inputs, made by proptest from a fixed seed, and made smaller again where one fails.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// How many mutated inputs each target is given in a test.
const CASES: u32 = 4_000;

/// Pieces of what providers send, to be put in anywhere.
const WORDS: [&[u8]; 28] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\\u",
    b":",
    b",",
    b"\n",
    b"\r",
    b"\n\n",
    b"data: ",
    b"data:[DONE]",
    b"null",
    b"-1",
    b"0",
    b"1e309",
    b"18446744073709551616",
    b"9223372036854767616",
    b"NaN",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"{\"usage\":{\"prompt_tokens\":3}}",
    b"\"error\":{\"message\":\"m\"}",
    b"6m0s",
    b"retry after 5 seconds",
];

/// One change.
#[derive(Clone, Debug)]
enum Change {
    /// Puts in a word.
    Insert(usize, &'static [u8]),
    /// Sets a byte.
    Set(usize, u8),
    /// Takes out a range.
    Remove(usize, usize),
    /// Repeats a range.
    Repeat(usize, usize),
    /// Cuts off the end.
    Cut(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<usize>;
    prop_oneof![
        4 => (place(), prop::sample::select(WORDS.to_vec())).prop_map(|(at, word)| Change::Insert(at, word)),
        2 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (place(), 1_usize..40).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (place(), 1_usize..40).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => place().prop_map(Change::Cut),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: usize| at % (bytes.len() + 1);
        match self {
            Self::Insert(at, word) => {
                let at = place(*at);
                bytes.splice(at..at, word.iter().copied());
            }
            Self::Set(at, byte) => {
                let at = place(*at);
                if let Some(slot) = bytes.get_mut(at) {
                    *slot = *byte;
                }
            }
            Self::Remove(at, length) => {
                let start = place(*at);
                let end = (start + length).min(bytes.len());
                bytes.drain(start..end);
            }
            Self::Repeat(at, length) => {
                let start = place(*at);
                let end = (start + length).min(bytes.len());
                let part = bytes[start..end].to_vec();
                bytes.splice(end..end, part);
            }
            Self::Cut(at) => {
                let at = place(*at);
                bytes.truncate(at);
            }
        }
    }
}

/// Checks mutations of the inputs.
pub(crate) fn mutations(inputs: &[Vec<u8>], check: fn(&[u8])) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mutated =
        (prop::sample::select(inputs.to_vec()), vec(change(), 1..6)).prop_map(|(mut bytes, changes)| {
            changes.iter().for_each(|change| change.apply(&mut bytes));
            bytes
        });
    let outcome = TestRunner::new_with_rng(config, rng).run(&mutated, |bytes| {
        check(&bytes);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
