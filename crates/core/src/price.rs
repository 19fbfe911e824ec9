//! `Price`: what the calls of a model cost, so that a limit in money is met before the provider has told the cost.

/// A model's price, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price {
    /// For a million tokens of input.
    pub input: u64,
    /// For a million tokens of output.
    pub output: u64,
    /// For the call itself.
    pub request: u64,
    /// Whether the provider lets a call go only while its whole maximum of output can be paid, though it charges what
    /// the call used.
    pub needs_maximum: bool,
}

/// Prices are told for so many tokens.
const MILLION: u128 = 1_000_000;

impl Price {
    /// So much for a million tokens of input and of output, in millionths of a US dollar.
    #[must_use]
    pub const fn per_million(input: u64, output: u64) -> Self {
        Self { input, output, request: 0, needs_maximum: false }
    }

    /// What a call of so many tokens costs, in millionths of a US dollar, rounded up.
    #[must_use]
    pub fn of(&self, input: u64, output: u64) -> u64 {
        let part = |tokens: u64, price: u64| u128::from(tokens).saturating_mul(u128::from(price));
        let tokens = part(input, self.input).saturating_add(part(output, self.output)).div_ceil(MILLION);
        u64::try_from(tokens).unwrap_or(u64::MAX).saturating_add(self.request)
    }

    /// What has to be left for a call to go, of which `output` is expected and `max` is the most that it allows.
    pub(crate) fn reserved(&self, input: u64, output: u64, max: Option<u64>) -> u64 {
        self.of(input, max.filter(|_| self.needs_maximum).unwrap_or(output))
    }

    /// What a call certainly has to be able to pay: its input, and its `max` of output where the provider minds that.
    pub(crate) fn certain(&self, input: u64, max: Option<u64>) -> u64 {
        self.of(input, max.filter(|_| self.needs_maximum).unwrap_or(0))
    }

    /// Whether the model costs nothing.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        self.input == 0 && self.output == 0 && self.request == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_its_tokens_rounded_up_and_its_own_price() {
        let price = Price { request: 5, ..Price::per_million(150_000, 600_000) };
        assert_eq!(price.of(1_000, 100), 150 + 60 + 5);
        assert_eq!(price.of(1, 0), 1 + 5, "a part of a millionth is one");
        assert_eq!(Price::per_million(u64::MAX, 1).of(u64::MAX, 0), u64::MAX);
        assert!(Price::default().is_free() && !price.is_free());
    }

    #[test]
    fn only_where_the_provider_minds_it_the_maximum_is_certain() {
        let price = Price::per_million(1_000_000, 2_000_000);
        assert_eq!(price.certain(10, Some(100)), 10);
        let minds = Price { needs_maximum: true, ..price };
        assert_eq!((minds.certain(10, Some(100)), minds.certain(10, None)), (210, 10));
        assert_eq!((minds.reserved(10, 5, Some(100)), minds.reserved(10, 5, None)), (210, 20));
        assert_eq!(price.reserved(10, 5, Some(100)), 20);
    }
}
