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
    /// The output that experience leads to expect, where it is another than at first.
    output: Option<u64>,
}

impl Need<'_> {
    /// The amount in one dimension.
    pub(super) fn get(&self, dimension: Dimension) -> u64 {
        let first = self.first.get(dimension);
        match (self.output, dimension) {
            (Some(output), Dimension::OutputTokens) => output,
            (Some(output), Dimension::TotalTokens) if !self.first.states_total() => {
                self.first.get(Dimension::InputTokens).saturating_add(output)
            }
            _ => first,
        }
    }

    /// The cost in full.
    pub(super) fn whole(&self) -> Cost {
        let first = self.first.whole();
        self.output.map_or(first, |output| first.output_tokens(output))
    }

    /// The output, where it is another than at first.
    pub(super) fn new_output(&self) -> Option<u64> {
        self.output
    }
}

impl Engine {
    /// What a call costs by now, or what it was granted with.
    pub(super) fn need<'a>(&self, held: &'a Reservation) -> Need<'a> {
        let first = &held.cost;
        if !held.is_expected || held.stage != Stage::Queued {
            return Need { first, output: None };
        }
        let max = Some(held.counted).filter(|max| *max < u64::MAX);
        let output = self.lanes.get(held.lane as usize).map(|lane| lane.expectation.tokens(max));
        Need { first, output: output.filter(|output| *output != first.get(Dimension::OutputTokens)) }
    }
}
