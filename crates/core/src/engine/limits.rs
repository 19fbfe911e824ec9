//! Limits: declares them, learns of them, and asks where calendar windows lie.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::bucket::Edges;
use crate::ledger::Stage;
use crate::ward::{Origin, Ward, WardReach};
use crate::{Blueprint, Calendar, Effect, Engine, Limit, LimitId, Timestamp};

/// How far a provider's clock may differ from ours, where its window is known from the wall clock only.
const WALL_MARGIN: Duration = Duration::from_millis(300);
/// How often a calendar edge is asked for anew, so that a stepped wall clock or a suspend is noticed.
const EDGE_REFRESH: Duration = Duration::from_secs(600);

impl Engine {
    /// Declares the limits of the account. Limits that stay keep their history; the others stop to apply.
    pub fn configure(&mut self, limits: Vec<Limit>, now: Timestamp) {
        self.follow(&Arc::new(Blueprint { config: self.config, limits }), now);
    }

    /// Declares the limits of this blueprint, as [`Engine::configure`] does. The configuration of the engine stays what it
    /// is; a blueprint with another one is not shared with it.
    pub fn follow(&mut self, blueprint: &Arc<Blueprint>, now: Timestamp) {
        self.declare(&blueprint.limits, now);
        self.blueprint = if blueprint.config == self.config {
            Arc::clone(blueprint)
        } else {
            Arc::new(Blueprint { config: self.config, limits: blueprint.limits.clone() })
        };
    }

    fn declare(&mut self, limits: &[Limit], now: Timestamp) {
        let mut kept = Vec::new();
        // What a limit takes of a call may become another.
        self.spell_out_all();
        for limit in limits {
            let fresh = Ward::declared(limit, now);
            let known = self.wards.iter().position(|ward| same_rule(ward, &fresh));
            kept.push(match known.and_then(|place| self.wards.get_mut(place).map(|ward| (place, ward))) {
                Some((place, ward)) => {
                    let quota = if ward.learns_burst && ward.quota.burst != fresh.quota.burst {
                        fresh.quota.burst(fresh.quota.amount)
                    } else {
                        fresh.quota.with_its_burst()
                    };
                    ward.quota = quota;
                    ward.bucket.resize(&quota, now);
                    ward.told(fresh.charging);
                    (ward.provisional, ward.retired) = (fresh.provisional, false);
                    place
                }
                None => {
                    let mut fresh = fresh;
                    if limit.used > 0 {
                        fresh.use_up(limit.used, now);
                    }
                    self.add_ward(fresh, now)
                }
            });
        }
        for (place, ward) in self.wards.iter_mut().enumerate() {
            if ward.origin == Origin::Declared && !kept.contains(&place) {
                ward.retired = true;
            }
        }
        for tenant in limits.iter().filter_map(|limit| limit.scope.tenant.as_deref()) {
            self.tenants.pin(tenant);
        }
        if !self.endpoints_matter && limits.iter().any(|limit| limit.scope.endpoint.is_some()) {
            self.endpoints_matter = true;
            self.lane_era = self.lane_era.wrapping_add(1);
        }
        self.relink();
        self.share_limits();
        self.refuse_impossible();
        self.pump(now);
    }

    /// Refuses the waiting calls that the new limits can never hold.
    fn refuse_impossible(&mut self) {
        let waiting = self.ledger.iter().filter(|(_, held)| held.stage == Stage::Queued);
        let never: Vec<_> = waiting
            .filter_map(|(id, held)| {
                let mut wards = self.wards_for(held.lane as usize, held.tenant);
                let rejection = wards.find_map(|(_, ward)| ward.never(held.certain(ward.counts)))?;
                Some((id, rejection))
            })
            .collect();
        for (id, rejection) in never {
            self.refuse(id, rejection);
        }
    }

    /// Tells where the present window of a calendar limit lies, in the engine's own time.
    pub fn window(&mut self, limit: LimitId, start: Timestamp, end: Timestamp, now: Timestamp) {
        if let Some(ward) = self.wards.get_mut(limit.0) {
            ward.set_edges(Edges { start, end, margin: WALL_MARGIN }, now);
        }
        self.pump(now);
    }

    /// Adds a limit, in the place of a retired one that nobody holds any more where there is one.
    pub(super) fn add_ward(&mut self, ward: Ward, now: Timestamp) -> usize {
        let free = self.wards.iter().position(|ward| ward.retired && ward.outstanding == 0);
        let place = free.unwrap_or(self.wards.len());
        match free.and_then(|place| self.wards.get_mut(place)) {
            Some(slot) => *slot = ward,
            None => self.wards.push(ward),
        }
        self.ask_for_edge(place, now);
        self.relink();
        place
    }

    /// Asks for the edges of every calendar limit that is due.
    pub(super) fn ask_for_edges(&mut self, now: Timestamp) {
        for place in 0..self.wards.len() {
            self.ask_for_edge(place, now);
        }
    }

    /// Asks for the edges that a lane's calls need.
    pub(super) fn ask_for_edges_of(&mut self, lane: usize, now: Timestamp) {
        let due = |ward: &Ward| edge_due(ward, now);
        if self.asks_edges && self.wards_in(lane).any(|(_, ward)| due(ward)) {
            self.ask_for_edges(now);
        }
    }

    fn ask_for_edge(&mut self, place: usize, now: Timestamp) {
        if let Some(ward) = self.wards.get_mut(place)
            && edge_due(ward, now)
            && let Some(calendar) = ward.calendar()
        {
            ward.edge_asked = Some(now);
            let zone = ward.zone.clone();
            self.effects.push_back(Effect::EdgeWanted { limit: LimitId(place), calendar, zone });
        }
    }
}

/// Whether a limit should ask where its window lies: at first, then now and then; days and longer, whose length
/// differs, at every edge.
fn edge_due(ward: &Ward, now: Timestamp) -> bool {
    let Some(calendar) = ward.calendar().filter(|_| !ward.retired) else { return false };
    let Some(asked) = ward.edge_asked else { return true };
    let passed = ward.edge().is_some_and(|edge| edge <= now && asked < edge);
    now.since(asked) >= EDGE_REFRESH
        || (passed && matches!(calendar, Calendar::Day | Calendar::Week | Calendar::Month))
}

/// Whether two declared limits are the same rule, perhaps with another amount.
fn same_rule(ward: &Ward, fresh: &Ward) -> bool {
    let scope = |ward: &Ward| match &ward.reach {
        WardReach::Scope(scope) => Some(scope.clone()),
        WardReach::Model(_) | WardReach::Account => None,
    };
    ward.origin == Origin::Declared
        && ward.dimension == fresh.dimension
        && ward.quota.period == fresh.quota.period
        && ward.quota.refill == fresh.quota.refill
        && ward.zone == fresh.zone
        && scope(ward) == scope(fresh)
}
