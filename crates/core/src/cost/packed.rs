//! `Packed`: a cost as a reservation keeps it: the few dimensions that a call has, in half the room.

use alloc::boxed::Box;

use crate::{Cost, Dimension};

/// How many dimensions lie in place: the first five, which are those of a call that is text.
const IN_PLACE: usize = Dimension::Concurrency.index() + 1;

/// A cost in little room. One that has an amount of another dimension is kept aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    amounts: [u64; IN_PLACE],
    rest: Option<Box<Cost>>,
    own: u16,
}

impl Packed {
    /// The amount in one dimension.
    #[inline]
    pub(crate) fn get(&self, dimension: Dimension) -> u64 {
        match (self.amounts.get(dimension.index()), &self.rest) {
            (Some(amount), _) => *amount,
            (None, Some(cost)) => cost.get(dimension),
            (None, None) => 0,
        }
    }

    /// The cost in full.
    #[inline]
    pub(crate) fn whole(&self) -> Cost {
        if let Some(cost) = &self.rest {
            return **cost;
        }
        let mut cost = Cost { own: self.own, ..Cost::ZERO };
        for (slot, amount) in cost.amounts.iter_mut().zip(&self.amounts) {
            *slot = *amount;
        }
        cost
    }
}

impl From<&Cost> for Packed {
    #[inline]
    fn from(cost: &Cost) -> Self {
        let mut packed = Self { own: cost.own, ..Self::default() };
        for (slot, amount) in packed.amounts.iter_mut().zip(&cost.amounts) {
            *slot = *amount;
        }
        if cost.own >= 1 << IN_PLACE {
            packed.rest = Some(Box::new(*cost));
        }
        packed
    }
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
