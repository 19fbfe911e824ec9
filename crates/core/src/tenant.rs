//! `Tenants`: who asks, with which weight, and whose turn it is among them. A bounded table; idle tenants make room.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Band;
use crate::notes::{Noted, Notes, Reader, noted};

/// How many tenants an engine tells apart. Calls of further ones share the unnamed tenant's turn while all of these
/// have calls waiting or under way: a caller that invents names can thus not make the engine grow.
const TENANTS_MAX: usize = 4_096;

/// How large a part a tenant has beside the others of its band; 1 by default, and never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u32);

impl Weight {
    /// The weight of a tenant that was given none.
    pub const ONE: Self = Self(1);

    /// A weight; zero counts as one, since nobody who may ask waits for ever.
    #[must_use]
    pub const fn new(weight: u32) -> Self {
        Self(if weight == 0 { 1 } else { weight })
    }

    /// As a number, at least 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Noted for Weight {
    fn note(&self, notes: &mut Notes) {
        self.0.note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        *self = Self::new(notes.read());
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::ONE
    }
}

/// One tenant. The unnamed one is the first of the table.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) weight: Weight,
    /// Named by a limit or a weight: it keeps its entry when it is idle.
    pub(crate) pinned: bool,
    /// Its calls that wait or are under way.
    pub(crate) calls: u32,
    /// Its calls that wait, by band.
    pub(crate) waiting: [u32; Band::COUNT],
    /// Its turn in each band: the virtual time at which its next call begins.
    pub(crate) turn: [u64; Band::COUNT],
    /// The limits of its own, by their place in the engine.
    pub(crate) wards: Vec<usize>,
}

noted!(Tenant { name, weight, pinned, calls, waiting, turn } without { wards });

/// Every tenant that is known.
#[derive(Debug)]
pub(crate) struct Tenants {
    all: Vec<Tenant>,
    index: BTreeMap<String, u32>,
    /// Where the search for an idle tenant goes on.
    hand: usize,
}

impl Default for Tenants {
    fn default() -> Self {
        Self {
            all: alloc::vec![Tenant { pinned: true, ..Tenant::default() }],
            index: BTreeMap::new(),
            hand: 0,
        }
    }
}

impl Noted for Tenants {
    fn note(&self, notes: &mut Notes) {
        // By their names they are found again.
        let Self { all, index: _, hand } = self;
        all.note(notes);
        hand.note(notes);
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        let (all, hand): (Vec<Tenant>, usize) = (notes.read(), notes.read());
        let named = all.iter().enumerate().skip(1);
        let index =
            named.filter_map(|(place, tenant)| Some((tenant.name.clone(), u32::try_from(place).ok()?)));
        *self = Self { index: index.collect(), all, hand };
    }
}

impl Tenants {
    pub(crate) fn get(&self, tenant: u32) -> Option<&Tenant> {
        self.all.get(tenant as usize)
    }

    pub(crate) fn get_mut(&mut self, tenant: u32) -> Option<&mut Tenant> {
        self.all.get_mut(tenant as usize)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tenant> {
        self.all.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Tenant> {
        self.all.iter_mut()
    }

    /// The tenant of that name, if it is known.
    #[inline(always)]
    pub(crate) fn known(&self, name: &str) -> Option<u32> {
        if name.is_empty() { Some(0) } else { self.index.get(name).copied() }
    }

    /// The tenant of that name, made when it is new; the unnamed one where there is no room.
    #[inline(always)]
    pub(crate) fn of(&mut self, name: &str) -> u32 {
        if let Some(known) = self.known(name) {
            return known;
        }
        self.new_of(name)
    }

    #[inline(never)]
    fn new_of(&mut self, name: &str) -> u32 {
        if self.all.len() < TENANTS_MAX {
            return self.add(name);
        }
        match self.idle() {
            Some(place) => self.replace(place, name),
            None => 0,
        }
    }

    /// The tenant of that name, with an entry that it keeps: those are as many as the configuration names.
    pub(crate) fn pin(&mut self, name: &str) -> u32 {
        let tenant = match self.known(name) {
            Some(known) => known,
            None => self.add(name),
        };
        if let Some(entry) = self.get_mut(tenant) {
            entry.pinned = true;
        }
        tenant
    }

    fn add(&mut self, name: &str) -> u32 {
        let tenant = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(Tenant { name: String::from(name), ..Tenant::default() });
        self.index.insert(String::from(name), tenant);
        tenant
    }

    /// The next tenant without calls, found by going round.
    fn idle(&mut self) -> Option<usize> {
        let len = self.all.len();
        for _ in 0..len {
            self.hand = self.hand.saturating_add(1).checked_rem(len).unwrap_or(0);
            if self.all.get(self.hand).is_some_and(|tenant| tenant.calls == 0 && !tenant.pinned) {
                return Some(self.hand);
            }
        }
        None
    }

    fn replace(&mut self, place: usize, name: &str) -> u32 {
        let tenant = u32::try_from(place).unwrap_or(0);
        if let Some(entry) = self.all.get_mut(place) {
            self.index.remove(&entry.name);
            *entry = Tenant { name: String::from(name), ..Tenant::default() };
            self.index.insert(String::from(name), tenant);
        }
        tenant
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_full_table_gives_the_room_of_an_idle_tenant_and_never_that_of_a_busy_or_pinned_one() {
        let mut tenants = Tenants::default();
        let pinned = tenants.pin("pinned");
        for number in 0..TENANTS_MAX * 2 {
            let tenant = tenants.of(&format!("t{number}"));
            assert_ne!(tenant, 0, "t{number} finds room");
        }
        assert_eq!(tenants.all.len(), TENANTS_MAX);
        assert_eq!(tenants.index.len(), TENANTS_MAX - 1);
        assert_eq!(tenants.known("pinned"), Some(pinned));
        for tenant in tenants.iter_mut() {
            tenant.calls = 1;
        }
        assert_eq!(tenants.of("one too many"), 0);
        tenants.get_mut(77).expect("it is there").calls = 0;
        assert_eq!(tenants.of("in time"), 77);
        assert_eq!(tenants.known("in time"), Some(77));
    }

    #[test]
    fn nobody_weighs_nothing() {
        assert_eq!(Weight::new(0), Weight::ONE);
        assert_eq!(Weight::new(7).get(), 7);
    }
}
