//! `Cost`: an amount over all dimensions; an estimate before a call, a charge after it.

pub(crate) mod packed;

use crate::notes::noted;
use crate::{Dimension, Price, Usage};

/// An amount over all dimensions.
///
/// Before a call it is an *estimate*, after it the provider's *charge*. Total tokens are input plus output unless
/// they are stated on their own (some providers charge less than the sum). A call always holds one unit of
/// [`Dimension::Concurrency`] unless another amount is stated.
///
/// ```
/// use tidegate_core::{Cost, Dimension};
///
/// let cost = Cost::requests(1).input_tokens(120).output_tokens(80);
/// assert_eq!(cost.get(Dimension::TotalTokens), 200);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Total tokens stand among them, as their sum until they are stated.
    amounts: [u64; Dimension::COUNT],
    /// A bit for each dimension that has an amount of its own: no sum, and no zero but a total that is stated as one.
    own: u16,
}

noted!(Cost { amounts, own });

/// The bit of total tokens among those of the dimensions that have an amount of their own.
const TOTAL: u16 = bit(Dimension::TotalTokens);
/// The bits of what total tokens are the sum of.
const PARTS: u16 = bit(Dimension::InputTokens) | bit(Dimension::OutputTokens);

/// A dimension's bit among those that have an amount of their own.
#[inline(always)]
const fn bit(dimension: Dimension) -> u16 {
    1_u16.wrapping_shl(dimension as u32)
}

impl Cost {
    /// Nothing of anything.
    pub const ZERO: Self = Self { amounts: [0; Dimension::COUNT], own: 0 };

    /// The cost of `count` calls and nothing else.
    #[must_use]
    pub fn requests(count: u64) -> Self {
        Self::ZERO.with(Dimension::Requests, count).with(Dimension::Concurrency, count)
    }

    /// The same cost with `count` input tokens.
    #[must_use]
    pub fn input_tokens(self, count: u64) -> Self {
        self.with(Dimension::InputTokens, count)
    }

    /// The same cost with `count` output tokens.
    #[must_use]
    pub fn output_tokens(self, count: u64) -> Self {
        self.with(Dimension::OutputTokens, count)
    }

    /// The same cost with total tokens stated apart from the sum of input and output.
    #[must_use]
    pub fn total_tokens(self, count: u64) -> Self {
        self.with(Dimension::TotalTokens, count)
    }

    /// The same cost with `amount` in one dimension.
    #[must_use]
    pub fn with(mut self, dimension: Dimension, amount: u64) -> Self {
        let bit = bit(dimension);
        self.own = if amount > 0 || bit == TOTAL { self.own | bit } else { self.own & !bit };
        self.set(dimension, amount);
        if self.own & TOTAL == 0 && bit & PARTS != 0 {
            self.sum();
        }
        self
    }

    #[inline(always)]
    fn set(&mut self, dimension: Dimension, amount: u64) {
        if let Some(slot) = self.amounts.get_mut(dimension.index()) {
            *slot = amount;
        }
    }

    /// Makes total tokens the sum of their parts.
    #[inline(always)]
    fn sum(&mut self) {
        let sum = self.get(Dimension::InputTokens).saturating_add(self.get(Dimension::OutputTokens));
        self.set(Dimension::TotalTokens, sum);
    }

    /// The amount in one dimension.
    #[must_use]
    #[inline]
    pub fn get(&self, dimension: Dimension) -> u64 {
        self.amounts.get(dimension.index()).copied().unwrap_or(0)
    }

    /// Each dimension's sum of this cost and `other`.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_add)
    }

    /// Each dimension's difference, zero where `other` is larger.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }

    /// The same with what its tokens cost at a price.
    #[must_use]
    pub fn at(self, price: Price) -> Self {
        let (input, output) = (self.get(Dimension::InputTokens), self.get(Dimension::OutputTokens));
        self.with(Dimension::Money, price.of(input, output))
    }

    /// Joins each dimension of both. The total is joined too, and so stands for itself from then on.
    fn zip(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let mut joined = Self { amounts: self.amounts, own: TOTAL };
        for ((place, amount), more) in joined.amounts.iter_mut().enumerate().zip(&other.amounts) {
            *amount = join(*amount, *more);
            let bit = 1_u16.wrapping_shl(u32::try_from(place).unwrap_or(0));
            joined.own |= if *amount > 0 { bit } else { 0 };
        }
        joined
    }
}

impl From<Usage> for Cost {
    /// One request with the usage's tokens: the charge of a provider that counts everything.
    fn from(usage: Usage) -> Self {
        let cost = Self::requests(1).input_tokens(usage.input_tokens).output_tokens(usage.output_tokens);
        match usage.total_tokens {
            Some(total) => cost.total_tokens(total),
            None => cost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_is_the_sum_until_it_is_stated() {
        let cost = Cost::requests(1).input_tokens(93).output_tokens(29);
        assert_eq!(cost.get(Dimension::TotalTokens), 122);
        assert_eq!(cost.total_tokens(106).get(Dimension::TotalTokens), 106);
        assert_eq!(cost.total_tokens(106).get(Dimension::InputTokens), 93);
    }

    #[test]
    fn a_sum_joins_every_dimension_and_its_total_stands_for_itself() {
        let one = Cost::requests(2).input_tokens(5).with(Dimension::Money, 9);
        let sum = one.plus(&Cost::requests(1).output_tokens(4).total_tokens(1));
        let each = Dimension::ALL.map(|dimension| sum.get(dimension));
        assert_eq!(each, [3, 5, 4, 6, 3, 9, 0, 0, 0, 0]);
        assert_eq!(sum.input_tokens(100).get(Dimension::TotalTokens), 6);
        assert_eq!(sum.minus(&one).minus(&one), Cost::ZERO.output_tokens(4).total_tokens(0));
        assert_eq!(sum.own & bit(Dimension::Images), 0, "nothing is stated of what is not there");
    }

    #[test]
    fn a_call_holds_one_place_of_concurrency() {
        assert_eq!(Cost::requests(1).get(Dimension::Concurrency), 1);
        assert_eq!(Cost::ZERO.get(Dimension::Concurrency), 0);
    }

    #[test]
    fn sums_and_differences_stay_in_range() {
        let big = Cost::requests(u64::MAX);
        assert_eq!(big.plus(&big).get(Dimension::Requests), u64::MAX);
        assert_eq!(Cost::requests(1).minus(&big).get(Dimension::Requests), 0);
    }
}
