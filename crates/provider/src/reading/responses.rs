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
    for path in [0, 3] {
        tally.note_usage(picks.value(path).as_ref().and_then(UsageParts::openai));
    }
    for path in [1, 4] {
        if let Some(error) = picks.value(path) {
            tally.note_error(Fault::of_value(error));
        }
    }
    // A stream ends with an event of the type "error" that holds its code beside it.
    if picks.is(2, "error") {
        let part = |path| picks.value(path).unwrap_or(Value::Null);
        tally.note_error(Fault::of_value(json!({"message": part(5), "code": part(6)})));
    }
    for path in [7, 8] {
        tally.note_answer(picks.text(path));
    }
    for path in [9, 10] {
        tally.note_conversation(picks.text(path));
    }
    let ends = ["response.completed", "response.incomplete", "response.failed"];
    tally.complete |= ends.iter().any(|end| picks.is(2, end));
}
