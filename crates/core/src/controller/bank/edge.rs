//! `Edge`: where a window ends, as far as answers told.
//!
//! It is not said when a header was written: when its call arrived, or when the answer left. So each reset tells an
//! interval, and where answers agree it grows narrow. Both readings are also followed apart: a true edge stays where
//! it is by one of them, and the one by which it does tells the edge to the jitter of the wire.

use core::time::Duration;

use super::resets::{self, EXACT};
use crate::Timestamp;
use crate::bucket::Edges;
use crate::time::nanos_of;

/// How far a provider's clock may be off its own reset, and a reset be cut off.
const MARGIN: Duration = Duration::from_millis(5);
/// After so many answers in a row that contradict it, a known edge is given up: a clock was set.
const CONTRADICTIONS: u8 = 8;
/// How much better one reading must fit than the other before it is believed, and how badly it may fit at most: two
/// answers that are merely near. Where the jitter of the wire is longer than [`EXACT`], neither reading fits, and by
/// chance the one does so better now, the other then.
const READING_LEEWAY: u32 = 200;
const READING_FITS: u32 = 120;

/// What one answer tells of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    /// Where it lies if the header was written when the call arrived: a little later.
    arrival: Timestamp,
    /// Where it lies if the header was written when the answer left: a little earlier.
    answer: Timestamp,
}

impl Sighting {
    /// What the answer to a call granted at `granted` told.
    pub(super) fn new(granted: Timestamp, now: Timestamp, reset: Duration) -> Self {
        Self { arrival: granted.min(now).after(reset), answer: now.after(reset) }
    }
}

/// The edge by one reading of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    /// As it was first told. It is not moved along, so that an edge that runs ahead with every call is found out.
    first: Timestamp,
    /// The nearest to the true one that was told.
    nearest: Timestamp,
    /// How badly later answers fit.
    misfit: u32,
}

impl Reading {
    fn new(told: Timestamp) -> Self {
        Self { first: told, nearest: told, misfit: 0 }
    }

    /// One more answer; `nearer` tells which of two instants is the nearer to the true edge.
    fn see(
        &mut self,
        told: Timestamp,
        beyond: Duration,
        period: Duration,
        nearer: fn(Timestamp, Timestamp) -> Timestamp,
    ) {
        self.first = beside(self.first, told, period);
        let error = distance(self.first, told);
        self.misfit = resets::score(self.misfit, error.max(beyond));
        if error <= EXACT {
            self.nearest = nearer(beside(self.nearest, told, period), told);
        }
    }
}

/// Where a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// What all answers agree on.
    earliest: Timestamp,
    latest: Timestamp,
    /// How many answers in a row contradicted it.
    against: u8,
    arrival: Reading,
    answer: Reading,
}

impl Edge {
    /// The edge that a first answer told.
    pub(super) fn first(told: Sighting) -> Self {
        let Sighting { arrival, answer } = told;
        Self {
            earliest: arrival,
            latest: answer,
            against: 0,
            arrival: Reading::new(arrival),
            answer: Reading::new(answer),
        }
    }

    /// How badly the answers so far fit one edge, by the better of both readings.
    pub(super) fn misfit(&self) -> u32 {
        self.arrival.misfit.min(self.answer.misfit)
    }

    /// Takes in one more answer about windows of `period`, whose reset was longer than it can be by `beyond`.
    pub(super) fn see(&mut self, told: Sighting, beyond: Duration, period: Duration) {
        self.arrival.see(told.arrival, beyond, period, Timestamp::max);
        self.answer.see(told.answer, beyond, period, Timestamp::min);
        let earliest = beside(self.earliest, told.answer, period).max(told.arrival);
        let latest = beside(self.latest, told.answer, period).min(told.answer);
        if earliest <= latest {
            *self = Self { earliest, latest, against: 0, ..*self };
        } else if earliest.since(latest) > EXACT {
            self.against = self.against.saturating_add(1);
        }
        if self.against >= CONTRADICTIONS {
            let misfits = (self.arrival.misfit, self.answer.misfit);
            *self = Self::first(told);
            (self.arrival.misfit, self.answer.misfit) = misfits;
        }
    }

    /// The interval in which the edge lies, by all that is known.
    fn interval(&self) -> (Timestamp, Timestamp) {
        let Self { arrival, answer, .. } = self;
        let is_better = |reading: &Reading, other: &Reading| {
            reading.misfit <= READING_FITS && reading.misfit.saturating_add(READING_LEEWAY) < other.misfit
        };
        if is_better(arrival, answer) {
            (arrival.nearest, arrival.nearest.after(EXACT))
        } else if is_better(answer, arrival) {
            (answer.nearest.before(EXACT), answer.nearest)
        } else {
            (self.earliest, self.latest)
        }
    }

