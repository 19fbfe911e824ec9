//! `Probe`: finds how much a provider takes at once, by one, two, four ... calls a round trip.
//!
//! A round ends when one of its calls is answered, or when a refusal would long be back: providers refuse at once,
//! so a silent quarter of a second is an acceptance even when the answer itself takes a minute. Inside a round the
//! calls go out apart from one another, so that a refusal of the first is back before the rest has left.

use core::time::Duration;

use crate::Timestamp;

/// How long the first call of all may stay alone: nothing is known then, and most answers are back within this.
const FIRST_ROUND: Duration = Duration::from_secs(2);
/// The longest and shortest later round: in between, the quickest answer seen.
const ROUND_MAX: Duration = Duration::from_millis(250);
const ROUND_MIN: Duration = Duration::from_millis(10);
/// The least distance between two calls of a round; with it a refusal that takes a few milliseconds stops the rest.
const SPACING: Duration = Duration::from_micros(2_500);
/// The distance between the first four calls after a refusal.
const SPACING_AFTER_REFUSAL: Duration = Duration::from_millis(25);
/// A round this large that was accepted proves the burst: the limits themselves pace from then on.
const PROVEN: u32 = 1_024;
/// So many answers without a refusal prove it too: calls that take long to be answered, or come slowly, never fill
/// a large round.
const PROVEN_ANSWERS: u32 = 512;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    /// How many calls this round may send.
    allowance: u32,
    /// How many it has sent.
    sent: u32,
    /// When the round's first call went.
    began: Timestamp,
    last: Timestamp,
    round: Duration,
    refused: bool,
    /// How many answers came since the last refusal.
    answers: u32,
    open: bool,
    /// The largest round that was accepted since the last refusal, in this life or an earlier one.
    proven: u32,
}

impl Probe {
    /// A probe that knows nothing.
    pub(crate) fn cold() -> Self {
        Self {
            allowance: 1,
            sent: 0,
            began: Timestamp::ZERO,
            last: Timestamp::ZERO,
            round: FIRST_ROUND,
            refused: false,
            answers: 0,
            open: false,
            proven: 0,
        }
    }

    /// The largest round that was accepted.
    pub(crate) fn proven(&self) -> u32 {
        if self.open { PROVEN } else { self.proven }
    }

    /// An earlier engine saw a round of this size accepted: the second round may be as large.
    pub(crate) fn restore(&mut self, proven: u32) {
        self.proven = proven.min(PROVEN);
    }

    /// A probe that is over: for engines that do not learn.
    pub(crate) fn open() -> Self {
        Self { open: true, ..Self::cold() }
    }

    /// The first instant, not before `from`, at which one more call may go.
    pub(crate) fn ready(&self, from: Timestamp) -> Timestamp {
        if self.open || self.sent == 0 {
            return from;
        }
        let next =
            if self.sent < self.allowance { self.last.after(self.spacing()) } else { self.round_end() };
        from.max(next)
    }

    /// A call goes at `at`.
    pub(crate) fn granted(&mut self, at: Timestamp) {
        if self.open {
            return;
        }
        if self.sent >= self.allowance {
            self.next_round();
        }
        if self.sent == 0 {
            self.began = at;
        }
        self.sent = self.sent.saturating_add(1);
        self.last = self.last.max(at);
    }

    /// An answer came to a call that had been granted at `granted`.
    pub(crate) fn answered(&mut self, granted: Timestamp, now: Timestamp) {
        let took = now.since(granted).clamp(ROUND_MIN, ROUND_MAX);
        self.round = self.round.min(took);
        self.answers = self.answers.saturating_add(1);
        self.open = self.open || self.answers >= PROVEN_ANSWERS;
        if !self.open && self.sent > 0 && granted >= self.began {
            self.next_round();
        }
    }

    /// A call was refused: begin again with one.
    pub(crate) fn refused(&mut self) {
        *self = Self { round: self.round.min(ROUND_MAX), last: self.last, refused: true, ..Self::cold() };
    }

    fn next_round(&mut self) {
        // A round that was not used up proves nothing about a larger one.
        if self.sent >= self.allowance {
            self.proven = self.proven.max(self.allowance);
            self.allowance = self.allowance.saturating_mul(2).max(self.proven);
        }
        self.sent = 0;
        if self.allowance >= PROVEN {
            self.open = true;
        }
    }

    fn round_end(&self) -> Timestamp {
        self.began.after(self.round).max(self.last)
    }

    fn spacing(&self) -> Duration {
        if self.refused && self.allowance <= 4 {
            return SPACING_AFTER_REFUSAL;
        }
        let share = self.round.checked_div(self.allowance.saturating_mul(2)).unwrap_or(SPACING);
        share.clamp(SPACING, SPACING_AFTER_REFUSAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as fast as the probe allows for `span`, without any answer.
    fn silent_sends(probe: &mut Probe, span: Duration) -> u32 {
        let mut now = Timestamp::from_secs(1);
        let end = now.after(span);
        let mut count = 0;
        loop {
            now = probe.ready(now);
            if now > end || probe.open {
                return count;
            }
            probe.granted(now);
            count += 1;
        }
    }

    #[test]
    fn the_first_call_stays_alone_until_its_answer_comes() {
        let mut probe = Probe::cold();
        let start = Timestamp::from_secs(1);
        probe.granted(start);
        assert_eq!(probe.ready(start), start.after(FIRST_ROUND));
        probe.answered(start, start.after(Duration::from_millis(40)));
        assert_eq!(probe.ready(start), start);
    }

    #[test]
    fn rounds_double_even_when_answers_take_long() {
        let mut probe = Probe::cold();
        probe.granted(Timestamp::ZERO);
        probe.answered(Timestamp::ZERO, Timestamp::from_millis(500));
        let sent = silent_sends(&mut probe, Duration::from_secs(2));
        assert!((200..600).contains(&sent), "{sent}");
    }

    #[test]
    fn many_answers_prove_the_burst_where_rounds_stay_small() {
        let mut probe = Probe::cold();
        let mut now = Timestamp::ZERO;
        for _ in 0..PROVEN_ANSWERS {
            assert!(!probe.open);
            now = probe.ready(now);
            probe.granted(now);
            let granted = now;
            now = now.after(Duration::from_millis(2));
            probe.answered(granted, now);
        }
        assert!(probe.open);
    }

    #[test]
    fn a_refusal_begins_again_with_one() {
        let mut probe = Probe::cold();
        probe.granted(Timestamp::ZERO);
        probe.answered(Timestamp::ZERO, Timestamp::from_millis(20));
        silent_sends(&mut probe, Duration::from_secs(20));
        assert!(probe.open);
        probe.refused();
        assert!(!probe.open);
        let now = Timestamp::from_secs(60);
        probe.granted(now);
        assert!(probe.ready(now) > now);
    }

    #[test]
    fn an_answer_to_an_older_round_does_not_end_this_one() {
        let mut probe = Probe::cold();
        probe.granted(Timestamp::ZERO);
        probe.answered(Timestamp::ZERO, Timestamp::from_millis(100));
        probe.granted(Timestamp::from_millis(100));
        probe.granted(Timestamp::from_millis(125));
        probe.answered(Timestamp::ZERO, Timestamp::from_millis(130));
        assert_eq!((probe.allowance, probe.sent), (2, 2));
    }
}
