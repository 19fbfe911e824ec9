//! What a stated reset tells a candidate: how well it fits, and where the edges of windows lie.

use core::time::Duration;

use super::super::edge::{Edge, Sighting};
use super::super::told::{Reading, Told};
use super::super::{LEVEL_HANDICAP, resets};
use super::Candidate;
use crate::bucket::Edges;
use crate::time::nanos_of;
use crate::{Refill, Shape, Timestamp};

impl Candidate {
    /// Compares the stated reset with the shape's own formula, and takes the edge of a window from it.
    pub(super) fn follow_reset(&mut self, reading: &Reading, told: &Told, now: Timestamp) {
        let Some(reset) = reading.reset else { return };
        let error = match self.windowed() {
            Some(period) => return self.follow_edge(reset, period, told, now),
            None if self.shape == Shape::Sliding => {
                Some(resets::of_sliding(&self.bucket, self.quota.period, reset, told, now))
            }
            None => resets::of_bucket(&self.quota, reading, self.late(told, now)),
        };
        // A bucket that is nearly empty states just under a period, and so does a sliding window whose call took long:
        // that both say the same speaks for the better one alone.
        let better = told.explained.is_some_and(|misfit| misfit < self.reset_misfit);
        if let Some(error) = error.filter(|error| !better || *error > resets::EXACT) {
            self.reset_misfit = resets::score(self.reset_misfit, error);
        }
    }

    /// Whether it is a bucket that may have stated this reset.
    pub(in crate::controller::bank) fn explains(
        &self,
        reading: &Reading,
        told: &Told,
        now: Timestamp,
    ) -> bool {
        self.quota.refill == Refill::Continuous
            && resets::may_be_a_buckets(&self.quota, reading, self.late(told, now))
    }

    /// For how long the answer may have been on its way, during which a level rose and its reset fell. Whoever is only
    /// guessed to count in this way is held to what it says at the instant it is read: with long answers any reset
    /// would fit otherwise.
    fn late(&self, told: &Told, now: Timestamp) -> Duration {
        if self.known { now.since(told.left) } else { Duration::ZERO }
    }

    /// A window's reset is its edge, which stays where it is; a counter's may be the edge after that.
    fn follow_edge(&mut self, reset: Duration, period: Duration, told: &Told, now: Timestamp) {
        let most = if self.shape == Shape::Counter { period.saturating_mul(2) } else { period };
        let beyond = reset.saturating_sub(most);
        let sighting = Sighting::new(told.left, now, reset);
        let mut edge = self.edge.unwrap_or_else(|| Edge::first(sighting, period));
        let before = edge.misfit();
        edge.see(sighting, beyond, period);
        // The handicap that the candidate may have is in its score, and not in the edge's.
        self.reset_misfit = self.reset_misfit.saturating_sub(before).saturating_add(edge.misfit());
        if self.edge.is_none() && self.shape == Shape::Counter && reset <= period {
            // A counter that states its edge is rarer than a window that does.
            self.level_misfit = self.level_misfit.saturating_add(LEVEL_HANDICAP);
        }
        self.edge = Some(edge);
        self.bucket.set_spread(edge.spread(period));
        self.bucket.set_edges(edge.edges(period, now), now);
    }

    /// Takes the calendar's edges; a window that is a part of the calendar's begins at each part.
    pub(in crate::controller::bank) fn set_calendar_edges(&mut self, edges: Edges, now: Timestamp) {
        let Some(period) = self.windowed() else { return };
        let margin = edges.margin.min(period.checked_div(4).unwrap_or(period));
        let within = nanos_of(now.since(edges.start)).checked_div(nanos_of(period).max(1)).unwrap_or(0);
        let start = edges.start.after(Duration::from_nanos(nanos_of(period).saturating_mul(within)));
        // A calendar's window that is longer than the limit's own period begins before the clock.
        let end = if period >= edges.end.since(edges.start) { edges.end } else { start.after(period) };
        self.bucket.set_edges(Edges { start, end, margin }, now);
    }
}