    /// The window around `now`. It begins when the edge has surely passed, and calls near the edge count twice.
    pub(super) fn edges(&self, period: Duration, now: Timestamp) -> Edges {
        let (earliest, latest) = self.interval();
        // An answer that takes longer than half a window tells nothing of its edge.
        let width = latest.since(earliest).min(period.checked_div(2).unwrap_or(period));
        let margin = width.saturating_add(MARGIN);
        let length = nanos_of(period).max(1);
        let whole = |span: Duration| match nanos_of(span) {
            // Mostly the edge is the next one, and nothing is divided.
            nanos if nanos < length => 0,
            nanos => nanos.checked_div(length).unwrap_or(0),
        };
        let periods = |count: u64| Duration::from_nanos(count.saturating_mul(length));
        let end = if earliest > now {
            earliest.before(periods(whole(earliest.since(now))))
        } else {
            earliest.after(periods(whole(now.since(earliest)).saturating_add(1)))
        };
        Edges { start: end.before(period), end, margin }
    }
}

/// The same edge, whole periods earlier or later, as near to `other` as can be.
fn beside(edge: Timestamp, other: Timestamp, period: Duration) -> Timestamp {
    let length = nanos_of(period).max(1);
    let half = length.checked_div(2).unwrap_or(0);
    let shift = |apart: Duration| {
        // Mostly both are of one period, and nothing is divided.
        if nanos_of(apart).saturating_add(half) < length {
            return Duration::ZERO;
        }
        let count = nanos_of(apart).saturating_add(half).checked_div(length).unwrap_or(0);
        Duration::from_nanos(count.saturating_mul(length))
    };
    let back = shift(edge.since(other));
    if edge <= other {
        edge.after(shift(other.since(edge)))
    } else if edge.since(Timestamp::ZERO) >= back {
        edge.before(back)
    } else {
        // Before the clock's beginning there is nothing to be near to.
        edge
    }
}

fn distance(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn told(granted_ms: u64, now_ms: u64, reset_ms: u64) -> Sighting {
        let at = Timestamp::from_millis;
        Sighting::new(at(granted_ms), at(now_ms), Duration::from_millis(reset_ms))
    }

    fn see(edge: &mut Edge, told: Sighting) {
        edge.see(told, Duration::ZERO, MINUTE);
    }

    #[test]
    fn answers_that_agree_make_the_edge_narrow() {
        let mut edge = Edge::first(told(0, 500, 30_000));
        see(&mut edge, told(100, 400, 29_950));
        assert_eq!(edge.interval(), (Timestamp::from_millis(30_050), Timestamp::from_millis(30_350)));
        see(&mut edge, told(60_000, 60_500, 30_050));
        assert_eq!(edge.interval(), (Timestamp::from_millis(90_050), Timestamp::from_millis(90_350)));
    }

    #[test]
    fn the_reading_by_which_the_edge_stays_tells_it_to_the_jitter() {
        let mut edge = Edge::first(told(0, 500, 30_000));
        for step in 1..20 {
            let granted = step * 100;
            see(&mut edge, told(granted, granted + 300 + step * 37 % 200, 30_000 - granted));
        }
        assert_eq!(edge.misfit(), 0);
        assert_eq!(edge.interval(), (Timestamp::from_secs(30), Timestamp::from_millis(30_030)));
    }

    /// Calls are up to 200 ms on their way, and answers as long again: no reading tells the edge better than to that.
    #[test]
    fn no_reading_is_believed_where_neither_fits() {
        let mut edge = Edge::first(told(0, 300, 30_000));
        for step in 1..20_000_u64 {
            let (granted, there, back) = (step * 7, step * 7_919 % 200, step * 104_729 % 200);
            let reset = (90_000 - (granted + there) % 60_000) % 60_000;
            see(&mut edge, told(granted, granted + there + back, reset));
            let (earliest, latest) = edge.interval();
            let into = |at: Timestamp| at.as_nanos() / 1_000_000 % 60_000;
            assert!(into(earliest) <= 30_000 && into(latest) >= 30_000, "{step}: {earliest} to {latest}");
        }
    }

    #[test]
    fn an_edge_that_contradicts_for_long_is_believed_anew() {
        let mut edge = Edge::first(told(0, 100, 10_000));
        for _ in 1..CONTRADICTIONS {
            see(&mut edge, told(0, 100, 50_000));
            assert_eq!(edge.interval().0, Timestamp::from_secs(10));
        }
        see(&mut edge, told(0, 100, 50_000));
        assert_eq!(edge.interval().0, Timestamp::from_secs(50));
    }

    #[test]
    fn an_edge_that_runs_ahead_with_every_call_is_found_out() {
        let mut edge = Edge::first(told(0, 500, 60_000));
        for step in 1..30 {
            see(&mut edge, told(step * 20, step * 20 + 500, 60_000));
        }
        assert!(edge.misfit() > 300, "{}", edge.misfit());
    }

    #[test]
    fn the_window_is_the_one_around_now() {
        let edge = Edge::first(told(0, 100, 30_000));
        let margin = Duration::from_millis(105);
        let at = Timestamp::from_secs;
        assert_eq!(edge.edges(MINUTE, at(1)), Edges { start: at(0), end: at(30), margin });
        assert_eq!(edge.edges(MINUTE, at(31)), Edges { start: at(30), end: at(90), margin });
        assert_eq!(Edge::first(told(0, 100, 59_000)).edges(MINUTE, at(1)).end, at(59));
        let far = Edge::first(told(0, 100, 90_000));
        assert_eq!(far.edges(MINUTE, at(1)).end, at(30), "a counter's reset of two windows");
    }
}
