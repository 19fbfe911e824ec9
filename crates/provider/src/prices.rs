//! `Prices`: what the models of a provider cost, as it lists them and as somebody gives them.

use std::collections::BTreeMap;

use tidegate_core::{Price, Scope};

use crate::Dialect;

/// What models cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    listed: BTreeMap<String, Price>,
    /// Patterns of models, the longest first.
    given: Vec<(Scope, Price)>,
}

impl Prices {
    /// Adds what a provider lists.
    pub fn list(&mut self, prices: impl IntoIterator<Item = (String, Price)>) {
        self.listed.extend(prices);
    }

    /// Adds a price that is given for the models which a pattern means, such as `gpt-4o*`. It holds before what a
    /// provider lists, and of several the longest pattern counts.
    pub fn give(&mut self, pattern: &str, price: Price) {
        self.given.push((Scope::model(pattern), price));
        self.given.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.model.as_ref().map_or(0, String::len)));
    }

    /// Whether no price is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.given.is_empty()
    }

    /// What a model costs at a provider of this dialect, where that is known.
    #[must_use]
    pub fn of(&self, dialect: Dialect, model: &str) -> Option<Price> {
        let given = || self.given.iter().find(|(scope, _)| scope.matches(model, "")).map(|(_, price)| *price);
        // OpenRouter's names may end in a way of routing (`:nitro`, `:floor`, `:online`), which no list names and which
        // changes the price little (documentation, 2026-08). Its free models are listed with that ending.
        let routed = || self.listed.get(model.rsplit_once(':').filter(|(_, way)| *way != "free")?.0);
        let price = given().or_else(|| self.listed.get(model).or_else(routed).copied())?;
        Some(Price { needs_maximum: needs_maximum(dialect), ..price })
    }
}

/// Whether a provider refuses a call whose maximum of output the credit could not pay. OpenRouter does: "You requested
/// up to 64000 tokens, but can only afford 2666" (report of 2025; documentation, 2026-08).
fn needs_maximum(dialect: Dialect) -> bool {
    dialect == Dialect::OpenRouter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_holds_before_what_is_listed_and_the_longer_pattern_first() {
        let mut prices = Prices::default();
        assert!(prices.is_empty());
        prices
            .list([("a/m".to_owned(), Price::per_million(1, 2)), ("a/m:free".to_owned(), Price::default())]);
        let of = |prices: &Prices, model| prices.of(Dialect::OpenAi, model).map(|price| price.input);
        assert_eq!([of(&prices, "a/m"), of(&prices, "a/m:free"), of(&prices, "b")], [Some(1), Some(0), None]);
        prices.give("a/*", Price::per_million(5, 6));
        prices.give("a/m*", Price::per_million(7, 8));
        assert_eq!([of(&prices, "a/m"), of(&prices, "a/x")], [Some(7), Some(5)]);
    }

    #[test]
    fn a_way_of_routing_costs_what_its_model_does() {
        let mut prices = Prices::default();
        prices.list([("a/m".to_owned(), Price::per_million(1, 2))]);
        let price = prices.of(Dialect::OpenRouter, "a/m:nitro").unwrap();
        assert!(price.input == 1 && price.needs_maximum);
        assert_eq!(prices.of(Dialect::OpenRouter, "a/m:free"), None, "free models are listed by themselves");
    }
}
