//! Learning: what an answer says moves limits, holds what was refused, and lets the next round go.

use alloc::vec::Vec;
use core::time::Duration;

use crate::controller::falls::{Ending, Parts};
use crate::controller::mirror;
use crate::ledger::{Charge, Stage};
use crate::ward::{Basis, Origin, Ward, WardReach};
use crate::{
    Charging, Class, Dimension, Engine, Feedback, Learning, Observation, Reach, ReservationId, Timestamp,
};

/// How long a call may be under way before the provider has surely counted it. Twice the usual way to a data
/// centre on the same continent.
const UNDER_WAY: Duration = Duration::from_millis(100);
/// Calls of this span may have overtaken one another.
const LATELY: Duration = Duration::from_secs(1);

impl Engine {
    /// Takes in what the answer to a call said: on its head, before its body is read. It also holds for refusals.
    pub fn observe(&mut self, id: ReservationId, feedback: &Feedback, now: Timestamp) {
        let Some(reservation) = self.ledger.get(id) else { return };
        let (lane, granted) = (reservation.lane as usize, reservation.since);
        if self.config.learning != Learning::Off {
            for seen in &feedback.limits {
                if is_credit(seen) {
                    self.credit(seen.remaining, now);
                    continue;
                }
                if feedback.class == Class::Throttled {
                    self.take_back(id, lane, seen, now);
                }
                self.mirror(id, lane, seen, now);
            }
        }
        match feedback.class {
            Class::Throttled => self.throttled(id, lane, granted, feedback, now),
            Class::Overloaded => self.overloaded(id, lane, granted, feedback, now),
            _ => {
                self.answered(lane, granted, now);
                self.eased(id, lane, granted, now);
            }
        }
        self.pump(now);
    }

    /// Brings one limit in line with one observation; a limit that was not known is learned.
    fn mirror(&mut self, id: ReservationId, lane: usize, seen: &Observation, now: Timestamp) {
        let Some(place) = self.stated(lane, seen) else {
            self.learn(id, lane, seen, now);
            return;
        };
        let Some(counts) = self.wards.get(place).map(|ward| ward.counts) else { return };
        let recent = self.sent_within(UNDER_WAY, lane, counts, now);
        let lately = self.sent_within(LATELY, lane, counts, now);
        let charge = self.charge_of(id, place);
        let held = self.ledger.get(id);
        let (left, output) =
            held.map_or((now, 0), |held| (held.left(), held.cost.get(Dimension::OutputTokens)));
        let teller = mirror::Teller { charge: charge.as_ref(), left, recent, lately, own: 0 };
        let Some(ward) = self.wards.get_mut(place) else { return };
        let (before, stated) = (ward.charging, ward.quota);
        let overruled = ward.overruled(seen, charge.as_ref(), now);
        let rose = mirror::reconcile(ward, &teller, seen, now);
        // More is left than was counted by a whole maximum: then that was not. A little more is an estimate of inputs.
        if rose > i128::from(output) && ward.basis == Basis::Shown {
            ward.charge_by(seen.charging, Basis::Told);
        }
        let changed = ward.charging != before;
        match overruled {
            Some(charging) => self.charging_learned(place, charging, (seen, left), now),
            None if changed => self.recharged(place),
            None => {}
        }
        self.restate_grains(place, stated, now);
        self.spread_burst(place, now);
    }

    /// A refusal that tells what is left has already counted the refused call, or not, by the provider's own rule:
    /// our charge for it is taken back before the two are compared.
    fn take_back(&mut self, id: ReservationId, lane: usize, seen: &Observation, now: Timestamp) {
        let Some(place) = self.stated(lane, seen).filter(|_| seen.remaining.is_some()) else { return };
        self.spell_out(id);
        let Some(charges) = self.ledger.charges_mut(id) else { return };
        let Some(at) = charges.iter().position(|charge| charge.limit == place) else { return };
        let charge = charges.swap_remove(at);
        if let Some(ward) = self.wards.get_mut(place) {
            ward.settle(&charge, 0, Ending::Refused, now);
        }
    }

    /// The learned limit that an observation speaks of.
    fn stated(&self, lane: usize, seen: &Observation) -> Option<usize> {
        let model = self.lanes.get(lane).filter(|_| seen.reach == Reach::Lane).map(|lane| &lane.model);
        let reaches = |ward: &Ward| match (model, &ward.reach) {
            (Some(model), WardReach::Model(own)) => own == model,
            (None, WardReach::Account) => true,
            _ => false,
        };
        let found = self.wards_in(lane).find(|(_, ward)| {
            ward.origin == Origin::Learned
                && !ward.is_grain()
                && !ward.is_adaptive()
                && ward.dimension == seen.dimension
                && reaches(ward)
                && seen.window.is_none_or(|window| window == ward.quota.period || ward.assumed_period)
        });
        found.map(|(place, _)| place)
    }

