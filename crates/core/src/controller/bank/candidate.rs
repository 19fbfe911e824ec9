//! `Candidate`: one way to count a limit, with its level and what speaks against it.
//!
//! A header tells what was left at some instant between the call's arrival and its answer, and it is not said which
//! calls under way it already counts. So the level is predicted for both ends of that interval, and only a value
//! outside of what they allow moves the level, by as much as it lies outside: at once where less is left, and where
//! more is, once answers agree on it. What had to be moved is what speaks against the candidate.

mod edges;

use core::time::Duration;

use super::drain::Drain;
use super::edge::Edge;
use super::others::Commons;
use super::told::{Moved, Reading, Told};
use crate::bucket::{Bucket, Fit, Stamp};
use crate::controller::surplus::Surplus;
use crate::time::nanos_of;
use crate::{Enforcement, Quota, Refill, Shape, Timestamp};

/// The worst that a score can be.
pub(super) const MISFIT_MAX: u32 = 4_000;
/// The share of a level that comes back evenly, or every second, which is kept for calls under way at most.
const RESERVE_SHARE: u64 = 4;
/// The part of a counter that is left free where others use some of it: two calls of three hundred. Where it rises evenly
/// it is sent for unit by unit, and others do not come as evenly as it rises.
const ROUGH_SHARE: u64 = 150;
/// How long a call or an answer may be on its way; the level moves meanwhile.
const ON_THE_WAY: Duration = Duration::from_millis(100);

/// How a charge ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// What was charged when it began, what was set aside for its end, and what it came to.
    pub(crate) charged: u64,
    pub(crate) late: u64,
    pub(crate) actual: u64,
    pub(crate) stamp: Stamp,
}

#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) shape: Shape,
    pub(super) quota: Quota,
    pub(super) capacity: u64,
    pub(super) bucket: Bucket,
    /// How far a value may lie above the prediction and mean nothing.
    in_between: i128,
    /// The sum of all corrections, so that an earlier level can be compared with a later one.
    correction: i128,
    /// When the call left whose answer last moved the level.
    anchored: Timestamp,
    surplus: Surplus,
    /// What others use, where the level rises evenly, and all that was taken off for them.
    drain: Drain,
    drained: i64,
    /// Where the windows' edges were told to lie.
    edge: Option<Edge>,
    pub(super) reset_misfit: u32,
    /// In thousandths of the limit.
    pub(super) level_misfit: u32,
    /// Something was seen that this shape cannot do.
    pub(super) ruled_out: bool,
    /// An adapter knows its provider to count in this way.
    pub(super) known: bool,
    pub(super) plausible: bool,
}

impl Candidate {
    pub(super) fn new(shape: Shape, quota: Quota, now: Timestamp) -> Self {
        Self {
            shape,
            quota,
            capacity: quota.capacity(),
            bucket: Bucket::new(&quota, now),
            in_between: in_between(&quota),
            correction: 0,
            anchored: Timestamp::ZERO,
            surplus: Surplus::default(),
            drain: Drain::default(),
            drained: 0,
            edge: None,
            reset_misfit: 0,
            level_misfit: 0,
            ruled_out: false,
            known: false,
            plausible: true,
        }
    }

    /// The first instant at which `need` fits and leaves `kept` and what is to be `free`. More than the level can ever hold
    /// waits for all of it and goes into debt; what is kept beyond that has to come back first.
    pub(super) fn fit(&self, ahead: u64, need: u64, kept: u64, free: u64, from: Timestamp) -> Timestamp {
        let spare = free.saturating_add(self.drain.due(from));
        let wanted = need.saturating_add(spare).min(self.capacity).max(1);
        let all = wanted.saturating_add(kept);
        let beyond = all.saturating_sub(self.capacity);
        let fit = match ahead {
            0 => self.bucket.fit(all.saturating_sub(beyond), from),
            ahead => self.bucket.fit_after(ahead, all.saturating_sub(beyond), from),
        };
        match fit {
            Fit::At(at) if beyond == 0 => at,
            Fit::At(at) => at.after(self.time_of(beyond)),
            Fit::OnRelease | Fit::Never => Timestamp::MAX,
        }
    }

