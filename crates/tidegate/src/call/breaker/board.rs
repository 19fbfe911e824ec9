//! `Board`: every circuit of an account: what stops a call, and what its outcome does to them.

use std::collections::BTreeMap;

use tidegate_core::{Reach, Timestamp};

use super::cell::{Cell, Sign};
use super::{BreakerPolicy, Circuit, CircuitChange, CircuitScope, Trip};
use crate::call::Outcome;

/// What a call goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aim {
    pub(crate) lane: String,
    pub(crate) endpoint: String,
}

/// A call under way, and which circuits it is the probe of.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    probes: Vec<CircuitScope>,
}

/// What stops a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) until: Timestamp,
    pub(crate) why: Trip,
    /// Whether calls of other lanes could go.
    pub(crate) lane_only: bool,
}

#[derive(Debug)]
pub(super) struct Board {
    policy: BreakerPolicy,
    account: Option<Cell>,
    lanes: BTreeMap<String, Cell>,
    endpoints: BTreeMap<String, Cell>,
}

impl Board {
    pub(super) const fn new(policy: BreakerPolicy) -> Self {
        Self { policy, account: None, lanes: BTreeMap::new(), endpoints: BTreeMap::new() }
    }

    /// Whether nothing has failed lately, as is mostly so.
    fn is_untroubled(&self) -> bool {
        self.account.is_none() && self.lanes.is_empty() && self.endpoints.is_empty()
    }

    /// What stops a call now: of several circuits the one that does so for longest, so that nobody comes back
    /// in vain.
    pub(super) fn stops(&self, aim: &Aim, now: Timestamp) -> Option<Stopped> {
        let wide = [self.account.as_ref(), self.endpoints.get(&aim.endpoint)];
        let wide = wide.into_iter().flatten().filter_map(|cell| cell.stops(now)).max_by_key(|stop| stop.0);
        let narrow = self.lanes.get(&aim.lane).and_then(|cell| cell.stops(now));
        match (wide, narrow) {
            (Some((until, why)), None) => Some(Stopped { until, why, lane_only: false }),
            (None, Some((until, why))) => Some(Stopped { until, why, lane_only: true }),
            (Some(wide), Some(narrow)) => {
                let (until, why) = if narrow.0 > wide.0 { narrow } else { wide };
                Some(Stopped { until, why, lane_only: false })
            }
            (None, None) => None,
        }
    }

    /// Lets a call go, or says what stops it.
    pub(super) fn pass(&mut self, aim: &Aim, now: Timestamp) -> Result<Pass, Stopped> {
        if let Some(stopped) = self.stops(aim, now) {
            return Err(stopped);
        }
        let mut pass = Pass::default();
        if self.is_untroubled() {
            return Ok(pass);
        }
        for scope in scopes(aim) {
            if self.cell(&scope).is_some_and(Cell::pass) {
                pass.probes.push(scope);
            }
        }
        Ok(pass)
    }

    /// A call went away without an answer.
    pub(super) fn give_back(&mut self, pass: Pass, now: Timestamp) {
        for scope in pass.probes {
            if let Some(cell) = self.cell(&scope) {
                cell.give_back(now);
            }
        }
    }

    /// A call was answered; adds to `changes` what opens or closes by it.
    pub(super) fn record(
        &mut self,
        aim: &Aim,
        pass: Pass,
        outcome: &Outcome,
        now: Timestamp,
        changes: &mut Vec<CircuitChange>,
    ) {
        if Sign::of(outcome.class) == Sign::Alive && self.is_untroubled() {
            return;
        }
        for scope in scopes(aim) {
            if pass.probes.contains(&scope) {
                self.probed(scope, outcome, now, changes);
            } else if self.opens(&scope, aim, outcome, now) {
                changes.extend(self.circuit(&scope).map(CircuitChange::Opened));
            }
        }
    }

    /// Counts the outcome of a call that was no probe of a scope; says whether its circuit opens.
    fn opens(&mut self, scope: &CircuitScope, aim: &Aim, outcome: &Outcome, now: Timestamp) -> bool {
        let policy = self.policy;
        match Sign::of(outcome.class) {
            Sign::Alive => {
                self.well(scope, now);
                false
            }
            Sign::Busy => false,
            Sign::Failed => {
                let within = within(scope, aim, outcome.reach);
                self.cell_or_new(scope, now).failed(&policy, outcome, within, now)
            }
            Sign::Permanent if is_aimed_at(scope, outcome.reach) => {
                self.cell_or_new(scope, now).refused(&policy, outcome, now)
            }
            Sign::Permanent => false,
        }
    }