    fn reach_of(&self, lane: usize, seen: &Observation) -> WardReach {
        match (seen.reach, self.lanes.get(lane)) {
            (Reach::Lane, Some(lane)) => WardReach::Model(lane.model.clone()),
            _ => WardReach::Account,
        }
    }

    /// What the lane's calls of the last `span` cost.
    fn sent_within(&self, span: Duration, lane: usize, dimension: Dimension, now: Timestamp) -> u64 {
        self.lanes.get(lane).map_or(0, |lane| lane.sent_within(span, dimension, now))
    }

    /// Begins to mirror a limit that an answer stated for the first time.
    fn learn(&mut self, id: ReservationId, lane: usize, seen: &Observation, now: Timestamp) {
        let Some(held) = self.ledger.get(id) else { return };
        let (left, own) = (held.left(), held.cost.get(seen.dimension));
        let teller = mirror::Teller { left, own, ..mirror::Teller::default() };
        let Some(ward) = mirror::learn(seen, self.reach_of(lane, seen), &teller, now) else { return };
        let is_known = ward.charging != Charging::Unknown;
        let place = self.add_ward(ward, now);
        if is_known {
            self.recharged(place);
        }
        self.notice_maximum(id, place, seen);
        self.adopt_calls_under_way(place, id, now);
        self.supersede_provisional(place);
        self.spread_burst(place, now);
    }

    /// The first header of a limit on tokens, told by the only call under way, shows what the provider counted for it.
    fn notice_maximum(&mut self, id: ReservationId, place: usize, seen: &Observation) {
        let used = seen.limit.zip(seen.remaining).map(|(limit, remaining)| limit.saturating_sub(remaining));
        let alone = self.ledger.iter().filter(|(_, held)| held.stage != Stage::Queued).count() == 1;
        let tokens = matches!(seen.dimension, Dimension::TotalTokens | Dimension::OutputTokens);
        if let (Some(used), Some(held), Some(ward)) = (used, self.ledger.get(id), self.wards.get_mut(place))
            && alone
            && tokens
            && ward.charging == Charging::Unknown
            && let Some(lane) = self.lanes.get(held.lane as usize)
            && lane.expectation.shows_maximum(&held.cost.whole(), seen.dimension, used)
        {
            ward.charge_by(Charging::Maximum, Basis::Shown);
            self.recharged(place);
        }
    }

    /// Charges a new limit for the calls under way that the answer may not have counted: those that left after the
    /// call that told of it, and all of them where the provider counts a call only when it is complete.
    pub(super) fn adopt_calls_under_way(&mut self, place: usize, told_by: ReservationId, now: Timestamp) {
        let Some(ward) = self.wards.get(place) else { return };
        let told_from = self.ledger.get(told_by).map_or(now, |held| held.since);
        let at_arrival = ward.charging.is_at_arrival();
        let covered = |lane: usize| {
            self.lanes.get(lane).is_some_and(|lane| ward.reach.covers(&lane.model, &lane.endpoint))
        };
        let under_way = self.ledger.iter().filter(|(id, held)| {
            let uncounted = !at_arrival || held.since > told_from;
            *id != told_by && held.stage != Stage::Queued && uncounted && covered(held.lane as usize)
        });
        // In the order of their grants: what is remembered of a charge is how the level stood after those before it.
        let mut calls: Vec<_> = under_way.map(|(id, held)| ((held.since, held.place), id)).collect();
        calls.sort_unstable_by_key(|(granted, _)| *granted);
        for (_, id) in calls {
            self.spell_out(id);
            let (Some(held), Some(ward)) = (self.ledger.get(id), self.wards.get_mut(place)) else {
                continue;
            };
            let (amount, output) = (held.cost.get(ward.counts), held.cost.get(Dimension::OutputTokens));
            let input = held.cost.get(Dimension::TotalTokens).saturating_sub(output);
            if let Some(charges) = self.ledger.charges_mut(id).filter(|_| amount > 0) {
                let late = ward.late_part(amount, output);
                charges.push(ward.charge(place, amount, late, Parts { input, output }, (now, now)));
            }
        }
    }

    /// Provisional limits end where the provider has spoken of the same dimension.
    pub(super) fn supersede_provisional(&mut self, place: usize) {
        let Some((dimension, reach)) = self.wards.get(place).map(|ward| (ward.dimension, ward.reach.clone()))
        else {
            return;
        };
        let model = match &reach {
            WardReach::Model(model) => model.as_str(),
            WardReach::Scope(_) | WardReach::Account => "",
        };
        for ward in self.wards.iter_mut().filter(|ward| ward.provisional && ward.dimension == dimension) {
            ward.retired = ward.retired || reach == WardReach::Account || ward.reach.covers(model, "");
        }
        self.relink();
    }

