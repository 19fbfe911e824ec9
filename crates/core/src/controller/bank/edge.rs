//! `Edge`: where a window ends, as far as answers told.
//!
//! It is not said when a header was written: when its call arrived, or when the answer left. So each reset tells an
//! interval, and where answers agree it grows narrow; but for answers that take longer than half a window. Both readings
//! are also followed apart: a true edge stays where it is by one of them, and the one by which it does tells the edge to
//! the jitter of the wire.

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
    /// What the answer to a call that left at `left` told.
    pub(super) fn new(left: Timestamp, now: Timestamp, reset: Duration) -> Self {
        Self { arrival: left.min(now).after(reset), answer: now.after(reset) }
    }

    /// Whether the answer came so soon that it surely tells of the one window in which its call arrived.
    fn is_of_one_window(self, period: Duration) -> bool {
        self.answer.since(self.arrival) <= period.checked_div(2).unwrap_or(period)
    }
}

/// A true edge seems to move by the jitter of the wire: so far at most, and by so small a part of its window.
const JITTER_MOST: Duration = Duration::from_millis(200);
const JITTER_SHARE: u32 = 4;
/// How much less than the other a reading must vary to be believed where answers take too long to agree on an interval.
const VARIES_LESS: u32 = 2;
/// What part every answer takes off how far earlier ones went: of a hundred that arrive in any order, the last one tells
/// an edge to a few milliseconds, and a sixty-fourth an answer lost up to 60 of them.
const FADES: i64 = 512;

/// The edge by one reading of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    /// As it was first told. It is not moved along, so that an edge that runs ahead with every call is found out.
    first: Timestamp,
    /// The nearest to the true one that was told.
    nearest: Timestamp,
    /// How far from the first the earliest and the latest lie that were told lately, in nanoseconds.
    low: i64,
    high: i64,
    /// How badly later answers fit, and how badly if they had to be exact.
    misfit: u32,
    inexact: u32,
}

impl Reading {
    fn new(told: Timestamp) -> Self {
        Self { first: told, nearest: told, low: 0, high: 0, misfit: 0, inexact: 0 }
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
        let (error, tolerated) = (distance(self.first, told), self.tolerated(period));
        let apart = offset(self.first, told);
        let faded = |end: i64| end.saturating_add(apart.saturating_sub(end).checked_div(FADES).unwrap_or(0));
        (self.low, self.high) = (faded(self.low).min(apart), faded(self.high).max(apart));
        self.misfit = resets::score(self.misfit, error.saturating_sub(tolerated).max(beyond));
        self.inexact = resets::score(self.inexact, error.max(beyond));
        if error <= EXACT {
            self.nearest = nearer(beside(self.nearest, told, period), told);
        }
    }

    /// Whether the edge cannot be where this reading has it lately, if it is `told`.
    fn misses(&self, told: Timestamp, period: Duration) -> bool {
        distance(self.first, told) > period.checked_div(JITTER_SHARE).unwrap_or(period)
    }

    /// How much further off than exact an answer may be and fit still.
    fn tolerated(&self, period: Duration) -> Duration {
        let varies = self.varies();
        let is_jitter = varies <= JITTER_MOST && varies.saturating_mul(JITTER_SHARE) <= period;
        if is_jitter { varies.saturating_sub(EXACT) } else { Duration::ZERO }
    }

    /// The latest that was told, near the first or else lately: where an edge lies that was told as calls arrived.
    fn latest(&self) -> Timestamp {
        if self.varies() <= EXACT { self.nearest } else { self.ends().1 }
    }

    /// The same of the earliest, which is where an edge lies that was told as answers left.
    fn earliest(&self) -> Timestamp {
        if self.varies() <= EXACT { self.nearest } else { self.ends().0 }
    }

    /// How far apart what was told lately lies.
    fn varies(&self) -> Duration {
        Duration::from_nanos(self.high.abs_diff(self.low))
    }

    /// The earliest and the latest that were told lately.
    fn ends(&self) -> (Timestamp, Timestamp) {
        let at = |apart: i64| match u64::try_from(apart) {
            Ok(after) => self.first.after(Duration::from_nanos(after)),
            Err(_) => self.first.before(Duration::from_nanos(apart.unsigned_abs())),
        };
        (at(self.low), at(self.high))
    }
}

/// When a provider writes its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// As a call arrives.
    Arrival,
    /// As its answer leaves.
    Answer,
}

/// Where a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// What all answers agree on, but for those that took longer than half a window: `None` while all of them did.
    agreed: Option<(Timestamp, Timestamp)>,
    /// How many answers in a row contradicted it.
    against: u8,
    arrival: Reading,
    answer: Reading,
}

impl Edge {
    /// The edge of windows of `period` that a first answer told.
    pub(super) fn first(told: Sighting, period: Duration) -> Self {
        let Sighting { arrival, answer } = told;
        let agreed = told.is_of_one_window(period).then_some((arrival, answer));
        Self { agreed, against: 0, arrival: Reading::new(arrival), answer: Reading::new(answer) }
    }

