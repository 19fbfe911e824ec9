//! Rest: an idle engine goes to sleep, which leaves a few notes of it, and wakes as if it had never slept.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::controller::probe::Probe;
use crate::dormant::Dormant;
use crate::lane::Lane;
use crate::notes::{Noted, Notes, Reader};
use crate::{Blueprint, Engine, Timestamp};

impl Engine {
    /// An engine of a blueprint that other accounts may have too.
    #[must_use]
    pub fn of(blueprint: &Arc<Blueprint>, now: Timestamp) -> Self {
        let mut engine = Self::new(blueprint.config);
        engine.follow(blueprint, now);
        engine
    }

    /// Whether the engine may go to sleep: no call waits or is under way, and nothing happens by itself. One that shares
    /// its limits through a store, or is closed, stays awake.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let is_idle = self.ledger.live() == 0 && self.effects.is_empty() && self.wake.is_none();
        is_idle && self.sharing.is_none() && !self.closed
    }

    /// What is to be kept of the engine, if it is [at rest](Engine::is_at_rest); the engine itself may then be dropped.
    /// What counts no more at `now` is forgotten.
    #[must_use]
    pub fn sleep(&mut self, now: Timestamp) -> Option<Dormant> {
        if !self.is_at_rest() {
            return None;
        }
        self.lanes.iter_mut().for_each(|lane| lane.forget(now));
        self.wards.iter_mut().for_each(|ward| ward.bucket.forget(now));
        let fresh = Self::of(&self.blueprint, Timestamp::ZERO);
        // What is left out follows from the blueprint, is found again from the rest, or is empty in an engine at rest.
        let Self {
            config: _,
            blueprint,
            wards,
            lanes,
            lane_index: _,
            unnamed_lane: _,
            endpoints_matter,
            asks_edges: _,
            lane_era,
            lanes_waiting: _,
            tenants,
            ledger,
            queue: _,
            turns,
            sums: _,
            scan: _,
            lateness,
            next_place,
            effects: _,
            wake: _,
            closed: _,
            sharing: _,
        } = self;
        let mut notes = Notes::default();
        endpoints_matter.note(&mut notes);
        lane_era.note(&mut notes);
        tenants.note(&mut notes);
        ledger.note(&mut notes);
        turns.note(&mut notes);
        lateness.note(&mut notes);
        next_place.note(&mut notes);
        lanes.len().note(&mut notes);
        lanes.iter().for_each(|lane| lane.note(&mut notes));
        let mut whole = Vec::new();
        let mut rule = fresh.wards.iter();
        wards.len().note(&mut notes);
        for ward in wards.iter() {
            let beyond = rule.next().and_then(|rule| ward.beyond(rule));
            beyond.is_some().note(&mut notes);
            match beyond {
                Some(beyond) => notes.append(beyond),
                None => whole.push(ward.clone()),
            }
        }
        Some(Dormant {
            blueprint: Arc::clone(blueprint),
            notes: notes.into_bytes(),
            whole: whole.into_boxed_slice(),
        })
    }

    /// The engine that went to sleep.
    pub(crate) fn awoken(dormant: &Dormant) -> Self {
        let Dormant { blueprint, notes, whole } = dormant;
        let mut engine = Self::of(blueprint, Timestamp::ZERO);
        // Windows were asked for before.
        engine.effects.clear();
        let notes = &mut Reader::of(notes);
        engine.endpoints_matter.recall(notes);
        engine.lane_era.recall(notes);
        engine.tenants.recall(notes);
        engine.ledger.recall(notes);
        engine.turns.recall(notes);
        engine.lateness.recall(notes);
        engine.next_place.recall(notes);
        for _ in 0..notes.read::<usize>() {
            let mut lane = Lane::new("", "", Probe::cold());
            lane.recall(notes);
            engine.add_lane(lane);
        }
        let mut whole = whole.iter();
        for place in 0..notes.read::<usize>() {
            if notes.read::<bool>() {
                engine.wards.get_mut(place).into_iter().for_each(|ward| ward.recall(notes));
            } else {
                whole.next().into_iter().for_each(|ward| engine.wards.put(place, ward.clone()));
            }
        }
        engine.relink();
        engine
    }
}
