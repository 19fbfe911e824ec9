//! The public surface of each provider, held against a table of its operations, fields, kinds and words.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

mod anthropic;
mod mistral;
mod openai;
mod openrouter;
mod table;
