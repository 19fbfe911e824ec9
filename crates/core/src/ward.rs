//! `Ward`: one limit at work: the rule, the bucket that enforces it, and what holds it back for the moment.

mod charging;
mod credit;
mod cushion;
mod noted;
mod plain;
mod reach;

use alloc::boxed::Box;
use alloc::string::String;
use core::time::Duration;

pub(crate) use self::charging::Basis;
use self::cushion::Cushion;
pub(crate) use self::reach::WardReach;
use crate::bucket::{Bucket, Edges, Fit, Stamp};
use crate::controller::bank::{Bank, Ended};
use crate::controller::falls::{Ending, Parts};
use crate::controller::grain::{self, Grain};
use crate::kept::Kept;
use crate::lease::Holding;
use crate::ledger::Charge;
use crate::{Calendar, Charging, Dimension, Enforcement, Limit, Quota, Refill, Rejection, Timestamp};

/// How long a learned level must have sufficed at first, and at most: calls arrive that much apart from how they
/// left. The jitter of a wire is a few milliseconds, that of a busy machine a hundred; the margin costs its own length once.
const MARGIN_FIRST: Duration = Duration::from_millis(100);
const MARGIN_MAX: Duration = Duration::from_millis(800);
/// Where a limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Somebody stated it: a ceiling.
    Declared,
    /// The provider's answers told it.
    Learned,
}

/// One limit at work.
#[derive(Clone, Debug)]
pub(crate) struct Ward {
    pub(crate) dimension: Dimension,
    pub(crate) quota: Quota,
    pub(crate) origin: Origin,
    pub(crate) reach: WardReach,
    /// Whether it is a tenant's own limit, which is settled with usage.
    pub(crate) is_tenants: bool,
    /// Whether calls of other lanes and tenants meet the limit too.
    pub(crate) is_common: bool,
    pub(crate) zone: Option<String>,
    pub(crate) provisional: bool,
    /// A given limit without a burst of its own takes the burst that the provider turns out to allow.
    pub(crate) learns_burst: bool,
    /// Switched off: removed from the configuration, or provisional and superseded.
    pub(crate) retired: bool,
    /// The level of a declared limit, or of an assumed grain.
    pub(crate) bucket: Bucket,
    /// Where the limit is shared with other processes, what this one holds of it: then only leases pace, and the
    /// bucket merely counts.
    pub(crate) share: Option<Box<Holding>>,
    /// In its place, for a limit that answers state: the ways in which the provider may count it.
    pub(crate) bank: Option<Box<Bank>>,
    /// How the provider charges it, as far as is known, and what of a call's cost it takes by that.
    pub(crate) charging: Charging,
    pub(crate) counts: Dimension,
    pub(crate) basis: Basis,
    /// What is reserved and has not ended.
    pub(crate) outstanding: u64,
    /// How much of what was reserved was charged in the end.
    pub(crate) kept: Kept,
    /// Refused until then, by the provider's own word.
    pub(crate) hold: Option<Timestamp>,
    /// Kept free after a refusal.
    cushion: Cushion,
    /// How long a learned level must have sufficed before a call goes; grows with each refusal.
    margin: Duration,
    /// When the window's edge was last asked for.
    pub(crate) edge_asked: Option<Timestamp>,
    /// When the provider's answers last told of another amount than before.
    pub(crate) changed: Timestamp,
    /// The period was not told but assumed.
    pub(crate) assumed_period: bool,
    /// How many answers named it.
    pub(crate) named: u8,
    /// How many answers in a row named another.
    pub(crate) renamed: u8,
    /// The finer period over which the provider is said to judge the rate as well.
    pub(crate) finer: Option<Duration>,
    /// What is known of an assumed grain finer than the stated limit; `None` for limits that were stated.
    pub(crate) grain: Option<Grain>,
}

