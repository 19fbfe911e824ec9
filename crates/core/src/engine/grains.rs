//! Grains: what refusals say that no header explains. Somebody counts by a finer limit than answers state.

use core::time::Duration;

use crate::controller::grain;
use crate::{Dimension, Engine, Quota, ReservationId, Timestamp};

/// Over which time that limit is looked for which was used most.
const LATELY: Duration = Duration::from_secs(1);

impl Engine {
    /// Whether a provider is said to judge a limit of the lane over a finer period, so that one refusal is enough.
    pub(super) fn says_finer(&self, lane: usize) -> bool {
        self.wards_in(lane).any(|(_, ward)| ward.finer.is_some() && grain::can_hide_behind(ward))
    }

    /// The headers left room, and still a call that left at `granted` was refused: somebody counts by a finer grain. Where
    /// one was made finer for `stray` refusals a few times, and they came all the same, none explains them.
    pub(super) fn assume_grain(
        &mut self,
        (id, lane): (ReservationId, usize),
        granted: Timestamp,
        stray: bool,
        now: Timestamp,
    ) {
        let Some((stated, dimension)) = self.most_used(lane, now) else { return };
        let known = self.grain_of(lane, dimension);
        let Some(held) = self.lanes.get_mut(lane) else { return };
        if let Some(ward) = known.and_then(|place| self.wards.get_mut(place)) {
            if !grain::is_too_coarse(ward, granted) {
                return;
            }
            if !stray || held.stray.tightens() {
                grain::tighten(ward, now);
                return;
            }
            ward.retired = true;
            self.relink();
            return;
        }
        if stray && !held.stray.tightens() {
            return;
        }
        let (Some(held), Some(stated)) = (self.lanes.get(lane), self.wards.get(stated)) else { return };
        let need = self.ledger.get(id).map_or(1, |call| call.cost.get(stated.counts));
        let ward = grain::behind(stated, &held.model, need, now);
        self.add_ward(ward, now);
    }

    /// A refusal without a reason stands alone: where a grain is assumed, it was a little too coarse still.
    pub(super) fn nudge_grain(&mut self, lane: usize, granted: Timestamp, now: Timestamp) {
        let Some((_, dimension)) = self.most_used(lane, now) else { return };
        let Some(place) = self.grain_of(lane, dimension) else { return };
        let may = self.lanes.get_mut(lane).is_some_and(|held| held.stray.tightens());
        if let Some(ward) = self.wards.get_mut(place).filter(|_| may) {
            grain::nudge(ward, granted, now);
        }
    }

    /// An answer stated another amount than `before`: what was found behind it holds in proportion.
    pub(super) fn restate_grains(&mut self, place: usize, before: Quota, now: Timestamp) {
        let Some(stated) = self.wards.get(place).filter(|ward| ward.quota.amount != before.amount) else {
            return;
        };
        if stated.quota.period != before.period || before.amount == 0 {
            return;
        }
        let (dimension, amount, reach) = (stated.dimension, stated.quota.amount, stated.reach.clone());
        let grains = self.wards.iter_mut().filter(|ward| ward.is_grain() && ward.dimension == dimension);
        for ward in grains.filter(|ward| reach.contains(&ward.reach)) {
            grain::restated(ward, (before.amount, amount), now);
        }
    }

    /// The limit behind which a grain may hide that was used most lately, and what it counts; one that is said to be judged
    /// over a finer period before all others.
    fn most_used(&self, lane: usize, now: Timestamp) -> Option<(usize, Dimension)> {
        let held = self.lanes.get(lane)?;
        let hiding = self.wards_in(lane).filter(|(_, ward)| grain::can_hide_behind(ward));
        let most = hiding.max_by_key(|(_, ward)| {
            let sent = u128::from(held.sent_within(LATELY, ward.counts, now));
            let used = sent.saturating_mul(ward.quota.period.as_nanos());
            (ward.finer.is_some(), used.checked_div(ward.quota.amount.into()))
        });
        most.map(|(place, ward)| (place, ward.dimension))
    }

    /// The grain of a dimension that is assumed of a lane.
    fn grain_of(&self, lane: usize, dimension: Dimension) -> Option<usize> {
        let mut grains = self.wards_in(lane).filter(|(_, ward)| ward.is_grain() && !ward.retired);
        grains.find(|(_, ward)| ward.dimension == dimension).map(|(place, _)| place)
    }
}
