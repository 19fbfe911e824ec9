//! `Lane`: the calls that share all their limits, in practice those of one model, and what was learned of them.

mod sends;

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use self::sends::Sends;
use crate::comparison::{Comparison, Misses};
use crate::controller::concurrency::Concurrency;
use crate::controller::expectation::Expectation;
use crate::controller::probe::Probe;
use crate::controller::ratio::Ratio;
use crate::controller::stray::Stray;
use crate::cost::packed::Packed;
use crate::notes::noted;
use crate::{Band, Compared, Cost, Dimension, LaneStatus, LearnedLane, Timestamp, Usage};

/// How far back sends are remembered.
const REMEMBERED: Duration = Duration::from_secs(1);
/// Two refusals that no header explains, so close to one another, are a pattern; one alone may be noise.
const PATTERN: Duration = Duration::from_secs(60);
/// First and longest pause after a refusal that says nothing of how long to wait.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(16);

/// A lane's handle: what a request's model and endpoint were resolved to, once. See [`Engine::lane`](crate::Engine::lane).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneId {
    pub(crate) place: u32,
    /// Which way of telling lanes apart it belongs to; a handle of an earlier one is looked up anew.
    pub(crate) era: u32,
}

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) model: String,
    pub(crate) endpoint: String,
    /// The limits that its calls meet, by their place in the engine; those of tenants apart.
    pub(crate) wards: Vec<usize>,
    /// Whether all of them are plain, and how often limits had changed when that was found out.
    pub(crate) plain: Option<(u64, bool)>,
    /// Whether calls of other lanes meet one of its limits too.
    pub(crate) is_shared: bool,
    /// Its calls that wait, by band.
    pub(crate) waiting: [u32; Band::COUNT],
    pub(crate) probe: Probe,
    pub(crate) expectation: Expectation,
    pub(crate) ratio: Ratio,
    pub(crate) concurrency: Concurrency,
    /// By how much the estimates of input and output miss.
    pub(crate) misses: [Misses; 2],
    /// Nothing goes before this instant: the provider refused without naming a limit.
    pub(crate) hold: Option<Timestamp>,
    /// When the present run of refusals last grew.
    refused_at: Option<Timestamp>,
    /// How many runs of refusals followed one another without an answer in between.
    refusals: u32,
    /// When a refusal was last not explained by any header.
    unexplained_at: Option<Timestamp>,
    /// Whether a refusal stands alone or is a sign.
    pub(crate) stray: Stray,
    /// Whether its sends are of use to anybody: to learning, or to the store of shared limits.
    pub(crate) remembers: bool,
    sends: Sends,
}

noted!(Lane {
    model, endpoint, probe, expectation, ratio, concurrency, misses, hold, refused_at, refusals, unexplained_at, stray,
    remembers, sends
} without { wards, plain, is_shared, waiting });

impl Lane {
    pub(crate) fn new(model: &str, endpoint: &str, probe: Probe) -> Self {
        Self {
            model: String::from(model),
            endpoint: String::from(endpoint),
            wards: Vec::new(),
            plain: None,
            is_shared: false,
            waiting: [0; Band::COUNT],
            probe,
            expectation: Expectation::default(),
            ratio: Ratio::default(),
            concurrency: Concurrency::default(),
            misses: [Misses::default(); 2],
            hold: None,
            refused_at: None,
            refusals: 0,
            unexplained_at: None,
            stray: Stray::default(),
            remembers: true,
            sends: Sends::default(),
        }
    }

    /// What was learned of the lane's calls.
    pub(crate) fn learned(&self) -> LearnedLane {
        let (input_bytes, input_tokens) = self.ratio.learned();
        LearnedLane {
            model: self.model.clone(),
            endpoint: self.endpoint.clone(),
            burst: self.probe.proven(),
            outputs: self.expectation.seen(),
            input_bytes,
            input_tokens,
            concurrency: self.concurrency.limit().map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
            ..LearnedLane::default()
        }
    }

    /// Starts from what was learned before.
    pub(crate) fn restore(&mut self, learned: &LearnedLane) {
        self.probe.restore(learned.burst);
        learned.outputs.iter().for_each(|tokens| self.expectation.record(*tokens));
        self.ratio = Ratio::restored(learned.input_bytes, learned.input_tokens);
    }

    /// A call of this estimate ended with this usage, of which the input was told or not: later estimates follow.
    #[inline(always)]
    pub(crate) fn compare(&mut self, estimate: &Packed, usage: &Usage, is_input_told: bool) -> Comparison {
        self.expectation.record(usage.output_tokens);
        let compared = |dimension, used| {
            let estimated = estimate.get(dimension);
            (estimated > 0).then_some(Compared { estimated, used })
        };
        let input = compared(Dimension::InputTokens, usage.input_tokens).filter(|_| is_input_told);
        if let Some(input) = input.filter(|input| input.used > 0 && estimate.is_text()) {
            let (bytes, tokens) = estimate.text_in(input.used);
            self.ratio.record(bytes, tokens);
        }
        let output = compared(Dimension::OutputTokens, usage.output_tokens);
        let [inputs, outputs] = &mut self.misses;
        if let Some(input) = input {
            inputs.record(input);
        }
        if let Some(output) = output {
            outputs.record(output);
        }
        Comparison { input, output }
    }

