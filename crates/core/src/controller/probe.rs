//! `Probe`: finds how much a provider takes at once, by letting calls go a little apart from one another.
//!
//! The first call of a run goes alone until its answer comes. Then the others follow, ten milliseconds apart and ever
//! closer: a refusal takes one round trip, so a call too many is known before many more have left. While nothing is
//! answered yet, silence stands for an answer: a provider refuses at once, but answers only after the model has
//! spoken; so one, two, four calls go, a quiet moment apart. A refusal begins a new run.

use core::time::Duration;

use crate::Timestamp;
use crate::notes::noted;

/// How long the first call of all stays alone at most: a refusal would be back, and many answers are.
const FIRST_QUIET: Duration = Duration::from_millis(700);
/// The longest and the shortest quiet moment later: in between, twice the quickest refusal.
const QUIET_MAX: Duration = Duration::from_millis(250);
const QUIET_MIN: Duration = Duration::from_millis(20);
/// The distance between two calls at the beginning of a run; it is halved after every [`STEP`] of them.
const SPACING: Duration = Duration::from_millis(10);
/// How many calls go at one distance: as many as could be refused at once where the wire is slow, and still be few.
const STEP: u32 = 16;
/// The distance between the first four calls after a refusal.
const SPACING_AFTER_REFUSAL: Duration = Duration::from_millis(25);
/// How many calls a round may have while nothing was answered yet, and how far they come closer.
const UNSEEN_MAX: u32 = 32;
/// After so many calls without a refusal the limits themselves pace.
const PROVEN: u32 = 160;

/// After a pause as long as this so many calls go apart again: the limit may not be whole, as was thought.
const PAUSE: Duration = Duration::from_secs(1);
const RESUMED: u32 = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    /// How many calls have gone since the last refusal.
    run: u32,
    /// Whether one of them was answered.
    answered: bool,
    /// While none was: how many calls this round may send, how many it has sent, and when it began.
    allowance: u32,
    sent: u32,
    began: Timestamp,
    quiet: Duration,
    last: Timestamp,
    refused: bool,
    open: bool,
    /// How many calls went without a refusal, in this life or an earlier one.
    proven: u32,
    /// How many calls have gone since the last pause.
    resumed: u32,
}

noted!(Probe { run, answered, allowance, sent, began, quiet, last, refused, open, proven, resumed });

impl Probe {
    /// A probe that knows nothing.
    pub(crate) fn cold() -> Self {
        Self {
            run: 0,
            answered: false,
            allowance: 1,
            sent: 0,
            began: Timestamp::ZERO,
            quiet: FIRST_QUIET,
            last: Timestamp::ZERO,
            refused: false,
            open: false,
            proven: 0,
            resumed: RESUMED,
        }
    }

    /// A probe that is over: for engines that do not learn.
    pub(crate) fn open() -> Self {
        Self { open: true, ..Self::cold() }
    }

    /// How many calls went without a refusal.
    pub(crate) fn proven(&self) -> u32 {
        self.proven.max(self.run).min(PROVEN)
    }

    /// An earlier engine saw so many calls go without a refusal.
    pub(crate) fn restore(&mut self, proven: u32) {
        self.proven = proven.min(PROVEN);
    }

    /// The first instant, not before `from`, at which one more call may go.
    #[inline]
    pub(crate) fn ready(&self, from: Timestamp) -> Timestamp {
        if self.open || self.run == 0 {
            return from;
        }
        let apart = self.last.after(self.spacing());
        let is_over = !self.answered && self.sent >= self.allowance;
        // A round may take longer than its quiet moment; the next one keeps its distance all the same.
        let next = if is_over { apart.max(self.began.after(self.quiet)) } else { apart };
        from.max(next)
    }

    /// A call goes at `at`.
    #[inline]
    pub(crate) fn granted(&mut self, at: Timestamp) {
        if !self.open {
            self.count(at);
        }
    }

