//! `Index`: where in the journal each finished row is, eight bytes a row.

/// Marks a row that is not finished. No journal is that long.
const NOWHERE: u64 = u64::MAX;

/// Where in the journal each finished row is.
#[derive(Debug, Default)]
pub(crate) struct Index {
    offsets: Vec<u64>,
    finished: u64,
}

impl Index {
    /// An index of `rows` rows, none of them finished.
    pub(crate) fn new(rows: u64) -> Self {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        Self { offsets: vec![NOWHERE; rows], finished: 0 }
    }

    /// Notes that `row` is at `offset`; false when it was finished before, or is no row of the input.
    pub(crate) fn insert(&mut self, row: u64, offset: u64) -> bool {
        match usize::try_from(row).ok().and_then(|at| self.offsets.get_mut(at)) {
            Some(slot) if *slot == NOWHERE => {
                *slot = offset;
                self.finished = self.finished.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    /// Whether `row` is finished.
    pub(crate) fn has(&self, row: u64) -> bool {
        usize::try_from(row).ok().and_then(|at| self.offsets.get(at)).is_some_and(|offset| *offset != NOWHERE)
    }

    /// Whether every row is finished.
    pub(crate) fn is_full(&self) -> bool {
        usize::try_from(self.finished).is_ok_and(|finished| finished == self.offsets.len())
    }

    /// The offsets in input order.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = u64> + '_ {
        self.offsets.iter().copied().filter(|offset| *offset != NOWHERE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_noted_once_and_found_in_input_order() {
        let mut index = Index::new(3);
        assert!(index.insert(2, 10));
        assert!(index.insert(0, 20));
        assert!(!index.insert(0, 30), "the first record of a row holds");
        assert!(!index.insert(3, 40), "there is no such row");
        assert!(index.has(2) && !index.has(1) && !index.is_full());
        assert!(index.insert(1, 50));
        assert!(index.is_full());
        assert_eq!(index.offsets().collect::<Vec<_>>(), [20, 50, 10]);
    }
}