    /// What is to be left free: a cushion, which is in thousandths of the limit's unit and no larger a part of a small level
    /// than of a large. Where calls are counted exactly, a counter leaves free what others come unevenly by; where they are
    /// not, what is left to others of a sliding window is rough enough to be the cushion as well.
    pub(super) fn free(&self, cushion: u64, is_exact: bool, for_others: u64) -> u64 {
        match cushion {
            0 => self.rough_share(),
            cushion if is_exact => self.scaled(cushion).max(self.rough_share()),
            cushion if self.shape == Shape::Sliding => self.scaled(cushion).saturating_sub(for_others),
            cushion => self.scaled(cushion),
        }
    }

    /// What a counter leaves free at least beside what others are expected to use, where they use much of it.
    fn rough_share(&self) -> u64 {
        let is_theirs = self.shape == Shape::Counter && self.drain.is_large(&self.quota);
        if is_theirs { self.quota.amount.checked_div(ROUGH_SHARE).unwrap_or(0) } else { 0 }
    }

    /// How long an amount takes to come back.
    fn time_of(&self, amount: u64) -> Duration {
        let nanos = u128::from(amount).saturating_mul(u128::from(nanos_of(self.quota.period)));
        let nanos = nanos.div_ceil(u128::from(self.quota.amount.max(1)));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How long the whole level takes to come back.
    pub(super) fn refills_in(&self) -> Duration {
        self.time_of(self.capacity)
    }

    /// Whether its consent is reason enough to test the strictest: if it is plausible, or known, and merely doubted.
    pub(super) fn testifies(&self) -> bool {
        self.plausible || (self.known && !self.ruled_out)
    }

    fn scaled(&self, cushion: u64) -> u64 {
        let rate = u128::from(self.capacity).saturating_mul(u128::from(cushion).saturating_add(750));
        let whole = u128::from(self.whole()).max(1).saturating_mul(1_000);
        u64::try_from(rate.checked_div(whole).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// What a whole period allows; windows that are a part of it hold that part.
    fn whole(&self) -> u64 {
        match self.shape {
            Shape::WindowOfSecond => self.quota.amount.saturating_mul(60),
            Shape::WindowOfTenSeconds => self.quota.amount.saturating_mul(6),
            _ => self.quota.amount,
        }
    }

    /// The level for a later comparison.
    pub(super) fn left(&self, now: Timestamp) -> i64 {
        i64::try_from(self.bucket.available(now).saturating_sub(self.correction)).unwrap_or(i64::MIN)
    }

    /// What will have left soon, and may have left the provider's already: a sliding window gives nothing back before it
    /// surely has come back, and is compared with one that knows.
    pub(super) fn leaving(&self, now: Timestamp, margin: Duration) -> u64 {
        if self.shape != Shape::Sliding {
            return 0;
        }
        let surely = now.after(margin.saturating_add(self.bucket.grain()));
        let more = self.bucket.available(surely).saturating_sub(self.bucket.available(now));
        u64::try_from(more).unwrap_or(0)
    }

    /// The period of its windows, if it has any.
    pub(super) fn windowed(&self) -> Option<Duration> {
        let windowed = matches!(self.quota.refill, Refill::FixedWindow | Refill::WeightedCounter(_));
        windowed.then_some(self.quota.period)
    }

    /// What others may use some of, where the level jumps.
    pub(super) fn commons(&self, now: Timestamp) -> Option<Commons<'_>> {
        let is_sliding = self.shape == Shape::Sliding;
        let began = if is_sliding { Some(Timestamp::ZERO) } else { self.bucket.began(now) };
        let theirs = is_sliding.then(|| self.bucket.theirs());
        began.map(|began| Commons { quota: &self.quota, began, theirs })
    }

    /// Takes what was charged in the last period from its `history`, and what others have as it was found: where a period
    /// is what counts at any moment.
    pub(super) fn recount(&mut self, history: &[(Timestamp, u64)], theirs: u64, now: Timestamp) {
        if self.shape == Shape::Counter {
            // What it counts of two windows is what a sliding one would hold.
            self.drain.know(theirs, &self.quota);
            return;
        }
        let before = self.bucket.available(now);
        self.bucket.recount(history, theirs, now);
        self.correction = self.correction.saturating_add(self.bucket.available(now).saturating_sub(before));
    }

    /// Says whether the shape still makes sense for the limit.
    pub(super) fn resize(&mut self, amount: u64, period: Duration, now: Timestamp) -> bool {
        let Some(quota) = self.shape.quota(amount, period) else { return false };
        let before = self.bucket.available(now);
        self.quota = quota;
        self.capacity = quota.capacity();
        self.in_between = in_between(&quota);
        self.bucket.resize(&quota, now);
        self.correction = self.correction.saturating_add(self.bucket.available(now).saturating_sub(before));
        self.level_misfit = self.level_misfit.checked_div(2).unwrap_or(0);
        true
    }

    /// The first answer told what is left. That others than the call, which cost `own`, should have used much of it is
    /// possible, and speaks against a shape in which they must have used more than in another.
    pub(super) fn begin(&mut self, reading: &Reading, own: u64, left: Timestamp, now: Timestamp) {
        // Whatever left earlier knows less.
        self.anchored = left;
        if let Some(remaining) = self.remaining(reading) {
            let left = self.bucket.available(now);
            self.weigh(left.saturating_sub(remaining).saturating_sub(i128::from(own)).max(0));
            // What was used before, by the call itself above all, leaves like any other use.
            match u64::try_from(left.saturating_sub(remaining)) {
                Ok(used) => drop(self.bucket.charge(used, now)),
                Err(_) => self.bucket.adjust(remaining.saturating_sub(left), now),
            }
        }
    }

    /// Ends a charge with what was really counted. A provider that counts when the call is complete counts it then.
    pub(super) fn settle(&mut self, ended: &Ended, now: Timestamp) {
        let Ended { charged, actual, stamp, .. } = *ended;
        if actual < charged {
            self.bucket.refund(charged.saturating_sub(actual), stamp, now);
        } else if actual > charged {
            self.bucket.charge(actual.saturating_sub(charged), now);
        }
    }

    /// What is kept free of the level for calls under way, of which `pending` will be counted at their ends. Where all
    /// comes back faster than calls end, most of them will end in another level than the present one: were all of it
    /// kept, long answers would starve a small level.
    pub(super) fn kept_for(&self, pending: u64) -> u64 {
        match self.shape {
            Shape::Window | Shape::Sliding | Shape::Counter => pending,
            _ => pending.min(self.capacity.checked_div(RESERVE_SHARE).unwrap_or(0)),
        }
    }

    /// Takes off what others are expected to have used since.
    pub(super) fn drain(&mut self, now: Timestamp) {
        let due = self.drain.take(now);
        if due > 0 {
            self.bucket.charge(due, now);
            self.drained = self.drained.wrapping_add_unsigned(due);
        }
    }

    /// The level without corrections, and without what was taken off for others.
    pub(super) fn undisturbed(&self, now: Timestamp) -> i64 {
        self.left(now).wrapping_add(self.drained)
    }

    /// What is missing for the level to be whole.
    pub(super) fn room(&self, now: Timestamp) -> i64 {
        let missing = i128::from(self.capacity).saturating_sub(self.bucket.available(now));
        i64::try_from(missing).unwrap_or(i64::MAX)
    }

    /// How much speaks against it.
    pub(super) fn misfit(&self) -> u32 {
        self.reset_misfit.saturating_add(self.level_misfit)
    }

    /// Moves the level by what somebody who knows better said.
    pub(super) fn correct(&mut self, delta: i128, now: Timestamp) {
        self.bucket.adjust(delta, now);
        self.correction = self.correction.saturating_add(delta);
    }

    /// Takes in one answer and gives by how much the level was moved. `left` is the level after the call's charge, and
    /// what was charged since.
    pub(super) fn observe(
        &mut self,
        reading: &Reading,
        told: &Told,
        left: Option<(i64, u64)>,
        now: Timestamp,
    ) -> Moved {
        self.drain(now);
        if told.lefts.is_some() {
            self.bucket.heard(told.left, now.since(told.left));
        }
        self.follow_reset(reading, told, now);
        let Some(remaining) = self.remaining(reading) else { return Moved::default() };
        let beyond = reading.remaining.unwrap_or(0) > self.capacity.saturating_add(reading.rounding);
        self.ruled_out |= beyond;
        let delta = self.outside(remaining, reading, told, left, now);
        // Nor is it known what was left when a call began that left before the limit was heard of.
        let unknown = left.is_none() && !told.last && delta > 0;
        if told.left < self.anchored || unknown {
            return Moved::default();
        }
        let at_arrival = left.map(|(left, _)| i128::from(left).saturating_add(self.correction));
        let moved = self.believed(delta, told, now);
        self.follow(moved, at_arrival.is_some_and(|level| remaining > level), told, now);
        let doubt =
            at_arrival.map_or(0, |level| level.saturating_add(moved).saturating_sub(remaining).max(0));
        Moved { by: moved, doubt }
    }

    /// Moves the level, and notes what that says of others; or that a little more was left than when the call had gone.
    fn follow(&mut self, moved: i128, is_more: bool, told: &Told, now: Timestamp) {
        if moved != 0 {
            self.anchored = told.left;
            self.correct(moved, now);
        }
        if self.is_even() {
            self.drain.note(moved, &self.quota);
        }
        if moved == 0 && is_more && self.quota.refill == Refill::Continuous {
            self.drain.doubted();
        }
    }

    /// Whether the level rises evenly, or does so for the most part: a weighted counter's while the window before fades.
    fn is_even(&self) -> bool {
        self.quota.refill == Refill::Continuous || self.shape == Shape::Counter
    }

    /// How much of a difference is believed by now; what is believed speaks against the shape.
    fn believed(&mut self, delta: i128, told: &Told, now: Timestamp) -> i128 {
        let overtaken = told.lefts.map_or(0, |lefts| lefts.lately);
        let certain = delta.saturating_sub(i128::from(told.unsettled.max(overtaken)));
        let moved = if delta <= 0 {
            self.surplus.settled(delta)
        } else if certain > 0 {
            self.surplus.settled(certain)
        } else if self.is_even() || told.last {
            self.surplus.confirmed(delta, told.last, now)
        } else if self.bucket.theirs() > 0 {
            // What others have of a sliding window is theirs until answers say otherwise.
            self.surplus.confirmed(delta.min(i128::from(self.bucket.theirs())), false, now)
        } else {
            // A level that jumps is behind for a moment now and then, and comes right by itself at the next jump; one
            // that rises evenly stays wrong until it is corrected.
            0
        };
        // That a counter seemed to have too little left may also be the jump of a window.
        if delta <= 0 || certain > 0 || self.quota.refill == Refill::Continuous || told.last {
            self.weigh(moved);
        }
        moved
    }

    /// What the answer says is left. Zero hides debt, which the reset of a bucket shows.
    fn remaining(&self, reading: &Reading) -> Option<i128> {
        let remaining = reading.remaining?.min(self.capacity);
        match (remaining, reading.reset, self.quota.refill) {
            (0, Some(reset), Refill::Continuous) => {
                let rate = u128::from(self.quota.amount);
                let missing = u128::from(nanos_of(reset)).saturating_mul(rate);
                let missing = missing.div_ceil(u128::from(nanos_of(self.quota.period).max(1)));
                let missing = i128::try_from(missing).unwrap_or(i128::MAX);
                Some(i128::from(self.capacity).saturating_sub(missing).min(0))
            }
            _ => Some(i128::from(remaining)),
        }
    }

    /// By how much the value lies outside of what was predicted.
    fn outside(
        &self,
        remaining: i128,
        reading: &Reading,
        told: &Told,
        left: Option<(i64, u64)>,
        now: Timestamp,
    ) -> i128 {
        let at_answer = self.bucket.available(now);
        let at_arrival = left.map_or(at_answer, |(left, _)| i128::from(left).saturating_add(self.correction));
        let overtaken = told.lefts.map_or(0, |lefts| i128::from(lefts.recent));
        let rounding = i128::from(reading.rounding.checked_div(2).unwrap_or(0));
        // Where the level jumps, it may have jumped since, and hide the calls that overtook this one.
        let hidden = match left {
            Some((_, since)) if self.quota.refill != Refill::Continuous => i128::from(since),
            _ => 0,
        };
        // Of one call alone it is known what it counted, but for what of ours may have left since: that little more is not
        // taken for granted where others may have it.
        let at_least = if told.last && self.bucket.theirs() > 0 { at_answer } else { at_arrival };
        let low = at_answer.min(at_least.saturating_sub(hidden)).saturating_sub(rounding);
        let low = low.saturating_sub(i128::from(told.ending));
        let slack = rounding.saturating_add(self.in_between).saturating_add(i128::from(told.uncounted));
        let leaving = told.lefts.filter(|_| self.shape == Shape::Sliding).map_or(0, |lefts| lefts.leaving);
        let at_most = at_arrival.saturating_add(overtaken).saturating_add(i128::from(leaving));
        let high = match self.bucket.began(now) {
            // It may have been the first of the present window, whatever else counts by now.
            Some(began) if told.left < began => i128::from(self.capacity),
            _ => at_answer.max(at_most),
        };
        let high = high.saturating_add(slack);
        remaining.saturating_sub(remaining.clamp(low.min(i128::from(self.capacity)), high.max(low)))
    }

    /// Adds what an answer says against the level; what is long ago fades.
    fn weigh(&mut self, delta: i128) {
        let off = match delta.unsigned_abs().saturating_mul(1_000) {
            0 => 0,
            off => off.checked_div(u128::from(self.whole()).max(1)).unwrap_or(0),
        };
        let off = u32::try_from(off).unwrap_or(MISFIT_MAX);
        self.level_misfit = self.level_misfit.saturating_sub(self.level_misfit.checked_div(256).unwrap_or(0));
        self.level_misfit = self.level_misfit.saturating_add(off).min(MISFIT_MAX);
    }
}

/// Whether what the adapter knows leaves room for a shape. Of a bucket only the whole one is meant: a smaller burst
/// shows itself by what remains, or by refusals.
pub(super) fn agrees(known: Enforcement, shape: Shape) -> bool {
    match known {
        Enforcement::Unknown => true,
        Enforcement::Bucket => shape == Shape::Bucket,
        Enforcement::FixedWindow => shape == Shape::Window,
        Enforcement::SlidingWindow => shape == Shape::Sliding,
        Enforcement::WeightedCounter => shape == Shape::Counter,
    }
}

/// How far a value may lie above the prediction and mean nothing: both sides cut off a fraction, and the level rises
/// while a call is on its way. Below the prediction every difference is followed, to the safe side. A sliding window has
/// no fractions, and does not rise.
fn in_between(quota: &Quota) -> i128 {
    if quota.refill == Refill::SlidingWindow {
        return 0;
    }
    let way = u128::from(quota.amount).saturating_mul(ON_THE_WAY.as_nanos());
    let refilled = way.checked_div(quota.period.as_nanos().max(1)).unwrap_or(0);
    i128::try_from(refilled).unwrap_or(i128::MAX).saturating_add(1)
}
