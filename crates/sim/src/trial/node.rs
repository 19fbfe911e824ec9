//! One instance of a trial: an engine, who waits for it, and when it is woken.

use std::collections::BTreeMap;
use std::time::Duration;

use tidegate_core::lease::{InstanceId, Sharing};
use tidegate_core::{
    Dimension, Engine, EngineConfig, LaneId, Learning, Limit, Request, ReservationId, Timestamp,
};

use super::plan::Plan;
use super::record::NodeRecord;
use crate::rng::Rng;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) engine: Engine,
    /// The models' lanes, resolved once.
    pub(super) lanes: Vec<LaneId>,
    pub(super) waiting: BTreeMap<ReservationId, usize>,
    /// The last deadline that the engine asked for, and when it is woken for it.
    armed: Option<(Timestamp, Timestamp)>,
    /// When it is woken next; `None` while its engine asks for nothing.
    wakes_at: Option<Timestamp>,
    wakes: u64,
    /// What leases on their way to it come to, in requests and in tokens.
    coming: [u64; 2],
    /// What was granted to it and got lost; the next answer tells it so, and it goes back.
    lost: [u64; 2],
}

impl Node {
    pub(super) fn new(plan: &Plan, place: usize) -> Self {
        let instance = InstanceId(u64::try_from(place).unwrap_or(0) + 1);
        let sharing = Sharing { instance, instances_expected: u64::try_from(plan.nodes).unwrap_or(1) };
        let mut engine = Engine::new(EngineConfig {
            learning: if plan.learning { Learning::On } else { Learning::Off },
            sharing: (plan.nodes > 1).then_some(sharing),
            reservation_age: Duration::from_secs(120),
            ..EngineConfig::default()
        });
        let limits: Vec<Limit> = plan.limits.iter().filter_map(|rule| rule.limit().ok()).collect();
        engine.configure(limits, Timestamp::ZERO);
        let lanes = (0..plan.workload.models).map(|model| engine.lane(&name_of(model), "")).collect();
        Self {
            engine,
            lanes,
            waiting: BTreeMap::new(),
            armed: None,
            wakes_at: None,
            wakes: 0,
            coming: [0; 2],
            lost: [0; 2],
        }
    }

    /// When it is woken next.
    pub(super) fn wakes_at(&self) -> Option<Timestamp> {
        self.wakes_at
    }

    /// Arms the engine's own deadline: it is woken then, or late.
    pub(super) fn arm(&mut self, late_ms: [u64; 2], rng: &mut Rng) {
        let due = self.engine.next_deadline();
        if let Some(due) = due.filter(|due| self.armed.is_none_or(|(armed, _)| armed != *due)) {
            let [low, high] = late_ms;
            let late = if high == 0 { 0 } else { rng.between(low * 1_000_000, high * 1_000_000) };
            self.armed = Some((due, due.after(Duration::from_nanos(late))));
        }
        self.wakes_at = due.and(self.armed).map(|(_, wake)| wake);
    }

    pub(super) fn wake(&mut self, now: Timestamp) {
        self.armed = None;
        self.wakes += 1;
        self.engine.advance(now);
    }

    /// What it holds in leases of a dimension, and what is on its way to it.
    pub(super) fn leased(&self, dimension: Dimension, now: Timestamp) -> u64 {
        let which = usize::from(dimension != Dimension::Requests);
        self.engine.leased(dimension, now) + self.coming[which] + self.lost[which]
    }

    pub(super) fn expect(&mut self, coming: [u64; 2]) {
        self.coming = sum(self.coming, coming);
    }

    pub(super) fn lost(&mut self, coming: [u64; 2]) {
        self.lost = sum(self.lost, coming);
    }

    /// An answer has arrived, and was taken or came too late.
    pub(super) fn arrived(&mut self, coming: [u64; 2], taken: bool) {
        self.coming = [self.coming[0] - coming[0], self.coming[1] - coming[1]];
        self.lost = if taken { [0; 2] } else { sum(self.lost, coming) };
    }

    pub(super) fn record(&self, now: Timestamp) -> NodeRecord {
        let snapshot = self.engine.snapshot(now);
        NodeRecord {
            tally: snapshot.tally,
            waiting: snapshot.waiting,
            in_flight: snapshot.in_flight,
            wakes: self.wakes,
        }
    }
}

fn name_of(model: u64) -> String {
    format!("model-{model}")
}

fn sum(one: [u64; 2], other: [u64; 2]) -> [u64; 2] {
    [one[0] + other[0], one[1] + other[1]]
}

/// The request templates of a plan, by model and tenant: names are written once.
pub(super) fn templates(plan: &Plan) -> Vec<Vec<Request>> {
    let request = |model: u64, tenant: u64| {
        let request = Request::new(tidegate_core::Cost::ZERO).lane(name_of(model));
        if plan.workload.tenants > 1 { request.tenant(format!("tenant-{tenant}")) } else { request }
    };
    let tenants = plan.workload.tenants;
    (0..plan.workload.models)
        .map(|model| (0..tenants).map(|tenant| request(model, tenant)).collect())
        .collect()
}
