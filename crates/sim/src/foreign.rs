//! `Foreign`: what others use of the same limits with the same key, seeded and at an even pace with some noise.

use crate::rng::Rng;
use crate::wall::{MINUTE, WallTime};

/// The calls of others: one after the other, each as large as it is scaled to be.
#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    /// When the next one arrives; `None` where there are no others.
    next: Option<WallTime>,
    spacing: u64,
    rng: Rng,
}

impl Foreign {
    /// Others who use `percent` hundredths of a limit of `requests` a minute.
    pub(crate) fn new(percent: u64, requests: u64, seed: u64, from: WallTime) -> Self {
        let share = requests.saturating_mul(percent);
        let spacing = MINUTE.saturating_mul(100).checked_div(share).unwrap_or(0);
        let rng = Rng::new(seed ^ 0x666F_7265_6967_6E00);
        let mut foreign = Self { next: (spacing > 0).then_some(from), spacing, rng };
        foreign.begin(from);
        foreign
    }

    /// The scale begins at `from`.
    pub(crate) fn begin(&mut self, from: WallTime) {
        let first = WallTime::from_unix_nanos(from.as_unix_nanos() + self.rng.below(self.spacing.max(1)));
        self.next = self.next.map(|_| first);
    }

    /// The next arrival that is due by `now`.
    pub(crate) fn pop_due(&mut self, now: WallTime) -> Option<WallTime> {
        let due = self.next.filter(|due| *due <= now)?;
        // Half to one and a half spacings: not in step with anybody.
        let pause = self.rng.between(self.spacing / 2, self.spacing + self.spacing / 2);
        self.next = Some(WallTime::from_unix_nanos(due.as_unix_nanos() + pause));
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_use_their_share_and_no_share_is_nobody() {
        let start = WallTime::DEFAULT_ORIGIN;
        let end = WallTime::from_unix_secs(start.as_unix_secs() + 600);
        let mut foreign = Foreign::new(30, 300, 7, start);
        let count = std::iter::from_fn(|| foreign.pop_due(end)).count();
        assert!((870..=930).contains(&count), "{count}");
        assert_eq!(Foreign::new(0, 300, 7, start).pop_due(end), None);
    }
}
