//! `Expectation`: how much output a lane's calls produce, so that a reservation is neither `max_tokens` nor nothing.

use alloc::vec::Vec;

use crate::cost::Cost;
use crate::dimension::Dimension;
use crate::notes::noted;

/// How many answers are remembered; enough for a 0.9 quantile, and it follows a change within one burst.
const REMEMBERED: usize = 64;
/// How many made-up answers, larger than all, stand among the real ones: the quantile is one of them, and says nothing,
/// until there is [`EXPERIENCE`].
const MADE_UP: usize = 3;
/// How many answers it takes until the quantile is one of them.
const EXPERIENCE: u64 = 28;
/// How many of the largest answers the quantile may lie among: of 64 answers and three made-up ones it is the fourth.
const TOP: usize = 4;
/// What an answer is taken to have where nothing is known: no maximum stated, nothing seen.
const UNKNOWN_TOKENS: u64 = 256;
/// What an answer is taken to have at most where a maximum is stated and nothing seen. Maxima are stated generously,
/// often as the most that the model allows: 32 000 of a limit of 8 000 a minute would let the first calls of a model
/// go one by one.
const FIRST_TOKENS: u64 = 1_024;

/// The output that a lane's calls produced lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectation {
    /// A limit of the lane needs room for the stated maximum when a call goes, whatever its answer turns out to have.
    pub(crate) takes_maximum: bool,
    /// The maximum that the lane's first call stated: its header may show that the provider counted it.
    pub(crate) first_maximum: Option<u64>,
    /// A ring of the latest answers.
    seen: Vec<u64>,
    next: usize,
    /// The quantile of what was seen among as many made-up answers; `None` while a made-up one holds that place.
    high: Option<u64>,
}

noted!(Expectation { takes_maximum, first_maximum, seen, next, high });

impl Expectation {
    /// Of a lane that had no answer yet.
    pub(crate) fn of_none(takes_maximum: bool) -> Self {
        Self { takes_maximum, ..Self::default() }
    }

    /// Remembers an answer of `tokens`.
    #[inline]
    pub(crate) fn record(&mut self, tokens: u64) {
        let oldest = match self.seen.get_mut(self.next) {
            Some(oldest) => Some(core::mem::replace(oldest, tokens)),
            None => {
                self.seen.push(tokens);
                None
            }
        };
        self.next = self.next.saturating_add(1).checked_rem(REMEMBERED).unwrap_or(0);
        if !self.stays(oldest, tokens) {
            self.high = self.quantile();
        }
    }

    /// Whether the quantile stays what it is where one answer takes the place of another: both are below it, or both
    /// above. So it is for nine in ten.
    #[inline]
    fn stays(&self, oldest: Option<u64>, newest: u64) -> bool {
        match (self.high, oldest) {
            (Some(high), Some(oldest)) => {
                oldest == newest || (oldest < high && newest < high) || (oldest > high && newest > high)
            }
            _ => false,
        }
    }

    /// The latest answers, the oldest first.
    pub(crate) fn seen(&self) -> Vec<u64> {
        let (newer, older) = self.seen.split_at(self.next.min(self.seen.len()));
        older.iter().chain(newer).copied().collect()
    }

    /// Notices from the first call's header whether the provider counted the call's maximum: what is used then is
    /// what the call would cost with it, of which it is the larger part. `cost` is what was reserved for the call,
    /// `used` is what the header shows of a limit on `dimension`.
    pub(crate) fn shows_maximum(&self, cost: &Cost, dimension: Dimension, used: u64) -> bool {
        let reserved = cost.get(Dimension::OutputTokens);
        let output = self.first_maximum.unwrap_or(reserved);
        let whole = cost.get(dimension).saturating_sub(reserved).saturating_add(output);
        let tells = output >= 50 && output.saturating_mul(3) >= whole;
        let slack = whole.checked_div(20).unwrap_or(0).saturating_add(4);
        tells && used.abs_diff(whole) <= slack
    }

    /// Remembers the maximum of the first call.
    #[inline]
    pub(crate) fn asked(&mut self, max: u64) {
        if self.seen.is_empty() {
            self.first_maximum.get_or_insert(max);
        }
    }

    /// The output to reckon with, never above `max`: the 0.9 quantile of what was seen, and until there is enough of it
    /// a careful guess.
    pub(crate) fn tokens(&self, max: Option<u64>) -> u64 {
        if let (true, Some(max)) = (self.takes_maximum, max) {
            return max;
        }
        match (self.high, max) {
            (Some(high), max) => high.min(max.unwrap_or(u64::MAX)),
            (None, Some(max)) => max.min(self.guess()),
            (None, None) => self.seen.iter().copied().max().unwrap_or(UNKNOWN_TOKENS),
        }
    }

