//! `Reservation`: one call's hold on its limits, and `Charge`, what one limit was charged for it.

use crate::bucket::Stamp;
use crate::cost::packed::Packed;
use crate::{Band, Dimension, Place, Timestamp};

/// No slot: the end of a list.
pub(crate) const NONE: u32 = u32::MAX;

/// How far a reservation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Ended: the slot waits for its next reservation.
    Free,
    /// Waiting for its turn.
    Queued,
    /// May go; nothing was sent yet.
    Granted,
    /// On its way to the provider.
    Sent,
}

/// What one limit was charged for a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The limit's place in the engine.
    pub(crate) limit: usize,
    /// What was charged.
    pub(crate) amount: u64,
    /// How much of that the provider counts only when the call is complete: reserved, and not yet in any level.
    pub(crate) late: u64,
    /// The window that it was charged to.
    pub(crate) stamp: Stamp,
    /// Where a learned limit keeps what was left right after the charge.
    pub(crate) mark: u64,
}

/// One call's hold on its limits. Four of its words serve two purposes, before and after the grant: a hundred
/// thousand calls may wait, and each byte of them is kept as often.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    pub(crate) cost: Packed,
    pub(crate) place: Place,
    /// When it joined the queue; after the grant, when it was granted.
    pub(crate) since: Timestamp,
    /// Waiting: the latest instant at which a grant is of use. Granted: when it last gave a sign of life.
    pub(crate) mark: Timestamp,
    /// Waiting: the most output that it may have, where its cost is an expectation. Granted: the share of the
    /// dominant limit that its tenant was counted for it.
    pub(crate) counted: u64,
    pub(crate) lane: u32,
    pub(crate) tenant: u32,
    /// Waiting: its flow. Granted: where the list of its charges is, or [`NONE`] where each limit of its lane was
    /// charged what it costs.
    pub(crate) seat: u32,
    /// Its neighbours in the one list that it is in.
    pub(crate) before: u32,
    pub(crate) behind: u32,
    /// Where it stands among the deadlines.
    pub(crate) alarm: u32,
    pub(crate) generation: u32,
    pub(crate) stage: Stage,
    pub(crate) band: Band,
    /// Whether a limit was charged for it more than once.
    pub(crate) is_split: bool,
    /// Whether its output is an expectation.
    pub(crate) is_expected: bool,
}

impl Reservation {
    /// What stands in a slot that is free.
    pub(crate) fn free() -> Self {
        Self {
            cost: Packed::default(),
            place: Place(0),
            since: Timestamp::ZERO,
            mark: Timestamp::MAX,
            counted: 0,
            lane: 0,
            tenant: 0,
            seat: NONE,
            before: NONE,
            behind: NONE,
            alarm: NONE,
            generation: 0,
            stage: Stage::Free,
            band: Band::Standard,
            is_split: false,
            is_expected: false,
        }
    }

    /// Whether it was granted and each limit of its lane charged what it costs.
    pub(crate) fn is_charged_by_cost(&self) -> bool {
        matches!(self.stage, Stage::Granted | Stage::Sent) && self.seat == NONE
    }

    /// When a granted call left, as far as anybody told.
    pub(crate) fn left(&self) -> Timestamp {
        if self.stage == Stage::Sent { self.mark } else { self.since }
    }

    /// What a waiting call certainly costs of a dimension: without its output, where that is an expectation.
    pub(crate) fn certain(&self, dimension: Dimension) -> u64 {
        let output = self.cost.get(Dimension::OutputTokens);
        let cost = self.cost.get(dimension);
        match dimension {
            Dimension::OutputTokens | Dimension::TotalTokens if self.is_expected => {
                cost.saturating_sub(output)
            }
            Dimension::Money if self.is_expected => self.certain_money().unwrap_or(cost).max(cost.min(1)),
            _ => cost,
        }
    }