impl Ward {
    /// A declared limit.
    pub(crate) fn declared(limit: &Limit, now: Timestamp) -> Self {
        let quota = limit.effective();
        let minute_or_more = quota.period >= Duration::from_secs(60);
        let learns_burst = quota.burst.is_none() && quota.refill == Refill::Continuous && minute_or_more;
        // A limit per minute that names no burst begins with one: what a provider takes at once is not known yet.
        let quota = if learns_burst { quota.burst(quota.amount.min(1)) } else { quota };
        let reach = WardReach::Scope(limit.scope.clone());
        let mut ward = Self::new(limit.dimension, quota, Origin::Declared, reach, now);
        ward.zone = limit.zone.clone();
        (ward.provisional, ward.learns_burst) = (limit.provisional, learns_burst);
        // A tenant's limit counts what was used, whatever the provider counts of it.
        if !ward.is_tenants {
            ward.told(limit.charging);
        }
        ward
    }

    pub(crate) fn new(
        dimension: Dimension,
        quota: Quota,
        origin: Origin,
        reach: WardReach,
        now: Timestamp,
    ) -> Self {
        let quota = quota.with_its_burst();
        Self {
            dimension,
            quota,
            origin,
            is_tenants: reach.tenant().is_some(),
            is_common: reach.is_shared() && reach.tenant().is_none(),
            reach,
            zone: None,
            provisional: false,
            learns_burst: false,
            retired: false,
            bucket: Bucket::new(&quota, now),
            share: None,
            bank: None,
            charging: Charging::Unknown,
            counts: dimension,
            basis: Basis::Told,
            outstanding: 0,
            kept: Kept::default(),
            hold: None,
            cushion: Cushion::default(),
            margin: Duration::ZERO,
            edge_asked: None,
            changed: Timestamp::ZERO,
            assumed_period: false,
            named: 0,
            renamed: 0,
            finer: None,
            grain: None,
        }
    }

    /// The most that the limit holds for one call. A learned burst is no wall: more than it waits for a full
    /// bucket and goes into debt.
    #[inline]
    pub(crate) fn capacity(&self) -> u64 {
        if self.is_credit() {
            return self.within_reach();
        }
        self.bank.as_ref().map_or_else(|| self.quota.capacity(), |bank| bank.capacity())
    }

    /// When a call that costs `need` may go, the calls `ahead` of it first.
    pub(crate) fn fit(&self, ahead: u64, need: u64, from: Timestamp) -> Fit {
        if need == 0 || self.retired {
            return Fit::At(from);
        }
        let from = self.hold.map_or(from, |hold| from.max(hold));
        if let Some(share) = &self.share {
            return share.fit(ahead, need, from);
        }
        if let Some(bank) = &self.bank {
            return bank.fit(ahead, need, self.cushion.milli(), from, self.outstanding);
        }
        // With nothing left and nothing to come back, waiting helps nobody.
        if self.is_credit() && self.capacity() == 0 {
            return Fit::Never;
        }
        let wanted = self.wanted(need);
        if ahead == 0 { self.bucket.fit(wanted, from) } else { self.bucket.fit_after(ahead, wanted, from) }
    }

    /// Whether a call that costs `need` may go at `now`: what [`Ward::fit`] says, without a division where it can be.
    pub(crate) fn fits(&self, need: u64, now: Timestamp) -> bool {
        if self.bank.is_some() || self.share.is_some() {
            return matches!(self.fit(0, need, now), Fit::At(at) if at <= now);
        }
        let is_held = self.hold.is_some_and(|hold| hold > now);
        need == 0 || self.retired || !is_held && self.bucket.has_room(self.wanted(need), now)
    }

    /// Whether a call that costs `need` has to wait until `instant` at least, whenever it asks. `false` says nothing:
    /// a bank and leases may allow at one instant what they forbid at the next.
    pub(crate) fn lacks_until(&self, need: u64, instant: Timestamp) -> bool {
        let rises = self.bank.is_none() && self.share.is_none();
        rises && !self.bucket.has_room(self.wanted(need), instant.before(Duration::from_nanos(1)))
    }

