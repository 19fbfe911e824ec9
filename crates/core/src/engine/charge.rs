//! Charging: a limit turns out to be charged in another way than was thought, and all that goes by it follows.

use crate::ward::{Basis, WardReach};
use crate::{Charging, Effect, Engine, LearnedCharging, Observation, Timestamp};

impl Engine {
    /// How `remaining` falls says by which rule a limit is charged, as of an answer to a call that left when it says.
    pub(super) fn charging_learned(
        &mut self,
        place: usize,
        charging: Charging,
        (seen, left): (&Observation, Timestamp),
        now: Timestamp,
    ) {
        self.spell_out_all();
        let Some(ward) = self.wards.get_mut(place) else { return };
        let before = ward.charging;
        ward.charge_by(charging, Basis::Learned);
        ward.recount(seen, left, now);
        self.effects.push_back(Effect::ChargingLearned(LearnedCharging {
            dimension: ward.dimension,
            window: ward.quota.period,
            scope: ward.reach.name(),
            before,
            charging,
        }));
        self.recharged(place);
    }

    /// A limit is charged in another way than before: what waits for it is summed anew, and given limits beside it, which
    /// count what the provider counts, are charged likewise, and so are grains behind it.
    pub(super) fn recharged(&mut self, place: usize) {
        self.spell_out_all();
        let Some(ward) = self.wards.get(place) else { return };
        let (dimension, charging, basis) = (ward.dimension, ward.charging, ward.basis);
        let reach = ward.reach.clone();
        for ward in self.wards.iter_mut().filter(|ward| ward.dimension == dimension && !ward.is_tenants) {
            let covers = match (&ward.reach, &reach) {
                (WardReach::Scope(scope), WardReach::Model(model)) => scope.matches(model, ""),
                (WardReach::Scope(_), _) => true,
                _ => ward.is_grain() && reach.contains(&ward.reach),
            };
            if covers {
                ward.charge_by(charging, basis);
            }
        }
        self.relink();
    }
}
