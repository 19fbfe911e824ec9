//! The places of usage, errors, text and names in the answers of OpenAI's responses API and of hosts that have it too,
//! and the fold of what is found there (recordings to 2026-08).

use serde_json::{Value, json};

use super::{Paths, Picks, Tally, UsageParts};
use crate::fault::Fault;

/// The places. An answer may be continued by its own name or by its conversation's, so both are taken out.
pub(crate) const RESPONSES_PATHS: Paths = Paths {
    picked: &[
        &["usage"],
        &["error"],
        &["type"],
        &["response", "usage"],
        &["response", "error"],
        &["message"],
        &["code"],
        &["id"],
        &["response", "id"],
        &["conversation", "id"],
        &["response", "conversation", "id"],
    ],
    // Text, refusals, summaries and arguments all come under this name.
    measured: &[&["delta"]],
};

/// Adds what one document told.
pub(crate) fn fold_responses(tally: &mut Tally, picks: &Picks<'_>) {
    fold_openai(tally, picks);
    for path in [7, 8] {
        tally.note_answer(picks.text(path));
    }
    for path in [9, 10] {
        tally.note_conversation(picks.text(path));
    }
}

/// Adds what one document of OpenAI's told, whichever API it is of: the first seven places are the same in all.
pub(crate) fn fold_openai(tally: &mut Tally, picks: &Picks<'_>) {
    for path in [0, 3] {
        tally.note_usage(picks.tree(path).as_ref().and_then(UsageParts::openai));
    }
    note_errors(tally, picks, &[1, 4]);
}

/// Notes the errors in these places, and the event of the type "error" with which a stream of the responses API ends: it
/// holds its code beside it.
pub(super) fn note_errors(tally: &mut Tally, picks: &Picks<'_>, paths: &[usize]) {
    for path in paths {
        if let Some(error) = picks.value(*path) {
            tally.note_error(Fault::of_value(error));
        }
    }
    if picks.is(2, "error") {
        let part = |path| picks.value(path).unwrap_or(Value::Null);
        tally.note_error(Fault::of_value(json!({"message": part(5), "code": part(6)})));
    }
}
