//! `Holding`: what this instance holds of one shared limit: leases, counters, and the safe share when the store is gone.

use alloc::collections::VecDeque;
use alloc::string::String;
use core::time::Duration;

use super::{Claim, Terms};
use crate::bucket::{Bucket, Fit};
use crate::{Quota, Timestamp};

/// How many leases of one limit are held at once; more are handed back.
const PARTS_MAX: usize = 64;

/// An amount that may be spent from one instant until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    left: u64,
    from: Timestamp,
    until: Timestamp,
}

/// What this instance holds of one shared limit.
#[derive(Clone, Debug)]
pub(crate) struct Holding {
    name: String,
    terms: Terms,
    granted: u64,
    /// Taken as the safe share.
    taken: u64,
    returned: u64,
    /// What the last step claimed as granted and as returned; `None` when no answer is to be taken any more.
    claimed: Option<(u64, u64)>,
    /// What the store has heard to be returned.
    heard_back: u64,
    /// By their beginning.
    parts: VecDeque<Held>,
    /// Slots that calls under way hold.
    in_use: u64,
    /// What the store last had left.
    left: u64,
    /// When the window that the counters are of ends.
    ends: Timestamp,
    /// The share that holds while the store is gone; for slots, the number of them.
    safe: Option<Safe>,
}

#[derive(Clone, Debug)]
enum Safe {
    /// A bucket of its own, and the most that it holds.
    Bucket(Bucket, u64),
    /// So many slots.
    Slots(u64),
}

impl Holding {
    pub(crate) fn new(name: String, quota: &Quota) -> Self {
        Self {
            name,
            terms: Terms::of(quota),
            granted: 0,
            taken: 0,
            returned: 0,
            claimed: None,
            heard_back: 0,
            parts: VecDeque::new(),
            in_use: 0,
            left: quota.capacity(),
            ends: Timestamp::MAX,
            safe: None,
        }
    }

    /// When `need` may be spent, the calls `ahead` first. Without leases that is when the store grants some.
    pub(crate) fn fit(&self, ahead: u64, need: u64, from: Timestamp) -> Fit {
        let wanted = ahead.saturating_add(need);
        if let Terms::Slots { amount } = self.terms {
            let own = self.slots();
            let safe = match self.safe {
                Some(Safe::Slots(slots)) => slots.max(need.min(amount)),
                _ => 0,
            };
            let fits = self.in_use.saturating_add(wanted) <= own.max(safe);
            return if fits { Fit::At(from) } else { Fit::OnRelease };
        }
        if let Some(at) = self.leased_from(wanted, from) {
            return Fit::At(at);
        }
        match &self.safe {
            // More than the share ever holds waits for all of it and goes into debt: nobody waits for ever.
            Some(Safe::Bucket(bucket, burst)) => bucket.fit_after(ahead, need.min(*burst), from),
            _ => Fit::OnRelease,
        }
    }

    /// When `need` may be spent after `taken` was at the instant `at`.
    pub(crate) fn fit_behind(&self, taken: u64, at: Timestamp, need: u64) -> Fit {
        let paces = matches!(self.terms, Terms::Slots { .. }) || self.safe.is_some();
        // Mostly leases alone pace, and too little is left of them however long one waits.
        let left = self.ahead(at).saturating_sub(taken.min(self.spendable(at)));
        if !paces && left < need {
            return Fit::OnRelease;
        }
        let (parts, safe) = (self.parts.clone(), self.safe.clone());
        let mut then = Self { name: String::new(), parts, safe, ..*self };
        then.charge(taken, at);
        then.fit(0, need, at)
    }

    /// The first instant at which leases for `wanted` may be spent together.
    fn leased_from(&self, wanted: u64, from: Timestamp) -> Option<Timestamp> {
        // Mostly nothing is held, or not enough however long one waits.
        let most = self.parts.iter().filter(|part| from < part.until);
        if most.fold(0_u64, |sum, part| sum.saturating_add(part.left)) < wanted {
            return None;
        }
        let begins = self.parts.iter().map(|part| part.from).filter(|begin| *begin > from);
        core::iter::once(from).chain(begins).find(|at| self.spendable(*at) >= wanted)
    }

