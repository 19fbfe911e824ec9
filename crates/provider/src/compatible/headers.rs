//! Limits of hosts that are not known closer, in the header families that are common; values read by their shape.

use std::collections::BTreeSet;
use std::time::Duration;

use tidegate_core::{Dimension, Observation};

use super::enforcement;
use crate::ResponseHead;
use crate::limits::{DAY, MINUTE, MONTH, Resolution, deduce_window, push};
use crate::value::until_by_shape;

/// What the middle of a name counts. The plain `x-ratelimit-limit` of OpenRouter, Together and Replicate counts
/// requests (recordings and documentation to 2026-08).
const STEMS: [(&str, Dimension); 8] = [
    ("", Dimension::Requests),
    ("-requests", Dimension::Requests),
    ("-req", Dimension::Requests),
    ("-tokens", Dimension::TotalTokens),
    ("-tokens-prompt", Dimension::InputTokens),
    ("-input-tokens", Dimension::InputTokens),
    ("-tokens-generated", Dimension::OutputTokens),
    ("-output-tokens", Dimension::OutputTokens),
];

const HOUR: Duration = Duration::from_secs(3_600);

/// What the end of a name says of the window (Cerebras, Hugging Face, DigitalOcean, SambaNova: recordings and
/// documentation to 2026-08).
const ENDINGS: [(&str, Duration); 8] = [
    ("-per-minute", MINUTE),
    ("-per-hour", HOUR),
    ("-per-day", DAY),
    ("-minute", MINUTE),
    ("-hour", HOUR),
    ("-day", DAY),
    ("-month", MONTH),
    ("-second", Duration::from_secs(1)),
];

/// The most limits that are read of one answer; no provider states more than nine.
const LIMITS_MAX: usize = 16;

/// The limits that a head states.
pub(crate) fn observe(head: &ResponseHead<'_>) -> Vec<Observation> {
    let families: BTreeSet<(&str, &str)> =
        head.headers.keys().filter_map(|name| family(name.as_str())).take(3 * LIMITS_MAX).collect();
    let mut list = Vec::new();
    for (prefix, rest) in families.into_iter().take(LIMITS_MAX) {
        if let Some(observation) = read(head, prefix, rest) {
            push(&mut list, enforcement::hint(observation));
        }
    }
    list
}

/// A header's family and what its name says of the limit: `x-ratelimit-limit-tokens` gives `x-` and `-tokens`.
fn family(name: &str) -> Option<(&str, &str)> {
    let (prefix, rest) = name.split_once("ratelimit-")?;
    let rest = rest.strip_prefix("limit").or_else(|| rest.strip_prefix("remaining"))?;
    (matches!(prefix, "" | "x-") && (rest.is_empty() || rest.starts_with('-'))).then_some((prefix, rest))
}

fn read(head: &ResponseHead<'_>, prefix: &str, rest: &str) -> Option<Observation> {
    let (stem, named) = ENDINGS
        .into_iter()
        .find_map(|(ending, window)| Some((rest.strip_suffix(ending)?, Some(window))))
        .unwrap_or((rest, None));
    let (_, dimension) = STEMS.into_iter().find(|(name, _)| *name == stem)?;
    let name = |part: &str| format!("{prefix}ratelimit-{part}{rest}");
    let mut observation = Observation::of(dimension);
    observation.limit = head.count(name("limit"));
    observation.remaining = head.count(name("remaining"));
    // Azure states the window beside the limit (recordings, 2025 and 2026).
    observation.window = named.or_else(|| head.count(name("renewalperiod")).map(Duration::from_secs));
    let text = head.text(name("reset"));
    observation.reset = text.and_then(|text| until_by_shape(text, || head.date()));
    observation.reset = fitting_reset(&observation);
    // Only those who write durations with units are known to state the time until the limit is whole (Groq).
    if observation.window.is_none() && text.is_some_and(|text| text.ends_with('s')) {
        observation.window = deduce_window(&observation, Resolution::MILLIS, &[MINUTE, DAY]);
    }
    Some(observation)
}