    /// Whether nothing may ever pass.
    pub(crate) fn holds_nothing(&self) -> bool {
        self.quota.amount == 0 || self.quota.capacity() == 0
    }

    /// What has to be there: more than the limit holds waits for all of it and goes into debt; what can never pass was
    /// refused before.
    fn wanted(&self, need: u64) -> u64 {
        need.min(self.capacity()).max(1)
    }

    /// Whether a call that costs `need` may go at `now`, if nobody waits before it.
    #[inline(always)]
    pub(crate) fn has_room(&self, need: u64, now: Timestamp) -> bool {
        if need == 0 || self.retired {
            return true;
        }
        if self.bank.is_some() || self.hold.is_some() || self.share.is_some() {
            return need <= self.wall() && matches!(self.fit(0, need, now), Fit::At(at) if at <= now);
        }
        self.bucket.has_room(need, now)
    }

    /// When a call that costs `need` will probably go, the calls `ahead` of it first: by what calls are charged in
    /// the end, not by what is reserved for them.
    pub(crate) fn fit_expected(&self, ahead: u64, need: u64, from: Timestamp) -> Fit {
        let ahead = self.kept.expected(ahead);
        let comes_back = self.outstanding.saturating_sub(self.kept.expected(self.outstanding));
        if need == 0 || self.retired || comes_back == 0 || self.dimension == Dimension::Concurrency {
            return self.fit(ahead, need, from);
        }
        // What comes back goes before what stands ahead.
        if self.bank.is_some() {
            return self.fit(ahead.saturating_sub(comes_back), need, from);
        }
        let mut then = self.clone();
        then.bucket.adjust(i128::from(comes_back), from);
        then.fit(ahead, need, from)
    }

