//! Passing: whose turn it is, and who may pass a call that is blocked.
//!
//! Flows are looked at in the order of their turns. The first that is blocked by a limit that others meet too is the
//! head of that limit. Whoever stands behind it may pass only if the instant at which it can go does not move, even
//! if the passing call is charged the most that it may be: that is computed on the limits themselves, not estimated
//! (exact backfill, as conservative batch schedulers do it). A flow that is blocked by what only its own lane or
//! tenant meets steps aside: it keeps its turn there, and leaves the shared limits to the others.

mod scan;

pub(super) use self::scan::Scan;

use self::scan::{Head, TRIED_MAX};
use super::need::Need;
use crate::bucket::Fit;
use crate::ledger::Reservation;
use crate::ward::Ward;
use crate::{Engine, Rejection, ReservationId, Timestamp};

/// What the next call in order needs.
#[derive(Debug)]
pub(super) enum Next {
    Grant { id: ReservationId, at: Timestamp },
    Refuse { id: ReservationId, rejection: Rejection },
    Nothing { wake: Option<Timestamp> },
}

/// When a call could go by itself, and what blocks it.
#[derive(Debug)]
struct Outlook {
    at: Timestamp,
    on_release: bool,
    /// Its lane lets nobody go: the provider asked to wait, or the next round has not begun.
    by_lane: bool,
    /// Until when it is blocked by limits that only its own lane or tenant meets, as far as time unblocks them.
    by_own: Option<Timestamp>,
    never: Option<Rejection>,
    /// Which of its limits have no room at this instant, a bit each in the order of the limits; `None` where that was
    /// not found out, for a call that still counts as of an earlier one.
    lacks: Option<u64>,
}

/// How a call stands to those that are blocked before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It meets nothing that they wait for.
    Free,
    /// It does, and they go when they would have gone without it.
    Passes,
    /// It would delay one of them.
    Waits,
}

impl Engine {
    /// The first call in order that may go now; what was scheduled for `due` still counts as of then.
    pub(super) fn next(&self, scan: &mut Scan, due: Timestamp, now: Timestamp) -> Next {
        scan.begin();
        if self.queue.len() == 0 || self.is_busy(0) {
            return Next::Nothing { wake: None };
        }
        for band in self.turns.bands().into_iter().filter(|band| self.turns.waiting(*band) > 0) {
            for (_, flow) in self.queue.line(band) {
                if scan.shut >= self.lanes_waiting {
                    return Next::Nothing { wake: scan.wake };
                }
                if scan.is_shut(flow.key.lane) {
                    continue;
                }
                let Some(id) = self.ledger.id_of(flow.head()) else { continue };
                if let Some(next) = self.consider(scan, id, due, now) {
                    return next;
                }
            }
        }
        Next::Nothing { wake: scan.wake }
    }

    /// Looks at the head of one flow.
    fn consider(&self, scan: &mut Scan, id: ReservationId, due: Timestamp, now: Timestamp) -> Option<Next> {
        let held = self.ledger.get(id)?;
        let need = self.need(held);
        if self.stays_behind(scan, held, &need, now) {
            scan.try_one(held.lane);
            return None;
        }
        let outlook = self.outlook(held, &need, due.max(held.since.min(now)), now);
        if let Some(rejection) = outlook.never {
            return Some(Next::Refuse { id, rejection });
        }
        let at = outlook.at;
        if outlook.by_lane {
            scan.wake_at(at);
            scan.shut(held.lane);
            return None;
        }
        let standing = self.standing(scan, held, at.max(now));
        if standing == Standing::Waits && !outlook.on_release {
            let apart = self.apart(held, at.max(now));
            if let Some(from) = apart.filter(|from| self.standing(scan, held, *from) != Standing::Waits) {
                scan.wake_at(from);
            }
        }
        if at <= now && !outlook.on_release {
            if standing != Standing::Waits {
                return Some(Next::Grant { id, at });
            }
            if let Some(from) = self.room_for_both(scan, held, now) {
                scan.wake_at(from);
            }
        } else {
            if standing != Standing::Waits && !outlook.on_release {
                scan.wake_at(at);
            }
            self.take_note(scan, held, &need, &outlook, now);
        }
        if standing != Standing::Free {
            scan.try_one(held.lane);
        }
        None
    }