    /// Every circuit that is open.
    pub(super) fn circuits(&self) -> Vec<Circuit> {
        let account = self.account.iter().map(|cell| (CircuitScope::Account, cell));
        let lanes = self.lanes.iter().map(|(lane, cell)| (CircuitScope::Lane(lane.clone()), cell));
        let endpoints = self.endpoints.iter();
        let endpoints = endpoints.map(|(endpoint, cell)| (CircuitScope::Endpoint(endpoint.clone()), cell));
        let open = |(scope, cell): (CircuitScope, &Cell)| {
            cell.trip().map(|(why, probe_at)| Circuit { scope, why, probe_at })
        };
        account.chain(lanes).chain(endpoints).filter_map(open).collect()
    }

    fn probed(
        &mut self,
        scope: CircuitScope,
        outcome: &Outcome,
        now: Timestamp,
        changes: &mut Vec<CircuitChange>,
    ) {
        let policy = self.policy;
        let closed = self.cell(&scope).is_some_and(|cell| cell.probed(&policy, outcome, now));
        if closed {
            self.forget(&scope);
            changes.push(CircuitChange::Closed(scope));
        } else {
            changes.extend(self.circuit(&scope).map(CircuitChange::Opened));
        }
    }

    /// Counts a call that ended well, where failures are counted.
    fn well(&mut self, scope: &CircuitScope, now: Timestamp) {
        let policy = self.policy;
        let idle = self.cell(scope).is_some_and(|cell| {
            cell.well(&policy, now);
            cell.is_idle(&policy, now)
        });
        if idle {
            self.forget(scope);
        }
    }

    fn circuit(&mut self, scope: &CircuitScope) -> Option<Circuit> {
        let (why, probe_at) = self.cell(scope)?.trip()?;
        Some(Circuit { scope: scope.clone(), why, probe_at })
    }

    fn cell(&mut self, scope: &CircuitScope) -> Option<&mut Cell> {
        match scope {
            CircuitScope::Account => self.account.as_mut(),
            CircuitScope::Lane(lane) => self.lanes.get_mut(lane),
            CircuitScope::Endpoint(endpoint) => self.endpoints.get_mut(endpoint),
        }
    }

    /// The circuit of a scope, made at its first failure.
    fn cell_or_new(&mut self, scope: &CircuitScope, now: Timestamp) -> &mut Cell {
        let policy = self.policy;
        let (cells, name) = match scope {
            CircuitScope::Account => return self.account.get_or_insert_with(|| Cell::new(&policy, now)),
            CircuitScope::Lane(lane) => (&mut self.lanes, lane),
            CircuitScope::Endpoint(endpoint) => (&mut self.endpoints, endpoint),
        };
        if !cells.contains_key(name) && cells.len() >= policy.circuits_max {
            make_room(cells);
        }
        cells.entry(name.clone()).or_insert_with(|| Cell::new(&policy, now))
    }

    fn forget(&mut self, scope: &CircuitScope) {
        match scope {
            CircuitScope::Account => self.account = None,
            CircuitScope::Lane(lane) => drop(self.lanes.remove(lane)),
            CircuitScope::Endpoint(endpoint) => drop(self.endpoints.remove(endpoint)),
        }
    }
}

/// Forgets the circuit that has not failed for longest; an open one only when all are.
fn make_room(cells: &mut BTreeMap<String, Cell>) {
    let oldest = cells.iter().min_by_key(|(_, cell)| (cell.trip().is_some(), cell.touched));
    if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
        cells.remove(&oldest);
    }
}

/// The scopes of a call, the narrowest first.
fn scopes(aim: &Aim) -> [CircuitScope; 3] {
    let (lane, endpoint) = (aim.lane.clone(), aim.endpoint.clone());
    [CircuitScope::Lane(lane), CircuitScope::Endpoint(endpoint), CircuitScope::Account]
}

/// Which part of a scope a failing call went to: a lane of an endpoint, an endpoint of the account. One part that
/// fails does not make the whole fail.
fn within<'aim>(scope: &CircuitScope, aim: &'aim Aim, reach: Reach) -> Option<&'aim str> {
    match (scope, reach) {
        (CircuitScope::Lane(_), _) | (CircuitScope::Account, Reach::Account) => None,
        (CircuitScope::Endpoint(_), _) => Some(&aim.lane),
        (CircuitScope::Account, Reach::Lane) => Some(&aim.endpoint),
    }
}

/// Whether a refusal for good speaks of this scope: the lane's, unless it says that it means the account.
const fn is_aimed_at(scope: &CircuitScope, reach: Reach) -> bool {
    matches!((scope, reach), (CircuitScope::Lane(_), Reach::Lane) | (CircuitScope::Account, Reach::Account))
}