    /// A given limit without a burst of its own takes the burst of the learned limit beside it.
    pub(super) fn spread_burst(&mut self, place: usize, now: Timestamp) {
        if !self.wards.iter().any(|ward| ward.learns_burst) {
            return;
        }
        let Some(learned) = self.wards.get(place) else { return };
        let (dimension, period, reach) = (learned.dimension, learned.quota.period, learned.reach.clone());
        let Some(allowed) = learned.bank.as_ref().map(|bank| bank.burst()) else { return };
        for ward in self.wards.iter_mut() {
            let same = ward.dimension == dimension && ward.quota.period == period;
            let covers = match (&ward.reach, &reach) {
                (WardReach::Scope(scope), WardReach::Model(model)) => scope.matches(model, ""),
                (WardReach::Scope(_), _) => true,
                _ => false,
            };
            let burst = Some(allowed.min(ward.quota.amount).max(1));
            if ward.learns_burst && same && covers && ward.quota.burst != burst {
                ward.quota.burst = burst;
                ward.bucket.resize(&ward.quota, now);
            }
        }
    }

    /// A call was answered: its round is over, and the cushions melt a little.
    fn answered(&mut self, lane: usize, granted: Timestamp, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        lane.answered(granted);
        for &place in &lane.wards {
            if let Some(ward) = self.wards.get_mut(place) {
                ward.melt(now);
                if let Some(bank) = &mut ward.bank {
                    bank.test_ended(granted, false);
                }
            }
        }
    }

    /// A call was refused because a limit is used up. The limits that the answer names are held; where it names
    /// none, the lane is, and a grain finer than the stated limit is assumed. A stray refusal holds nobody up.
    fn throttled(
        &mut self,
        id: ReservationId,
        lane: usize,
        granted: Timestamp,
        feedback: &Feedback,
        now: Timestamp,
    ) {
        let mut explained = false;
        for seen in &feedback.limits {
            explained |= self.hold_named(id, lane, seen, feedback.retry_after, now);
        }
        let Some(held) = self.lanes.get_mut(lane) else { return };
        let stray = !explained && feedback.retry_after.is_none() && held.is_stray(now);
        if !stray {
            let fresh = held.refused(granted, now);
            if explained || !fresh {
                return;
            }
            held.stray.is_over();
            let wait = feedback.retry_after.unwrap_or_else(|| held.pause());
            held.hold = Some(held.hold.unwrap_or(now).max(now.after(wait)));
        }
        let is_pattern = held.unexplained(now);
        if self.config.learning != Learning::Off && (is_pattern || self.says_finer(lane)) {
            self.assume_grain((id, lane), granted, stray, now);
        } else {
            self.nudge_grain(lane, granted, now);
        }
    }

    /// Holds a limit that the refusal shows to be used up; says whether it does show that.
    fn hold_named(
        &mut self,
        id: ReservationId,
        lane: usize,
        seen: &Observation,
        retry_after: Option<Duration>,
        now: Timestamp,
    ) -> bool {
        let Some(place) = self.stated(lane, seen) else { return false };
        let Some(ward) = self.wards.get_mut(place) else { return false };
        let (need, granted) =
            self.ledger.get(id).map_or((0, now), |held| (held.cost.get(ward.counts), held.since));
        if seen.remaining.is_none_or(|remaining| remaining >= need.max(1)) {
            return false;
        }
        if let Some(wait) = retry_after {
            // The provider's own level when that wait is over holds just this call.
            let level = i128::from(need.min(ward.capacity()));
            let hold = now.after(wait);
            if let Some(bank) = ward.bank.as_mut().filter(|_| seen.reset.is_none()) {
                bank.lower_to(level, hold, now);
            }
            ward.hold = Some(ward.hold.unwrap_or(now).max(hold));
        }
        if let Some(bank) = &mut ward.bank {
            bank.test_ended(granted, true);
        }
        // Who left before a change was heard of was refused for that alone.
        if granted >= ward.changed {
            ward.be_careful(need);
        }
        true
    }

    fn charge_of(&self, id: ReservationId, place: usize) -> Option<Charge> {
        self.ledger.charges(id).iter().find(|charge| charge.limit == place).copied()
    }
}

/// Whether an answer speaks of money that no period brings back. One that does not say how much is left says nothing.
fn is_credit(seen: &Observation) -> bool {
    seen.dimension == Dimension::Money && seen.window.is_none() && seen.remaining.is_some()
}
