//! Lanes and tenants: finds those of a request, and which limits the calls of both meet.

use alloc::vec::Vec;

use crate::controller::probe::Probe;
use crate::lane::Lane;
use crate::queue::FlowKey;
use crate::ward::Ward;
use crate::{Cost, Engine, LaneId, Learning, Request, Weight};

/// How many lanes an engine tells apart. Calls of further models share the unnamed lane: a caller that invents
/// model names can thus not make the engine grow.
const LANES_MAX: usize = 4_096;

impl Engine {
    /// The handle of the lane of a model and endpoint, made when it is new. A request that carries it is not looked
    /// up by name any more.
    #[must_use]
    pub fn lane(&mut self, model: &str, endpoint: &str) -> LaneId {
        let place = self.lane_named(model, endpoint);
        LaneId { place: u32::try_from(place).unwrap_or(0), era: self.lane_era }
    }

    /// Gives a tenant its weight beside the others; a tenant that was given none has [`Weight::ONE`]. A tenant with
    /// a weight keeps its entry in the table of tenants, so give one only to those that the configuration names.
    pub fn weigh(&mut self, tenant: &str, weight: Weight) {
        let place = self.tenants.pin(tenant);
        if let Some(tenant) = self.tenants.get_mut(place) {
            self.turns.reweigh(tenant, weight);
        }
    }

    /// The lane of a request, made when it is new.
    #[inline]
    pub(super) fn lane_of(&mut self, request: &Request) -> usize {
        match (request.resolved, self.unnamed_lane) {
            (Some(known), _) if known.era == self.lane_era => known.place as usize,
            (None, Some(unnamed)) if request.lane.is_empty() && request.endpoint.is_empty() => unnamed,
            _ => self.lane_named(&request.lane, &request.endpoint),
        }
    }

    fn lane_named(&mut self, model: &str, endpoint: &str) -> usize {
        let endpoint = if self.endpoints_matter { endpoint } else { "" };
        if let Some(lane) = self.known_lane(model, endpoint) {
            return lane;
        }
        let full = self.lanes.len() >= LANES_MAX;
        let (model, endpoint) = if full { ("", "") } else { (model, endpoint) };
        if full && let Some(lane) = self.known_lane(model, endpoint) {
            return lane;
        }
        let probe = match self.config.learning {
            Learning::On => Probe::cold(),
            Learning::Off | Learning::Trusting => Probe::open(),
        };
        let mut lane = Lane::new(model, endpoint, probe);
        lane.remembers = self.config.learning != Learning::Off || self.sharing.is_some();
        lane.wards = self.wards_of(model, endpoint);
        lane.is_shared = self.any_shared(&lane.wards);
        lane.expectation.takes_maximum = self.any_takes_maximum(&lane.wards);
        self.add_lane(lane)
    }

    /// Adds a lane, to be found by its names.
    pub(super) fn add_lane(&mut self, lane: Lane) -> usize {
        let place = self.lanes.len();
        if lane.model.is_empty() && lane.endpoint.is_empty() {
            self.unnamed_lane = Some(place);
        } else {
            self.lane_index.entry(lane.model.clone()).or_default().insert(lane.endpoint.clone(), place);
        }
        // Most accounts know few models, and a lane is half a kilobyte: little room is kept for more of them.
        if place == self.lanes.capacity() {
            self.lanes.reserve_exact(place.checked_div(4).unwrap_or(0).max(1));
        }
        self.lanes.push(lane);
        place
    }

    /// The lane of a request, if calls of it were seen before.
    pub(super) fn lane_seen(&self, request: &Request) -> Option<usize> {
        match request.resolved {
            Some(known) if known.era == self.lane_era => Some(known.place as usize),
            _ => {
                let endpoint = if self.endpoints_matter { request.endpoint.as_str() } else { "" };
                self.known_lane(&request.lane, endpoint)
            }
        }
    }

