//! `Turns`: how bands and tenants take turns: virtual time inside a band, floors between bands.
//!
//! A tenant's tag is the virtual time at which its next call begins; a call moves it on by its share over the
//! tenant's weight, and its settlement by the difference to the truth. Who comes back begins at the band's present
//! time, so nobody saves up turns while idle; who was refunded a lot goes ahead of the others by a minute at most.

use crate::notes::noted;
use crate::tenant::Tenant;
use crate::{Band, Floors, Order};

/// How far a tenant's turn may lie before the band's present time: a minute's worth of the scarcest limit.
const CREDIT: u64 = 60_000_000_000;
/// A round of deficit round robin: a second's worth of the scarcest limit, times the tenant's weight.
const QUANTUM: u64 = 1_000_000_000;
/// A round of weighted round robin, of which a call takes a part as large as the weight allows.
const ROUND: u64 = 1 << 32;
/// How much a band that waits may have saved up of its floor: a second's worth. A larger call goes into debt.
const FLOOR_CREDIT: i64 = 1_000_000_000;
/// How long a band may wait at the mean before its floor is raised, in nanoseconds; adaptive order only.
const AIMS: [u64; Band::COUNT] = [1_000_000_000, 10_000_000_000, 60_000_000_000];
/// How often over a floor may be raised.
const RAISED_MAX: u64 = 3;

/// Whose turn it is.
#[derive(Debug)]
pub(crate) struct Turns {
    order: Order,
    floors: [u16; Band::COUNT],
    bands: [BandTurns; Band::COUNT],
}

noted!(Turns { bands } without { order, floors });

#[derive(Clone, Copy, Debug, Default)]
struct BandTurns {
    /// The virtual time: when the latest turn began.
    now: u64,
    /// When the latest of all turns ends.
    latest: u64,
    /// Calls that wait.
    waiting: usize,
    /// The sum of the weights of the tenants with calls that wait.
    weight: u64,
    /// What the band's floor owes it, as a share; below zero it had more.
    balance: i64,
    /// The mean wait of its latest calls, in nanoseconds.
    wait: u64,
}

noted!(BandTurns { now, latest, waiting, weight, balance, wait });

impl Turns {
    pub(crate) fn new(order: Order, floors: Floors) -> Self {
        let floors = match order {
            Order::Priority => Floors::NONE,
            _ => floors,
        };
        let floors = [0, floors.standard_permille.min(1_000), floors.batch_permille.min(1_000)];
        Self { order, floors, bands: [BandTurns::default(); Band::COUNT] }
    }

    /// A call of the tenant begins to wait.
    pub(crate) fn joined(&mut self, tenant: &mut Tenant, band: Band) {
        let Some(turns) = self.bands.get_mut(band as usize) else { return };
        turns.waiting = turns.waiting.saturating_add(1);
        let (Some(waiting), Some(turn)) =
            (tenant.waiting.get_mut(band as usize), tenant.turn.get_mut(band as usize))
        else {
            return;
        };
        if *waiting == 0 {
            *turn = (*turn).max(turns.now);
            turns.weight = turns.weight.saturating_add(u64::from(tenant.weight.get()));
        }
        *waiting = waiting.saturating_add(1);
    }

    /// A call of the tenant waits no longer.
    pub(crate) fn left(&mut self, tenant: &mut Tenant, band: Band) {
        let Some(turns) = self.bands.get_mut(band as usize) else { return };
        turns.waiting = turns.waiting.saturating_sub(1);
        let Some(waiting) = tenant.waiting.get_mut(band as usize) else { return };
        *waiting = waiting.saturating_sub(1);
        if *waiting == 0 {
            turns.weight = turns.weight.saturating_sub(u64::from(tenant.weight.get()));
        }
        if turns.waiting == 0 {
            // Nobody waits: whoever comes next meets the others on equal terms.
            (turns.now, turns.balance, turns.wait) = (turns.latest, 0, 0);
        }
    }

    /// A tenant's weight changes.
    pub(crate) fn reweigh(&mut self, tenant: &mut Tenant, weight: crate::Weight) {
        for (turns, waiting) in self.bands.iter_mut().zip(tenant.waiting) {
            if waiting > 0 {
                let others = turns.weight.saturating_sub(u64::from(tenant.weight.get()));
                turns.weight = others.saturating_add(u64::from(weight.get()));
            }
        }
        tenant.weight = weight;
    }

