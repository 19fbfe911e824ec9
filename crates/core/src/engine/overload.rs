//! Overload: a provider without capacity gets fewer calls at once; at what pace they go is another matter.

use crate::ledger::Stage;
use crate::ward::{Origin, Ward, WardReach};
use crate::{Dimension, Engine, Feedback, Quota, Refill, ReservationId, Timestamp};

impl Engine {
    /// The first byte of the answer to a call came. Tell it of streams only: of an answer in one piece it comes when all of
    /// it is there, for which there is [`Engine::in_one_piece`].
    pub fn first_byte(&mut self, id: ReservationId, now: Timestamp) {
        self.hear(id, None, now, now);
    }

    /// The answer to a call came in one piece: its first byte at `at`, with so much output altogether. Tell it before the
    /// call is settled.
    pub fn in_one_piece(&mut self, id: ReservationId, output_tokens: u64, at: Timestamp, now: Timestamp) {
        self.hear(id, Some(output_tokens), at, now);
    }

    /// How long an answer took says how busy its provider is.
    fn hear(&mut self, id: ReservationId, whole: Option<u64>, at: Timestamp, now: Timestamp) {
        let Some(held) = self.ledger.get(id).filter(|held| held.stage != Stage::Queued) else { return };
        let (lane, input, after) =
            (held.lane as usize, held.cost.get(Dimension::InputTokens), at.since(held.since));
        if let Some(held) = self.lanes.get_mut(lane) {
            match whole {
                Some(output) => held.concurrency.in_one_piece(input, output, after),
                None => held.concurrency.first_byte(input, after),
            }
        }
        self.limit_concurrency(lane, id, now);
    }

    /// The provider has no capacity: fewer calls are to be under way. The lane pauses only where that has no effect (yet),
    /// and where one call is already too many. For one refused call among many nothing changes.
    pub(super) fn overloaded(
        &mut self,
        id: ReservationId,
        lane: usize,
        granted: Timestamp,
        feedback: &Feedback,
        now: Timestamp,
    ) {
        let under_way = self.under_way_in(lane);
        let Some(held) = self.lanes.get_mut(lane) else { return };
        let stray = held.is_stray(now);
        // A limit that is there follows refusals that would still be too few to pause for.
        let by_chance = match held.concurrency.limit() {
            Some(_) => stray && !held.stray.is_common(),
            None => stray,
        };
        let limited = held.concurrency.overloaded(under_way, granted, by_chance, now);
        let is_least = held.concurrency.limit() == Some(1);
        if limited && !is_least {
            self.limit_concurrency(lane, id, now);
            return;
        }
        if feedback.retry_after.is_none() && stray {
            return;
        }
        if held.refused(granted, now) {
            let wait = feedback.retry_after.unwrap_or_else(|| held.pause());
            held.hold = Some(held.hold.unwrap_or(now).max(now.after(wait)));
        }
        self.limit_concurrency(lane, id, now);
    }

    /// A call was answered: more may be under way, where fewer are than may.
    pub(super) fn eased(&mut self, id: ReservationId, lane: usize, granted: Timestamp, now: Timestamp) {
        let place = self.adaptive(lane);
        let under_way = place.and_then(|place| self.wards.get(place)).map_or(0, |ward| ward.outstanding);
        if let Some(held) = self.lanes.get_mut(lane) {
            held.concurrency.answered(under_way, granted, now);
        }
        if place.is_some() {
            self.limit_concurrency(lane, id, now);
        }
    }

    /// How many places of concurrency the calls of a lane's model have.
    fn under_way_in(&self, lane: usize) -> u64 {
        if let Some(ward) = self.adaptive(lane).and_then(|place| self.wards.get(place)) {
            return ward.outstanding;
        }
        let own = self.ledger.iter().filter(|(_, held)| {
            held.stage != Stage::Queued && usize::try_from(held.lane).is_ok_and(|held| held == lane)
        });
        own.fold(0, |sum: u64, (_, held)| sum.saturating_add(held.cost.get(Dimension::Concurrency)))
    }

    /// Brings the limit on calls at once in line with what the lane's controller has found. `id` brought the news.
    pub(super) fn limit_concurrency(&mut self, lane: usize, id: ReservationId, now: Timestamp) {
        let Some(held) = self.lanes.get(lane) else { return };
        let (wanted, model) = (held.concurrency.limit(), held.model.clone());
        match (wanted, self.adaptive(lane)) {
            (Some(limit), None) => {
                let (quota, reach) = (Quota::concurrency(limit), WardReach::Model(model));
                let ward = Ward::new(Dimension::Concurrency, quota, Origin::Learned, reach, now);
                let place = self.add_ward(ward, now);
                self.adopt_calls_under_way(place, id, now);
            }
            (Some(limit), Some(place)) => {
                if self.wards.get(place).is_some_and(|ward| ward.quota.amount != limit)
                    && let Some(ward) = self.wards.get_mut(place)
                {
                    ward.quota = Quota::concurrency(limit);
                    ward.bucket.resize(&ward.quota, now);
                }
            }
            (None, Some(place)) => {
                if let Some(ward) = self.wards.get_mut(place) {
                    ward.retired = true;
                }
                self.relink();
            }
            (None, None) => {}
        }
    }

    /// The limit on calls at once that was found for a lane.
    fn adaptive(&self, lane: usize) -> Option<usize> {
        self.wards_in(lane).find(|(_, ward)| ward.is_adaptive() && !ward.retired).map(|(place, _)| place)
    }
}

impl Ward {
    /// Whether it bounds calls under way at a provider that was overloaded.
    pub(crate) fn is_adaptive(&self) -> bool {
        self.origin == Origin::Learned && self.quota.refill == Refill::Release
    }
}