    fn certain_money(&self) -> Option<u64> {
        let max = Some(self.counted).filter(|max| *max < u64::MAX);
        Some(self.cost.price()?.certain(self.cost.get(Dimension::InputTokens), max))
    }

    /// The most that a waiting call may be charged of a dimension, as far as anybody knows.
    pub(crate) fn most(&self, dimension: Dimension) -> u64 {
        let cost = self.cost.get(dimension);
        if dimension == Dimension::Money
            && let Some(price) = self.cost.price()
        {
            let output = self.cost.get(Dimension::OutputTokens).max(self.counted);
            return price.of(self.cost.get(Dimension::InputTokens), output);
        }
        if !matches!(dimension, Dimension::OutputTokens | Dimension::TotalTokens) {
            return cost;
        }
        let beyond = self.counted.saturating_sub(self.cost.get(Dimension::OutputTokens));
        cost.saturating_add(beyond)
    }

    /// Whether an id of this generation names it.
    pub(super) fn is(&self, generation: u32) -> bool {
        self.generation == generation && self.stage != Stage::Free
    }
}

/// What is still of interest of a reservation that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) lane: u32,
    pub(crate) tenant: u32,
    pub(crate) band: Band,
    /// When it was granted.
    pub(crate) since: Timestamp,
    /// The share that its tenant was counted for it; zero where it never waited.
    pub(crate) counted: u64,
    /// Where the list of its charges is.
    pub(super) seat: u32,
    pub(super) slot: u32,
    /// Whether a limit was charged for it more than once.
    pub(crate) is_split: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cost;

    #[test]
    fn a_waiting_call_costs_at_least_what_is_certain_and_at_most_what_it_may_put_out() {
        let cost = Packed::from(&Cost::requests(1).input_tokens(5).output_tokens(10));
        let mut held = Reservation { cost, counted: 70, is_expected: true, ..Reservation::free() };
        let of = |held: &Reservation| {
            use Dimension::{InputTokens, OutputTokens, Requests, TotalTokens};
            [Requests, InputTokens, OutputTokens, TotalTokens]
                .map(|each| (held.certain(each), held.most(each)))
        };
        assert_eq!(of(&held), [(1, 1), (5, 5), (0, 70), (5, 75)]);
        held.counted = 3;
        assert_eq!(of(&held), [(1, 1), (5, 5), (0, 10), (5, 15)], "experience may exceed a maximum");
        (held.is_expected, held.counted) = (false, 0);
        assert_eq!(of(&held), [(1, 1), (5, 5), (10, 10), (15, 15)]);
    }

    #[test]
    fn what_a_call_certainly_costs_in_money_is_its_input_where_its_output_is_an_expectation() {
        let price = crate::Price::per_million(1_000_000, 2_000_000);
        let money = |price: crate::Price, counted: u64, is_expected: bool| {
            let cost = Cost::requests(1).input_tokens(10).output_tokens(20).at(price);
            let cost = Packed::from(&cost).with_price(&cost, Some(price));
            let held = Reservation { cost, counted, is_expected, ..Reservation::free() };
            (held.certain(Dimension::Money), held.most(Dimension::Money))
        };
        assert_eq!(money(price, 70, true), (10, 10 + 140));
        assert_eq!(money(price, 70, false), (10 + 40, 10 + 140), "told, not expected");
        let minds = crate::Price { needs_maximum: true, ..price };
        assert_eq!(money(minds, 70, true), (10 + 140, 10 + 140), "the whole maximum has to be there");
        assert_eq!(money(minds, u64::MAX, true).0, 10, "without a maximum there is none to pay");
    }

    #[test]
    fn a_call_left_when_somebody_said_so_or_else_when_it_was_granted() {
        let [since, mark] = [3, 5].map(Timestamp::from_secs);
        let left = |stage| Reservation { since, mark, stage, ..Reservation::free() }.left();
        assert_eq!((left(Stage::Granted), left(Stage::Sent)), (since, mark));
    }
}
