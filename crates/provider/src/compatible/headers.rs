//! Limits of hosts that are not known closer, in the header families that are common; values read by their shape.

use std::time::Duration;

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::{DAY, MINUTE, MONTH, Resolution, deduce_window, push};
use crate::value::until_by_shape;

/// What a name's stem counts. The plain `x-ratelimit-limit` of OpenRouter and Together counts requests.
const STEMS: [(&str, Dimension); 6] = [
    ("-requests", Dimension::Requests),
    ("-tokens", Dimension::TotalTokens),
    ("-req", Dimension::Requests),
    ("", Dimension::Requests),
    ("-tokens-prompt", Dimension::InputTokens),
    ("-tokens-generated", Dimension::OutputTokens),
];

/// What a name's ending says of the window: Cerebras and Hugging Face (recordings and documentation to 2026-08).
const ENDINGS: [(&str, Option<Duration>); 7] = [
    ("", None),
    ("-minute", Some(MINUTE)),
    ("-hour", Some(Duration::from_secs(3_600))),
    ("-day", Some(DAY)),
    ("-per-minute", Some(MINUTE)),
    ("-per-day", Some(DAY)),
    ("-month", Some(MONTH)),
];

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let mut list = Vec::new();
    let stated = head.headers.keys().any(|name| name.as_str().contains("ratelimit-"));
    if !stated {
        return list;
    }
    for (stem, dimension) in STEMS {
        for (ending, window) in ENDINGS {
            let name = |part: &str| format!("x-ratelimit-{part}{stem}{ending}");
            let mut observation = Observation::of(dimension);
            observation.limit = head.count(&name("limit"));
            observation.remaining = head.count(&name("remaining"));
            observation.reset = head.text(&name("reset")).and_then(|text| until_by_shape(text, head.date()));
            observation.window =
                window.or_else(|| deduce_window(&observation, resolution(head, &name("reset"))));
            push(&mut list, enforcement::hint(observation));
        }
    }
    list
}

/// A reset in whole seconds is right to a second, one with a unit or fraction to half a millisecond.
fn resolution(head: &ResponseHead<'_>, reset: &str) -> Resolution {
    let whole = head.text(reset).is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    if whole { Resolution::SECONDS } else { Resolution::MILLIS }
}
