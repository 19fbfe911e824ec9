//! The model: what an engine with many flows must do, written slowly and obviously. Every look goes through all calls and
//! all limits anew; nothing is kept that could be reckoned. The virtual times of tenants and bands are in `model/turns.rs`,
//! the levels of limits in `model/levels.rs`, who may pass whom in `model/look.rs`.

#[path = "model/levels.rs"]
pub(crate) mod levels;
#[path = "model/look.rs"]
mod look;
#[path = "model/turns.rs"]
mod turns;

use std::collections::BTreeMap;

use tidegate_core::{Band, Cost, Dimension, Order};

use self::levels::{Level, Rule, Taken, Way};
use self::turns::Turns;

/// A call that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// The number by which the test knows it.
    pub(crate) call: usize,
    pub(crate) band: Band,
    pub(crate) tenant: usize,
    pub(crate) lane: usize,
    pub(crate) cost: Cost,
    /// In what sequence it goes inside its flow: its deadline, if that counts, then its place.
    pub(crate) rank: (u64, u64),
    since: i128,
}

impl Waiting {
    fn of(&self, dimension: Dimension) -> i128 {
        i128::from(self.cost.get(dimension))
    }
}

/// A call that was granted and has not ended.
#[derive(Clone, Debug)]
struct Running {
    waiting: Waiting,
    /// What each limit was charged; nothing where the limit did not apply.
    charged: Vec<Vec<Taken>>,
    sent: bool,
    granted_at: i128,
    /// The share that its tenant was counted; zero where it never waited.
    counted: i128,
}

/// Many flows before their limits.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    levels: Vec<Level>,
    turns: Turns,
    waiting: Vec<Waiting>,
    running: BTreeMap<usize, Running>,
    pub(crate) now: i128,
    /// Every grant in sequence, with its instant.
    pub(crate) grants: Vec<(usize, i128)>,
}

