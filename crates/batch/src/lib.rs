//! Batch engine of Tidegate: rows of a file in, rows of a file out, in order, and nothing lost on the way.
//!
//! A [`Job`] names an input and an output. A [`Format`] reads each line of the input as an item, a [`Processor`]
//! turns items into outputs, and the job keeps a bounded number of them in process. Each row that ends is in a
//! journal beside the output before it counts as finished; when all have ended, the output is put together from
//! the journal in input order and appears under its name whole. Running the same job again after a kill goes on
//! where it was: rows that finished are not sent again.
//!
//! Memory is constant: rows are read as they are needed, finished ones are on the disk, and 24 bytes a row remain,
//! 48 where a row waits for the limits of its group while others go on.
//!
//! Ready made are: [`RequestRows`] and [`PacedRows`], the format and the processor for rows that are requests to any
//! endpoint of a provider; [`Chats`], which asks a model with each item; [`TextRows`] and [`Embedder`], for texts that
//! become vectors; [`Workers`], for work that blocks a thread. [`Items`] runs what is in memory, without files. The
//! folder `examples` has one of each.
//!
//! Deliberately absent: pacing, ordering and retry policy (processors have them from the limiter and the call
//! machine), HTTP outside of [`PacedRows`], terminal output.

mod assemble;
mod blocking;
mod book;
mod chats;
mod deferred;
mod embed;
mod error;
mod format;
mod input;
mod items;
mod job;
mod journal;
mod output;
mod paced;
mod packing;
mod paths;
mod processor;
mod progress;
mod retrying;
mod rows;
mod run;
mod seen;
mod source;
mod stop;

pub use blocking::{BlockingProcessor, Workers};
pub use chats::{Chats, Said};
pub use deferred::{Deferred, Then};
pub use embed::{EmbedBody, Embedder, PackSize, Text, TextRows};
pub use error::Error;
pub use format::{Format, JsonRows, Reading, default_id};
pub use items::{ItemEnd, Items};
pub use job::{Beginning, Concurrency, End, FailedRow, Job, OnFailure, Report};
pub use output::Effort;
pub use paced::{Account, Destination, Headers, PacedRows};
pub use processor::{Done, Failed, Failure, Group, Processor};
pub use progress::{Counts, Observer, RowEnd};
pub use retrying::Retrying;
pub use rows::{Answer, AnswerBody, BodySettings, ReasoningEffort, Request, RequestBody, RequestRows};
pub use stop::{Stop, Urgency};
