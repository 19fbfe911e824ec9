//! `Marks`: how the levels stood at the latest charges, to be compared with what the answers to those calls say.

use alloc::collections::VecDeque;

use super::CANDIDATES;

/// Of how many charges it is remembered how the levels stood then; beyond, the oldest is forgotten, and an answer to
/// that call is compared with the present levels only.
const MARKS_MAX: usize = 1_024;

/// How the levels stood right after a charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lefts {
    /// Each candidate's level, less its corrections so far.
    pub(crate) levels: [i64; CANDIDATES],
    /// What others went so shortly before that they may have arrived later, and what might have on a very uneven way.
    pub(crate) recent: u64,
    pub(crate) lately: u64,
    /// What was about to leave a sliding window, and may have left the provider's.
    pub(crate) leaving: u64,
    /// All that had been charged by then.
    pub(crate) total: u64,
}

/// The latest of them, and how many earlier ones were forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    latest: VecDeque<Lefts>,
    forgotten: u64,
}

impl Marks {
    /// Remembers how the levels stand; gives the mark by which they are found again.
    pub(super) fn add(&mut self, lefts: Lefts) -> u64 {
        if self.latest.len() >= MARKS_MAX {
            self.latest.pop_front();
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.latest.push_back(lefts);
        self.forgotten.saturating_add(self.latest.len() as u64).saturating_sub(1)
    }

    /// How the levels stood at a mark.
    pub(super) fn at(&self, mark: u64) -> Option<Lefts> {
        self.latest.get(usize::try_from(mark.checked_sub(self.forgotten)?).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_found_by_their_marks_and_older_ones_are_forgotten() {
        let mut marks = Marks::default();
        let added: [u64; MARKS_MAX + 2] =
            core::array::from_fn(|place| marks.add(Lefts { total: place as u64, ..Lefts::default() }));
        let total = |place: usize| marks.at(added[place]).map(|lefts| lefts.total);
        assert_eq!([total(1), total(2), total(MARKS_MAX + 1)], [None, Some(2), Some(MARKS_MAX as u64 + 1)]);
        assert_eq!(marks.at(u64::MAX), None);
    }
}
