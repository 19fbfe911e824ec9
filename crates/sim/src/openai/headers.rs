//! `OpenAI`'s headers: six rate headers with Go durations, on plain answers and streams alike.

use tidegate_core::Dimension;

use crate::go_duration::go_duration;
use crate::voice::{Headers, Scene};

/// Headers of every answer (recorded, 2025-08).
pub(super) fn base(scene: &Scene<'_>) -> Headers {
    vec![
        ("x-request-id", scene.id("req_")),
        ("openai-version", "2020-10-01".to_owned()),
        ("openai-organization", "org-emulated".to_owned()),
    ]
}

/// The rate headers. A reset is the time until nothing is used any more, cut to whole milliseconds: no recorded
/// one is rounded up (252 recordings up to 2026-08). Limits on input or output tokens alone have no header.
pub(super) fn rates(scene: &Scene<'_>) -> Headers {
    let mut headers = Headers::new();
    for (dimension, level) in scene.levels {
        let names = match dimension {
            Dimension::Requests => {
                ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]
            }
            Dimension::TotalTokens => {
                ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]
            }
            _ => continue,
        };
        let reset = u64::try_from(level.full_at.since(scene.at).as_millis()).unwrap_or(u64::MAX);
        let values = [level.limit.to_string(), level.remaining().to_string(), go_duration(reset)];
        headers.extend(names.into_iter().zip(values));
    }
    headers
}
