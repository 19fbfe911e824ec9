//! `Packed`: a cost as a reservation keeps it: the few dimensions that a call has, in half the room.

use alloc::boxed::Box;

use super::TOTAL;
use crate::{Cost, Dimension};

/// How many dimensions lie in place. A chat call has four: requests, input, output and its place of concurrency.
const IN_PLACE: usize = 5;

/// A cost in little room. What has more than five dimensions keeps all of them aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    amounts: [u64; IN_PLACE],
    rest: Option<Box<Cost>>,
    /// A bit for each dimension that has an amount of its own; the amounts stand in the order of the bits.
    present: u16,
}

impl Packed {
    /// The amount in one dimension.
    pub(crate) fn get(&self, dimension: Dimension) -> u64 {
        if let Some(cost) = &self.rest {
            return cost.get(dimension);
        }
        match self.own(dimension) {
            Some(amount) => amount,
            None if dimension == Dimension::TotalTokens => {
                let part = |dimension| self.own(dimension).unwrap_or(0);
                part(Dimension::InputTokens).saturating_add(part(Dimension::OutputTokens))
            }
            None => 0,
        }
    }

    /// The cost in full.
    #[inline]
    pub(crate) fn whole(&self) -> Cost {
        if let Some(cost) = &self.rest {
            return **cost;
        }
        let mut cost = Cost { own: self.present, ..Cost::ZERO };
        for (amount, place) in self.amounts.iter().zip(places(self.present)) {
            if let Some(slot) = cost.amounts.get_mut(place) {
                *slot = *amount;
            }
        }
        if self.present & TOTAL == 0 {
            cost.sum();
        }
        cost
    }

    /// The amount that a dimension has of its own, a stated zero of total tokens included.
    fn own(&self, dimension: Dimension) -> Option<u64> {
        let bit = 1_u16.checked_shl(u32::try_from(dimension.index()).ok()?)?;
        if self.present & bit == 0 {
            return None;
        }
        let before = (self.present & bit.wrapping_sub(1)).count_ones();
        self.amounts.get(usize::try_from(before).ok()?).copied()
    }
}

impl From<&Cost> for Packed {
    #[inline]
    fn from(cost: &Cost) -> Self {
        let mut packed = Self { present: cost.own, ..Self::default() };
        let mut own = places(cost.own);
        for (slot, place) in packed.amounts.iter_mut().zip(&mut own) {
            *slot = cost.amounts.get(place).copied().unwrap_or(0);
        }
        if own.next().is_some() {
            return Self { rest: Some(Box::new(*cost)), ..Self::default() };
        }
        packed
    }
}

/// The dimensions of a set of bits, by their place.
#[inline(always)]
fn places(bits: u16) -> impl Iterator<Item = usize> {
    let mut left = bits;
    core::iter::from_fn(move || {
        let next = left.trailing_zeros() as usize;
        (left != 0).then(|| {
            left &= left.wrapping_sub(1);
            next
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_however_many_dimensions_a_call_has() {
        let mut cost = Cost::ZERO;
        for (place, dimension) in Dimension::ALL.into_iter().enumerate() {
            cost = cost.with(dimension, u64::MAX - place as u64);
            let packed = Packed::from(&cost);
            assert_eq!(packed.whole(), cost, "up to {dimension}");
            for each in Dimension::ALL {
                assert_eq!(packed.get(each), cost.get(each), "{each} of {cost:?}");
            }
        }
    }

    #[test]
    fn a_total_that_is_stated_as_zero_stays_stated() {
        let cost = Cost::requests(1).input_tokens(7).total_tokens(0);
        assert_eq!(Packed::from(&cost).get(Dimension::TotalTokens), 0);
        assert_eq!(Packed::from(&cost.input_tokens(3)).whole(), cost.input_tokens(3));
        let summed = Cost::requests(1).input_tokens(7).output_tokens(3);
        assert_eq!(Packed::from(&summed).get(Dimension::TotalTokens), 10);
    }
}
