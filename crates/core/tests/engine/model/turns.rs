//! `Turns` of the model: the virtual times of tenants, and what the floors of bands are owed.

use std::collections::BTreeMap;

use tidegate_core::{Band, Order};

use super::Waiting;

const SECOND: i128 = 1_000_000_000;
const CREDIT: i128 = 60 * SECOND;
const QUANTUM: i128 = SECOND;
const ROUND: i128 = 1 << 32;

#[derive(Clone, Debug)]
pub(super) struct Turns {
    order: Order,
    floors: [i128; 3],
    pub(super) weights: BTreeMap<usize, i128>,
    /// In which sequence tenants were first heard of.
    numbers: Vec<usize>,
    /// At which virtual time a tenant's next call of a band begins.
    tags: BTreeMap<(usize, Band), i128>,
    bands: [Lead; 3],
}

#[derive(Clone, Copy, Debug, Default)]
struct Lead {
    now: i128,
    latest: i128,
    balance: i128,
    wait: i128,
}

impl Turns {
    pub(super) fn new(order: Order, [standard, batch]: [i128; 2]) -> Self {
        let floors = if order == Order::Priority { [0; 3] } else { [0, standard, batch] };
        let (weights, numbers, tags) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { order, floors, weights, numbers, tags, bands: [Lead::default(); 3] }
    }

    pub(super) fn pin(&mut self, tenant: usize) {
        if !self.numbers.contains(&tenant) {
            self.numbers.push(tenant);
        }
    }

    fn weight(&self, tenant: usize) -> i128 {
        self.weights.get(&tenant).copied().unwrap_or(1)
    }

    fn tag(&self, tenant: usize, band: Band) -> i128 {
        self.tags.get(&(tenant, band)).copied().unwrap_or(0)
    }

    /// By what a call's flow stands among those of its band, besides how long it has waited.
    pub(super) fn key(&self, call: &Waiting) -> (i128, usize) {
        let tag = self.tag(call.tenant, call.band);
        let number = self.numbers.iter().position(|each| *each == call.tenant).unwrap_or(0);
        match self.order {
            Order::Priority => (0, 0),
            Order::WeightedRoundRobin => (tag / ROUND, number),
            Order::DeficitRoundRobin => (tag / QUANTUM, number),
            _ => (tag, 0),
        }
    }

    /// The bands in the order in which they go: whom its floor owes something, first.
    pub(super) fn bands(&self, waiting: &[Waiting]) -> Vec<Band> {
        let owed = |band: &Band| {
            self.bands[*band as usize].balance > 0 && waiting.iter().any(|call| call.band == *band)
        };
        let (mut first, rest): (Vec<Band>, Vec<Band>) = Band::ALL.into_iter().partition(owed);
        first.extend(rest);
        first
    }

    /// A call begins to wait: a tenant that did not wait begins at its band's present time.
    pub(super) fn joined(&mut self, waiting: &[Waiting], call: &Waiting) {
        if !waiting.iter().any(|each| (each.tenant, each.band) == (call.tenant, call.band)) {
            let tag = self.tag(call.tenant, call.band).max(self.bands[call.band as usize].now);
            self.tags.insert((call.tenant, call.band), tag);
        }
    }

    /// A call waits no longer: a band in which nobody waits forgets what it was owed.
    pub(super) fn left(&mut self, waiting: &[Waiting], band: Band) {
        let lead = &mut self.bands[band as usize];
        if !waiting.iter().any(|call| call.band == band) {
            *lead = Lead { now: lead.latest, latest: lead.latest, ..Lead::default() };
        }
    }

    pub(super) fn granted(&mut self, call: &Waiting, share: i128, wait: i128, contend: [bool; 3]) {
        let weight = self.weight(call.tenant);
        let tag = self.tag(call.tenant, call.band);
        let lead = &mut self.bands[call.band as usize];
        lead.wait = lead.wait - lead.wait / 8 + wait.max(0) / 8;
        let begins = tag.max(lead.now - CREDIT);
        let step = if self.order == Order::WeightedRoundRobin { ROUND } else { share };
        let ends = begins + (step + weight - 1) / weight;
        lead.now = lead.now.max(begins);
        lead.latest = lead.latest.max(ends);
        self.tags.insert((call.tenant, call.band), ends);
        self.pay(call.band, share, contend);
    }

    /// Each band that contends is owed its floor of what was admitted; who was admitted, had it.
    fn pay(&mut self, band: Band, share: i128, contend: [bool; 3]) {
        if !Band::ALL.into_iter().any(|each| each != band && contend[each as usize]) {
            return;
        }
        for each in Band::ALL.into_iter().filter(|each| *each == band || contend[*each as usize]) {
            let owed = share * self.floor(each) / 1_000;
            let had = if each == band { share } else { 0 };
            let lead = &mut self.bands[each as usize];
            lead.balance = (lead.balance + owed - had).min(SECOND);
        }
    }

    fn floor(&self, band: Band) -> i128 {
        let floor = self.floors[band as usize];
        let wait = |band: Band| self.bands[band as usize].wait;
        if self.order != Order::Adaptive || wait(Band::Interactive) > SECOND {
            return floor;
        }
        let aim = [1, 10, 60][band as usize] * SECOND;
        (floor * wait(band) / aim).clamp(floor, floor * 3)
    }

    /// A call turned out to take another share than it was counted with.
    pub(super) fn corrected(&mut self, call: &Waiting, counted: i128, took: i128) {
        if counted == took || matches!(self.order, Order::Priority | Order::WeightedRoundRobin) {
            return;
        }
        let (weight, tag) = (self.weight(call.tenant), self.tag(call.tenant, call.band));
        let lead = &mut self.bands[call.band as usize];
        let moved = if took > counted {
            tag + (took - counted + weight - 1) / weight
        } else {
            (tag - (counted - took) / weight).max(tag.min((lead.now - CREDIT).max(0)))
        };
        lead.latest = lead.latest.max(moved);
        self.tags.insert((call.tenant, call.band), moved);
    }
}