    /// The slots that it has, in use or not.
    const fn slots(&self) -> u64 {
        self.granted.saturating_add(self.taken).saturating_sub(self.returned)
    }

    fn spendable(&self, at: Timestamp) -> u64 {
        let live = self.parts.iter().filter(|part| part.from <= at && at < part.until);
        live.fold(0, |sum, part| sum.saturating_add(part.left))
    }

    /// What is held for now and later.
    pub(crate) fn ahead(&self, now: Timestamp) -> u64 {
        if let Terms::Slots { .. } = self.terms {
            return self.slots().saturating_sub(self.in_use);
        }
        let live = self.parts.iter().filter(|part| now < part.until);
        live.fold(0, |sum, part| sum.saturating_add(part.left))
    }

    /// What is held for now and later, and what goes back and the store has not heard of.
    pub(crate) fn out(&self, now: Timestamp) -> u64 {
        let expired = self.parts.iter().filter(|part| part.until <= now);
        let expired = expired.fold(0_u64, |sum, part| sum.saturating_add(part.left));
        let unheard = self.returned.saturating_sub(self.heard_back);
        self.ahead(now).saturating_add(expired).saturating_add(unheard)
    }

    /// Spends `amount` at the instant `at`, from leases by their beginning. What no lease covers is the safe share's, or
    /// was used beyond what was reserved: the store charges it with the next step.
    pub(crate) fn charge(&mut self, amount: u64, at: Timestamp) {
        if let Terms::Slots { .. } = self.terms {
            self.in_use = self.in_use.saturating_add(amount);
            let missing = self.in_use.saturating_sub(self.slots());
            self.taken = self.taken.saturating_add(missing);
            return;
        }
        let mut rest = amount;
        for part in self.parts.iter_mut().filter(|part| part.from <= at && at < part.until) {
            let taken = part.left.min(rest);
            part.left = part.left.saturating_sub(taken);
            rest = rest.saturating_sub(taken);
        }
        self.parts.retain(|part| part.left > 0);
        match &mut self.safe {
            Some(Safe::Bucket(bucket, _)) if rest > 0 => {
                bucket.charge(rest, at);
                self.taken = self.taken.saturating_add(rest);
            }
            _ => self.granted = self.granted.saturating_add(rest),
        }
    }

    /// Takes back what a call did not use.
    pub(crate) fn refund(&mut self, amount: u64, now: Timestamp) {
        if let Terms::Slots { .. } = self.terms {
            self.in_use = self.in_use.saturating_sub(amount);
            return;
        }
        if let Some(Safe::Bucket(bucket, _)) = &mut self.safe {
            bucket.adjust(i128::from(amount), now);
            self.returned = self.returned.saturating_add(amount);
            return;
        }
        match self.parts.iter_mut().find(|part| part.from <= now && now < part.until) {
            Some(part) => part.left = part.left.saturating_add(amount),
            None => self.returned = self.returned.saturating_add(amount),
        }
    }

    /// Hands back what has expired, and the slots that nobody needs.
    pub(crate) fn expire(&mut self, spare_slots: bool, now: Timestamp) {
        if let Terms::Slots { .. } = self.terms {
            if spare_slots {
                let all = self.granted.saturating_add(self.taken);
                self.returned = all.saturating_sub(self.in_use).max(self.returned);
            }
            return;
        }
        if now >= self.ends {
            self.roll();
        }
        let expired = self.parts.iter().filter(|part| part.until <= now);
        let unspent = expired.fold(0_u64, |sum, part| sum.saturating_add(part.left));
        self.returned = self.returned.saturating_add(unspent);
        self.parts.retain(|part| part.until > now);
    }

