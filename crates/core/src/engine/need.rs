//! Need: what a waiting call costs by what is known when its turn comes, and not by what was known when it asked.
//!
//! Of calls that all wait from the beginning, most were estimated before there was any answer to learn from, with the
//! most that they may put out. Held to that, they would wait for room that none of them will use.

use crate::cost::packed::Packed;
use crate::ledger::{Reservation, Stage};
use crate::{Cost, Dimension, Engine};

/// What a waiting call costs by now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need<'a> {
    first: &'a Packed,
    /// Input and output, where experience has changed either.
    tokens: Option<(u64, u64)>,
    /// The most output that it allows, where that is an expectation.
    max: Option<u64>,
}

impl Need<'_> {
    /// The amount in one dimension.
    pub(super) fn get(&self, dimension: Dimension) -> u64 {
        match (self.tokens, dimension) {
            (Some((input, _)), Dimension::InputTokens) => input,
            (Some((_, output)), Dimension::OutputTokens) => output,
            (Some((input, output)), Dimension::TotalTokens) if !self.first.states_total() => {
                input.saturating_add(output)
            }
            (Some((input, output)), Dimension::Money) => match self.first.price() {
                Some(price) => price.reserved(input, output, self.max),
                None => self.first.get(dimension),
            },
            _ => self.first.get(dimension),
        }
    }

    /// The cost in full.
    pub(super) fn whole(&self) -> Cost {
        let first = self.first.whole();
        let Some((input, output)) = self.tokens else { return first };
        let now = first.input_tokens(input).output_tokens(output);
        let Some(price) = self.first.price() else { return now };
        now.with(Dimension::Money, price.reserved(input, output, self.max))
    }

    /// The cost as a reservation keeps it, where it is another than at first.
    pub(super) fn renewed(&self) -> Option<Packed> {
        self.tokens.map(|_| self.first.renewed(&self.whole()))
    }
}

impl Engine {
    /// What a call costs by now, or what it was granted with.
    pub(super) fn need<'a>(&self, held: &'a Reservation) -> Need<'a> {
        let first = &held.cost;
        // Without a text and an expectation there is nothing that experience could change.
        if !held.is_expected && !first.has_text() {
            return Need { first, tokens: None, max: None };
        }
        let before = (first.get(Dimension::InputTokens), first.get(Dimension::OutputTokens));
        let Some(lane) = self.lanes.get(held.lane as usize).filter(|_| held.stage == Stage::Queued) else {
            return Need { first, tokens: None, max: None };
        };
        let (bytes, text) = first.text_in(before.0);
        let by_now = if bytes > 0 { lane.ratio.tokens(bytes) } else { None };
        let input = by_now.map_or(before.0, |tokens| before.0.saturating_sub(text).saturating_add(tokens));
        let max = Some(held.counted).filter(|max| *max < u64::MAX);
        let output = if held.is_expected { lane.expectation.tokens(max) } else { before.1 };
        Need { first, tokens: Some((input, output)).filter(|now| *now != before), max }
    }
}