    /// Whether a call changes nothing of what is known: heads that are blocked before it need all that it needs, and it
    /// cannot go before the instant at which the engine is awake again anyway. Most calls behind a head are so, and to
    /// find that out takes no division.
    fn stays_behind(&self, scan: &mut Scan, held: &Reservation, cost: &Need<'_>, now: Timestamp) -> bool {
        let Some(wake) = scan.wake.filter(|wake| *wake > now && !scan.heads.is_empty()) else { return false };
        let Some(lane) = self.lanes.get(held.lane as usize) else { return false };
        let has_own = self.tenants.get(held.tenant).is_some_and(|tenant| !tenant.wards.is_empty());
        if has_own || lane.ready(now) > now {
            return false;
        }
        let lacks = |ward: &Ward, need| held.most(ward.counts) > 0 && ward.lacks_until(need, wake);
        if scan.is_led(held.lane) {
            let mut wards = lane.wards.iter().filter_map(|&place| self.wards.get(place));
            return wards.any(|ward| {
                let need = cost.get(ward.counts);
                need > 0 && !ward.retired && lacks(ward, need)
            });
        }
        let (mut is_late, mut meets_all) = (false, true);
        for &place in &lane.wards {
            let Some(ward) = self.wards.get(place) else { return false };
            let need = cost.get(ward.counts);
            if need == 0 || ward.retired {
                meets_all = false;
                continue;
            }
            if !ward.is_common || ward.holds_nothing() || !scan.is_needed(place) {
                return false;
            }
            is_late = is_late || lacks(ward, need);
        }
        if meets_all {
            scan.is_led_now(held.lane);
        }
        is_late
    }

    /// When a call could go by itself.
    fn outlook(&self, held: &Reservation, cost: &Need<'_>, from: Timestamp, now: Timestamp) -> Outlook {
        let mut seen =
            Outlook { at: from, on_release: false, by_lane: false, by_own: None, never: None, lacks: None };
        let (mut lacks, mut bit) = (0_u64, 1_u64);
        for (_, ward) in self.wards_for(held.lane as usize, held.tenant) {
            let need = cost.get(ward.counts);
            // How much credit may still come back is another sum than when the call asked.
            if ward.is_credit() {
                seen.never = seen.never.or(ward.never(held.certain(ward.counts)));
            }
            let start = if from < now { from.max(ward.makes_up_from(now)) } else { from };
            let fit = ward.fit(0, need, start);
            let blocks = match fit {
                Fit::At(at) if at <= now && ward.quota.refill != crate::Refill::Continuous => false,
                Fit::At(at) => {
                    seen.at = seen.at.max(at);
                    at > now
                }
                Fit::OnRelease => {
                    seen.on_release = true;
                    true
                }
                Fit::Never => {
                    let (dimension, capacity) = (ward.dimension, ward.capacity());
                    let never = Rejection::Never { dimension, cost: need, capacity };
                    seen.never = ward.never(need).or(Some(never));
                    true
                }
            };
            lacks |= if blocks { bit } else { 0 };
            // Beyond the last bit nothing is noted of any limit.
            bit = bit.wrapping_shl(1);
            if blocks && !ward.is_common {
                let until = if let Fit::At(at) = fit { at } else { now };
                seen.by_own = seen.by_own.max(Some(until));
            }
        }
        if let Some(lane) = self.lanes.get(held.lane as usize) {
            let ready = lane.ready(from);
            seen.at = seen.at.max(ready);
            seen.by_lane = ready > now;
        }
        seen.lacks = Some(lacks).filter(|_| from == now && bit != 0);
        seen
    }

