//! Usage and errors in Mistral's answers and streams.
//!
//! Chat streams tell usage in the chunk that ends the answer, asked or not; conversations in
//! `conversation.response.done`, with the tokens of connectors in the total (recordings to 2026-08).

use serde_json::Value;

use super::errors::RULES;
use crate::fault::{Case, Fault, verdict};
use crate::reading::{Grammar, Path, Picks, Tally, UsageParts};

pub(crate) static GRAMMAR: Grammar =
    Grammar { paths: PATHS, fold, judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES) };

const PATHS: &[Path] = &[&["usage"], &["error"], &["type"], &["object"], &["message"], &["code"]];

fn fold(tally: &mut Tally, picks: &Picks<'_>) {
    tally.note_usage(picks.value(0).as_ref().and_then(UsageParts::openai));
    if let Some(error) = picks.value(1) {
        tally.note_error(Fault::of_value(error));
    }
    if picks.is(2, "conversation.response.error") || picks.is(3, "error") {
        let part = |path| picks.value(path).unwrap_or(Value::Null);
        tally.note_error(Fault::of_value(serde_json::json!({"message": part(4), "code": part(5)})));
    }
    tally.complete |= picks.is(2, "conversation.response.done");
}
