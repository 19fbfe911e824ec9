//! The ideal: the shortest time in which a provider could admit a piece of work, its full initial burst included.

use std::time::Duration;

use crate::demand::Demand;
use crate::meters::Meters;
use crate::stats::Charged;
use crate::wall::MINUTE;
use crate::{EmulatorConfig, Enforcement, Limits, WallTime};

/// Beyond so many calls the two limits are no longer walked through one by one.
const WALKED_MAX: u64 = 100_000;

/// The shortest time in which a provider could admit what it `charged`, from the first arrival at `from` on: the
/// longest of its limits' own; where its limits are counted in different ways, that of both together.
#[must_use]
pub fn ideal_of_work(config: &EmulatorConfig, charged: &Charged, from: WallTime) -> Duration {
    let (limits, plan) = (config.effective_limits(), config.enforcement);
    let phase = Duration::from_nanos(from.as_unix_nanos() % MINUTE);
    let part = |limit: fn(&Limits) -> Option<u64>, charged: u64, kind: Enforcement| {
        let then = config.change.and_then(|change| Some((change.after, limit(&change.limits)?)));
        limit(&limits).map_or(Duration::ZERO, |limit| match then {
            Some((after, then)) => ideal_of_change(limit, then, after, charged),
            None => ideal(kind, limit, charged, phase),
        })
    };
    let longest = part(|limits| limits.requests, charged.requests, plan.requests)
        .max(part(|limits| limits.total_tokens, charged.total_tokens, plan.tokens))
        .max(part(|limits| limits.input_tokens, charged.input_tokens, plan.tokens))
        .max(part(|limits| limits.output_tokens, charged.output_tokens, plan.tokens));
    let mixed = plan.requests != plan.tokens && charged.requests <= WALKED_MAX;
    let ideal = if mixed { longest.max(ideal_of_both(config, charged, from)) } else { longest };
    // What others take of a bucket's refill is not to be had.
    let own_percent = 100 - config.foreign_percent.min(99);
    ideal.mul_f64(100.0 / own_percent as f64)
}

/// The shortest time in which `charged` can be admitted under `limit` a minute. `phase` is how far into its minute
/// the provider's clock was at the first arrival.
///
/// A bucket gives its capacity at once and then its rate. A window gives a limit at once and another at each edge;
/// a sliding window one each minute; a counter first its limit, then as the minute before fades.
#[must_use]
pub fn ideal(enforcement: Enforcement, limit: u64, charged: u64, phase: Duration) -> Duration {
    const MINUTE: f64 = 60.0;
    let burst = enforcement.capacity(limit);
    if limit == 0 {
        return Duration::ZERO;
    }
    let (limit_f, charged_f) = (limit as f64, charged as f64);
    let beyond = charged.saturating_sub(burst) as f64;
    let bucket = beyond / limit_f * MINUTE;
    let whole_windows = (charged.saturating_sub(1) / burst.max(1)) as f64;
    let seconds = match enforcement {
        Enforcement::Bucket | Enforcement::Burst(_) => bucket,
        Enforcement::Quantised(_) => MINUTE * charged_f / limit_f,
        Enforcement::Window(_) => MINUTE * beyond / limit_f,
        _ if charged <= limit => 0.0,
        Enforcement::Fixed => whole_windows * MINUTE - phase.as_secs_f64(),
        // The second limit's worth can only go as the first one's minute passes.
        Enforcement::Sliding => whole_windows * MINUTE,
        Enforcement::Counter => {
            MINUTE - phase.as_secs_f64() + (bucket - MINUTE).max(0.0) + bucket.min(MINUTE)
        }
    };
    Duration::from_secs_f64(seconds.max(0.0))
}

/// The shortest time in which `charged` can be admitted by a bucket of `limit` a minute that becomes one of `then`
/// a minute `after` the first arrival. What was used stays used, so a smaller bucket begins with debt.
fn ideal_of_change(limit: u64, then: u64, after: Duration, charged: u64) -> Duration {
    let minutes = after.as_secs_f64() / 60.0;
    let by_then = limit as f64 * (1.0 + minutes);
    if charged as f64 <= by_then || then == 0 {
        return ideal(Enforcement::Bucket, limit, charged, Duration::ZERO);
    }
    let missing = charged as f64 - by_then + limit as f64 - then as f64;
    after + Duration::from_secs_f64((missing / then as f64 * 60.0).max(0.0))
}

/// The shortest time in which `charged` can be admitted from `from` on where requests and tokens are counted in
/// different ways, so that now the one and now the other binds: by the provider's own meters, one call of mean size
/// after the other, each as soon as both take it, and charged when it arrives.
fn ideal_of_both(config: &EmulatorConfig, charged: &Charged, from: WallTime) -> Duration {
    let mean = |tokens: u64| tokens.checked_div(charged.requests);
    let each = Demand {
        back: 0,
        requests: 1,
        input: mean(charged.input_tokens),
        output: mean(charged.output_tokens),
        total: mean(charged.total_tokens),
    };
    let mut meters = Meters::new(config);
    let mut at = from;
    for _ in 0..charged.requests {
        while let Err(refused) = meters.admit("", &each, at) {
            match refused.until {
                Some(until) if until > at => at = until,
                _ => return at.since(from),
            }
        }
    }
    at.since(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_burst_is_free_and_the_rest_takes_its_time() {
        let half = Duration::from_secs(30);
        assert_eq!(ideal(Enforcement::Bucket, 300, 300, half), Duration::ZERO);
        assert_eq!(ideal(Enforcement::Bucket, 300, 600, half), Duration::from_secs(60));
        assert_eq!(ideal(Enforcement::Fixed, 300, 600, half), half);
        assert_eq!(ideal(Enforcement::Sliding, 300, 600, half), Duration::from_secs(60));
    }

    /// 300 requests of 131 tokens, the rest as the minute before fades: 60 000 - 39 300 (1 - t / 60) >= 39 300.
    #[test]
    fn two_limits_that_bind_in_turn_take_longer_than_either() {
        let limits = crate::Limits::requests_and_tokens(300, 60_000);
        let config = EmulatorConfig::new(crate::Dialect::Mistral).with_limits(limits);
        let charged = Charged { requests: 600, total_tokens: 78_600, ..Charged::default() };
        let took = ideal_of_both(&config, &charged, WallTime::DEFAULT_ORIGIN);
        assert!((88..90).contains(&took.as_secs()), "{took:?}");
        let alone = |kind, limit, charged| ideal(kind, limit, charged, Duration::ZERO);
        assert!(
            alone(Enforcement::Counter, 60_000, 78_600) < took && alone(Enforcement::Fixed, 300, 600) < took
        );
    }

    #[test]
    fn a_halved_bucket_begins_with_debt() {
        // 450 by half a minute, then a minute to pay off 150 and another for the last 150.
        assert_eq!(ideal_of_change(300, 150, Duration::from_secs(30), 600), Duration::from_secs(150));
        assert_eq!(ideal_of_change(300, 150, Duration::from_secs(90), 600), Duration::from_secs(60));
    }
}
