//! `Instances`: who shares the account's limits, who lives, and who is only silent.

use alloc::collections::BTreeMap;

use super::InstanceId;

/// An instance that the store heard of less than six seconds ago lives: three of its heartbeats.
pub const ALIVE_MS: u64 = 6_000;
/// After a minute of silence an instance is forgotten, and nothing is kept free for it any more.
pub const FORGOTTEN_MS: u64 = 60_000;
/// How many instances are known at once; the one that was silent for longest makes room.
const INSTANCES_MAX: usize = 1_024;

/// What is known of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    /// Its newest step.
    pub(super) number: u64,
    /// When it was last heard of.
    seen_ms: u64,
    /// How many instances it was told to live: its safe share is one of so many.
    told: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instances {
    known: BTreeMap<InstanceId, Instance>,
}

impl Instances {
    /// Notes a step; says whether it is the instance's newest, and for how long it had been silent.
    pub(super) fn hear(&mut self, id: InstanceId, number: u64, now: u64) -> (bool, u64) {
        let newest = self.known.get(&id).is_none_or(|known| number > known.number);
        let silent_ms = self.known.get(&id).map_or(0, |known| now.saturating_sub(known.seen_ms));
        let known = self.known.entry(id).or_insert(Instance { number, seen_ms: now, told: 1 });
        known.number = known.number.max(number);
        known.seen_ms = now;
        (newest, silent_ms)
    }

    /// Counts who lives, and remembers that this instance was told.
    pub(super) fn tell_live(&mut self, id: InstanceId, now: u64) -> u64 {
        let live = self.known.values().filter(|known| known.is_alive(now)).count();
        let live = u64::try_from(live).unwrap_or(u64::MAX).max(1);
        if let Some(known) = self.known.get_mut(&id) {
            known.told = live;
        }
        live
    }

    /// Takes out an instance that leaves.
    pub(super) fn leave(&mut self, id: InstanceId) {
        self.known.remove(&id);
    }

    /// Takes out one instance that is to be forgotten: it was silent for a minute, or there are too many.
    pub(super) fn forget_one(&mut self, now: u64) -> Option<InstanceId> {
        let (id, seen) =
            self.known.iter().map(|(id, known)| (*id, known.seen_ms)).min_by_key(|(_, seen)| *seen)?;
        let due = now.saturating_sub(seen) >= FORGOTTEN_MS || self.known.len() > INSTANCES_MAX;
        if due {
            self.known.remove(&id);
        }
        due.then_some(id)
    }

    /// The instances that are silent: how long, and of how many they think that they are one.
    pub(super) fn silent(&self, now: u64) -> impl Iterator<Item = (InstanceId, u64, u64)> {
        let silent = self.known.iter().filter(move |(_, known)| !known.is_alive(now));
        silent.map(move |(id, known)| (*id, now.saturating_sub(known.seen_ms), known.told.max(1)))
    }
}

impl Instance {
    const fn is_alive(&self, now: u64) -> bool {
        now.saturating_sub(self.seen_ms) < ALIVE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_makes_the_longest_silent_one_leave_and_a_minute_any() {
        let mut instances = Instances::default();
        for number in 0..INSTANCES_MAX as u64 {
            instances.hear(InstanceId(number), 1, number);
        }
        assert_eq!(instances.forget_one(2_000), None);
        for number in [5_000, 5_001] {
            instances.hear(InstanceId(number), 1, 2_000);
        }
        assert_eq!(instances.forget_one(2_000), Some(InstanceId(0)));
        assert_eq!(instances.forget_one(2_000), Some(InstanceId(1)));
        assert_eq!(instances.forget_one(2_000), None);
        assert_eq!(instances.forget_one(1 + FORGOTTEN_MS), None);
        assert_eq!(instances.forget_one(2 + FORGOTTEN_MS), Some(InstanceId(2)));
    }
}