/// The reset in the unit that fits, where the window is stated.
///
/// Azure writes resets as whole numbers, some in milliseconds: 500 with one of 120 used in a window of a minute
/// (recordings, 2026-03). What fits the formula in milliseconds is that; what is longer than the window and fits
/// neither is left out.
fn fitting_reset(observation: &Observation) -> Option<Duration> {
    let reset = observation.reset?;
    let (Some(window), Some(limit), Some(remaining)) =
        (observation.window, observation.limit.filter(|limit| *limit > 0), observation.remaining)
    else {
        return Some(reset);
    };
    let used = u128::from(limit.saturating_sub(remaining));
    let formula = window.as_millis().saturating_mul(used) / u128::from(limit);
    let as_millis = u128::from(reset.as_secs());
    if as_millis > 0 && formula.abs_diff(as_millis) <= 1 {
        return Some(Duration::from_millis(reset.as_secs()));
    }
    (reset <= window.saturating_mul(2)).then_some(reset)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn limits(pairs: &[(&'static str, &'static str)]) -> Vec<Observation> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        observe(&ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH })
    }

    #[test]
    fn a_daily_and_a_minute_bucket_under_the_same_names_are_told_apart() {
        let list = limits(&[
            ("x-ratelimit-limit-requests", "14400"),
            ("x-ratelimit-remaining-requests", "14398"),
            ("x-ratelimit-reset-requests", "10.974999999s"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "29642"),
            ("x-ratelimit-reset-tokens", "716ms"),
        ]);
        assert_eq!((list[0].dimension, list[0].window), (Dimension::Requests, Some(DAY)));
        assert_eq!((list[1].dimension, list[1].window), (Dimension::TotalTokens, Some(MINUTE)));
    }

    #[test]
    fn names_with_a_window_state_one_limit_each() {
        let list = limits(&[
            ("x-ratelimit-limit-tokens-minute", "60000"),
            ("x-ratelimit-limit-tokens-day", "1000000"),
            ("x-ratelimit-remaining-tokens-day", "2999976"),
            ("x-ratelimit-reset-tokens-day", "33011.382867"),
        ]);
        assert_eq!(list.len(), 2);
        let day = list.iter().find(|limit| limit.window == Some(DAY)).unwrap();
        assert_eq!(day.remaining, Some(1_000_000), "more than there is means all of it");
        assert_eq!(day.reset.unwrap().as_secs(), 33_011);
    }

    #[test]
    fn a_reset_is_read_in_the_unit_that_fits_its_window() {
        let reset = |text: &'static str| {
            let list = limits(&[
                ("x-ratelimit-limit-requests", "120"),
                ("x-ratelimit-remaining-requests", "119"),
                ("x-ratelimit-renewalperiod-requests", "60"),
                ("x-ratelimit-reset-requests", text),
            ]);
            assert_eq!(list[0].window, Some(MINUTE));
            list[0].reset
        };
        assert_eq!(reset("500"), Some(Duration::from_millis(500)));
        assert_eq!(reset("30"), Some(Duration::from_secs(30)));
        assert_eq!(reset("86400"), None, "longer than the window");
    }

    #[test]
    fn the_short_names_count_requests() {
        let list = limits(&[("ratelimit-remaining", "599"), ("ratelimit-reset", "1")]);
        assert_eq!(
            (list[0].dimension, list[0].limit, list[0].remaining),
            (Dimension::Requests, None, Some(599))
        );
    }

    #[test]
    fn unknown_names_and_sentinels_state_nothing() {
        let list = limits(&[
            ("x-ratelimit", "false"),
            ("x-ratelimit-limit-unicorns", "5"),
            ("x-ratelimit-limit-requests", "-1"),
            ("x-ratelimit-over-limit", "yes"),
            ("llm_provider-x-ratelimit-limit-requests", "7"),
        ]);
        assert_eq!(list, []);
    }
}
