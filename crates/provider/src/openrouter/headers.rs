//! OpenRouter's limit in response headers, which only its own refusals carry; the reset is in epoch milliseconds.

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::push;
use crate::openai::{Table, read};
use crate::value::epoch_millis;

/// Recorded and reported 2025-08 to 2026-08. The window stands in the message only.
const REQUESTS: Table = Table {
    dimension: Dimension::Requests,
    limit: "x-ratelimit-limit",
    remaining: "x-ratelimit-remaining",
    reset: "x-ratelimit-reset",
};

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let mut list = Vec::new();
    let until = |text: &str, date| Some(epoch_millis(text)?.duration_since(date).unwrap_or_default());
    push(&mut list, enforcement::hint(read(head, &REQUESTS, until)));
    list
}
