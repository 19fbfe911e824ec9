//! `Surplus`: more left than was predicted, which is believed only once answers agree on it.

use core::time::Duration;

use crate::Timestamp;

/// How many answers must speak of a surplus, and over how long, before it is believed.
const SURPLUS_ANSWERS: u8 = 8;
const SURPLUS_SPAN: Duration = Duration::from_millis(500);

/// More than was predicted is left, as one answer after the other says: what the least of them says is believed once
/// they agree for long enough. A single one may have been written before calls arrived that had left earlier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Surplus {
    least: i128,
    answers: u8,
    since: Timestamp,
}

impl Surplus {
    /// One more answer that speaks of a surplus; gives what is confirmed by now. The `last` answer before nothing is
    /// under way any more has to be believed: there will be no further one to wait for.
    pub(crate) fn confirmed(&mut self, surplus: i128, last: bool, now: Timestamp) -> i128 {
        if self.answers == 0 {
            *self = Self { least: surplus, answers: 0, since: now };
        }
        self.least = self.least.min(surplus);
        self.answers = self.answers.saturating_add(1);
        if !last && (self.answers < SURPLUS_ANSWERS || now.since(self.since) < SURPLUS_SPAN) {
            return 0;
        }
        self.answers = 0;
        self.least
    }

    /// An answer that speaks of none: `shortfall` is followed at once.
    pub(crate) fn settled(&mut self, shortfall: i128) -> i128 {
        self.answers = 0;
        shortfall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_eight_answers_over_half_a_second_agree_on_is_believed() {
        let mut surplus = Surplus::default();
        for tenth in 0..7 {
            assert_eq!(surplus.confirmed(50 - tenth, false, Timestamp::from_millis(tenth as u64 * 100)), 0);
        }
        assert_eq!(surplus.confirmed(60, false, Timestamp::from_millis(700)), 44, "the least of them");
    }

    #[test]
    fn an_answer_without_a_surplus_begins_the_count_anew() {
        let mut surplus = Surplus::default();
        for turn in 0..20_u64 {
            let now = Timestamp::from_millis(turn * 200);
            let believed = if turn % 5 == 4 { surplus.settled(0) } else { surplus.confirmed(9, false, now) };
            assert_eq!(believed, 0, "turn {turn}");
        }
        assert_eq!(surplus.settled(-7), -7, "a shortfall is followed at once");
    }

    #[test]
    fn the_last_answer_under_way_is_believed() {
        let mut surplus = Surplus::default();
        assert_eq!(surplus.confirmed(12, true, Timestamp::ZERO), 12);
    }
}
