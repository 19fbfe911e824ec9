//! `State`: everything about the emulated provider that changes.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tidegate_core::Timestamp;

use crate::arrivals::Arrivals;
use crate::batches::Batches;
use crate::config::{EmulatorConfig, LimitChange};
use crate::demand::Demand;
use crate::foreign::Foreign;
use crate::limits::Limits;
use crate::meters::{Meters, Reading};
use crate::pending::{Completion, Pending};
use crate::rng::Rng;
use crate::shelf::Shelf;
use crate::stats::{LimitUse, Stats};
use crate::wall::{MINUTE, WallTime};

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) meters: Meters,
    pub(crate) arrivals: Arrivals,
    pub(crate) batches: Batches,
    pub(crate) counts: Stats,
    /// The last requests, if they are kept.
    pub(crate) recorded: VecDeque<Request<Bytes>>,
    /// What the provider stores for its callers.
    pub(crate) shelf: Shelf,
    /// For what may differ between two equal calls: faults and latency.
    pub(crate) rng: Rng,
    /// How many calls there were.
    pub(crate) sequence: u64,
    pending: Pending,
    foreign: Foreign,
    /// What one call of others takes.
    foreign_demand: Demand,
    change: Option<LimitChange>,
    /// The model that was last asked for: others ask for it too.
    lane: String,
    /// The emulator's beginning, on both scales.
    start: Timestamp,
    origin: WallTime,
    /// The latest instant that was told.
    latest: WallTime,
}

impl State {
    pub(crate) fn new(config: &EmulatorConfig) -> Self {
        let origin = config.wall_origin.unwrap_or(WallTime::DEFAULT_ORIGIN);
        Self {
            meters: Meters::new(config),
            arrivals: Arrivals::default(),
            batches: Batches::default(),
            counts: Stats::new(),
            recorded: VecDeque::new(),
            shelf: Shelf::default(),
            rng: Rng::new(config.seed),
            sequence: 0,
            pending: Pending::default(),
            foreign: Foreign::new(config.foreign_percent, requests_of(config), config.seed, origin),
            foreign_demand: foreign_demand(config),
            change: config.change,
            lane: String::new(),
            start: Timestamp::ZERO,
            origin,
            latest: origin,
        }
    }

    /// Keeps a request as it came.
    pub(crate) fn record(&mut self, request: &Request<Bytes>) {
        const RECORDED_MAX: usize = 1_000;
        if self.recorded.len() == RECORDED_MAX {
            self.recorded.pop_front();
        }
        self.recorded.push_back(request.clone());
    }

    /// See [`crate::Emulator::anchor`].
    pub(crate) fn anchor(&mut self, now: Timestamp, wall: WallTime, given: Option<WallTime>) {
        self.start = now;
        self.origin = given.unwrap_or(wall);
        self.latest = self.origin;
        self.foreign.begin(self.origin);
    }

    /// Moves to `now`, lets happen what falls due by then, and tells the civil time.
    pub(crate) fn advance(&mut self, now: Timestamp) -> WallTime {
        self.latest = self.latest.max(self.origin.after(now.since(self.start)));
        if let Some((at, limits)) = self.change_due() {
            self.change = None;
            self.complete(at);
            self.meters.change(&limits, at);
        }
        while let Some(at) = self.foreign.pop_due(self.latest) {
            self.complete(at);
            // What does not fit is refused, and those others do not come back.
            if self.meters.admit(&self.lane, &self.foreign_demand, at).is_ok() {
                self.counts.foreign += 1;
            }
        }
        self.complete(self.latest);
        self.latest
    }

    /// The change of limits that has come by now, with its instant.
    fn change_due(&self) -> Option<(WallTime, Limits)> {
        let (change, first) = (self.change?, self.counts.first_arrival_ms?);
        let at = self.origin.after(Duration::from_millis(first)).after(change.after);
        (at <= self.latest).then_some((at, change.limits))
    }

    /// Charges every answer that is complete by `until`.
    fn complete(&mut self, until: WallTime) {
        while let Some((at, completion)) = self.pending.pop_due(until) {
            self.charge(&completion.lane, &completion.demand, at);
        }
    }

    /// A call for this model came: others ask for it too.
    pub(crate) fn asked_for(&mut self, lane: &str) {
        if self.lane != lane {
            lane.clone_into(&mut self.lane);
        }
    }

    /// The levels of a lane's limits as they will be at `now`, if nothing arrives until then. Changes nothing: asking
    /// about a later instant must not move the emulator's time there.
    pub(crate) fn foresee(&self, lane: &str, now: Timestamp) -> (WallTime, Vec<Reading>) {
        let at = self.latest.max(self.origin.after(now.since(self.start)));
        let mut meters = self.meters.clone();
        for (due, completion) in self.pending.due_by(at) {
            meters.charge(&completion.lane, &completion.demand, due);
        }
        (at, meters.levels(lane, at))
    }

    /// How many answers are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.pending.len()
    }

    /// Notes what falls due when an answer is complete.
    pub(crate) fn charge_later(&mut self, at: WallTime, lane: &str, demand: Demand) {
        self.pending.push(at, self.sequence, Completion { lane: lane.to_owned(), demand });
    }

    /// Charges what fits or not.
    pub(crate) fn charge(&mut self, lane: &str, demand: &Demand, at: WallTime) {
        self.meters.charge(lane, demand, at);
        self.counts.charged.add(demand);
    }

    /// Milliseconds from the beginning to `at`.
    pub(crate) fn millis(&self, at: WallTime) -> u64 {
        u64::try_from(at.since(self.origin).as_millis()).unwrap_or(u64::MAX)
    }

    /// The civil time of the beginning.
    pub(crate) const fn origin(&self) -> WallTime {
        self.origin
    }

    /// See [`crate::Emulator::stats`].
    pub(crate) fn stats(&mut self, now: Timestamp) -> Stats {
        let at = self.advance(now);
        let limits = self.meters.all(at).into_iter().map(|(scope, (dimension, level))| LimitUse {
            dimension: dimension.name(),
            scope,
            window_s: MINUTE / 1_000_000_000,
            limit: level.limit,
            used: level.used,
        });
        Stats { limits: limits.collect(), in_flight: self.pending.len(), ..self.counts.clone() }
    }
}

/// What one call of others takes: one request, and as many tokens as use both limits up together.
fn foreign_demand(config: &EmulatorConfig) -> Demand {
    let limits = config.effective_limits();
    let each = |tokens: Option<u64>| {
        tokens.and_then(|tokens| tokens.checked_div(requests_of(config))).map(|tokens| tokens.max(1))
    };
    Demand {
        requests: 1,
        input: each(limits.input_tokens),
        output: each(limits.output_tokens),
        total: each(limits.total_tokens),
        back: 0,
    }
}

fn requests_of(config: &EmulatorConfig) -> u64 {
    config.effective_limits().requests.unwrap_or(0)
}
