//! `Ranks`: a vocabulary that somebody brings, and how many of its tokens a piece of text is.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Nothing stands there.
const NOWHERE: usize = usize::MAX;

/// Tokens by their bytes, with their rank: of two pairs of neighbours, the one that makes the lower rank merges first.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranks(HashMap<Box<[u8]>, u32>);

/// Two neighbours that may merge: their rank, and where each of them begins and the second ends.
type Pair = Reverse<(u32, usize, usize, usize)>;

impl Ranks {
    /// Adds a token; false where it was known already.
    pub(super) fn add(&mut self, token: Vec<u8>, rank: u32) -> bool {
        self.0.insert(token.into_boxed_slice(), rank).is_none()
    }

    /// How many tokens a piece is. Its length times its logarithm is the most that takes.
    pub(super) fn count(&self, piece: &[u8]) -> u64 {
        if piece.is_empty() {
            return 0;
        }
        if self.0.contains_key(piece) {
            return 1;
        }
        let mut parts = Parts::of(piece);
        let mut pairs: BinaryHeap<Pair> =
            (1..piece.len()).filter_map(|at| self.pair(&parts, at - 1)).collect();
        while let Some(Reverse((_, start, middle, end))) = pairs.pop() {
            if !parts.are_neighbours(start, middle, end) {
                continue;
            }
            parts.join(start, middle);
            pairs.extend(self.pair(&parts, start));
            if let Some(before) = parts.before(start) {
                pairs.extend(self.pair(&parts, before));
            }
        }
        parts.count
    }

    /// The pair that begins at `start`, if both of it make a token.
    fn pair(&self, parts: &Parts<'_>, start: usize) -> Option<Pair> {
        let middle = parts.ends[start];
        let end = *parts.ends.get(middle)?;
        let rank = self.0.get(&parts.piece[start..end])?;
        Some(Reverse((*rank, start, middle, end)))
    }
}

/// A piece in parts that lie side by side, each named by where it begins.
struct Parts<'a> {
    piece: &'a [u8],
    /// Where the part that begins here ends; [`NOWHERE`] inside of a part.
    ends: Vec<usize>,
    /// Where the part before the one that begins here begins.
    befores: Vec<usize>,
    count: u64,
}

impl<'a> Parts<'a> {
    /// A part for each byte.
    fn of(piece: &'a [u8]) -> Self {
        let ends = (1..=piece.len()).collect();
        let befores = (0..piece.len()).map(|at| at.checked_sub(1).unwrap_or(NOWHERE)).collect();
        Self { piece, ends, befores, count: piece.len() as u64 }
    }

    fn are_neighbours(&self, start: usize, middle: usize, end: usize) -> bool {
        self.ends[start] == middle && self.ends[middle] == end
    }

    fn before(&self, start: usize) -> Option<usize> {
        Some(self.befores[start]).filter(|before| *before != NOWHERE)
    }

    /// Makes one part of the one that begins at `start` and the one behind it.
    fn join(&mut self, start: usize, middle: usize) {
        let end = self.ends[middle];
        self.ends[start] = end;
        self.ends[middle] = NOWHERE;
        if let Some(before) = self.befores.get_mut(end) {
            *before = start;
        }
        self.count -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(tokens: &[&str]) -> Ranks {
        let mut ranks = Ranks::default();
        for byte in 0..=255_u8 {
            assert!(ranks.add(vec![byte], u32::from(byte)));
        }
        for (place, token) in tokens.iter().enumerate() {
            assert!(ranks.add(token.as_bytes().to_vec(), 256 + place as u32));
        }
        ranks
    }

    #[test]
    fn the_lower_rank_merges_first() {
        let ranks = ranks(&["ab", "bc", "abc", "cd"]);
        for (piece, count) in
            [("", 0), ("x", 1), ("ab", 1), ("abcd", 2), ("bcd", 2), ("xabx", 3), ("abcabc", 2)]
        {
            assert_eq!(ranks.count(piece.as_bytes()), count, "{piece}");
        }
    }

    #[test]
    fn a_whole_piece_that_is_a_token_is_one_even_if_no_merges_lead_to_it() {
        let ranks = ranks(&["odd one"]);
        assert_eq!((ranks.count(b"odd one"), ranks.count(b"odd ones")), (1, 8));
    }

    #[test]
    fn a_long_piece_takes_no_square_of_its_length() {
        let ranks = ranks(&["aa", "aaaa", "aaaaaaaa"]);
        assert_eq!(ranks.count(&[b'a'; 1_000_000]), 125_000);
    }
}
