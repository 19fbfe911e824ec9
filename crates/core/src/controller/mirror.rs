//! The mirror: what an answer says of a limit, brought to the bank that follows it.

use alloc::string::String;
use core::time::Duration;

use super::bank::{Reading, Told};
use crate::ledger::Charge;
use crate::ward::{Ward, WardReach};
use crate::{Charging, Dimension, Observation, Timestamp};

/// The period of a limit whose header names none: providers that leave it out mean a minute.
const USUAL_PERIOD: Duration = Duration::from_secs(60);

/// How many answers in a row must name a period before it is believed against others.
const NAMED: u8 = 3;

/// The call whose answer tells.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Teller<'a> {
    /// What the limit was charged for it.
    pub(crate) charge: Option<&'a Charge>,
    /// When it left.
    pub(crate) left: Timestamp,
    /// What the calls cost that the provider may not have seen yet, and those of the last second.
    pub(crate) recent: u64,
    pub(crate) lately: u64,
    /// What it was estimated to cost.
    pub(crate) own: u64,
}

/// The limit that an answer states for the first time, in line with it.
pub(crate) fn learn(
    seen: &Observation,
    reach: WardReach,
    teller: &Teller<'_>,
    now: Timestamp,
) -> Option<Ward> {
    let period = seen.window.filter(|window| !window.is_zero()).unwrap_or(USUAL_PERIOD);
    let mut ward = Ward::stated(seen.dimension, seen.limit?, period, reach, seen.enforcement, now);
    ward.assumed_period = seen.window.is_none();
    ward.named = u8::from(seen.window.is_some());
    ward.told(charging(seen));
    (ward.zone, ward.finer) = (seen.zone.map(String::from), seen.grain);
    let told = told(&ward, teller);
    if let Some(bank) = &mut ward.bank {
        bank.begin(&reading(seen), teller.own, &told, now);
    }
    Some(ward)
}

/// Brings a limit in line with one observation; gives by how much its level rose.
pub(crate) fn reconcile(ward: &mut Ward, teller: &Teller<'_>, seen: &Observation, now: Timestamp) -> i128 {
    ward.told(charging(seen));
    follow_zone(ward, seen);
    ward.finer = seen.grain.or(ward.finer);
    follow_limit(ward, seen, now);
    let told = told(ward, teller);
    ward.bank.as_mut().map_or(0, |bank| bank.observe(&reading(seen), &told, now))
}

/// What was learned before knows no time zone, nor does an answer that states less than others.
fn follow_zone(ward: &mut Ward, seen: &Observation) {
    if seen.zone.is_some_and(|zone| ward.zone.as_deref() != Some(zone)) {
        ward.zone = seen.zone.map(String::from);
        ward.edge_asked = None;
    }
}

/// The limit itself may have changed; what was used stays used.
fn follow_limit(ward: &mut Ward, seen: &Observation, now: Timestamp) {
    let Some(limit) = seen.limit else { return };
    let period = period_of(ward, seen);
    if limit != ward.quota.amount || period != ward.quota.period {
        ward.quota = crate::Quota { amount: limit, period, burst: Some(limit), ..ward.quota };
        ward.changed = now;
        if let Some(bank) = &mut ward.bank {
            bank.resize(limit, period, now);
        }
    }
}

/// The period that holds from now on. One that was assumed gives way to one that is named, but not to a single answer:
/// it may have been deduced from numbers that fit by chance.
fn period_of(ward: &mut Ward, seen: &Observation) -> Duration {
    let known = ward.quota.period;
    let Some(named) = seen.window.filter(|window| !window.is_zero()) else {
        // One answer may have named a period by chance, that the others do not.
        let by_chance = !ward.assumed_period && ward.named < NAMED;
        ward.assumed_period |= by_chance;
        ward.renamed = 0;
        return if by_chance { USUAL_PERIOD } else { known };
    };
    if named == known {
        ward.named = ward.named.saturating_add(1);
        ward.renamed = 0;
        return known;
    }
    ward.renamed = ward.renamed.saturating_add(1);
    if ward.renamed < NAMED {
        return known;
    }
    ward.assumed_period = false;
    named
}

/// What is counted when. A request is counted when it arrives, whoever the provider is: so is its input.
fn charging(seen: &Observation) -> Charging {
    match (seen.charging, seen.dimension) {
        (Charging::Unknown, Dimension::Requests | Dimension::InputTokens) => Charging::Admission,
        (known, _) => known,
    }
}

fn reading(seen: &Observation) -> Reading {
    Reading { remaining: seen.remaining, reset: seen.reset, rounding: seen.rounding }
}

fn told(ward: &Ward, teller: &Teller<'_>) -> Told {
    let own = teller.charge.map_or(0, |charge| charge.amount);
    Told {
        lefts: teller.charge.and_then(|charge| ward.bank.as_ref()?.at_mark(charge.mark)),
        left: teller.left,
        ending: teller.charge.map_or(0, |charge| charge.late),
        uncounted: teller.recent,
        unsettled: ward.outstanding.saturating_add(teller.lately),
        last: ward.outstanding <= own,
        explained: None,
    }
}