    /// Where the tenant's rows of a band stand: the tag, and what keeps the tenant's rows together.
    pub(crate) fn of(&self, tenant: &Tenant, number: u32, band: Band) -> (u64, u32) {
        let turn = tenant.turn.get(band as usize).copied().unwrap_or(0);
        match self.order {
            Order::Priority => (0, 0),
            Order::Fair | Order::Adaptive => (turn, 0),
            Order::WeightedRoundRobin => (turn.checked_div(ROUND).unwrap_or(0), number),
            Order::DeficitRoundRobin => (turn.checked_div(QUANTUM).unwrap_or(0), number),
        }
    }

    /// The tenant has its turn with a call of this share.
    pub(crate) fn served(&mut self, tenant: &mut Tenant, band: Band, share: u64) {
        let Some(turns) = self.bands.get_mut(band as usize) else { return };
        let weight = u64::from(tenant.weight.get());
        let Some(turn) = tenant.turn.get_mut(band as usize) else { return };
        let begins = (*turn).max(turns.now.saturating_sub(CREDIT));
        let step = match self.order {
            Order::WeightedRoundRobin => ROUND.div_ceil(weight),
            _ => share.div_ceil(weight),
        };
        *turn = begins.saturating_add(step);
        turns.now = turns.now.max(begins);
        turns.latest = turns.latest.max(*turn);
    }

    /// A call that was counted with one share turned out to have another; says whether the tenant's turn moved.
    pub(crate) fn corrected(&mut self, tenant: &mut Tenant, band: Band, counted: u64, actual: u64) -> bool {
        let Some(turns) = self.bands.get_mut(band as usize) else { return false };
        if counted == actual || matches!(self.order, Order::Priority | Order::WeightedRoundRobin) {
            return false;
        }
        let weight = u64::from(tenant.weight.get());
        let Some(turn) = tenant.turn.get_mut(band as usize) else { return false };
        let least = (*turn).min(turns.now.saturating_sub(CREDIT));
        *turn = if actual > counted {
            turn.saturating_add(actual.saturating_sub(counted).div_ceil(weight))
        } else {
            let back = counted.saturating_sub(actual).checked_div(weight).unwrap_or(0);
            turn.saturating_sub(back).max(least)
        };
        turns.latest = turns.latest.max(*turn);
        true
    }

    /// The bands in the order in which they go now: those that their floor owes something first.
    pub(crate) fn bands(&self) -> [Band; Band::COUNT] {
        let mut bands = Band::ALL;
        bands.sort_by_key(|band| {
            self.bands.get(*band as usize).is_none_or(|turns| turns.balance <= 0 || turns.waiting == 0)
        });
        bands
    }

    /// A call of `band` takes a share of limits for which the bands in `contend` wait too.
    pub(crate) fn admitted(&mut self, band: Band, share: u64, contend: [bool; Band::COUNT]) {
        let others = Band::ALL.iter().zip(contend).any(|(each, contends)| contends && *each != band);
        if !others {
            return;
        }
        for (place, each) in Band::ALL.into_iter().enumerate() {
            let floor = self.floor(each);
            let Some(turns) = self.bands.get_mut(place) else { continue };
            if each != band && !contend.get(place).copied().unwrap_or(false) {
                continue;
            }
            let owed = u128::from(share).saturating_mul(u128::from(floor)).checked_div(1_000).unwrap_or(0);
            let owed = i64::try_from(owed).unwrap_or(i64::MAX);
            let had = if each == band { i64::try_from(share).unwrap_or(i64::MAX) } else { 0 };
            turns.balance = turns.balance.saturating_add(owed).saturating_sub(had).min(FLOOR_CREDIT);
        }
    }

    /// A call of the band was granted after this wait.
    pub(crate) fn waited(&mut self, band: Band, wait: core::time::Duration) {
        let Some(turns) = self.bands.get_mut(band as usize) else { return };
        let wait = crate::time::nanos_of(wait);
        turns.wait = turns.wait.saturating_sub(turns.wait / 8).saturating_add(wait / 8);
    }

    /// What a band keeps while others wait too, in thousandths.
    pub(crate) fn floor(&self, band: Band) -> u64 {
        let floor = u64::from(self.floors.get(band as usize).copied().unwrap_or(0));
        if self.order != Order::Adaptive {
            return floor;
        }
        let wait = |band: usize| self.bands.get(band).map_or(0, |turns| turns.wait);
        let [people, ..] = AIMS;
        let aim = AIMS.get(band as usize).copied().unwrap_or(u64::MAX);
        if wait(Band::Interactive as usize) > people {
            return floor;
        }
        let raised = floor.saturating_mul(wait(band as usize)).checked_div(aim).unwrap_or(floor);
        raised.clamp(floor, floor.saturating_mul(RAISED_MAX))
    }

