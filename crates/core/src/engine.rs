//! `Engine`: the limits of one account and the calls that wait for them. Wires the nouns; each file below is one act.

mod admit;
mod finish;
mod grant;
mod keep;
mod learn;
mod limits;
mod look;
mod share;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use self::share::Shared;
use crate::controller::probe::Probe;
use crate::lane::Lane;
use crate::lease::Sharing;
use crate::ledger::Ledger;
use crate::queue::Queue;
use crate::ward::Ward;
use crate::{Effect, Place, Request, ReservationId, Timestamp};

/// How many lanes an engine tells apart. Calls of further models share the unnamed lane: a caller that invents
/// model names can thus not make the engine grow.
const LANES_MAX: usize = 4_096;

/// Whether the engine learns the provider's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Learning {
    /// Only declared limits pace.
    #[default]
    Off,
    /// Calls begin one, two, four a round trip, and what the answers say about limits is mirrored.
    On,
}

/// What an engine is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// The most calls that wait at once. Default 10 000: at ten calls a second that is a quarter of an hour, and
    /// nobody waits longer for an answer.
    pub max_queue: usize,
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
    wards: Vec<Ward>,
    lanes: Vec<Lane>,
    lane_index: BTreeMap<String, BTreeMap<String, usize>>,
    /// Whether any declared limit names an endpoint; only then lanes tell endpoints apart.
    endpoints_matter: bool,
    ledger: Ledger,
    queue: Queue,
    next_place: u64,
    /// Queued calls by their deadline.
    deadlines: BTreeSet<(Timestamp, ReservationId)>,
    /// Granted calls by when they were last known to live; entries may be stale.
    ages: VecDeque<(Timestamp, ReservationId)>,
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
            wards: Vec::new(),
            lanes: Vec::new(),
            lane_index: BTreeMap::new(),
            endpoints_matter: false,
            ledger: Ledger::default(),
            queue: Queue::new(config.max_queue),
            next_place: 0,
            deadlines: BTreeSet::new(),
            ages: VecDeque::new(),
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
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let age = self.ages.front().map(|(at, _)| at.after(self.config.reservation_age));
        let store = self.sharing.as_deref().and_then(Shared::deadline);
        [self.wake, deadline, age, store].into_iter().flatten().min()
    }

    /// Lets time pass: grants what has come due, refuses what is too late, ends what is too old.
    pub fn advance(&mut self, now: Timestamp) {
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

    /// The lane of a request, made when it is new.
    fn lane_of(&mut self, request: &Request) -> usize {
        let endpoint = if self.endpoints_matter { request.endpoint.as_str() } else { "" };
        if let Some(lane) = self.known_lane(&request.lane, endpoint) {
            return lane;
        }
        let full = self.lanes.len() >= LANES_MAX;
        let (model, endpoint) = if full { ("", "") } else { (request.lane.as_str(), endpoint) };
        if full && let Some(lane) = self.known_lane(model, endpoint) {
            return lane;
        }
        let probe = match self.config.learning {
            Learning::On => Probe::cold(),
            Learning::Off => Probe::open(),
        };
        let mut lane = Lane::new(model, endpoint, probe);
        lane.wards = self.wards_of(model, endpoint);
        let place = self.lanes.len();
        self.lanes.push(lane);
        self.lane_index.entry(String::from(model)).or_default().insert(String::from(endpoint), place);
        place
    }

    fn known_lane(&self, model: &str, endpoint: &str) -> Option<usize> {
        self.lane_index.get(model)?.get(endpoint).copied()
    }

    /// The limits that calls to a model and endpoint meet.
    fn wards_of(&self, model: &str, endpoint: &str) -> Vec<usize> {
        let live = self.wards.iter().enumerate().filter(|(_, ward)| !ward.retired);
        live.filter(|(_, ward)| ward.reach.covers(model, endpoint)).map(|(place, _)| place).collect()
    }

    /// Brings every lane's list of limits up to date.
    fn relink(&mut self) {
        for place in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get(place) else { continue };
            let wards = self.wards_of(&lane.model, &lane.endpoint);
            if let Some(lane) = self.lanes.get_mut(place) {
                lane.wards = wards;
            }
        }
    }
}
