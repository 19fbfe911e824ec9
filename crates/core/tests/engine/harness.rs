//! The harness: one engine, one clock that only the test moves, and what became of every call.

use std::collections::BTreeMap;
use std::time::Duration;

use tidegate_core::{
    Calendar, Cost, Decision, Effect, Engine, EngineConfig, Feedback, Learning, Limit, Rejection, Request,
    ReservationId, Timestamp, Usage,
};

/// An engine with its clock and the calls that were asked of it.
pub(crate) struct Account {
    pub(crate) engine: Engine,
    pub(crate) now: Timestamp,
    /// How long a minute of the calendar lasts; its other windows are as many of them as ever.
    minute: Duration,
    granted: BTreeMap<ReservationId, Timestamp>,
    refused: BTreeMap<ReservationId, Rejection>,
    pub(crate) expired: Vec<ReservationId>,
    /// The time zones in which edges were asked for.
    pub(crate) zones: Vec<Option<String>>,
    pub(crate) order: Vec<ReservationId>,
    /// Whether the engine goes to sleep and wakes whenever it is at rest, and how often it did.
    pub(crate) naps: Option<usize>,
}

impl Account {
    /// An account with declared limits that does not learn.
    pub(crate) fn with(limits: Vec<Limit>) -> Self {
        Self::of(EngineConfig::default(), limits)
    }

    /// An account that knows nothing and learns.
    pub(crate) fn learning() -> Self {
        Self::of(EngineConfig { learning: Learning::On, ..EngineConfig::default() }, Vec::new())
    }

    pub(crate) fn of(config: EngineConfig, limits: Vec<Limit>) -> Self {
        Self::with_minutes_of(Duration::from_secs(60), config, limits)
    }

    pub(crate) fn with_minutes_of(minute: Duration, config: EngineConfig, limits: Vec<Limit>) -> Self {
        let mut account = Self {
            engine: Engine::new(config),
            now: Timestamp::ZERO,
            minute,
            granted: BTreeMap::new(),
            refused: BTreeMap::new(),
            expired: Vec::new(),
            zones: Vec::new(),
            order: Vec::new(),
            naps: None,
        };
        account.engine.configure(limits, Timestamp::ZERO);
        account.drain();
        account
    }

    pub(crate) fn ask(&mut self, request: impl Into<Request>) -> ReservationId {
        self.decide(request).0
    }

    /// Asks and keeps what was decided.
    pub(crate) fn decide(&mut self, request: impl Into<Request>) -> (ReservationId, Decision) {
        let (id, decision) = self.engine.reserve(&request.into(), self.now);
        match &decision {
            Decision::Grant => self.note_grant(id, self.now),
            Decision::Reject(rejection) => drop(self.refused.insert(id, rejection.clone())),
            Decision::Wait { .. } => {}
        }
        self.drain();
        (id, decision)
    }

    /// Lets time pass to `until`, waking the engine at exactly the instants that it asks for.
    pub(crate) fn run_to(&mut self, until: Timestamp) {
        while let Some(due) = self.engine.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.engine.advance(self.now);
            self.drain();
        }
        self.now = self.now.max(until);
        self.nap();
    }

    /// The clock steps back, and the engine is told of it.
    pub(crate) fn step_back(&mut self, span: Duration) {
        self.now = self.now.before(span);
        self.engine.advance(self.now);
        self.drain();
    }

    pub(crate) fn run(&mut self, span: Duration) {
        self.run_to(self.now.after(span));
    }

    pub(crate) fn settle(&mut self, id: ReservationId, charge: Cost) {
        self.engine.settle(id, &charge, None, self.now);
        self.drain();
    }

    pub(crate) fn settle_used(&mut self, id: ReservationId, usage: Usage) {
        self.engine.settle(id, &Cost::from(usage), Some(&usage), self.now);
        self.drain();
    }

    pub(crate) fn progress(&mut self, id: ReservationId, so_far: &Usage) {
        self.engine.progress(id, so_far, self.now);
        self.drain();
    }

    pub(crate) fn configure(&mut self, limits: Vec<Limit>) {
        self.engine.configure(limits, self.now);
        self.drain();
    }

    pub(crate) fn sent(&mut self, id: ReservationId) {
        self.engine.sent(id, self.now);
        self.drain();
    }

    pub(crate) fn cancel(&mut self, id: ReservationId) {
        self.engine.cancel(id, self.now);
        self.drain();
    }

    pub(crate) fn observe(&mut self, id: ReservationId, feedback: &Feedback) {
        self.engine.observe(id, feedback, self.now);
        self.drain();
    }

    /// The provider tells of so much credit.
    pub(crate) fn credit(&mut self, left: Option<u64>) {
        self.engine.credit(left, self.now);
        self.drain();
    }

    /// When a call was granted.
    pub(crate) fn granted(&self, id: ReservationId) -> Option<Timestamp> {
        self.granted.get(&id).copied()
    }

    pub(crate) fn refused(&self, id: ReservationId) -> Option<&Rejection> {
        self.refused.get(&id)
    }

    /// When each of several calls was granted, in seconds.
    pub(crate) fn seconds(&self, ids: &[ReservationId]) -> Vec<f64> {
        ids.iter().map(|id| self.granted(*id).expect("granted").as_nanos() as f64 / 1e9).collect()
    }

    fn note_grant(&mut self, id: ReservationId, at: Timestamp) {
        assert!(self.granted.insert(id, at).is_none(), "{id:?} was granted twice");
        self.order.push(id);
    }

    fn drain(&mut self) {
        while let Some(effect) = self.engine.poll() {
            match effect {
                Effect::Granted { id, at } => {
                    assert!(at <= self.now, "granted at {at}, but it is {}", self.now);
                    self.note_grant(id, at);
                }
                Effect::Refused { id, rejection } => drop(self.refused.insert(id, rejection)),
                Effect::Expired { id } => self.expired.push(id),
                Effect::EdgeWanted { limit, calendar, zone } => {
                    self.zones.push(zone);
                    // The harness's calendar began at the clock's zero.
                    let length = self.minute * minutes(calendar);
                    let nanos = length.as_nanos() as u64;
                    let start = Timestamp::from_nanos(self.now.as_nanos() / nanos * nanos);
                    self.engine.window(limit, start, start.after(length), self.now);
                }
                other => panic!("unknown effect {other:?}"),
            }
        }
        self.nap();
    }

    /// Sleeps and wakes, if that is wanted and the engine is at rest.
    fn nap(&mut self) {
        let Some(naps) = &mut self.naps else { return };
        let dormant = self.engine.sleep(self.now);
        assert_eq!(dormant.is_some(), self.engine.is_at_rest());
        if let Some(dormant) = dormant {
            *naps += 1;
            self.engine = dormant.wake();
        }
    }
}

fn minutes(calendar: Calendar) -> u32 {
    match calendar {
        Calendar::Minute => 1,
        Calendar::Hour => 60,
        Calendar::Day => 1_440,
        Calendar::Week => 10_080,
        Calendar::Month => 43_200,
    }
}

pub(crate) fn one() -> Cost {
    Cost::requests(1)
}