    /// Notes a blocked call as the head of what blocks it, where it is the first there.
    fn take_note(
        &self,
        scan: &mut Scan,
        held: &Reservation,
        cost: &Need<'_>,
        seen: &Outlook,
        now: Timestamp,
    ) {
        let wards = || self.wards_for(held.lane as usize, held.tenant);
        let needs = wards().map(|(place, ward)| (place, cost.get(ward.counts)));
        let (at, on_release) = (seen.at.max(now), seen.on_release);
        if let Some(until) = seen.by_own {
            // From then on it keeps nothing free of its own limits, even if it must go on waiting for those before it.
            if until > now {
                scan.wake_at(until);
            }
            let head = scan.blocked(held, (at, on_release), needs);
            scan.step_aside(head);
            return;
        }
        let leads = wards().enumerate().any(|(turn, (place, ward))| {
            let is_led = || scan.heads.iter().any(|head| scan.needs(head, place) > 0);
            let has_room = match seen.lacks {
                Some(lacks) => lacks.wrapping_shr(u32::try_from(turn).unwrap_or(u32::MAX)) & 1 == 0,
                None => ward.fits(cost.get(ward.counts), now),
            };
            !has_room && !is_led()
        });
        if leads {
            // The same of the shared ones.
            if !on_release {
                scan.wake_at(at);
            }
            let head = scan.blocked(held, (at, on_release), needs);
            scan.lead(head);
        }
    }

    /// How a call that would go at `at` stands to those that are blocked before it.
    fn standing(&self, scan: &Scan, held: &Reservation, at: Timestamp) -> Standing {
        let mut standing = Standing::Free;
        let heads = scan.heads.iter().map(|head| (head, false));
        for (head, aside) in heads.chain(scan.aside_of(held).map(|head| (head, true))) {
            match self.stands_to(scan, (head, aside), held, at) {
                Standing::Free => {}
                Standing::Passes => standing = Standing::Passes,
                Standing::Waits => return Standing::Waits,
            }
        }
        standing
    }

    fn stands_to(
        &self,
        scan: &Scan,
        (head, aside): (&Head, bool),
        held: &Reservation,
        at: Timestamp,
    ) -> Standing {
        let mut meets = false;
        // Who waits for a call to end may go at any moment, but a call that goes later can only delay it from then on.
        let by = if head.on_release { head.at.max(at) } else { head.at };
        for (place, ward) in self.wards_for(held.lane as usize, held.tenant) {
            let takes = held.most(ward.counts);
            let needs = scan.needs(head, place);
            if takes == 0 || needs == 0 || (aside && ward.is_common) {
                continue;
            }
            meets = true;
            if scan.tried >= TRIED_MAX || !ward.fits_behind(takes, at, needs, by) {
                return Standing::Waits;
            }
        }
        let lane = self.lanes.get(held.lane as usize).filter(|_| head.lane == held.lane);
        if lane.is_some_and(|lane| lane.ready_behind(at, by) > by) || (!aside && self.is_busy(1)) {
            return Standing::Waits;
        }
        if meets { Standing::Passes } else { Standing::Free }
    }

    /// From when on a call's charge would not be put together with an earlier one that it would keep from leaving, where
    /// at `at` it would.
    fn apart(&self, held: &Reservation, at: Timestamp) -> Option<Timestamp> {
        let wards = self.wards_for(held.lane as usize, held.tenant);
        wards
            .filter(|(_, ward)| held.most(ward.dimension) > 0)
            .filter_map(|(_, ward)| ward.bucket.joins_until(at))
            .max()
    }

    /// When there will be room for a call beside those that wait for another to end: until then it may not pass them,
    /// since they may go at any moment. Time makes no room beside a call whose instant is known.
    fn room_for_both(&self, scan: &Scan, held: &Reservation, now: Timestamp) -> Option<Timestamp> {
        let heads = scan.heads.iter().map(|head| (head, false));
        let mut from = None;
        for (head, aside) in heads.chain(scan.aside_of(held).map(|head| (head, true))) {
            if !head.on_release {
                if self.stands_to(scan, (head, aside), held, now) == Standing::Waits {
                    return None;
                }
                continue;
            }
            for (place, ward) in self.wards_for(held.lane as usize, held.tenant) {
                let (needs, takes) = (scan.needs(head, place), held.most(ward.counts));
                if takes == 0 || needs == 0 || (aside && ward.is_common) {
                    continue;
                }
                match ward.fit(0, takes.saturating_add(needs), now) {
                    Fit::At(at) if at > now => from = from.max(Some(at)),
                    Fit::At(_) => {}
                    Fit::OnRelease | Fit::Never => return None,
                }
            }
        }
        from
    }
}
