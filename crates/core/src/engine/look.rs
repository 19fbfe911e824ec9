//! Looking: the engine's state for people.

use core::time::Duration;

use crate::bucket::Fit;
use crate::ward::{Origin, Ward};
use crate::{Engine, LimitStatus, Snapshot, Timestamp};

impl Engine {
    /// The state at `now`: limits, waiting calls, calls under way.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let mut waiting_by_band = [0_usize; 3];
        for flow in self.queue.flows() {
            if let Some(count) = waiting_by_band.get_mut(flow.key.band as usize) {
                *count = count.saturating_add(flow.len);
            }
        }
        let live = self.wards.iter().enumerate().filter(|(_, ward)| !ward.retired);
        Snapshot {
            limits: live.map(|(place, ward)| self.status(place, ward, now)).collect(),
            waiting: self.queue.len(),
            waiting_by_band,
            in_flight: self.in_flight(),
            tally: self.ledger.tally,
        }
    }

    fn status(&self, place: usize, ward: &Ward, now: Timestamp) -> LimitStatus {
        let amount = i128::from(ward.quota.capacity());
        // Of a shared limit the store knows more than this process's own bucket.
        let available = match &ward.share {
            Some(share) => i128::from(share.left()).min(ward.bucket.available(now)),
            None => ward.bucket.available(now),
        };
        let used = amount.saturating_sub(available).max(0);
        let meets = |lane: u32, tenant| self.wards_for(lane as usize, tenant).any(|(each, _)| each == place);
        let waiting = self.queue.flows().filter(|flow| meets(flow.key.lane, flow.key.tenant));
        let (window, limit) = shown(ward);
        LimitStatus {
            dimension: ward.dimension,
            scope: ward.reach.name(),
            window,
            used: u64::try_from(used).unwrap_or(u64::MAX),
            limit,
            learned: ward.origin == Origin::Learned,
            waiting: waiting.fold(0, |sum, flow| sum.saturating_add(flow.len)),
            next_free: match ward.fit(0, 1, now) {
                Fit::At(at) => Some(at.since(now)),
                Fit::OnRelease => Some(Duration::ZERO),
                Fit::Never => None,
            },
        }
    }
}

/// The period and amount that people see: an assumed grain is its burst, and the time that the burst takes to refill.
fn shown(ward: &Ward) -> (Duration, u64) {
    if !ward.is_grain() {
        return (ward.quota.period, ward.quota.amount);
    }
    let burst = ward.quota.capacity();
    let nanos = ward.quota.period.as_nanos().saturating_mul(u128::from(burst));
    let nanos = nanos.checked_div(u128::from(ward.quota.amount)).unwrap_or(0);
    (Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)), burst)
}
