//! `Flow`: the calls of one lane, band and tenant: what is in sequence. `Turn`: where a flow stands among the others.

use super::row::Row;
use crate::ledger::Reservation;
use crate::{Band, Cost, Place};

/// What makes a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlowKey {
    pub(crate) tenant: u32,
    pub(crate) band: Band,
    pub(crate) lane: u32,
}

impl FlowKey {
    pub(crate) fn of(held: &Reservation) -> Self {
        Self { tenant: held.tenant, band: held.band, lane: held.lane }
    }
}

/// The calls of one flow that wait.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) key: FlowKey,
    pub(super) row: Row,
    /// The sum of what waits, for predictions.
    pub(crate) cost: Cost,
    pub(crate) len: usize,
    pub(super) turn: Turn,
}

impl Flow {
    /// The slot of the call that goes next.
    pub(crate) fn head(&self) -> u32 {
        self.row.first()
    }

    /// The slots of the calls in front of one, the first of all first.
    pub(crate) fn before<'a>(
        &'a self,
        ledger: &'a crate::ledger::Ledger,
        slot: u32,
    ) -> impl Iterator<Item = u32> + 'a {
        self.row.iter(ledger).take_while(move |&each| each != slot)
    }
}

/// Where a flow stands: by band, then by its tenant's turn, then by how long its head has waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(crate) band: Band,
    /// The tenant's virtual time, or the number of its round.
    pub(crate) tag: u64,
    /// Keeps the flows of a tenant together, where a tenant's calls of one round go in a row.
    pub(crate) tie: u32,
    pub(crate) place: Place,
    pub(crate) flow: u32,
}

impl Turn {
    /// Before every flow of a band.
    pub(super) const fn first(band: Band) -> Self {
        Self { band, tag: 0, tie: 0, place: Place(0), flow: 0 }
    }

    /// Behind every flow of a band.
    pub(super) const fn last(band: Band) -> Self {
        Self { band, tag: u64::MAX, tie: u32::MAX, place: Place(u64::MAX), flow: u32::MAX }
    }

    /// The turn of a flow that stands nowhere yet.
    pub(super) const fn nobody() -> Self {
        Self::last(Band::Batch)
    }
}
