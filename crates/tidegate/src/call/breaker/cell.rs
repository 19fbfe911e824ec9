//! `Cell`: the circuit of one scope: closed, open until an instant, or half open while one call probes.

use std::time::Duration;

use tidegate_core::{Class, Timestamp};

use super::recent::Recent;
use super::{BreakerPolicy, Trip};
use crate::call::Outcome;

/// How soon to look again while a probe is under way: its answer may come at any moment.
const PROBE_RECHECK: Duration = Duration::from_secs(1);

/// One circuit.
#[derive(Debug)]
pub(super) struct Cell {
    phase: Phase,
    recent: Recent,
    /// How long it stays open the next time.
    pause: Duration,
    /// Which narrower scope failed first, and whether another one did as well: only then is it this scope that
    /// fails. The narrowest scope needs no such proof.
    first_failed: Option<String>,
    spread: bool,
    /// When it last failed.
    pub(super) touched: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: Timestamp, why: Trip },
    Probing { why: Trip },
}

/// What an outcome says of the scope that the call went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It works, whatever it thought of this call.
    Alive,
    /// It failed; another call may fare better.
    Failed,
    /// It refuses for a reason that no retry can fix.
    Permanent,
    /// It has no capacity, for which the engine pauses: neither.
    Busy,
}

impl Sign {
    pub(super) const fn of(class: Class) -> Self {
        match class {
            Class::ServerError | Class::Timeout => Self::Failed,
            Class::Auth | Class::QuotaExhausted => Self::Permanent,
            Class::Overloaded => Self::Busy,
            _ => Self::Alive,
        }
    }
}

impl Cell {
    pub(super) fn new(policy: &BreakerPolicy, now: Timestamp) -> Self {
        let (phase, recent, pause) = (Phase::Closed, Recent::default(), policy.open_first);
        Self { phase, recent, pause, first_failed: None, spread: false, touched: now }
    }

    /// Until when, and why, no call goes; `None` when one may.
    pub(super) fn stops(&self, now: Timestamp) -> Option<(Timestamp, Trip)> {
        match self.phase {
            Phase::Open { until, why } if now < until => Some((until, why)),
            Phase::Probing { why } => Some((now.after(PROBE_RECHECK), why)),
            Phase::Closed | Phase::Open { .. } => None,
        }
    }

    /// Why it is open and when its next probe may go; `None` when it is closed.
    pub(super) const fn trip(&self) -> Option<(Trip, Option<Timestamp>)> {
        match self.phase {
            Phase::Closed => None,
            Phase::Open { until, why } => Some((why, Some(until))),
            Phase::Probing { why } => Some((why, None)),
        }
    }

    /// A call that is not stopped goes; says whether it is the probe.
    pub(super) fn pass(&mut self) -> bool {
        if let Phase::Open { why, .. } = self.phase {
            self.phase = Phase::Probing { why };
        }
        matches!(self.phase, Phase::Probing { .. })
    }

    /// The probe went away without an answer: the next call may probe.
    pub(super) fn give_back(&mut self, now: Timestamp) {
        if let Phase::Probing { why } = self.phase {
            self.phase = Phase::Open { until: now, why };
        }
    }

    /// The probe was answered; says whether the circuit is closed by it.
    pub(super) fn probed(&mut self, policy: &BreakerPolicy, outcome: &Outcome, now: Timestamp) -> bool {
        if Sign::of(outcome.class) == Sign::Alive {
            *self = Self::new(policy, now);
            return true;
        }
        let why = match (self.phase, Sign::of(outcome.class)) {
            (Phase::Probing { why }, Sign::Failed | Sign::Busy) => why,
            _ => Trip::Permanent(outcome.class),
        };
        self.open(policy, why, outcome.retry_after, now);
        false
    }

    /// A call that was no probe ended well. Of a circuit that is open it tells nothing: the call left before.
    pub(super) fn well(&mut self, policy: &BreakerPolicy, now: Timestamp) {
        self.recent.record(false, policy.window, now);
    }

    /// A call that was no probe failed; says whether the circuit opens. `within` is the narrower scope that it
    /// went to: `None` where this scope as a whole is known to fail, or has none narrower.
    pub(super) fn failed(
        &mut self,
        policy: &BreakerPolicy,
        outcome: &Outcome,
        within: Option<&str>,
        now: Timestamp,
    ) -> bool {
        self.touched = now;
        self.recent.record(true, policy.window, now);
        match (within, &self.first_failed) {
            (None, _) => self.spread = true,
            (Some(within), None) => self.first_failed = Some(within.to_owned()),
            (Some(within), Some(first)) => self.spread |= within != first,
        }
        let (failed, calls) = self.recent.failed_of(policy.window, now);
        let share = u64::from(failed).saturating_mul(1_000);
        let high = share >= u64::from(calls).saturating_mul(u64::from(policy.failed_permille_min));
        if self.phase != Phase::Closed || !self.spread || calls < policy.calls_min || !high {
            return false;
        }
        let why = Trip::Failing { class: outcome.class, failed, calls };
        self.open(policy, why, outcome.retry_after, now);
        true
    }

    /// A call that was no probe was refused for good; says whether the circuit opens.
    pub(super) fn refused(&mut self, policy: &BreakerPolicy, outcome: &Outcome, now: Timestamp) -> bool {
        self.touched = now;
        let opens = self.phase == Phase::Closed;
        if opens {
            self.open(policy, Trip::Permanent(outcome.class), outcome.retry_after, now);
        }
        opens
    }

    /// Whether nothing would be lost by forgetting it.
    pub(super) fn is_idle(&self, policy: &BreakerPolicy, now: Timestamp) -> bool {
        self.phase == Phase::Closed && self.recent.failed_of(policy.window, now).0 == 0
    }

    fn open(&mut self, policy: &BreakerPolicy, why: Trip, asked: Option<Duration>, now: Timestamp) {
        // A provider that names a time knows better, up to the longest that makes sense.
        let pause = asked.map_or(self.pause, |asked| asked.max(self.pause).min(policy.open_max));
        self.phase = Phase::Open { until: now.after(pause), why };
        self.pause = self.pause.saturating_mul(2).min(policy.open_max);
        self.touched = now;
    }
}