    /// The earliest instant that a call which goes at `now` may be charged at, because it was scheduled for then. A
    /// bucket that refills evenly makes up for at most its burst; a window counts what is sent in it.
    pub(crate) fn makes_up_from(&self, now: Timestamp) -> Timestamp {
        match self.quota.refill {
            _ if self.bank.as_ref().is_some_and(|bank| !bank.is_even()) => now,
            Refill::Continuous => {
                let nanos = u128::from(self.capacity()).saturating_mul(self.quota.period.as_nanos());
                let nanos = nanos.checked_div(u128::from(self.quota.amount)).unwrap_or(0);
                now.before(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
            }
            Refill::Release => Timestamp::ZERO,
            _ => now,
        }
    }

    /// The provider refused a call of this size although it seemed to fit: keep one such call free for a while (where
    /// calls are counted exactly from the second time on, but for counters), let a level suffice for longer before it
    /// counts, and keep calls further apart where a bucket holds only one.
    pub(crate) fn be_careful(&mut self, need: u64) {
        if self.bank.as_ref().is_some_and(|bank| bank.is_counter()) {
            self.cushion.pardon_nobody();
        }
        self.cushion.refused(need, self.quota.amount);
        self.set_margin(self.margin.saturating_mul(2).min(MARGIN_MAX));
        if let Some(bank) = &mut self.bank {
            bank.be_careful();
        }
    }

    fn set_margin(&mut self, margin: Duration) {
        self.margin = margin;
        match &mut self.bank {
            Some(bank) => bank.set_margin(margin),
            None => self.bucket.set_margin(margin),
        }
    }

    /// How long a level must have sufficed before a call goes.
    pub(crate) fn margin(&self) -> Duration {
        self.margin
    }

    /// What is kept free after refusals, in thousandths.
    pub(crate) fn cushion_milli(&self) -> u64 {
        self.cushion.learned_milli()
    }

    /// The care that an earlier engine had learned to take.
    pub(crate) fn restore_care(&mut self, margin: Duration, cushion_milli: u64) {
        self.cushion = Cushion::restored(cushion_milli, self.quota.amount);
        self.set_margin(margin.min(MARGIN_MAX));
    }

    /// A limit that answers state, whole. Its level is known only to the jitter of the wire.
    pub(crate) fn stated(
        dimension: Dimension,
        amount: u64,
        period: Duration,
        reach: WardReach,
        known: Enforcement,
        now: Timestamp,
    ) -> Self {
        let quota = Quota::every(amount, period).burst(amount);
        let mut ward = Self::new(dimension, quota, Origin::Learned, reach, now);
        ward.bank = Some(Box::new(Bank::new(amount, period, known, now)));
        ward.set_margin(MARGIN_FIRST);
        // A request is a request, but tokens are estimates on both sides: their errors add up over a burst.
        if matches!(dimension, Dimension::TotalTokens | Dimension::OutputTokens) {
            ward.watch_falls();
        }
        ward.cushion = match dimension {
            Dimension::Requests => Cushion::of_counts(),
            _ => Cushion::of_estimates(amount),
        };
        ward
    }

    /// What is left; negative is debt.
    pub(crate) fn available(&self, now: Timestamp) -> i128 {
        self.bank.as_ref().map_or_else(|| self.bucket.available(now), |bank| bank.available(now))
    }

    /// The end of the present window, where there is one.
    pub(crate) fn edge(&self) -> Option<Timestamp> {
        self.bank.as_ref().map_or_else(|| self.bucket.edge(), |bank| bank.edge())
    }

    /// Takes the edges of a calendar window.
    pub(crate) fn set_edges(&mut self, edges: Edges, now: Timestamp) {
        match &mut self.bank {
            Some(bank) => bank.set_calendar_edges(edges, now),
            None => self.bucket.set_edges(edges, now),
        }
    }

    /// Counts what was used before this engine lived.
    pub(crate) fn use_up(&mut self, amount: u64, now: Timestamp) {
        self.take(amount, now);
    }

    fn take(&mut self, amount: u64, at: Timestamp) -> Stamp {
        match &mut self.bank {
            Some(bank) => bank.charge(amount, at),
            None => self.bucket.charge(amount, at),
        }
    }

    /// Why a call that certainly costs so much can never pass.
    pub(crate) fn never(&self, cost: u64) -> Option<Rejection> {
        let capacity = self.wall();
        let never = if self.is_credit() {
            Rejection::Unaffordable { cost, left: capacity }
        } else {
            Rejection::Never { dimension: self.dimension, cost, capacity }
        };
        (cost > capacity).then_some(never)
    }

    /// The largest cost of a single call that may ever pass: what a period allows, or a stated burst.
    pub(crate) fn wall(&self) -> u64 {
        match self.origin {
            _ if self.is_credit() => self.capacity(),
            Origin::Declared if !self.learns_burst => self.capacity(),
            // What was found of the provider's capacity says nothing of a single call.
            Origin::Learned if self.is_adaptive() => u64::MAX,
            _ => self.quota.amount.max(self.capacity()),
        }
    }

    #[inline(always)]
    pub(crate) fn charge(
        &mut self,
        place: usize,
        amount: u64,
        late: u64,
        call: Parts,
        (at, now): (Timestamp, Timestamp),
    ) -> Charge {
        let soon = amount.saturating_sub(late);
        if self.is_grain() {
            grain::meet(self, amount, at);
        }
        let stamp = if soon > 0 { self.take(soon, at) } else { Stamp::at(at) };
        if self.is_grain() {
            grain::gather(self, at);
        }
        if let Some(share) = &mut self.share {
            share.charge(amount, at);
        }
        self.outstanding = self.outstanding.saturating_add(amount);
        let mark = self.bank.as_mut().map_or(0, |bank| bank.reserve((soon, late), self.outstanding, now));
        if self.bank.is_some() {
            self.note_charge(call, soon, now);
        }
        Charge { limit: place, amount, late, stamp, mark }
    }

    /// The call really goes `at` a later instant than it was charged: windows count it then. Says whether there are any.
    pub(crate) fn depart(&mut self, charge: &mut Charge, at: Timestamp) -> bool {
        let amount = charge.amount.saturating_sub(charge.late);
        let has_windows = self.bank.is_some() || self.bucket.has_windows();
        if amount > 0 && has_windows {
            charge.stamp = match &mut self.bank {
                Some(bank) => bank.depart(amount, charge.stamp, at),
                None => self.bucket.depart(amount, charge.stamp, at),
            };
        }
        amount > 0 && has_windows
    }

    /// Ends a charge with what was really counted.
    #[inline(always)]
    pub(crate) fn settle(&mut self, charge: &Charge, actual: u64, ending: Ending, now: Timestamp) {
        self.outstanding = self.outstanding.saturating_sub(charge.amount);
        self.kept.record(charge.amount, actual);
        let actual = if self.dimension == Dimension::Concurrency { 0 } else { actual };
        if let Some(share) = &mut self.share {
            if actual > charge.amount {
                share.charge(actual.saturating_sub(charge.amount), now);
            } else if self.bucket.is_present(charge.stamp, now) {
                share.refund(charge.amount.saturating_sub(actual), now);
            }
        }
        if let Some(bank) = &mut self.bank {
            let charged = charge.amount.saturating_sub(charge.late);
            bank.settle(&Ended { charged, late: charge.late, actual, stamp: charge.stamp }, now);
            self.note_end(charge, actual, ending);
        } else if actual < charge.amount {
            self.bucket.refund(charge.amount.saturating_sub(actual), charge.stamp, now);
        } else if actual > charge.amount {
            self.bucket.charge(actual.saturating_sub(charge.amount), now);
        }
    }

    /// The tenant whose calls alone meet the limit.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.reach.tenant()
    }

