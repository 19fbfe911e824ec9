//! Usage and errors in Anthropic's answers and streams.
//!
//! A stream tells its input in `message_start` and, cumulative, its output in `message_delta`, which can also
//! correct the input when a server tool ran (497 of 497 recordings to 2026-08).

use crate::anthropic::errors::RULES;
use crate::fault::{Case, Fault, verdict};
use crate::reading::{Grammar, Path, Picks, Tally, UsageParts};

pub(crate) static GRAMMAR: Grammar =
    Grammar { paths: PATHS, fold, judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES) };

const PATHS: &[Path] = &[&["usage"], &["error"], &["type"], &["message", "usage"], &["object"]];

fn fold(tally: &mut Tally, picks: &Picks<'_>) {
    for path in [0, 3] {
        let Some(value) = picks.value(path) else { continue };
        // The endpoint for OpenAI's SDKs answers in OpenAI's words.
        let speaks_openai = value.get("prompt_tokens").is_some();
        let read = if speaks_openai { UsageParts::openai } else { UsageParts::anthropic };
        tally.note_usage(read(&value));
    }
    if let Some(error) = picks.value(1) {
        tally.note_error(Fault::of_value(error));
    }
    tally.complete |= picks.is(2, "message_stop");
}
