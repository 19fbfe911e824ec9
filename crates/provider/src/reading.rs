//! `UsageReader`: picks usage and errors out of an answer while its bytes pass by.
//!
//! Any chunking gives the same reading. Memory is bounded by a few small buffers, whatever the size of the body or
//! of one event: nothing but the picked values is kept. Compressed answers are decoded on the side.

mod broad;
mod choices;
mod decode;
mod details;
mod end_reader;
mod ending;
mod events;
mod frames;
mod habit;
mod parser;
mod parts;
mod paths;
mod picker;
mod responses;
mod streamed;
mod tally;
mod tree;

use tidegate_core::Usage;

use crate::fault::Fault;
use crate::{Endpoint, Verdict};

pub(crate) use broad::{BROAD_PATHS, fold_broad};
pub(crate) use decode::{Decoder, decoded};
pub use details::{Details, Spent};
pub use end_reader::EndReader;
pub(crate) use ending::Course;
pub use ending::Ending;
use parser::Parser;
pub(crate) use parts::{UsageParts, amount};
pub(crate) use paths::{Map, Paths};
pub(crate) use picker::{Picks, pick};
pub(crate) use responses::{RESPONSES_PATHS, fold_openai, fold_responses};
pub use streamed::Streamed;
pub(crate) use tally::Tally;
pub(crate) use tree::Tree;

/// How a dialect's bodies and events tell usage and errors.
#[derive(Debug)]
pub(crate) struct Grammar {
    /// What to look for in each document (a plain body, or the data of one event).
    pub(crate) paths: Map,
    /// Adds what one document told to the tally.
    pub(crate) fold: fn(&mut Tally, &Picks<'_>),
    /// How to judge an error that stands inside a success.
    pub(crate) judge: fn(&Fault) -> Verdict,
}

/// Reads usage and errors out of an answer, chunk by chunk.
#[derive(Debug)]
pub struct UsageReader {
    /// Boxed, since it is large and a reader moves from hand to hand.
    decoder: Decoder<Box<Parser>>,
}

/// What a whole answer, or as much of it as came, told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The usage, where the answer states one.
    pub usage: Option<Usage>,
    /// What it states beside plain tokens.
    pub details: Details,
    /// How much text of the model went by.
    pub streamed: Streamed,
    /// The conversation that the answer belongs to, where its history lives on the server.
    pub conversation: Option<String>,
    /// The answer's own name, where a later call may continue it by that.
    pub answer: Option<String>,
    /// An error inside a 200 or inside a stream.
    pub error: Option<Verdict>,
    /// How the answer ended, by its own word.
    pub ending: Ending,
}

impl Reading {
    /// Whether the answer came to its end: the document closed, or the stream said so.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self.ending, Ending::Closed | Ending::Told)
    }

    /// The usage to settle with. Zeros everywhere state nothing (Mistral's conversations send them, reports of
    /// 2026): the estimate stands.
    #[must_use]
    pub fn stated(&self) -> Option<Usage> {
        self.usage.filter(|usage| usage.total() > 0 || usage.input_tokens > 0 || usage.output_tokens > 0)
    }
}

impl UsageReader {
    /// A reader of a model's answer; what is not metered (a stored file can hold anything) tells nothing.
    pub(crate) fn new(grammar: &'static Grammar, endpoint: Endpoint, content_encoding: Option<&str>) -> Self {
        let parser = if endpoint.is_metered() { Parser::new(grammar) } else { Parser::idle(grammar) };
        Self { decoder: Decoder::new(content_encoding, Box::new(parser)) }
    }

    /// The same, with the media type that the head of the answer tells: what is said to be JSON is not whole before it
    /// is closed, while a text may begin with a bracket.
    pub(crate) fn of_type(mut self, content_type: Option<&str>) -> Self {
        let is_json = content_type.is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        self.decoder.sink_mut().into_iter().for_each(|parser| parser.expect_document(is_json));
        self
    }

    /// Reads the next bytes as they were received.
    pub fn push(&mut self, chunk: &[u8]) {
        self.decoder.push(chunk);
    }

    /// The usage told so far: input at the start of some streams, all of it at the end of most.
    #[must_use]
    pub fn so_far(&self) -> Option<Usage> {
        self.decoder.sink()?.tally().usage()
    }

    /// The reading, when no more bytes come, whether the answer ended or broke off.
    #[must_use]
    pub fn finish(mut self) -> Reading {
        self.decoder.finish();
        let mut reading = self.decoder.sink_mut().map(|parser| parser.finish()).unwrap_or_default();
        // What could not be decoded may have held the end.
        if self.decoder.is_broken() && reading.ending == Ending::Missing {
            reading.ending = Ending::Untold;
        }
        reading
    }
}
