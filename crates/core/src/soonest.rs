//! `Soonest`: how soon something came lately, at the least.

use core::time::Duration;

use crate::notes::noted;

/// The part of the difference by which it follows what takes longer: a shorter duration counts at once.
const RISES_BY: u32 = 64;

/// The shortest duration, which slowly forgets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Soonest {
    least: Duration,
    is_known: bool,
}

noted!(Soonest { least, is_known });

impl Soonest {
    /// One more took so long.
    pub(crate) fn took(&mut self, took: Duration) {
        let later = took.saturating_sub(self.least).checked_div(RISES_BY).unwrap_or(Duration::ZERO);
        self.least = if self.is_known { took.min(self.least.saturating_add(later)) } else { took };
        self.is_known = true;
    }

    /// The least, once there was one.
    pub(crate) fn get(self) -> Option<Duration> {
        self.is_known.then_some(self.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_duration_counts_at_once_and_longer_ones_in_time() {
        let mut soonest = Soonest::default();
        assert_eq!(soonest.get(), None);
        soonest.took(Duration::from_millis(500));
        soonest.took(Duration::from_millis(6_900));
        assert_eq!(soonest.get(), Some(Duration::from_millis(600)));
        (0..1_000).for_each(|_| soonest.took(Duration::from_millis(6_900)));
        assert!(soonest.get() > Some(Duration::from_millis(6_800)), "{soonest:?}");
        soonest.took(Duration::ZERO);
        assert_eq!(soonest.get(), Some(Duration::ZERO));
    }
}
