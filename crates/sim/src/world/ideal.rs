//! The ideal: the shortest time in which a provider could admit a piece of work, its full initial burst included.

use std::time::Duration;

use crate::Enforcement;

/// The shortest time in which `charged` can be admitted under `limit` a minute. `phase` is how far into its minute
/// the provider's clock was at the first arrival.
///
/// A bucket gives its capacity at once and then its rate. A window gives a limit at once and another at each edge;
/// a sliding window one each minute; a counter first its limit, then as the minute before fades.
#[must_use]
pub fn ideal(enforcement: Enforcement, limit: u64, charged: u64, phase: Duration) -> Duration {
    const MINUTE: f64 = 60.0;
    if limit == 0 || charged <= limit {
        return match enforcement {
            Enforcement::Quantised(_) if limit > 0 => {
                Duration::from_secs_f64(MINUTE * charged as f64 / limit as f64)
            }
            _ => Duration::ZERO,
        };
    }
    let (limit_f, charged_f) = (limit as f64, charged as f64);
    let bucket = (charged_f - limit_f) / limit_f * MINUTE;
    let whole_windows = ((charged - 1) / limit) as f64;
    let seconds = match enforcement {
        Enforcement::Bucket => bucket,
        Enforcement::Quantised(_) => MINUTE * charged_f / limit_f,
        Enforcement::Fixed => whole_windows * MINUTE - phase.as_secs_f64(),
        // The second limit's worth can only go as the first one's minute passes.
        Enforcement::Sliding => whole_windows * MINUTE,
        Enforcement::Counter => {
            MINUTE - phase.as_secs_f64() + (bucket - MINUTE).max(0.0) + bucket.min(MINUTE)
        }
    };
    Duration::from_secs_f64(seconds.max(0.0))
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
}
