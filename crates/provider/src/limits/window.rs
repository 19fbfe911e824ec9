//! Windows that no name tells, deduced from limit, remaining and reset.

use std::time::Duration;

use tidegate_core::Observation;

/// How exact a `reset` is, which decides whether a window can be deduced from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    /// By how much the true reset can be shorter.
    shorter: Duration,
    /// By how much the true reset can be longer.
    longer: Duration,
}

impl Resolution {
    /// Resets cut to whole milliseconds (OpenAI and Groq, all of 250 recordings to 2026-08).
    pub(crate) const MILLIS: Self =
        Self { shorter: Duration::from_micros(100), longer: Duration::from_millis(1) };
    /// The difference of two instants in whole seconds.
    pub(crate) const SECONDS: Self = Self { shorter: Duration::from_secs(1), longer: Duration::from_secs(1) };
}

/// By how much the bounds of a window may differ and still say something clear.
const SPREAD_MAX: f64 = 4.0;

/// Slack for figures that were cut off on the way.
const SLACK: f64 = 1.02;

/// The window of a continuously refilled limit, where its numbers clearly fit one of the candidates.
///
/// Such a limit states `reset = used / limit * window` (OpenAI and Groq: exact in recordings up to 2026-08;
/// Anthropic: 24 000 of 30 000 remaining gives twelve seconds), so the window follows. What is used is in truth a
/// fraction, up to one less than the difference of the headers, or further off where they are rounded; that gives
/// bounds. Nothing used, a reset too coarse for the amount used, or bounds that hold no candidate tell nothing: a
/// host that counts in fixed windows under the same names must not be taken for a daily limit.
pub(crate) fn deduce_window(
    observation: &Observation,
    resolution: Resolution,
    candidates: &[Duration],
) -> Option<Duration> {
    let (limit, remaining) = (observation.limit?, observation.remaining?);
    let reset = observation.reset?;
    let used = limit.checked_sub(remaining).filter(|used| *used > 0)? as f64;
    let rounding = if observation.rounding > 1 { observation.rounding as f64 / 2.0 } else { 0.0 };
    // One call that has just been counted is one whole call.
    let least = if used > 1.0 { used - 1.0 - rounding } else { used };
    let window = |reset: Duration, used: f64| reset.as_secs_f64() * limit as f64 / used;
    let earliest = window(reset.saturating_sub(resolution.shorter), used + rounding) / SLACK;
    let latest = window(reset.saturating_add(resolution.longer), least) * SLACK;
    if least <= 0.0 || latest > earliest * SPREAD_MAX {
        return None;
    }
    let bounds = earliest..=latest;
    candidates.iter().copied().find(|candidate| bounds.contains(&candidate.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use tidegate_core::Dimension;

    use super::*;
    use crate::limits::{DAY, MINUTE};

    fn window(limit: u64, remaining: u64, reset_us: u64, resolution: Resolution) -> Option<Duration> {
        let mut observation = Observation::of(Dimension::Requests);
        observation.limit = Some(limit);
        observation.remaining = Some(remaining);
        observation.reset = Some(Duration::from_micros(reset_us));
        deduce_window(&observation, resolution, &[MINUTE, DAY])
    }

    #[test]
    fn minutes_and_days_are_told_apart_by_the_reset() {
        assert_eq!(window(500, 499, 120_000, Resolution::MILLIS), Some(MINUTE));
        assert_eq!(window(30_000, 29_999, 2_000, Resolution::MILLIS), Some(MINUTE));
        assert_eq!(window(50_000, 49_999, 1_000, Resolution::MILLIS), Some(MINUTE));
        assert_eq!(window(250_000, 249_983, 3_000, Resolution::MILLIS), Some(MINUTE));
        assert_eq!(window(200_000, 198_346, 496_000, Resolution::MILLIS), Some(MINUTE));
        assert_eq!(window(200, 199, 432_000_000, Resolution::MILLIS), Some(DAY));
        assert_eq!(window(10_000, 9_999, 8_640_000, Resolution::MILLIS), Some(DAY));
        assert_eq!(window(14_400, 14_398, 10_974_999, Resolution::MILLIS), Some(DAY));
        assert_eq!(window(100, 98, 864_000_000, Resolution::MILLIS), Some(DAY));
        assert_eq!(window(10_000, 9_998, 11_284_000, Resolution::MILLIS), Some(DAY));
        assert_eq!(window(30_000, 24_000, 12_000_000, Resolution::SECONDS), Some(MINUTE));
    }

    #[test]
    fn a_fixed_window_is_not_taken_for_a_day() {
        // Resets that count down to the edge of a minute, whatever was used.
        for (limit, used, reset_s) in
            [(60_000, 25, 30), (3_000, 1, 20), (300, 2, 37), (60_000, 40, 59), (500, 1, 44)]
        {
            let remaining = limit - used;
            assert_eq!(
                window(limit, remaining, reset_s * 1_000_000, Resolution::MILLIS),
                None,
                "{used} of {limit}"
            );
        }
    }

    #[test]
    fn what_does_not_clearly_fit_has_no_window() {
        assert_eq!(window(500, 500, 0, Resolution::MILLIS), None, "nothing used");
        assert_eq!(window(150_000_000, 149_999_992, 0, Resolution::MILLIS), None, "too coarse");
        assert_eq!(window(4_000, 3_999, 1_000_000, Resolution::SECONDS), None, "too coarse");
        assert_eq!(window(100, 50, 1_800_000_000, Resolution::SECONDS), None, "an hour");
        assert_eq!(window(10, 20, 1_000_000, Resolution::SECONDS), None, "more left than there is");
    }
}