    /// Whether a call that costs `need` may go by the instant `by` if another that costs `taken` goes at `at` before it.
    pub(crate) fn fits_behind(&self, taken: u64, at: Timestamp, need: u64, by: Timestamp) -> bool {
        if need == 0 || self.retired {
            return at <= by;
        }
        let fit = if let Some(share) = &self.share {
            share.fit_behind(taken, at, need)
        } else if self.hold.is_some_and(|hold| hold > by) {
            return false;
        } else if let Some(bank) = &self.bank {
            let under_way = self.outstanding.saturating_add(taken);
            bank.fit_behind(taken, at, need, self.cushion.milli(), under_way)
        } else {
            return self.bucket.fits_behind(taken, at, self.wanted(need), by);
        };
        matches!(fit, Fit::At(then) if then <= by)
    }

    /// The calendar whose edges the bucket needs, if any.
    pub(crate) fn calendar(&self) -> Option<Calendar> {
        if let Some(bank) = &self.bank {
            return bank.calendar();
        }
        match self.quota.refill {
            Refill::CalendarWindow(calendar) | Refill::WeightedCounter(calendar) => Some(calendar),
            _ => None,
        }
    }

    /// Whether the limit may have to ask where its window lies.
    pub(crate) fn may_ask_edges(&self) -> bool {
        self.bank.is_some() || self.calendar().is_some()
    }

    /// Whether the limit was assumed behind a stated one, rather than stated.
    pub(crate) fn is_grain(&self) -> bool {
        self.grain.is_some()
    }

    /// An answer came: a passed hold is forgotten, the cushion melts, an old grain is given up.
    pub(crate) fn melt(&mut self, now: Timestamp) {
        if self.hold.is_some_and(|hold| hold <= now) {
            self.hold = None;
        }
        self.cushion.answered();
        if let Some(bank) = &mut self.bank {
            bank.answered();
        }
        grain::answered(self, now);
    }
}