    /// How badly the answers so far fit one edge, by the better of both readings.
    pub(super) fn misfit(&self) -> u32 {
        self.arrival.misfit.min(self.answer.misfit)
    }

    /// Takes in one more answer about windows of `period`, whose reset was longer than it can be by `beyond`.
    pub(super) fn see(&mut self, told: Sighting, beyond: Duration, period: Duration) {
        self.arrival.see(told.arrival, beyond, period, Timestamp::max);
        self.answer.see(told.answer, beyond, period, Timestamp::min);
        let contradicts = if told.is_of_one_window(period) {
            let known = self.agreed.unwrap_or((told.arrival, told.answer));
            let earliest = beside(known.0, told.answer, period).max(told.arrival);
            let latest = beside(known.1, told.answer, period).min(told.answer);
            if earliest <= latest {
                self.agreed = Some((earliest, latest));
            }
            earliest.since(latest) > EXACT
        } else {
            self.arrival.misses(told.arrival, period) && self.answer.misses(told.answer, period)
        };
        self.against = if contradicts { self.against.saturating_add(1) } else { 0 };
        if self.against >= CONTRADICTIONS {
            let was = *self;
            *self = Self::first(told, period);
            (self.arrival.misfit, self.answer.misfit) = (was.arrival.misfit, was.answer.misfit);
            (self.arrival.inexact, self.answer.inexact) = (was.arrival.inexact, was.answer.inexact);
        }
    }

    /// The interval in which the edge of windows of `period` lies, by all that is known.
    fn interval(&self, period: Duration) -> (Timestamp, Timestamp) {
        let Self { arrival, answer, .. } = self;
        match (self.believed(period), self.agreed) {
            (Some(By::Arrival), _) => (arrival.latest(), arrival.latest().after(EXACT)),
            (Some(By::Answer), _) => (answer.earliest().before(EXACT), answer.earliest()),
            (None, Some(agreed)) => agreed,
            (None, None) => (arrival.nearest, answer.nearest.max(arrival.nearest.after(period))),
        }
    }

    /// The reading by which the edge stays where it is, if one of them stands out.
    fn believed(&self, period: Duration) -> Option<By> {
        let Self { arrival, answer, .. } = self;
        let wins = |own: u32, other: u32| own <= READING_FITS && own.saturating_add(READING_LEEWAY) < other;
        let is_better = |reading: &Reading, other: &Reading| {
            wins(reading.inexact, other.inexact) || wins(reading.misfit, other.misfit)
        };
        let varies_less = |reading: &Reading, other: &Reading| {
            let varies = reading.varies().max(EXACT);
            varies.saturating_mul(VARIES_LESS) <= other.varies()
                && varies.saturating_mul(JITTER_SHARE) <= period
        };
        if is_better(arrival, answer) {
            return Some(By::Arrival);
        }
        if is_better(answer, arrival) {
            return Some(By::Answer);
        }
        match self.agreed {
            None if varies_less(arrival, answer) => Some(By::Arrival),
            None if varies_less(answer, arrival) => Some(By::Answer),
            _ => None,
        }
    }

    /// How far apart calls arrive that left together: as far as the edge seems to move that was told as they arrived.
    pub(super) fn spread(&self, period: Duration) -> Duration {
        match self.believed(period) {
            Some(By::Arrival) => self.arrival.varies(),
            Some(By::Answer) | None => Duration::ZERO,
        }
    }

