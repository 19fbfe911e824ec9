//! `Allocator`: the store's whole decision. A step and an instant go in, grants come out; nothing else is read.

use alloc::string::String;
use alloc::vec::Vec;

use super::instances::Instances;
use super::pool::{Pool, Window};
use super::{Grants, LEASE_MS, Lease, Step, Want};

/// How many limits an account shares at most; those beyond are not granted.
const POOLS_MAX: usize = 256;
/// How many leases one want is given at most.
const LEASES_MAX: usize = 16;
/// Into how many leases a horizon is cut.
const LEASES_A_HORIZON: u64 = 8;

/// The shared limits of one account, as the store has them.
///
/// ```
/// use tidegate_core::lease::{Allocator, Claim, InstanceId, Part, Step, Terms, Want};
///
/// let terms = Terms::even(600, 60_000, 1);
/// let claim = Claim { limit: "requests".into(), terms, granted: 0, taken: 0, returned: 0, ends_ms: 0 };
/// let want = Want { urgent: true, parts: vec![Part { claim: 0, least: 1, most: 1 }] };
/// let step = |number, granted| Step {
///     instance: InstanceId(7),
///     number,
///     horizon_ms: 0,
///     leaves: false,
///     claims: vec![Claim { granted, ..claim.clone() }],
///     wants: vec![want.clone()],
/// };
/// let mut store = Allocator::default();
/// assert_eq!(store.step(&step(1, 0), 1_000).leases[0].after_ms, 0);
/// // The burst is gone; the next slot is booked a tenth of a second ahead.
/// assert_eq!(store.step(&step(2, 1), 1_000).leases[0].after_ms, 100);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocator {
    /// By their names, so that a name is searched for once a step; after that its place is enough.
    pools: Vec<(String, Pool)>,
    instances: Instances,
    now_ms: u64,
}

impl Allocator {
    /// Takes a step at the instant `now_ms` of the store's own clock, and answers it. A clock that goes back stands.
    pub fn step(&mut self, step: &Step, now_ms: u64) -> Grants {
        let now = self.now_ms.max(now_ms);
        self.now_ms = now;
        let (is_newest, silent_ms) = self.instances.hear(step.instance, step.number, now);
        self.forget(now);
        let places = self.places(step, now);
        let windows = self.merge(step, &places, silent_ms, now);
        let live = self.instances.tell_live(step.instance, now);
        let (mut leases, mut retry_ms) = (Vec::new(), 0_u64);
        for want in step.wants.iter().filter(|_| is_newest && !step.leaves) {
            if let Err(retry) = self.serve(step, want, (&places, &windows), live, &mut leases) {
                retry_ms = if retry_ms == 0 { retry } else { retry_ms.min(retry) };
            }
        }
        for place in &places {
            if let Some(pool) = self.pool_mut(*place) {
                pool.mark(step.instance);
            }
        }
        let pools = || places.iter().map(|place| self.pool(*place));
        let granted =
            step.claims.iter().zip(&windows).zip(pools()).map(|((claim, window), pool)| match window {
                Window::Same => pool.map_or(0, |pool| pool.granted(step.instance)),
                Window::Other(_) => claim.granted,
            });
        let granted = granted.collect();
        let left = pools().map(|pool| pool.map_or(0, Pool::left)).collect();
        if step.leaves {
            self.instances.leave(step.instance);
            self.pools.iter_mut().for_each(|(_, pool)| pool.forget(step.instance));
        }
        Grants { number: step.number, live, granted, left, leases, retry_ms }
    }

    fn forget(&mut self, now: u64) {
        while let Some(id) = self.instances.forget_one(now) {
            self.pools.iter_mut().for_each(|(_, pool)| pool.forget(id));
        }
    }

    /// Where each claim's limit is, made where it is new; `None` beyond as many as are kept.
    fn places(&mut self, step: &Step, now: u64) -> Vec<Option<usize>> {
        let search = |pools: &[(String, Pool)], limit: &str| {
            pools.binary_search_by(|(name, _)| name.as_str().cmp(limit))
        };
        for claim in &step.claims {
            if let Err(place) = search(&self.pools, &claim.limit)
                && self.pools.len() < POOLS_MAX
            {
                self.pools.insert(place, (claim.limit.clone(), Pool::new(claim.terms, now)));
            }
        }
        step.claims.iter().map(|claim| search(&self.pools, &claim.limit).ok()).collect()
    }

