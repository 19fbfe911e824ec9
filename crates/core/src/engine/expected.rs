//! What a request costs by experience, and what of that is certain.

use crate::controller::expectation::Expectation;
use crate::controller::ratio::Ratio;
use crate::ward::Ward;
use crate::{Cost, Dimension, Output, Rejection, Request};

/// A request's cost with its text and its output estimated from experience, where it asks for that.
#[inline]
pub(super) fn expected_by(expectation: &Expectation, ratio: Option<&Ratio>, request: &Request) -> Cost {
    let (mut cost, text) = (request.cost, request.text);
    if text.bytes > 0
        && let Some(tokens) = ratio.and_then(|ratio| ratio.tokens(text.bytes))
    {
        let apart = cost.get(Dimension::InputTokens).saturating_sub(text.guess);
        cost = cost.input_tokens(apart.saturating_add(tokens));
    }
    let Output::Expected { max } = request.output else {
        return request.price.map_or(cost, |price| cost.at(price));
    };
    let (input, output) = (cost.get(Dimension::InputTokens), expectation.tokens(max));
    cost = cost.output_tokens(output);
    request.price.map_or(cost, |price| cost.with(Dimension::Money, price.reserved(input, output, max)))
}

/// What a request of this cost certainly takes. An estimated output is no certainty and does not count.
pub(super) fn certain_of(request: &Request, cost: &Cost) -> Cost {
    match (request.output, request.price) {
        (Output::Stated, _) => *cost,
        (Output::Expected { .. }, None) => cost.output_tokens(0),
        (Output::Expected { max }, Some(price)) => {
            let input = cost.get(Dimension::InputTokens);
            cost.output_tokens(0).with(Dimension::Money, price.certain(input, max))
        }
    }
}

/// Why a limit can never take what a call certainly costs, if so.
pub(super) fn never_by(ward: &Ward, certain: &Cost, cost: &Cost) -> Option<Rejection> {
    let (certain, cost) = (certain.get(ward.counts), cost.get(ward.counts));
    ward.never(if ward.is_credit() { certain.max(cost.min(1)) } else { certain })
}
