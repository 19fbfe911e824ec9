//! `OpenRouter`'s headers: three rate headers, with the reset in milliseconds of the epoch, on its own 429 only.

use crate::meters::Refused;
use crate::voice::Headers;

/// Headers of every answer (recorded, 2025-06).
pub(super) fn base() -> Headers {
    vec![("access-control-allow-origin", "*".to_owned())]
}

/// The limit that refused, what remains of it, and when it admits the call, where it ever does.
pub(super) fn rates_of_refusal(refused: &Refused) -> Headers {
    let mut headers = vec![
        ("x-ratelimit-limit", refused.level.limit.to_string()),
        ("x-ratelimit-remaining", refused.level.remaining().to_string()),
    ];
    if let Some(until) = refused.until {
        headers.push(("x-ratelimit-reset", until.as_unix_nanos().div_ceil(1_000_000).to_string()));
    }
    headers
}