    fn pool(&self, place: Option<usize>) -> Option<&Pool> {
        self.pools.get(place?).map(|(_, pool)| pool)
    }

    fn pool_mut(&mut self, place: Option<usize>) -> Option<&mut Pool> {
        self.pools.get_mut(place?).map(|(_, pool)| pool)
    }

    /// Brings every claimed limit up to date; says which claims are of the present window.
    fn merge(&mut self, step: &Step, places: &[Option<usize>], silent_ms: u64, now: u64) -> Vec<Window> {
        let mut windows = Vec::with_capacity(places.len());
        for (claim, place) in step.claims.iter().zip(places) {
            let Some((_, pool)) = place.and_then(|place| self.pools.get_mut(place)) else {
                windows.push(Window::Other(1_000));
                continue;
            };
            pool.pass(&self.instances, now);
            pool.renew(claim.terms);
            let window = pool.enter(claim, now);
            if window == Window::Same {
                pool.merge(step.instance, claim, silent_ms);
            }
            windows.push(window);
        }
        windows
    }

    /// Gives leases for one want: what is there at once, else slots of the future up to the horizon.
    fn serve(
        &mut self,
        step: &Step,
        want: &Want,
        (places, windows): (&[Option<usize>], &[Window]),
        live: u64,
        leases: &mut Vec<Lease>,
    ) -> Result<(), u64> {
        let other = |part: &super::Part| match windows.get(part.claim) {
            Some(Window::Same) => None,
            Some(Window::Other(retry)) => Some(*retry),
            None => Some(1_000),
        };
        if let Some(retry) = want.parts.iter().filter_map(other).max() {
            return Err(retry);
        }
        let mut left: Vec<u64> = want.parts.iter().map(|part| part.most.max(part.least)).collect();
        for turn in 0..LEASES_MAX {
            let enough = left.iter().zip(&want.parts).any(|(left, part)| *left < part.least.max(1));
            if turn > 0 && enough {
                break;
            }
            let slot = self.slot(step, want, places, &left, live)?;
            // What is there is shared once a step; what is not there yet is booked up to the horizon.
            let first = turn == 0;
            let within = slot.after_ms <= step.horizon_ms && (first || slot.after_ms > 0);
            if !(within || first && want.urgent) {
                break;
            }
            for ((_, amount), left) in slot.amounts.iter().zip(&mut left) {
                *left = left.saturating_sub(*amount);
            }
            for (claim, amount) in &slot.amounts {
                if let Some(pool) = places.get(*claim).and_then(|place| self.pool_mut(*place)) {
                    pool.grant(step.instance, *amount);
                }
            }
            leases.push(slot);
        }
        Ok(())
    }

    /// The next lease of a want, not yet granted: at once if all parts are there, else when they will be.
    fn slot(
        &self,
        step: &Step,
        want: &Want,
        places: &[Option<usize>],
        left: &[u64],
        live: u64,
    ) -> Result<Lease, u64> {
        let pool = |claim: usize| places.get(claim).and_then(|place| self.pool(*place));
        let shares = want
            .parts
            .iter()
            .zip(left)
            .map(|(part, left)| Some((part.claim, pool(part.claim)?.share(part.least, *left, live)?)));
        let mut holds = u64::MAX;
        for pool in want.parts.iter().filter_map(|part| pool(part.claim)) {
            holds = holds.min(pool.holds(self.now_ms));
        }
        if let Some(amounts) = shares.collect::<Option<Vec<_>>>() {
            return Ok(Lease { amounts, after_ms: 0, until_ms: LEASE_MS.min(holds) });
        }
        let (mut amounts, mut after_ms) = (Vec::new(), 0);
        for (part, left) in want.parts.iter().zip(left) {
            let Some(pool) = pool(part.claim) else { return Err(1_000) };
            let piece = pool.terms.within(step.horizon_ms).checked_div(LEASES_A_HORIZON).unwrap_or(0);
            let amount = piece.min(*left).min(pool.terms.capacity()).max(part.least);
            after_ms = after_ms.max(pool.wait(amount).ok_or_else(|| pool.retry(self.now_ms))?);
            amounts.push((part.claim, amount));
        }
        let until_ms = after_ms.saturating_add(LEASE_MS).min(holds);
        if until_ms <= after_ms {
            return Err(holds.max(1));
        }
        Ok(Lease { amounts, after_ms, until_ms })
    }
}
