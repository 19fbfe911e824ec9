//! `Packed`: a cost as a reservation keeps it: the few dimensions that a call has, in half the room.

use alloc::boxed::Box;

use super::TOTAL;
use crate::{Cost, Dimension, Price};

/// How many dimensions lie in place: the first five, which are those of a call that is text.
const IN_PLACE: usize = Dimension::Concurrency.index() + 1;

/// What few calls have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rest {
    cost: Cost,
    price: Option<Price>,
}

/// A cost in little room. One that has an amount of another dimension, or a price, is kept aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    amounts: [u64; IN_PLACE],
    rest: Option<Box<Rest>>,
    own: u16,
    /// How much of the input is text, in 65 535ths. It stands here because there is room for it.
    text_share: u16,
    /// The bytes of that text.
    text_bytes: u32,
}

impl Packed {
    /// The same cost, `tokens` of whose input are for a text of `bytes`. Longer texts than 4 GB are none.
    pub(crate) fn with_text(mut self, bytes: u64, tokens: u64) -> Self {
        let input = u128::from(self.get(Dimension::InputTokens));
        let share = u128::from(tokens).saturating_mul(u128::from(u16::MAX)).checked_div(input).unwrap_or(0);
        self.text_share = u16::try_from(share).unwrap_or(u16::MAX);
        self.text_bytes = u32::try_from(bytes).unwrap_or(0);
        self
    }

    /// The same cost, which is `cost`, at a price. What is free needs none.
    pub(crate) fn with_price(mut self, cost: &Cost, price: Option<Price>) -> Self {
        if let Some(price) = price.filter(|price| !price.is_free()) {
            self.rest = Some(Box::new(Rest { cost: *cost, price: Some(price) }));
        }
        self
    }

    /// The price of its tokens.
    pub(crate) fn price(&self) -> Option<Price> {
        self.rest.as_ref()?.price
    }

    /// Bytes of the text in the input, and how much of `input` tokens is for it: the same share as was estimated.
    pub(crate) fn text_in(&self, input: u64) -> (u64, u64) {
        let tokens =
            u128::from(input).saturating_mul(u128::from(self.text_share)).div_ceil(u128::from(u16::MAX));
        (u64::from(self.text_bytes), u64::try_from(tokens).unwrap_or(u64::MAX))
    }

    /// Whether any of the input is known to be text.
    pub(crate) const fn has_text(&self) -> bool {
        self.text_bytes > 0
    }

    /// Whether most of the input is text, so that a count of it tells of the text.
    pub(crate) const fn is_text(&self) -> bool {
        self.text_share > u16::MAX / 2 && self.text_bytes > 0
    }

    /// The amount in one dimension.
    #[inline]
    pub(crate) fn get(&self, dimension: Dimension) -> u64 {
        match (self.amounts.get(dimension.index()), &self.rest) {
            (Some(amount), _) => *amount,
            (None, Some(rest)) => rest.cost.get(dimension),
            (None, None) => 0,
        }
    }

    /// The cost in full.
    #[inline]
    pub(crate) fn whole(&self) -> Cost {
        if let Some(rest) = &self.rest {
            return rest.cost;
        }
        let mut cost = Cost { own: self.own, ..Cost::ZERO };
        for (slot, amount) in cost.amounts.iter_mut().zip(&self.amounts) {
            *slot = *amount;
        }
        cost
    }

    /// Whether the total is stated apart from the sum of input and output.
    pub(crate) const fn states_total(&self) -> bool {
        self.own & TOTAL != 0
    }

    /// The same call with another estimate; what its input has besides the text is as it was.
    pub(crate) fn renewed(&self, cost: &Cost) -> Self {
        let input = self.get(Dimension::InputTokens);
        let (bytes, text) = self.text_in(input);
        let apart = input.saturating_sub(text);
        let text = cost.get(Dimension::InputTokens).saturating_sub(apart);
        Self::from(cost).with_text(bytes, text).with_price(cost, self.price())
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
            packed.rest = Some(Box::new(Rest { cost: *cost, price: None }));
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
    fn a_text_keeps_its_share_of_the_input() {
        let packed = Packed::from(&Cost::requests(1).input_tokens(100)).with_text(400, 80);
        assert_eq!(packed.text_in(200), (400, 160));
        assert!(packed.is_text());
        assert!(!Packed::from(&Cost::requests(1).input_tokens(100)).with_text(400, 40).is_text());
        assert!(!Packed::from(&Cost::ZERO).with_text(400, 40).is_text(), "no input, no text");
        assert!(!packed.with_text(u64::MAX, 100).is_text());
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
