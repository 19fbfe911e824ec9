//! Anthropic's limits in response headers: `anthropic-ratelimit-{..}-{limit,remaining,reset}`.
//!
//! Recorded to 2026-08 on 877 responses. Values are integers and RFC 3339 in whole seconds. `tokens` is the sum of
//! input and output tokens where both are shown.

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::{Resolution, deduce_window, push};
use crate::openai::{Table, read};
use crate::value::rfc3339;

macro_rules! row {
    ($dimension:ident, $name:literal) => {
        Table {
            dimension: Dimension::$dimension,
            limit: concat!("anthropic-ratelimit-", $name, "-limit"),
            remaining: concat!("anthropic-ratelimit-", $name, "-remaining"),
            reset: concat!("anthropic-ratelimit-", $name, "-reset"),
        }
    };
}

/// The limits of the standard tier. Priority and fast tiers have headers of their own, for calls of those tiers.
const TABLE: [Table; 4] = [
    row!(Requests, "requests"),
    row!(InputTokens, "input-tokens"),
    row!(OutputTokens, "output-tokens"),
    row!(TotalTokens, "tokens"),
];

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let mut list = Vec::new();
    for row in &TABLE {
        let mut observation =
            read(head, row, |text, date| Some(rfc3339(text)?.duration_since(date).unwrap_or_default()));
        observation.window = deduce_window(&observation, Resolution::SECONDS);
        push(&mut list, enforcement::hint(observation));
    }
    list
}
