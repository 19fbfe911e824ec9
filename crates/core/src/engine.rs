//! `Engine`: the limits of one account and the calls that wait for them. Wires the nouns; each file below is one act.

mod admit;
mod at_once;
mod charge;
mod credit;
mod expected;
mod finish;
mod grains;
mod grant;
mod keep;
mod lanes;
mod learn;
mod limits;
mod look;
mod need;
mod overload;
mod pass;
mod predict;
mod rest;
mod share;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use self::pass::Scan;
use self::share::Shared;
use crate::lane::Lane;
use crate::lateness::Lateness;
use crate::lease::Sharing;
use crate::ledger::Ledger;
use crate::queue::{Queue, turns::Turns};
use crate::tenant::Tenants;
use crate::wards::Wards;
use crate::{Band, Blueprint, Effect, Floors, Order, Overflow, Place, ReservationId, Timestamp, Within};

/// Whether the engine learns the provider's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Learning {
    /// Only declared limits pace.
    #[default]
    Off,
    /// Calls begin one, two, four a round trip, and what the answers say about limits is mirrored.
    On,
    /// What the answers say about limits is mirrored, but the declared limits are trusted from the first call on: no
    /// call waits for an answer to another. For owners who know what their provider takes at once.
    Trusting,
}

/// What an engine is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// The most calls that wait at once. Default 10 000: at ten calls a second that is a quarter of an hour, and
    /// nobody waits longer for an answer.
    pub max_queue: usize,
    /// What becomes of a call that finds the queue full. Default: it is refused.
    pub overflow: Overflow,
    /// The most calls that are under way at once, whatever the limits allow; `None`, the default, bounds nothing.
    pub max_concurrent: Option<usize>,
    /// Who goes next. Default: bands with floors, tenants by weight.
    pub order: Order,
    /// Who goes first inside a flow. Default: by arrival.
    pub within: Within,
    /// What the lower bands keep. Default 20 % for standard and 5 % for batch.
    pub floors: Floors,
    /// How long a granted call may stay silent before its reservation ends by age. Default 15 minutes: longer
    /// than the longest answers of providers, which end within ten.
    pub reservation_age: Duration,
    /// Whether to learn from answers. Default off: without answers reported, learning would wait for them.
    pub learning: Learning,
    /// Whether the declared limits are shared with other processes. Default not: then every process has them whole.
    pub sharing: Option<Sharing>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            max_queue: 10_000,
            overflow: Overflow::Reject,
            max_concurrent: None,
            order: Order::Fair,
            within: Within::Arrival,
            floors: Floors::default(),
            reservation_age: Duration::from_secs(900),
            learning: Learning::Off,
            sharing: None,
        }
    }
}

/// The limits of one account, and the calls that wait for them.
///
/// A plain state machine: events go in as calls with `now` last, what follows comes out as return values and
/// [`Effect`]s. After every call drain [`Engine::poll`], then arm [`Engine::next_deadline`] and call
/// [`Engine::advance`] when it comes. An instant earlier than a former one is harmless; it adds no capacity.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    /// What the limits were declared by; other accounts may have the same.
    blueprint: Arc<Blueprint>,
    wards: Wards,
    lanes: Vec<Lane>,
    lane_index: BTreeMap<String, BTreeMap<String, usize>>,
    /// The lane of calls that name neither model nor endpoint.
    unnamed_lane: Option<usize>,
    /// Whether any declared limit names an endpoint; only then lanes tell endpoints apart.
    endpoints_matter: bool,
    /// Whether any limit may have to ask where its calendar window lies.
    asks_edges: bool,
    /// Counts the ways of telling lanes apart, so that a handle of an earlier one is not taken at its word.
    lane_era: u32,
    /// How many lanes have calls that wait.
    lanes_waiting: usize,
    tenants: Tenants,
    ledger: Ledger,
    queue: Queue,
    turns: Turns,
    /// What waits for each limit, by band.
    sums: Vec<[u64; Band::COUNT]>,
    scan: Scan,
    lateness: Lateness,
    next_place: u64,
    effects: VecDeque<Effect>,
    /// The next instant at which a waiting call fits.
    wake: Option<Timestamp>,
    closed: bool,
    /// What is said to the store, where limits are shared.
    sharing: Option<Box<Shared>>,
}

impl Engine {
    /// An engine without limits.
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        Self {
            config,
            blueprint: Arc::new(Blueprint { config, limits: Vec::new() }),
            wards: Wards::default(),
            lanes: Vec::new(),
            lane_index: BTreeMap::new(),
            unnamed_lane: None,
            endpoints_matter: false,
            asks_edges: false,
            lane_era: 0,
            lanes_waiting: 0,
            tenants: Tenants::default(),
            ledger: Ledger::default(),
            queue: Queue::new(config.max_queue, config.within),
            turns: Turns::new(config.order, config.floors),
            sums: Vec::new(),
            scan: Scan::default(),
            lateness: Lateness::default(),
            next_place: 0,
            effects: VecDeque::new(),
            wake: None,
            closed: false,
            sharing: config.sharing.map(Shared::new),
        }
    }

    /// Takes the next effect. Drain after every other call.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The next instant at which something happens by itself; `None` when nothing does.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let deadline = self.queue.deadline(&self.ledger).map(|(at, _)| at);
        let age = self.ledger.oldest().map(|(at, _)| at.after(self.config.reservation_age));
        let store = self.sharing.as_deref().and_then(Shared::deadline);
        [self.wake, deadline, age, store].into_iter().flatten().min()
    }

    /// Lets time pass: grants what has come due, refuses what is too late, ends what is too old.
    pub fn advance(&mut self, now: Timestamp) {
        if let Some(due) = self.wake.filter(|due| *due <= now) {
            self.lateness.woke(due, now);
        }
        self.refuse_late(now);
        self.expire_old(now);
        self.ask_for_edges(now);
        self.pump(now);
    }

    /// The place of a reservation that has not ended; a retry that brings it along keeps its turn.
    #[must_use]
    pub fn place(&self, id: ReservationId) -> Option<Place> {
        self.ledger.get(id).map(|reservation| reservation.place)
    }
}
