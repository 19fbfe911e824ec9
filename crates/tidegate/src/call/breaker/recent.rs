//! `Recent`: how many calls of the last window ended well and how many failed, in six slots.

use std::time::Duration;

use tidegate_core::Timestamp;

/// How finely the window moves on: by a sixth of it.
const SLOTS: usize = 6;

/// Outcomes of the last window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Which sixth of a window, counted from the clock's beginning.
    number: u64,
    failed: u32,
    calls: u32,
}

impl Recent {
    /// One more call ended.
    pub(super) fn record(&mut self, failed: bool, window: Duration, now: Timestamp) {
        let number = number(window, now);
        let place = usize::try_from(number % SLOTS as u64).unwrap_or_default();
        let slot = &mut self.slots[place];
        if slot.number != number {
            *slot = Slot { number, failed: 0, calls: 0 };
        }
        slot.calls = slot.calls.saturating_add(1);
        slot.failed = slot.failed.saturating_add(u32::from(failed));
    }

    /// How many failed, of how many calls.
    pub(super) fn failed_of(&self, window: Duration, now: Timestamp) -> (u32, u32) {
        let newest = number(window, now);
        let live = self.slots.iter().filter(|slot| slot.number.saturating_add(SLOTS as u64) > newest);
        live.fold((0, 0), |(failed, calls), slot| {
            (slot.failed.saturating_add(failed), slot.calls.saturating_add(calls))
        })
    }
}

fn number(window: Duration, now: Timestamp) -> u64 {
    let slot = u64::try_from(window.as_nanos() / SLOTS as u128).unwrap_or(u64::MAX).max(1);
    now.as_nanos() / slot
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    #[test]
    fn outcomes_count_for_a_window_and_no_longer() {
        let mut recent = Recent::default();
        for second in 0..120 {
            recent.record(second % 2 == 0, WINDOW, Timestamp::from_secs(1_000 + second));
        }
        let (failed, calls) = recent.failed_of(WINDOW, Timestamp::from_secs(1_119));
        assert!((50..=60).contains(&calls) && failed == calls / 2, "{failed} of {calls}");
        assert_eq!(recent.failed_of(WINDOW, Timestamp::from_secs(1_181)), (0, 0));
    }
}