    /// Calls of a band that wait.
    pub(crate) fn waiting(&self, band: Band) -> usize {
        self.bands.get(band as usize).map_or(0, |turns| turns.waiting)
    }

    /// The sum of the weights of the tenants that wait in a band.
    pub(crate) fn weight(&self, band: Band) -> u64 {
        self.bands.get(band as usize).map_or(0, |turns| turns.weight)
    }

    /// The order that was asked for.
    pub(crate) fn order(&self) -> Order {
        self.order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Weight;
    use crate::tenant::Tenants;

    #[test]
    fn a_bands_weight_is_that_of_the_tenants_that_wait_in_it() {
        let (mut turns, mut tenants) = (Turns::new(Order::Fair, Floors::default()), Tenants::default());
        let [first, second] = ["a", "b"].map(|name| tenants.pin(name));
        let (band, other) = (Band::Standard, Band::Batch);
        let mut on = |place: u32, act: &mut dyn FnMut(&mut Turns, &mut Tenant)| {
            act(&mut turns, tenants.get_mut(place).expect("it is known"));
            (turns.weight(band), turns.weight(other))
        };
        assert_eq!(on(first, &mut |turns, tenant| turns.reweigh(tenant, Weight::new(5))), (0, 0));
        assert_eq!(on(first, &mut |turns, tenant| turns.joined(tenant, band)), (5, 0));
        assert_eq!(
            on(first, &mut |turns, tenant| turns.joined(tenant, band)),
            (5, 0),
            "a tenant, not a call"
        );
        assert_eq!(on(second, &mut |turns, tenant| turns.joined(tenant, band)), (6, 0));
        assert_eq!(on(first, &mut |turns, tenant| turns.reweigh(tenant, Weight::new(2))), (3, 0));
        assert_eq!(on(first, &mut |turns, tenant| turns.left(tenant, band)), (3, 0), "one call is left");
        assert_eq!(on(first, &mut |turns, tenant| turns.left(tenant, band)), (1, 0));
        assert_eq!(on(first, &mut |turns, tenant| turns.reweigh(tenant, Weight::new(9))), (1, 0));
    }

    #[test]
    fn an_adaptive_floor_follows_the_mean_wait_while_people_wait_no_longer_than_they_may() {
        let seconds = core::time::Duration::from_secs;
        let mut turns = Turns::new(Order::Adaptive, Floors::default());
        turns.waited(Band::Batch, seconds(480));
        assert_eq!(turns.floor(Band::Batch), 50, "a minute in the mean, which it may");
        turns.waited(Band::Batch, seconds(480));
        assert_eq!(turns.floor(Band::Batch), 93, "60 s - 7.5 s + 60 s");
        turns.waited(Band::Interactive, seconds(8));
        assert_eq!(turns.floor(Band::Batch), 93, "just as long as people may");
        turns.waited(Band::Interactive, seconds(9));
        assert_eq!(turns.floor(Band::Batch), 50);
        let fair = Turns { order: Order::Fair, ..turns };
        assert_eq!(fair.floor(Band::Standard), 200);
    }

    #[test]
    fn a_correction_moves_the_turn_by_what_was_counted_wrong_where_shares_matter() {
        let mut tenants = Tenants::default();
        let place = tenants.pin("a");
        let mut moved = |order, counted, actual| {
            let mut turns = Turns::new(order, Floors::default());
            let tenant = tenants.get_mut(place).expect("it is known");
            tenant.turn = [1_000; Band::COUNT];
            let moves = turns.corrected(tenant, Band::Standard, counted, actual);
            (moves, tenant.turn[Band::Standard as usize])
        };
        assert_eq!(moved(Order::Fair, 3, 5), (true, 1_002));
        assert_eq!(moved(Order::Fair, 5, 3), (true, 998));
        assert_eq!(moved(Order::Fair, 5, 5), (false, 1_000));
        for order in [Order::Priority, Order::WeightedRoundRobin] {
            assert_eq!(moved(order, 3, 5), (false, 1_000), "{order:?}");
        }
    }

    #[test]
    fn a_band_owes_nothing_for_what_nobody_else_waits_for() {
        let mut turns = Turns::new(Order::Fair, Floors::default());
        let balances = |turns: &Turns| turns.bands.each_ref().map(|band| band.balance);
        let alone = Band::ALL.map(|band| band == Band::Standard);
        turns.admitted(Band::Standard, 1_000, alone);
        assert_eq!(balances(&turns), [0; Band::COUNT]);
        turns.admitted(Band::Standard, 1_000, [true; Band::COUNT]);
        assert!(balances(&turns)[Band::Standard as usize] < 0);
    }
}