    /// The window around `now`. It begins when the edge has surely passed, and calls near the edge count twice.
    pub(super) fn edges(&self, period: Duration, now: Timestamp) -> Edges {
        let (earliest, latest) = self.interval(period);
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

/// How far `other` lies behind `one`, or before it.
fn offset(one: Timestamp, other: Timestamp) -> i64 {
    i64::try_from(other.as_nanos())
        .unwrap_or(i64::MAX)
        .saturating_sub(i64::try_from(one.as_nanos()).unwrap_or(i64::MAX))
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
        let mut edge = Edge::first(told(0, 500, 30_000), MINUTE);
        see(&mut edge, told(100, 400, 29_950));
        assert_eq!(edge.interval(MINUTE), (Timestamp::from_millis(30_050), Timestamp::from_millis(30_350)));
        see(&mut edge, told(60_000, 60_500, 30_050));
        assert_eq!(edge.interval(MINUTE), (Timestamp::from_millis(90_050), Timestamp::from_millis(90_350)));
    }

    #[test]
    fn the_reading_by_which_the_edge_stays_tells_it_to_the_jitter() {
        let mut edge = Edge::first(told(0, 500, 30_000), MINUTE);
        for step in 1..20 {
            let granted = step * 100;
            see(&mut edge, told(granted, granted + 300 + step * 37 % 200, 30_000 - granted));
        }
        assert_eq!(edge.misfit(), 0);
        assert_eq!(edge.interval(MINUTE), (Timestamp::from_secs(30), Timestamp::from_millis(30_030)));
    }

    /// Calls are up to 200 ms on their way, and answers as long again: no reading tells the edge better than to that.
    #[test]
    fn no_reading_is_believed_where_neither_fits() {
        let mut edge = Edge::first(told(0, 300, 30_000), MINUTE);
        for step in 1..20_000_u64 {
            let (granted, there, back) = (step * 7, step * 7_919 % 200, step * 104_729 % 200);
            let reset = (90_000 - (granted + there) % 60_000) % 60_000;
            see(&mut edge, told(granted, granted + there + back, reset));
            let (earliest, latest) = edge.interval(MINUTE);
            let into = |at: Timestamp| at.as_nanos() / 1_000_000 % 60_000;
            assert!(into(earliest) <= 30_000 && into(latest) >= 30_000, "{step}: {earliest} to {latest}");
        }
    }

    /// A window of a second, whose edges are whole seconds, and answers that take two to six: where one of their headers
    /// was written nothing but its spread tells.
    fn of_a_second(jitter_ms: u64, is_arrival: bool) -> (Edge, Timestamp) {
        let second = Duration::from_secs(1);
        let sighting = |step: u64| {
            let (left, took) = (step * 330, 2_000 + step * 7_919 % 4_000);
            let (there, back) = (1 + step * 104_729 % jitter_ms, 1 + step * 1_299_709 % jitter_ms);
            let written = if is_arrival { left + there } else { left + there + took };
            told(left, left + there + took + back, (1_000 - written % 1_000) % 1_000)
        };
        let mut edge = Edge::first(sighting(0), second);
        (1..400).for_each(|step| edge.see(sighting(step), Duration::ZERO, second));
        (edge, Timestamp::from_secs(200))
    }

    #[test]
    fn long_answers_tell_an_edge_by_the_reading_that_varies_less() {
        for (jitter_ms, is_arrival) in
            [(5, true), (5, false), (50, true), (50, false), (190, true), (190, false)]
        {
            let (edge, now) = of_a_second(jitter_ms, is_arrival);
            let Edges { end, margin, .. } = edge.edges(Duration::from_secs(1), now);
            let true_end = Timestamp::from_secs(200 + u64::from(end > now.after(Duration::from_millis(500))));
            let off = distance(end, true_end);
            assert!(
                off < Duration::from_millis(60) && margin < Duration::from_millis(40),
                "{jitter_ms}: {edge:?}"
            );
            assert!(end.after(margin) >= true_end, "{jitter_ms}: it ends too early, {edge:?}");
            let (spread, jitter) = (
                edge.spread(Duration::from_secs(1)),
                Duration::from_millis(u64::from(is_arrival) * jitter_ms),
            );
            assert!(
                spread <= jitter && spread * 4 >= jitter * 3,
                "{jitter_ms}: {spread:?} is how far apart calls arrive, {edge:?}"
            );
            assert!(
                edge.misfit() <= READING_FITS,
                "{jitter_ms}: it varies by no more than the wire, {edge:?}"
            );
        }
    }

    #[test]
    fn answers_that_are_too_long_narrow_nothing() {
        let mut edge = Edge::first(told(0, 200, 30_000), MINUTE);
        let agreed = edge.agreed;
        see(&mut edge, told(1_000, 41_000, 29_000));
        assert_eq!((edge.agreed, edge.against), (agreed, 0));
        let far = told(0, 100, 30_000).arrival.after(MINUTE / 2 - Duration::from_millis(1));
        assert!(edge.arrival.misses(far, MINUTE) && !edge.arrival.misses(edge.arrival.first, MINUTE));
    }

    #[test]
    fn an_edge_that_contradicts_for_long_is_believed_anew() {
        let mut edge = Edge::first(told(0, 100, 10_000), MINUTE);
        for _ in 1..CONTRADICTIONS {
            see(&mut edge, told(0, 100, 50_000));
            assert_eq!(edge.interval(MINUTE).0, Timestamp::from_secs(10));
        }
        see(&mut edge, told(0, 100, 50_000));
        assert_eq!(edge.interval(MINUTE).0, Timestamp::from_secs(50));
    }

    #[test]
    fn an_edge_that_runs_ahead_with_every_call_is_found_out() {
        let mut edge = Edge::first(told(0, 500, 60_000), MINUTE);
        for step in 1..30 {
            see(&mut edge, told(step * 20, step * 20 + 500, 60_000));
        }
        assert!(edge.misfit() > 300, "{}", edge.misfit());
    }

    #[test]
    fn the_window_is_the_one_around_now() {
        let edge = Edge::first(told(0, 100, 30_000), MINUTE);
        let margin = Duration::from_millis(105);
        let at = Timestamp::from_secs;
        assert_eq!(edge.edges(MINUTE, at(1)), Edges { start: at(0), end: at(30), margin });
        assert_eq!(edge.edges(MINUTE, at(31)), Edges { start: at(30), end: at(90), margin });
        assert_eq!(Edge::first(told(0, 100, 59_000), MINUTE).edges(MINUTE, at(1)).end, at(59));
        let far = Edge::first(told(0, 100, 90_000), MINUTE);
        assert_eq!(far.edges(MINUTE, at(1)).end, at(30), "a counter's reset of two windows");
    }
}