impl Model {
    pub(crate) fn new(order: Order, floors: [i128; 2], rules: Vec<Rule>) -> Self {
        let levels = rules.into_iter().map(Level::full).collect();
        let (waiting, running, grants) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { levels, turns: Turns::new(order, floors), waiting, running, now: 0, grants }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn levels(&self) -> &[Level] {
        &self.levels
    }

    pub(crate) fn weigh(&mut self, tenant: usize, weight: i128) {
        self.turns.pin(tenant);
        self.turns.weights.insert(tenant, weight);
    }

    pub(crate) fn ask(&mut self, mut asked: Waiting) {
        asked.since = self.now;
        self.turns.pin(asked.tenant);
        let fits = |level: &Level| level.first(asked.of(level.rule.dimension), self.now) == Some(self.now);
        if self.waiting.is_empty() && self.limits_of(&asked).all(|(_, level)| fits(level)) {
            self.start(asked, self.now, 0);
            return;
        }
        self.turns.joined(&self.waiting, &asked);
        self.waiting.push(asked);
        self.pump();
    }

    /// Lets time pass. Whoever may go, goes at the first instant at which it may; every instant at which anything could
    /// change for anybody is tried.
    pub(crate) fn pass(&mut self, until: i128) {
        loop {
            let instants = look::instants(self);
            let mut due = instants.into_iter().filter(|at| *at > self.now && *at <= until);
            let Some(at) = due.find(|at| look::next(self, *at).is_some()) else { break };
            self.now = at;
            self.pump();
        }
        self.now = self.now.max(until);
    }

    /// The engine slept: what has left by now does not come back, whatever the clock does.
    pub(crate) fn slept(&mut self) {
        self.levels.iter_mut().for_each(|level| level.forget(self.now));
    }

    pub(crate) fn step_back(&mut self, now: i128) {
        self.now = now;
        self.pump();
    }

    /// Grants everything that may go now.
    fn pump(&mut self) {
        while let Some(place) = look::next(self, self.now) {
            let call = self.waiting[place].clone();
            let share = self.share(&call);
            let contend = self.contenders(&call);
            self.turns.granted(&call, share, self.now - call.since, contend);
            self.waiting.remove(place);
            self.turns.left(&self.waiting, call.band);
            self.start(call, self.now, share);
        }
    }

    fn start(&mut self, waiting: Waiting, at: i128, counted: i128) {
        let charge = |level: &mut Level| {
            let applies = level.rule.meets(waiting.lane, waiting.tenant);
            applies.then(|| level.take(waiting.of(level.rule.dimension), at)).into_iter().collect()
        };
        let charged = self.levels.iter_mut().map(charge).collect();
        self.grants.push((waiting.call, at));
        let running = Running { charged, sent: false, granted_at: at, counted, waiting };
        self.running.insert(running.waiting.call, running);
    }

    /// The limits that a call meets.
    fn limits_of(&self, call: &Waiting) -> impl Iterator<Item = (usize, &Level)> {
        let (lane, tenant) = (call.lane, call.tenant);
        self.levels.iter().enumerate().filter(move |(_, level)| level.rule.meets(lane, tenant))
    }

    /// How long its scarcest limit takes to make up for a call. A place of concurrency counts a second, where nothing
    /// else counts.
    fn share(&self, call: &Waiting) -> i128 {
        let common = || self.limits_of(call).filter(|(_, level)| level.rule.tenant.is_none());
        let share =
            |(_, level): (usize, &Level)| level.rule.time_for(call.of(level.rule.dimension), 1_000_000_000);
        let timed = common().filter(|(_, level)| level.rule.way != Way::Slots).map(share).max();
        timed.unwrap_or_else(|| common().map(share).max().unwrap_or(0))
    }

    /// Which bands wait for something that calls of this one's lane take.
    fn contenders(&self, call: &Waiting) -> [bool; 3] {
        let common = |level: &Level| level.rule.meets(call.lane, usize::MAX) && level.rule.is_common();
        let shares = self.levels.iter().any(common);
        Band::ALL.map(|band| {
            self.waiting.iter().any(|each| each.band == band && (shares || each.lane == call.lane))
        })
    }

    pub(crate) fn send(&mut self, call: usize) {
        if let Some(running) = self.running.get_mut(&call) {
            running.sent = true;
            // Windows count a call from when it really goes.
            for (level, charged) in self.levels.iter_mut().zip(&mut running.charged) {
                charged.iter_mut().for_each(|charge| level.depart(charge, self.now));
            }
            self.pump();
        }
    }

    pub(crate) fn progress(&mut self, call: usize, so_far: &Cost) {
        let Some(running) = self.running.get_mut(&call) else { return };
        let mut grew = false;
        for (level, charged) in self.levels.iter_mut().zip(&mut running.charged) {
            let so_far = i128::from(so_far.get(level.rule.dimension));
            let more = so_far - charged.iter().map(|charge| charge.amount).sum::<i128>();
            if more > 0 && !charged.is_empty() && level.rule.way != Way::Slots {
                charged.push(level.take(more, self.now));
                grew = true;
            }
        }
        if grew {
            self.pump();
        }
    }

    pub(crate) fn settle(&mut self, call: usize, actual: &Cost) {
        if self.leave(call) {
            return;
        }
        if let Some(running) = self.running.remove(&call) {
            self.end(&running, actual);
            self.pump();
        }
    }

    pub(crate) fn cancel(&mut self, call: usize) {
        if self.leave(call) {
            return;
        }
        match self.running.remove(&call) {
            Some(running) if running.sent => {
                // Only its place is free again.
                for (level, charged) in self.levels.iter_mut().zip(&running.charged) {
                    if level.rule.way == Way::Slots {
                        level.end(charged, 0, self.now);
                    }
                }
            }
            Some(running) => self.end(&running, &Cost::ZERO),
            None => return,
        }
        self.pump();
    }

    /// A call that waits goes away.
    fn leave(&mut self, call: usize) -> bool {
        let Some(place) = self.waiting.iter().position(|waiting| waiting.call == call) else { return false };
        let band = self.waiting.remove(place).band;
        self.turns.left(&self.waiting, band);
        self.pump();
        true
    }

    fn end(&mut self, running: &Running, actual: &Cost) {
        let mut took = 0;
        for (level, charged) in self.levels.iter_mut().zip(&running.charged) {
            let amount = i128::from(actual.get(level.rule.dimension));
            level.end(charged, amount, self.now);
            let (lane, tenant) = (running.waiting.lane, running.waiting.tenant);
            if level.rule.meets(lane, tenant) && level.rule.tenant.is_none() {
                took = took.max(level.rule.time_for(amount, (self.now - running.granted_at).max(0)));
            }
        }
        if running.counted > 0 {
            self.turns.corrected(&running.waiting, running.counted, took);
        }
    }

    pub(crate) fn configure(&mut self, rules: Vec<Rule>) {
        for (level, rule) in self.levels.iter_mut().zip(rules) {
            level.change(rule, self.now);
        }
        self.pump();
    }
}

impl Waiting {
    pub(crate) fn new(
        call: usize,
        band: Band,
        tenant: usize,
        lane: usize,
        cost: Cost,
        rank: (u64, u64),
    ) -> Self {
        Self { call, band, tenant, lane, cost, rank, since: 0 }
    }

    /// Whether two calls are of one flow.
    fn flows_with(&self, other: &Self) -> bool {
        (self.band, self.tenant, self.lane) == (other.band, other.tenant, other.lane)
    }
}
