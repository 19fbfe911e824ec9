//! `Comparison`: an ended call's estimate beside its usage; `Misses`: by how much a lane's estimates miss.

use crate::notes::noted;

/// What was estimated for a call, beside what it used, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Of its input; `None` where none was estimated, or its answer did not tell it.
    pub input: Option<Compared>,
    /// Of its output; `None` where none was estimated.
    pub output: Option<Compared>,
}

/// One amount as it was estimated, and as it was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// What was reserved.
    pub estimated: u64,
    /// What was used.
    pub used: u64,
}

/// After so many calls the older half of them counts half.
const REMEMBERED: u8 = 64;

/// By how much estimates miss lately.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Misses {
    missed: u64,
    used: u64,
    calls: u8,
}

noted!(Misses { missed, used, calls });

impl Misses {
    /// A call ended.
    #[inline]
    pub(crate) fn record(&mut self, compared: Compared) {
        if self.calls >= REMEMBERED {
            *self = Self { missed: self.missed / 2, used: self.used / 2, calls: self.calls / 2 };
        }
        self.missed = self.missed.saturating_add(compared.estimated.abs_diff(compared.used));
        self.used = self.used.saturating_add(compared.used);
        self.calls = self.calls.saturating_add(1);
    }

    /// The mean error in thousandths of what was used; `None` before the first call.
    pub(crate) fn permille(&self) -> Option<u64> {
        let part = u128::from(self.missed).saturating_mul(1_000).checked_div(u128::from(self.used))?;
        Some(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(estimated: u64, used: u64) -> Compared {
        Compared { estimated, used }
    }

    #[test]
    fn misses_in_both_directions_add_up() {
        let mut misses = Misses::default();
        assert_eq!(misses.permille(), None);
        misses.record(compared(150, 100));
        misses.record(compared(50, 100));
        assert_eq!(misses.permille(), Some(500));
    }

    #[test]
    fn old_misses_fade_and_no_number_overflows() {
        let mut misses = Misses::default();
        misses.record(compared(u64::MAX, 1));
        assert_eq!(misses.permille(), Some(u64::MAX));
        for _ in 0..10_000 {
            misses.record(compared(100, 100));
        }
        assert_eq!(misses.permille(), Some(0));
    }
}
