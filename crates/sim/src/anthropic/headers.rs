//! Anthropic's headers: up to twelve rate headers with RFC 3339 resets, on plain answers and streams alike.

use tidegate_core::Dimension;

use crate::enforcement::Level;
use crate::voice::{Headers, Scene};

/// Of how many successes one carries a `retry-after` that means nothing. 107 of 877 recorded ones did (2026-08).
const STRAY_RETRY_AFTER: u64 = 8;

/// Headers of every answer (recorded, 2025-11).
pub(super) fn base(scene: &Scene<'_>) -> Headers {
    vec![
        ("request-id", scene.id("req_")),
        ("anthropic-organization-id", "00000000-0000-0000-0000-000000000000".to_owned()),
    ]
}

/// The rate headers of a success. Some carry a stray `retry-after` of 1 to 63 s, as the real ones do: a limiter
/// must not heed it.
pub(super) fn rates_of_success(scene: &Scene<'_>) -> Headers {
    let mut headers = rates(scene);
    if scene.id.is_multiple_of(STRAY_RETRY_AFTER) {
        headers.push(("retry-after", (1 + scene.id / STRAY_RETRY_AFTER % 63).to_string()));
    }
    headers
}

/// The rate headers. A reset is when nothing is used any more, cut to whole seconds; tokens that remain are rounded
/// to the nearest 1000 (documented, 2026-08). `tokens` is the sum of input and output where both are limited:
/// 480000 = 400000 + 80000 (recorded, 2025-11).
pub(super) fn rates(scene: &Scene<'_>) -> Headers {
    let level =
        |wanted| scene.levels.iter().find(|(dimension, _)| *dimension == wanted).map(|(_, level)| *level);
    let (requests, total) = (level(Dimension::Requests), level(Dimension::TotalTokens));
    let (input, output) = (level(Dimension::InputTokens), level(Dimension::OutputTokens));
    let both = match (input, output) {
        (Some(input), Some(output)) => Some(Level {
            limit: input.limit + output.limit,
            capacity: input.capacity + output.capacity,
            used: input.used.min(input.limit) + output.used.min(output.limit),
            full_at: input.full_at.max(output.full_at),
        }),
        (one, other) => one.or(other),
    };
    let mut headers = Headers::new();
    if let Some(level) = requests {
        headers.extend(triple(
            [
                "anthropic-ratelimit-requests-limit",
                "anthropic-ratelimit-requests-remaining",
                "anthropic-ratelimit-requests-reset",
            ],
            level,
            level.remaining(),
        ));
    }
    let tokens = [
        (
            [
                "anthropic-ratelimit-input-tokens-limit",
                "anthropic-ratelimit-input-tokens-remaining",
                "anthropic-ratelimit-input-tokens-reset",
            ],
            input,
        ),
        (
            [
                "anthropic-ratelimit-output-tokens-limit",
                "anthropic-ratelimit-output-tokens-remaining",
                "anthropic-ratelimit-output-tokens-reset",
            ],
            output,
        ),
        (
            [
                "anthropic-ratelimit-tokens-limit",
                "anthropic-ratelimit-tokens-remaining",
                "anthropic-ratelimit-tokens-reset",
            ],
            total.or(both),
        ),
    ];
    for (names, level) in tokens {
        if let Some(level) = level {
            headers.extend(triple(names, level, to_thousands(level)));
        }
    }
    headers
}

fn triple(
    names: [&'static str; 3],
    level: Level,
    remaining: u64,
) -> impl Iterator<Item = (&'static str, String)> {
    names.into_iter().zip([level.limit.to_string(), remaining.to_string(), level.full_at.rfc3339()])
}

/// What remains, to the nearest 1000, and not above the limit.
fn to_thousands(level: Level) -> u64 {
    ((level.remaining() + 500) / 1_000 * 1_000).min(level.limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WallTime;

    fn headers_of(levels: &[(Dimension, Level)]) -> Headers {
        rates(&Scene { call: None, levels, query_cost: 0, at: WallTime::DEFAULT_ORIGIN, id: 1 })
    }

    fn value<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
        headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn tokens_are_the_sum_of_input_and_output_to_the_nearest_thousand() {
        let full_at = WallTime::from_unix_nanos(WallTime::DEFAULT_ORIGIN.as_unix_nanos() + 12_900_000_000);
        let input = Level { limit: 400_000, capacity: 400_000, used: 1_400, full_at };
        let output = Level { limit: 80_000, capacity: 80_000, used: 600, full_at: WallTime::DEFAULT_ORIGIN };
        let headers = headers_of(&[(Dimension::InputTokens, input), (Dimension::OutputTokens, output)]);
        assert_eq!(headers.len(), 9);
        assert_eq!(value(&headers, "anthropic-ratelimit-tokens-limit"), Some("480000"));
        assert_eq!(value(&headers, "anthropic-ratelimit-tokens-remaining"), Some("478000"));
        assert_eq!(value(&headers, "anthropic-ratelimit-tokens-reset"), Some("2026-01-01T00:00:12Z"));
        assert_eq!(value(&headers, "anthropic-ratelimit-input-tokens-remaining"), Some("399000"));
        assert_eq!(value(&headers, "anthropic-ratelimit-output-tokens-remaining"), Some("79000"));
    }

    #[test]
    fn rounding_never_shows_more_than_the_limit() {
        let level = Level { limit: 1_700, capacity: 1_700, used: 0, full_at: WallTime::DEFAULT_ORIGIN };
        assert_eq!(
            value(&headers_of(&[(Dimension::TotalTokens, level)]), "anthropic-ratelimit-tokens-remaining"),
            Some("1700")
        );
    }
}