    fn known_lane(&self, model: &str, endpoint: &str) -> Option<usize> {
        if model.is_empty() && endpoint.is_empty() {
            return self.unnamed_lane;
        }
        self.lane_index.get(model)?.get(endpoint).copied()
    }

    /// The limits that every call to a model and endpoint meets.
    pub(super) fn wards_of(&self, model: &str, endpoint: &str) -> Vec<usize> {
        let live = self.wards.iter().enumerate().filter(|(_, ward)| !ward.retired);
        live.filter(|(_, ward)| ward.reach.covers(model, endpoint)).map(|(place, _)| place).collect()
    }

    /// The limits that every call of a lane meets, whoever asks.
    pub(super) fn wards_in(&self, lane: usize) -> impl Iterator<Item = (usize, &Ward)> {
        let places = self.lanes.get(lane).map_or(&[][..], |lane| lane.wards.as_slice());
        places.iter().filter_map(|&place| Some((place, self.wards.get(place)?)))
    }

    /// The limits that a tenant's calls of a lane meet.
    pub(super) fn wards_for(&self, lane: usize, tenant: u32) -> impl Iterator<Item = (usize, &Ward)> {
        let held = self.lanes.get(lane);
        let own = self.tenants.get(tenant).map_or(&[][..], |tenant| tenant.wards.as_slice()).iter();
        let own = own.filter_map(|&place| Some((place, self.wards.get(place)?)));
        let own = own.filter(move |(_, ward)| {
            held.is_some_and(|lane| ward.reach.matches(&lane.model, &lane.endpoint))
        });
        self.wards_in(lane).chain(own)
    }

    /// Brings every lane's and tenant's list of limits up to date, and what waits for each limit.
    pub(super) fn relink(&mut self) {
        self.spell_out_all();
        self.asks_edges = self.wards.iter().any(Ward::may_ask_edges);
        for place in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get(place) else { continue };
            let wards = self.wards_of(&lane.model, &lane.endpoint);
            let is_shared = self.any_shared(&wards);
            let takes_maximum = self.any_takes_maximum(&wards);
            if let Some(lane) = self.lanes.get_mut(place) {
                lane.expectation.takes_maximum = takes_maximum;
                (lane.wards, lane.is_shared, lane.plain) = (wards, is_shared, None);
            }
        }
        let Self { wards, tenants, .. } = self;
        for tenant in tenants.iter_mut() {
            let own = |ward: &Ward| !ward.retired && ward.tenant() == Some(tenant.name.as_str());
            tenant.wards =
                wards.iter().enumerate().filter(|(_, ward)| own(ward)).map(|(place, _)| place).collect();
        }
        self.recount();
    }

    /// Sums anew what waits for each limit: lanes meet other limits than before.
    fn recount(&mut self) {
        self.sums.clear();
        let flows: Vec<(FlowKey, Cost)> = self.queue.flows().map(|flow| (flow.key, flow.cost)).collect();
        for (key, cost) in flows {
            self.count(key, &cost, u64::saturating_add);
        }
    }

    /// Adds a cost to what waits for each limit of a flow, or takes it away.
    pub(super) fn count(&mut self, key: FlowKey, cost: &Cost, join: impl Fn(u64, u64) -> u64) {
        let mut sums = core::mem::take(&mut self.sums);
        sums.resize(sums.len().max(self.wards.len()), [0; 3]);
        for (place, ward) in self.wards_for(key.lane as usize, key.tenant) {
            if let Some(sum) = sums.get_mut(place).and_then(|sums| sums.get_mut(key.band as usize)) {
                *sum = join(*sum, cost.get(ward.counts));
            }
        }
        self.sums = sums;
    }

    pub(super) fn any_takes_maximum(&self, wards: &[usize]) -> bool {
        wards.iter().any(|&place| self.wards.get(place).is_some_and(|ward| ward.charging.takes_maximum()))
    }

    fn any_shared(&self, wards: &[usize]) -> bool {
        wards.iter().any(|&place| self.wards.get(place).is_some_and(|ward| ward.is_common))
    }
}