    /// Hands back everything that is not in use.
    pub(crate) fn return_all(&mut self) {
        let unspent = self.parts.drain(..).fold(0_u64, |sum, part| sum.saturating_add(part.left));
        self.returned = self.returned.saturating_add(unspent);
        self.expire(true, Timestamp::ZERO);
    }

    /// What the next step says of this limit; `ends` is when its present window does.
    pub(crate) fn claim(&mut self, ends: Timestamp, now: Timestamp) -> Claim {
        self.claimed = Some((self.granted, self.returned));
        self.ends = ends;
        let ends_ms = match self.terms {
            Terms::Window { .. } => u64::try_from(ends.since(now).as_millis()).unwrap_or(u64::MAX).max(1),
            _ => 0,
        };
        Claim {
            limit: self.name.clone(),
            terms: self.terms,
            granted: self.granted,
            taken: self.taken,
            returned: self.returned,
            ends_ms,
        }
    }

    pub(crate) const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What the store had left when it last answered.
    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    /// Takes the rule of a quota that was changed.
    pub(crate) fn renew(&mut self, quota: &Quota) {
        self.terms = Terms::of(quota);
    }

    /// Takes the store's answer: `leased` is what its leases of this limit come to, which are accepted one by one
    /// afterwards. Says whether they may be.
    pub(crate) fn answered(&mut self, granted: u64, leased: u64, left: u64) -> bool {
        let Some((claimed, returned)) = self.claimed.take() else { return false };
        self.heard_back = self.heard_back.max(returned);
        // More than was claimed and is now given was lost on its way here: it goes back.
        let lost = granted.saturating_sub(claimed).saturating_sub(leased);
        self.granted = self.granted.saturating_add(leased).saturating_add(lost);
        self.returned = self.returned.saturating_add(lost);
        self.left = left;
        self.safe = None;
        true
    }

    /// Accepts a lease.
    pub(crate) fn accept(&mut self, amount: u64, from: Timestamp, until: Timestamp) {
        if let Terms::Slots { .. } = self.terms {
            return;
        }
        if until <= from || self.parts.len() >= PARTS_MAX {
            self.returned = self.returned.saturating_add(amount);
        } else if amount > 0 {
            let place = self.parts.partition_point(|part| part.from <= from);
            self.parts.insert(place, Held { left: amount, from, until });
        }
    }

    /// A new window has begun: what was of the former one is gone.
    fn roll(&mut self) {
        if let Terms::Window { .. } = self.terms {
            (self.granted, self.taken, self.returned, self.claimed) = (0, 0, 0, None);
            self.heard_back = 0;
            self.parts.clear();
            self.left = self.terms.capacity();
            self.ends = Timestamp::MAX;
        }
    }

    /// The store is gone: from now on one share of `live` holds, and nothing of it has been saved up.
    pub(crate) fn lose(&mut self, quota: &Quota, whole: &Bucket, live: u64, now: Timestamp) {
        self.claimed = None;
        if self.safe.is_some() {
            return;
        }
        let live = live.max(1);
        let part = |amount: u64| amount.checked_div(live).unwrap_or(0).max(amount.min(1));
        let safe = match self.terms {
            Terms::Slots { amount } => Safe::Slots(part(amount)),
            Terms::Window { amount } => {
                let mut bucket = whole.clone();
                bucket.resize(&Quota { amount: part(amount), ..*quota }, now);
                let target = i128::from(self.left.checked_div(live).unwrap_or(0));
                bucket.adjust(target.saturating_sub(bucket.available(now)), now);
                Safe::Bucket(bucket, part(amount))
            }
            Terms::Even { amount, period_ms, burst } => {
                let period = Duration::from_millis(period_ms.saturating_mul(live));
                let share = Quota::every(amount, period).burst(part(burst));
                let mut bucket = Bucket::new(&share, now);
                bucket.charge(share.capacity(), now);
                Safe::Bucket(bucket, share.capacity())
            }
        };
        self.safe = Some(safe);
    }
}

#[cfg(test)]
mod tests;
