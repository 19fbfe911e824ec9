//! `Seen`: the set of `custom_id`s that came so far, sixteen bytes each.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// The set of `custom_id`s that came so far.
///
/// It holds the first 128 bits of each one's BLAKE3 hash: a million rows take 18 to 36 MB however long their ids
/// are, and two different ids of a billion meet with a chance below 10^-20.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashSet<u128, BuildHasherDefault<Already>>);

impl Seen {
    /// An empty set with room for so many: growing would hold the old room beside the new one, half as much again.
    pub(crate) fn with_room(rows: u64) -> Self {
        // A count that is wrong costs nothing but growing after all.
        let rows = usize::try_from(rows).unwrap_or(0);
        Self(HashSet::with_capacity_and_hasher(rows, BuildHasherDefault::default()))
    }

    /// Adds `id`; false when it was there before.
    pub(crate) fn insert(&mut self, id: &str) -> bool {
        let hash = blake3::hash(id.as_bytes());
        let first = hash.as_bytes().first_chunk::<16>().copied().unwrap_or_default();
        self.0.insert(u128::from_le_bytes(first))
    }
}

/// Takes what is a hash already as it is.
#[derive(Debug, Default)]
pub(crate) struct Already(u64);

impl Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let first = bytes.first_chunk::<8>().copied().unwrap_or_default();
        self.0 ^= u64::from_le_bytes(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once() {
        let mut seen = Seen::default();
        assert!(seen.insert("a"));
        assert!(seen.insert("b"));
        assert!(!seen.insert("a"));
    }
}