    /// Twice the largest answer, and no less than what is taken of a model of which nothing was seen, which counts the
    /// less the more was seen.
    fn guess(&self) -> u64 {
        let missing = EXPERIENCE.saturating_sub(self.seen.len() as u64);
        let prior = FIRST_TOKENS.saturating_mul(missing).checked_div(EXPERIENCE).unwrap_or(0);
        self.seen.iter().copied().max().unwrap_or(0).saturating_mul(2).max(prior)
    }

    /// The made-up answers are the largest of all, so that they hold the last places: what is seen beyond a stated
    /// maximum is cut off to it all the same.
    fn quantile(&self) -> Option<u64> {
        let all = self.seen.len().saturating_add(MADE_UP);
        let rank = all.saturating_mul(9).checked_div(10).unwrap_or(0);
        let from_top = self.seen.len().checked_sub(rank)?.checked_sub(1)?;
        let mut top = [0; TOP];
        for answer in &self.seen {
            let mut next = *answer;
            for place in &mut top {
                (*place, next) = ((*place).max(next), (*place).min(next));
            }
        }
        top.get(from_top).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_maximum_bounds_what_is_guessed_and_never_stands_alone() {
        let mut expectation = Expectation::default();
        let both = |expectation: &Expectation| [200, 32_000].map(|max| expectation.tokens(Some(max)));
        assert_eq!(both(&expectation), [200, FIRST_TOKENS]);
        expectation.record(900);
        assert_eq!(both(&expectation), [200, 1_800], "twice the largest");
        let mut expectation = Expectation::default();
        (0..20).for_each(|_| expectation.record(50));
        assert_eq!(both(&expectation), [200, 1_024 * 8 / 28], "the less, the more was seen");
        (20..40).for_each(|_| expectation.record(50));
        assert_eq!(both(&expectation), [50, 50]);
        assert_eq!(expectation.tokens(Some(20)), 20);
    }

    #[test]
    fn the_quantile_is_known_once_there_is_experience() {
        let mut expectation = Expectation::default();
        let known = |count: &u64| {
            let had = expectation.high.is_some();
            expectation.record(*count);
            !had && expectation.high.is_some()
        };
        assert_eq!((1..100).find(known), Some(EXPERIENCE));
    }

    #[test]
    fn a_provider_that_counts_the_maximum_is_noticed_by_the_first_header() {
        let shows = |max, input, used| {
            let mut expectation = Expectation::default();
            expectation.asked(max);
            let cost = Cost::default().input_tokens(input).output_tokens(expectation.tokens(Some(max)));
            expectation.shows_maximum(&cost, Dimension::TotalTokens, used)
        };
        for (used, counts) in [(62, false), (262, true), (259, true), (5_000, false)] {
            assert_eq!(shows(200, 60, used), counts, "{used} used");
        }
        for (used, counts) in [(62, false), (1_084, false), (32_060, true)] {
            assert_eq!(shows(32_000, 60, used), counts, "{used} used, of which less was reserved");
        }
        assert!(!shows(20, 60, 80), "too small a part to tell");
        let mut expectation = Expectation { takes_maximum: true, ..Expectation::default() };
        for _ in 0..100 {
            expectation.record(30);
        }
        assert_eq!(expectation.tokens(Some(200)), 200);
    }

    #[test]
    fn the_quantile_is_what_sorting_all_of_them_gives() {
        let mut expectation = Expectation::default();
        for number in 0..1_000_u64 {
            expectation.record(number * 7_919 % 101 + number % 3);
            let mut all = expectation.seen.clone();
            all.resize(all.len() + MADE_UP, u64::MAX);
            all.sort_unstable();
            let quantile = all[all.len() * 9 / 10];
            assert_eq!(expectation.high, (quantile < u64::MAX).then_some(quantile), "after {number}");
        }
    }

    #[test]
    fn without_a_maximum_the_largest_answer_stands_in() {
        let mut expectation = Expectation::default();
        assert_eq!(expectation.tokens(None), UNKNOWN_TOKENS);
        expectation.record(10);
        expectation.record(90);
        assert_eq!(expectation.tokens(None), 90);
    }

    #[test]
    fn old_answers_are_forgotten() {
        let mut expectation = Expectation::default();
        for tokens in [1_000, 10] {
            for _ in 0..REMEMBERED {
                expectation.record(tokens);
            }
        }
        assert_eq!(expectation.tokens(Some(10_000)), 10);
        assert_eq!(expectation.seen.len(), REMEMBERED);
        expectation.record(77);
        assert_eq!(expectation.seen().last(), Some(&77));
    }
}
