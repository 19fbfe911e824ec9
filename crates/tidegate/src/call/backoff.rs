//! The pause after a failure: it doubles, has a cap, and is spread by the entropy passed in.

use std::time::Duration;

use crate::call::CallPolicy;

/// The pause after the failure number `failures`, counted from zero.
///
/// Half of it is fixed and half is spread: calls that failed together do not come back together, and none comes
/// back at once.
pub(super) fn pause(policy: &CallPolicy, failures: u32, entropy: u64) -> Duration {
    let doubled = 2_u32.checked_pow(failures).and_then(|factor| policy.base_delay.checked_mul(factor));
    let full = doubled.unwrap_or(policy.max_delay).min(policy.max_delay);
    let half = u64::try_from(full.as_nanos() / 2).unwrap_or(u64::MAX - 1);
    Duration::from_nanos(half) + Duration::from_nanos(entropy % (half + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_cap_and_spreads_over_its_upper_half() {
        let policy = CallPolicy::default();
        for (failures, full_ms) in [(0, 500), (1, 1_000), (2, 2_000), (4, 8_000), (5, 8_000), (4_000, 8_000)]
        {
            let full = Duration::from_millis(full_ms);
            assert_eq!(pause(&policy, failures, 0), full / 2);
            let highest = u64::try_from(full.as_nanos() / 2).unwrap();
            assert_eq!(pause(&policy, failures, highest), full);
            for entropy in [1, 77, u64::MAX] {
                let pause = pause(&policy, failures, entropy);
                assert!(full / 2 <= pause && pause <= full, "{pause:?}");
            }
        }
    }

    #[test]
    fn a_policy_without_pauses_has_none() {
        let policy = CallPolicy::default().base_delay(Duration::ZERO);
        assert_eq!(pause(&policy, 3, 12_345), Duration::ZERO);
    }
}
