//! `Sends`: what a lane's latest calls cost, summed up so that any span of them takes one search.

use alloc::collections::VecDeque;
use core::time::Duration;

use crate::notes::{Noted, Notes, Reader, noted};
use crate::{Cost, Dimension, Timestamp};

/// How many sends are remembered at most; beyond, the oldest is forgotten, which only makes the lane more careful.
const REMEMBERED_MAX: usize = 1_024;
/// What of one call's amount is counted at most: then no sum of what is remembered reaches the end of its range. A
/// thousandth of that is more than any provider allows in a lifetime.
const AMOUNT_MAX: u64 = u64::MAX / 1_024;

/// An amount of each dimension. Sums of all time may go round; their differences are right all the same.
type Sums = [u64; Dimension::COUNT];

#[derive(Debug, Default)]
pub(super) struct Sends {
    sent: VecDeque<Sent>,
    /// What all of them cost, those that were forgotten included.
    total: Sums,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    at: Timestamp,
    /// The earliest instant of this send and all later ones: a call that is charged as of its schedule, or a clock that
    /// steps back, puts an earlier instant behind a later one.
    earliest: Timestamp,
    /// What all those before it cost.
    before: Sums,
}

noted!(Sent { at, earliest, before });

/// An empty list leaves no sums.
impl Noted for Sends {
    fn note(&self, notes: &mut Notes) {
        self.sent.note(notes);
        if !self.sent.is_empty() {
            self.total.note(notes);
        }
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        let sent: VecDeque<Sent> = notes.read();
        let total = if sent.is_empty() { Sums::default() } else { notes.read() };
        *self = Self { sent, total };
    }
}

impl Sends {
    /// A call goes at `at`.
    pub(super) fn push(&mut self, cost: &Cost, at: Timestamp) {
        if self.sent.len() >= REMEMBERED_MAX {
            self.sent.pop_front();
        }
        for earlier in self.sent.iter_mut().rev().take_while(|earlier| earlier.earliest > at) {
            earlier.earliest = at;
        }
        self.sent.push_back(Sent { at, earliest: at, before: self.total });
        for (sum, dimension) in self.total.iter_mut().zip(Dimension::ALL) {
            *sum = sum.wrapping_add(cost.get(dimension).min(AMOUNT_MAX));
        }
    }

    /// Forgets the oldest that were sent longer than `span` ago.
    pub(super) fn forget(&mut self, span: Duration, now: Timestamp) {
        while self.sent.front().is_some_and(|sent| now.since(sent.at) > span) {
            self.sent.pop_front();
        }
    }

    /// What the latest calls cost in a dimension, back to the first that was sent longer than `span` ago.
    pub(super) fn within(&self, span: Duration, dimension: Dimension, now: Timestamp) -> u64 {
        let first = self.sent.partition_point(|sent| now.since(sent.earliest) > span);
        let sum = |sums: &Sums| sums.get(dimension.index()).copied().unwrap_or(0);
        self.sent.get(first).map_or(0, |sent| sum(&self.total).wrapping_sub(sum(&sent.before)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Instants and costs of two thousand calls, a few of which are charged earlier than those before them.
    fn calls() -> impl Iterator<Item = (Timestamp, Cost)> {
        (0..2_000_u64).map(|call| {
            let back = if call % 7 == 3 { call % 13 * 2 } else { 0 };
            let at = Timestamp::from_millis((call * 3 / 2).saturating_sub(back));
            let cost = Cost::requests(1).input_tokens(call % 11).output_tokens(call % 5);
            (at, if call % 17 == 0 { cost.total_tokens(1) } else { cost })
        })
    }

    #[test]
    fn a_span_is_what_a_walk_from_the_latest_back_finds() {
        let (mut sends, mut kept) = (Sends::default(), VecDeque::new());
        let mut found = 0;
        for (at, cost) in calls() {
            sends.forget(Duration::from_secs(1), at);
            sends.push(&cost, at);
            kept.push_back((at, cost));
            for span in [0, 1, 20, 250, 950] {
                let span = Duration::from_millis(span);
                for dimension in [Dimension::Requests, Dimension::TotalTokens, Dimension::OutputTokens] {
                    let recent = kept.iter().rev().take_while(|(sent, _)| at.since(*sent) <= span);
                    let walked: u64 = recent.map(|(_, cost)| cost.get(dimension)).sum();
                    assert_eq!(
                        sends.within(span, dimension, at),
                        walked,
                        "{dimension} within {span:?} of {at}"
                    );
                    found += walked;
                }
            }
        }
        assert!(found > 1_000_000, "{found}");
        let late = Timestamp::from_secs(60);
        assert_eq!(sends.within(Duration::from_secs(1), Dimension::Requests, late), 0);
        sends.forget(Duration::from_secs(1), late);
        assert!(sends.sent.is_empty());
    }

    #[test]
    fn the_oldest_make_room_and_the_largest_amounts_stay_in_range() {
        let mut sends = Sends::default();
        let huge = Cost::requests(1).input_tokens(u64::MAX);
        let span = Duration::from_secs(1);
        for call in 1..=3_000 {
            sends.push(&huge, Timestamp::ZERO);
            let held = sends.within(span, Dimension::Requests, Timestamp::ZERO);
            assert_eq!(held, call.min(REMEMBERED_MAX as u64));
            assert_eq!(sends.within(span, Dimension::InputTokens, Timestamp::ZERO), held * AMOUNT_MAX);
        }
    }

    #[test]
    fn notes_bring_every_span_back_and_of_nothing_leave_a_byte() {
        let mut sends = Sends::default();
        let mut notes = Notes::default();
        sends.note(&mut notes);
        assert_eq!(notes.into_bytes().len(), 1);
        calls().take(300).for_each(|(at, cost)| sends.push(&cost, at));
        let mut notes = Notes::default();
        sends.note(&mut notes);
        let mut again = Sends::default();
        again.recall(&mut notes.reader());
        let now = Timestamp::from_millis(450);
        for millis in 0..450 {
            let span = Duration::from_millis(millis);
            let of = |sends: &Sends| sends.within(span, Dimension::TotalTokens, now);
            assert_eq!(of(&again), of(&sends), "{millis}");
        }
    }
}
