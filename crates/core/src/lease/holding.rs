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
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn even() -> (Quota, Holding) {
        let quota = Quota::per_second(10).burst(5);
        (quota, Holding::new(String::from("requests"), &quota))
    }

    /// A step that was answered with leases of these amounts, from and until.
    fn leased(holding: &mut Holding, leases: &[(u64, u64, u64)]) {
        holding.claim(Timestamp::MAX, at(0));
        let all = leases.iter().map(|(amount, _, _)| amount).sum();
        assert!(holding.answered(holding.granted + all, all, 7));
        for (amount, from, until) in leases {
            holding.accept(*amount, at(*from), at(*until));
        }
    }

    #[test]
    fn leases_are_spent_between_their_instants_and_together() {
        let (_, mut holding) = even();
        leased(&mut holding, &[(2, 0, 100), (3, 50, 200)]);
        assert_eq!(holding.fit(0, 2, at(0)), Fit::At(at(0)));
        assert_eq!(holding.fit(0, 5, at(0)), Fit::At(at(50)));
        assert_eq!(holding.fit(0, 5, at(100)), Fit::OnRelease, "the first has expired");
        assert_eq!(holding.fit(0, 3, at(199)), Fit::At(at(199)));
        assert_eq!(holding.fit(0, 3, at(200)), Fit::OnRelease);
        assert_eq!((holding.ahead(at(99)), holding.ahead(at(100)), holding.left()), (5, 3, 7));
    }

    #[test]
    fn what_is_spent_refunded_and_expired_is_accounted_for() {
        let (_, mut holding) = even();
        leased(&mut holding, &[(4, 0, 100)]);
        holding.charge(3, at(10));
        assert_eq!(holding.ahead(at(10)), 1);
        holding.refund(2, at(20));
        assert_eq!((holding.ahead(at(20)), holding.returned), (3, 0));
        holding.expire(false, at(100));
        assert_eq!((holding.ahead(at(99)), holding.returned, holding.out(at(100))), (0, 3, 3));
        holding.refund(1, at(110));
        assert_eq!(holding.returned, 4, "without a lease it goes back");
        holding.charge(2, at(120));
        assert_eq!(holding.granted, 6, "over-use is told as granted");
    }

    #[test]
    fn a_lease_that_begins_too_late_goes_back() {
        let (_, mut holding) = even();
        leased(&mut holding, &[(4, 100, 100)]);
        assert_eq!((holding.ahead(at(0)), holding.returned), (0, 4));
        assert!(!holding.answered(9, 0, 0), "an answer is taken once");
    }

    #[test]
    fn the_safe_share_begins_empty_and_is_told_as_taken() {
        let (quota, mut holding) = even();
        let whole = Bucket::new(&quota, at(0));
        holding.lose(&quota, &whole, 2, at(0));
        assert_eq!(holding.fit(0, 1, at(0)), Fit::At(at(200)));
        assert_eq!(
            holding.fit(0, 9, at(0)),
            Fit::At(at(400)),
            "more than the share holds waits for all of it"
        );
        holding.charge(1, at(200));
        assert_eq!((holding.taken, holding.granted), (1, 0));
        holding.refund(1, at(200));
        assert_eq!(holding.fit(0, 1, at(200)), Fit::At(at(200)));
        holding.claim(Timestamp::MAX, at(300));
        assert!(holding.answered(0, 0, 0));
        assert_eq!(holding.fit(0, 1, at(300)), Fit::OnRelease, "the store is back");
    }

    #[test]
    fn slots_have_a_share_too_and_unused_ones_go_back() {
        let quota = Quota::concurrency(6);
        let mut holding = Holding::new(String::from("slots"), &quota);
        let whole = Bucket::new(&quota, at(0));
        assert_eq!(holding.fit(0, 1, at(0)), Fit::OnRelease);
        holding.lose(&quota, &whole, 3, at(0));
        assert_eq!(holding.fit(0, 2, at(0)), Fit::At(at(0)));
        holding.charge(2, at(0));
        assert_eq!((holding.taken, holding.fit(0, 1, at(0))), (2, Fit::OnRelease));
        holding.refund(1, at(0));
        assert_eq!(holding.ahead(at(0)), 1);
        holding.expire(true, at(0));
        assert_eq!((holding.returned, holding.ahead(at(0))), (1, 0));
    }

    #[test]
    fn a_windows_counters_begin_anew_with_it() {
        let quota = Quota::per_day(9);
        let mut holding = Holding::new(String::from("day"), &quota);
        let claim = holding.claim(at(1_000), at(0));
        assert_eq!((claim.ends_ms, claim.granted), (1_000, 0));
        assert!(holding.answered(4, 4, 5));
        holding.accept(4, at(0), at(900));
        holding.expire(false, at(999));
        assert_eq!((holding.granted, holding.returned), (4, 4));
        holding.expire(false, at(1_000));
        assert_eq!((holding.granted, holding.returned, holding.left()), (0, 0, 9));
        let mut whole = Bucket::new(&quota, at(0));
        whole.charge(1, at(1_000));
        holding.lose(&quota, &whole, 3, at(1_000));
        assert_eq!(holding.fit(0, 3, at(1_000)), Fit::At(at(1_000)), "a third of the nine");
        holding.charge(3, at(1_000));
        assert_ne!(holding.fit(0, 1, at(1_000)), Fit::At(at(1_000)));
    }

    #[test]
    fn a_changed_quota_changes_the_terms() {
        let (_, mut holding) = even();
        holding.renew(&Quota::per_second(20).burst(8));
        assert_eq!(holding.terms().capacity(), 8);
    }

    #[test]
    fn what_is_left_behind_a_call_is_what_leases_and_the_share_still_hold() {
        let (quota, mut holding) = even();
        leased(&mut holding, &[(3, 0, 100), (3, 50, 200)]);
        assert_eq!(holding.fit_behind(0, at(0), 2), Fit::At(at(0)));
        assert_eq!(
            holding.fit_behind(1, at(0), 5),
            Fit::At(at(50)),
            "all that is left, once it may be spent"
        );
        assert_eq!(holding.fit_behind(1, at(0), 6), Fit::OnRelease);
        let (_, mut holding) = even();
        holding.lose(&quota, &Bucket::new(&quota, at(0)), 2, at(0));
        assert_eq!(
            holding.fit_behind(0, at(0), 1),
            Fit::At(at(200)),
            "the share fills though no lease is held"
        );
    }

    #[test]
    fn leases_that_follow_each_other_are_never_spent_together() {
        let (_, mut holding) = even();
        leased(&mut holding, &[(2, 0, 100), (2, 100, 200)]);
        assert_eq!(holding.fit(0, 2, at(0)), Fit::At(at(0)));
        assert_eq!(holding.fit(0, 4, at(0)), Fit::OnRelease);
        assert_eq!(
            (holding.out(at(50)), holding.out(at(100))),
            (4, 4),
            "what expired is out until it goes back"
        );
    }

    #[test]
    fn only_leases_that_may_be_spent_now_pay_and_take_back() {
        let (_, mut holding) = even();
        leased(&mut holding, &[(3, 50, 200), (2, 0, 100)]);
        holding.charge(4, at(10));
        assert_eq!((holding.granted, holding.ahead(at(10))), (5 + 2, 3), "the later one is not touched");
        holding.refund(1, at(10));
        assert_eq!((holding.returned, holding.ahead(at(10))), (1, 3), "the one that paid is used up");
        holding.charge(1, at(200));
        assert_eq!((holding.granted, holding.ahead(at(199))), (5 + 2 + 1, 3), "the other one has expired");
        holding.refund(1, at(200));
        assert_eq!((holding.returned, holding.ahead(at(199))), (2, 3));
    }

    #[test]
    fn the_lease_that_begins_first_pays_first_and_one_of_nothing_is_none() {
        let (_, mut holding) = even();
        leased(&mut holding, &[(3, 50, 200), (2, 0, 100)]);
        holding.charge(2, at(60));
        assert_eq!(holding.ahead(at(150)), 3);
        let (_, mut holding) = even();
        leased(&mut holding, &[(0, 0, 100)]);
        holding.refund(1, at(10));
        assert_eq!((holding.returned, holding.ahead(at(10))), (1, 0));
    }

    #[test]
    fn the_share_of_a_window_is_no_larger_in_the_next_one() {
        let quota = Quota::per_day(9);
        let mut holding = Holding::new(String::from("day"), &quota);
        holding.lose(&quota, &Bucket::new(&quota, at(0)), 3, at(0));
        let later = at(2 * 86_400_000);
        assert_eq!(holding.fit(0, 3, later), Fit::At(later));
        holding.charge(3, later);
        assert_ne!(holding.fit(0, 1, later), Fit::At(later));
    }
}
