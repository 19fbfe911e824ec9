//! Credit: what the provider says is left of it, whoever asked.

use crate::ledger::Ledger;
use crate::ward::{Origin, Ward};
use crate::{Dimension, Engine, Timestamp};

impl Engine {
    /// The account has so much credit left, in millionths of a US dollar; `None` where nobody knows any more, which
    /// lets calls go again, but for credit that was declared. What is under way has not been charged to it.
    ///
    /// A call that it can never pay for is refused; one that may be paid with what comes back waits for that.
    pub fn credit(&mut self, left: Option<u64>, now: Timestamp) {
        let known = self.wards.iter().position(|ward| ward.is_credit() && !ward.retired);
        match (left, known) {
            (Some(left), Some(place)) => {
                if let Some(ward) = self.wards.get_mut(place) {
                    ward.is_left(left, now);
                }
            }
            (Some(left), None) => {
                let place = self.add_ward(Ward::credit(left, now), now);
                self.adopt_calls_under_way(place, Ledger::nobody(), now);
            }
            (None, Some(_)) => {
                for ward in self.wards.iter_mut().filter(|ward| ward.is_credit() && is_learned(ward)) {
                    ward.retired = true;
                }
                self.relink();
            }
            (None, None) => {}
        }
        self.pump(now);
    }

    /// Whether a limit counts this dimension.
    #[must_use]
    pub fn counts(&self, dimension: Dimension) -> bool {
        self.wards.iter().any(|ward| ward.dimension == dimension && !ward.retired)
    }
}

fn is_learned(ward: &Ward) -> bool {
    ward.origin == Origin::Learned
}
