//! Mistral's limits in response headers, all generations of names (398 recordings, 2024-08 to 2026-08).
//!
//! The names tell the window; there is no reset in any current form. Streams carry no limits at all.

use std::time::Duration;

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::{MINUTE, MONTH, push};
use crate::value::seconds;

const TEN_SECONDS: Duration = Duration::from_secs(10);

/// Limits as of 2025-09 and later: `x-ratelimit-{limit,remaining}-NAME`.
const TABLE: [(&str, Dimension, Duration); 7] = [
    ("req-minute", Dimension::Requests, MINUTE),
    ("req-10-second", Dimension::Requests, TEN_SECONDS),
    ("tokens-minute", Dimension::TotalTokens, MINUTE),
    ("tokens-month", Dimension::TotalTokens, MONTH),
    ("audio-seconds-minute", Dimension::AudioSeconds, MINUTE),
    ("ocr-pages-minute", Dimension::Pages, MINUTE),
    ("input-characters-minute", Dimension::Characters, MINUTE),
];

/// Headers of the request limit, whose zero means that the workspace does not have the model.
pub(crate) const REQUEST_LIMITS: [&str; 2] =
    ["x-ratelimit-limit-req-minute", "x-ratelimit-limit-req-10-second"];

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let mut list = Vec::new();
    for (name, dimension, window) in TABLE {
        let mut observation = Observation::of(dimension);
        observation.limit = head.count(&format!("x-ratelimit-limit-{name}"));
        observation.remaining = head.count(&format!("x-ratelimit-remaining-{name}"));
        observation.window = Some(window);
        push(&mut list, enforcement::hint(observation));
    }
    legacy(head, &mut list);
    list
}

/// Limits of 2024-08 to 2025-01: the current minute in two spellings, and the month.
fn legacy(head: &ResponseHead<'_>, list: &mut Vec<Observation>) {
    let mut minute = Observation::of(Dimension::TotalTokens);
    let either = |one, other| head.count(one).or_else(|| head.count(other));
    minute.limit = either("ratelimitbysize-limit", "x-ratelimitbysize-limit-minute");
    minute.remaining = either("ratelimitbysize-remaining", "x-ratelimitbysize-remaining-minute");
    minute.reset = head.text("ratelimitbysize-reset").and_then(seconds);
    minute.window = Some(MINUTE);
    push(list, enforcement::legacy_hint(minute));
    let mut month = Observation::of(Dimension::TotalTokens);
    month.limit = head.count("x-ratelimitbysize-limit-month");
    month.remaining = head.count("x-ratelimitbysize-remaining-month");
    month.window = Some(MONTH);
    push(list, enforcement::legacy_hint(month));
}