    /// What people see of it; `None` while nothing was learned.
    pub(crate) fn status(&self) -> Option<LaneStatus> {
        let [input, output] = &self.misses;
        let status = LaneStatus {
            lane: self.model.clone(),
            endpoint: self.endpoint.clone(),
            tokens_per_kilobyte: self.ratio.tokens(1_000),
            input_error_permille: input.permille(),
            output_error_permille: output.permille(),
        };
        let learned = [status.tokens_per_kilobyte, status.input_error_permille, status.output_error_permille];
        learned.iter().any(Option::is_some).then_some(status)
    }

    /// A call begins to wait; says whether none did before.
    pub(crate) fn joined(&mut self, band: Band) -> bool {
        let none = self.waiting == [0; Band::COUNT];
        if let Some(waiting) = self.waiting.get_mut(band as usize) {
            *waiting = waiting.saturating_add(1);
        }
        none
    }

    /// A call waits no longer; says whether none does now.
    pub(crate) fn left(&mut self, band: Band) -> bool {
        if let Some(waiting) = self.waiting.get_mut(band as usize) {
            *waiting = waiting.saturating_sub(1);
        }
        self.waiting == [0; Band::COUNT]
    }

    /// A call goes at `at`.
    #[inline]
    pub(crate) fn granted(&mut self, cost: &Cost, at: Timestamp) {
        self.probe.granted(at);
        self.stray.sent(at);
        if self.remembers {
            self.forget(at);
            self.sends.push(cost, at);
        }
    }

    /// Forgets what was sent too long ago to matter.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.sends.forget(REMEMBERED, now);
    }

    /// What the calls of the last `span` cost in a dimension.
    pub(crate) fn sent_within(&self, span: Duration, dimension: Dimension, now: Timestamp) -> u64 {
        self.sends.within(span, dimension, now)
    }

    /// The first instant, not before `from`, at which the lane itself lets a call go.
    #[inline]
    pub(crate) fn ready(&self, from: Timestamp) -> Timestamp {
        self.probe.ready(self.hold.map_or(from, |hold| from.max(hold)))
    }

    /// The same, had another call gone at `at` before.
    pub(crate) fn ready_behind(&self, at: Timestamp, from: Timestamp) -> Timestamp {
        let mut probe = self.probe.clone();
        probe.granted(at);
        probe.ready(self.hold.map_or(from, |hold| from.max(hold)))
    }

    /// An answer came to a call granted at `granted`: the run of refusals is over.
    pub(crate) fn answered(&mut self, granted: Timestamp) {
        self.stray.answered();
        if self.refused_at.is_none_or(|refused| granted > refused) {
            self.refusals = 0;
            self.probe.answered();
        }
    }

    /// A call granted at `granted` was refused; says whether this begins a new run. Refusals of calls that were
    /// already under way at the last one tell nothing new.
    pub(crate) fn refused(&mut self, granted: Timestamp, now: Timestamp) -> bool {
        if self.refused_at.is_some_and(|refused| granted <= refused) {
            return false;
        }
        self.refused_at = Some(now);
        self.refusals = self.refusals.saturating_add(1);
        self.probe.refused(now.since(granted));
        true
    }

    /// A call was refused, and nothing says why or for how long; says whether that is a stray refusal, which concerns
    /// nobody else.
    pub(crate) fn is_stray(&mut self, now: Timestamp) -> bool {
        let recent = self.sent_within(REMEMBERED, Dimension::Requests, now);
        self.stray.refused(recent)
    }

    /// A refusal was not explained by any header; says whether it belongs to a pattern.
    pub(crate) fn unexplained(&mut self, now: Timestamp) -> bool {
        self.unexplained_at.replace(now).is_some_and(|before| now.since(before) <= PATTERN)
    }

    /// How long to pause where the refusal did not say: half a second, doubled by each further run.
    pub(crate) fn pause(&self) -> Duration {
        let doublings = self.refusals.saturating_sub(1).min(10);
        PAUSE_FIRST.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(PAUSE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_one_burst_count_as_one() {
        let mut lane = Lane::new("m", "", Probe::cold());
        assert!(lane.refused(Timestamp::from_secs(1), Timestamp::from_secs(2)));
        assert!(!lane.refused(Timestamp::from_secs(1), Timestamp::from_secs(3)));
        assert_eq!(lane.pause(), PAUSE_FIRST);
        assert!(lane.refused(Timestamp::from_secs(4), Timestamp::from_secs(5)));
        assert_eq!(lane.pause(), Duration::from_secs(1));
        lane.answered(Timestamp::from_secs(6));
        assert!(lane.refused(Timestamp::from_secs(8), Timestamp::from_secs(9)));
        assert_eq!(lane.pause(), PAUSE_FIRST);
    }

    #[test]
    fn one_unexplained_refusal_alone_is_noise() {
        let mut lane = Lane::new("m", "", Probe::cold());
        assert!(!lane.unexplained(Timestamp::from_secs(1)));
        assert!(lane.unexplained(Timestamp::from_secs(30)));
        assert!(!lane.unexplained(Timestamp::from_secs(100)));
    }

    #[test]
    fn only_the_last_second_of_sends_is_kept() {
        let mut lane = Lane::new("m", "", Probe::open());
        for tenth in 0..30 {
            lane.granted(&Cost::requests(1), Timestamp::from_millis(tenth * 100));
        }
        let now = Timestamp::from_millis(2_900);
        assert_eq!(lane.sent_within(Duration::from_millis(250), Dimension::Requests, now), 3);
        assert!(lane.sent_within(Duration::from_secs(60), Dimension::Requests, now) <= 12);
    }
}