    fn count(&mut self, at: Timestamp) {
        if !self.answered && self.sent >= self.allowance {
            self.allowance = self.allowance.saturating_mul(2).min(UNSEEN_MAX);
            self.sent = 0;
            self.quiet = self.quiet.min(QUIET_MAX);
        }
        if self.sent == 0 {
            self.began = at;
        }
        let paused = at.since(self.last) >= PAUSE;
        self.resumed = if paused { 1 } else { self.resumed.saturating_add(1).min(RESUMED) };
        self.sent = self.sent.saturating_add(1);
        self.run = self.run.saturating_add(1);
        self.last = self.last.max(at);
    }

    /// An answer came to a call of the present run.
    pub(crate) fn answered(&mut self) {
        if !self.answered {
            self.answered = true;
            // What an earlier engine has proven need not be found again.
            self.run = self.run.max(self.proven);
        }
    }

    /// A call was refused, a round trip after it had gone: begin again with one.
    pub(crate) fn refused(&mut self, trip: Duration) {
        let quiet = self.quiet.min(trip.saturating_mul(2)).clamp(QUIET_MIN, QUIET_MAX);
        *self = Self { quiet, last: self.last, refused: true, ..Self::cold() };
    }

    fn spacing(&self) -> Duration {
        if self.refused && self.run <= 4 {
            return SPACING_AFTER_REFUSAL;
        }
        if self.resumed < RESUMED {
            return SPACING;
        }
        if self.answered && self.run >= PROVEN {
            return Duration::ZERO;
        }
        // Where nothing was answered yet, no limit is known that would stop a run that is too fast.
        let run = if self.answered { self.run } else { self.run.min(UNSEEN_MAX) };
        let halvings = run.checked_div(STEP).unwrap_or(0);
        SPACING.checked_div(1_u32.checked_shl(halvings).unwrap_or(u32::MAX)).unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many calls go within `span` as fast as the probe allows, without any answer.
    fn sends(probe: &mut Probe, span: Duration) -> u32 {
        let mut now = Timestamp::from_secs(10);
        let end = now.after(span);
        for count in 0..10_000 {
            now = probe.ready(now);
            if now > end {
                return count;
            }
            probe.granted(now);
        }
        10_000
    }

    #[test]
    fn the_first_call_stays_alone_until_its_answer_comes() {
        let mut probe = Probe::cold();
        let start = Timestamp::from_secs(1);
        probe.granted(start);
        assert_eq!(probe.ready(start), start.after(FIRST_QUIET));
        probe.answered();
        assert_eq!(probe.ready(start), start.after(SPACING));
    }

    #[test]
    fn silence_stands_for_an_answer_and_doubles_what_goes() {
        let mut probe = Probe::cold();
        assert_eq!(sends(&mut probe, Duration::from_millis(699)), 1);
        let gone = sends(&mut Probe::cold(), Duration::from_secs(2));
        assert!((32..128).contains(&gone), "{gone}");
    }

    #[test]
    fn calls_follow_ever_closer() {
        let mut probe = Probe::cold();
        probe.granted(Timestamp::ZERO);
        probe.answered();
        let gone = sends(&mut probe, Duration::from_millis(200));
        assert!((20..30).contains(&gone), "{gone}");
        assert_eq!(sends(&mut probe, Duration::from_secs(1)), 10_000, "then the limits pace");
    }

    #[test]
    fn a_refusal_begins_again_with_one() {
        let mut probe = Probe::cold();
        probe.granted(Timestamp::ZERO);
        probe.answered();
        sends(&mut probe, Duration::from_secs(1));
        probe.refused(Duration::from_millis(30));
        let now = Timestamp::from_secs(60);
        probe.granted(now);
        assert_eq!(probe.ready(now), now.after(Duration::from_millis(60)));
        probe.answered();
        assert_eq!(probe.ready(now), now.after(SPACING_AFTER_REFUSAL));
    }

    #[test]
    fn what_an_earlier_engine_has_proven_needs_one_answer() {
        let mut probe = Probe::cold();
        probe.restore(10_000);
        probe.granted(Timestamp::ZERO);
        assert!(probe.ready(Timestamp::ZERO) > Timestamp::ZERO);
        probe.answered();
        assert_eq!(probe.ready(Timestamp::ZERO), Timestamp::ZERO);
        assert_eq!(probe.proven(), PROVEN);
    }
}
