//! `Lateness`: how late wake-ups come, and how much of that the schedule makes up for.
//!
//! A call that was due at an instant is charged at that instant although the wake-up came later: a timer that is late
//! by a little must not cost throughput. A wake-up that is later than usual, by a suspend or a stall, must not send at
//! once what was due in between; beyond the allowance the schedule moves. A bucket also never makes up for more than
//! its own burst (`Ward::makes_up_from`).

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;

/// What is made up for at least: the p99 of timer lateness on a busy two-core machine (measured 2026: 3 to 17 ms).
const LEAST: Duration = Duration::from_millis(20);
/// What is made up for at most, however late wake-ups usually come: providers notice more than a quarter of a second.
const MOST: Duration = Duration::from_millis(250);

/// How late wake-ups have come lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lateness {
    /// Rises half the way to a later wake-up, and sinks slowly.
    usual: Duration,
}

noted!(Lateness { usual });

impl Lateness {
    /// A wake-up that was due at `due` comes at `now`.
    pub(crate) fn woke(&mut self, due: Timestamp, now: Timestamp) {
        let late = now.since(due).min(MOST);
        self.usual = match late.checked_sub(self.usual) {
            Some(later) => self.usual.saturating_add(part(later, 2)),
            None => self.usual.saturating_sub(part(self.usual.saturating_sub(late), 64)),
        };
    }

    /// How late a wake-up may be without moving the schedule: twice the usual.
    pub(crate) fn made_up_for(&self) -> Duration {
        self.usual.saturating_mul(2).clamp(LEAST, MOST)
    }
}

fn part(span: Duration, of: u32) -> Duration {
    span.checked_div(of).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn woke(lateness: &mut Lateness, late_ms: u64, times: usize) {
        for _ in 0..times {
            lateness.woke(Timestamp::from_secs(5), Timestamp::from_millis(5_000 + late_ms));
        }
    }

    #[test]
    fn the_allowance_follows_what_is_measured_within_its_bounds() {
        let mut lateness = Lateness::default();
        woke(&mut lateness, 1, 50);
        assert_eq!(lateness.made_up_for(), LEAST);
        woke(&mut lateness, 40, 8);
        assert!(lateness.made_up_for() > Duration::from_millis(75), "{:?}", lateness.made_up_for());
        woke(&mut lateness, 17_000, 20);
        assert_eq!(lateness.made_up_for(), MOST);
        woke(&mut lateness, 1, 400);
        assert_eq!(lateness.made_up_for(), LEAST);
    }

    #[test]
    fn one_stall_alone_is_not_made_up_for() {
        let mut lateness = Lateness::default();
        woke(&mut lateness, 2, 100);
        assert!(lateness.made_up_for() < Duration::from_millis(200));
    }
}
