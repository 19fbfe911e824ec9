//! `Bucket`: the level that enforces one limit. One enum over the six ways to count; each has its own file.
//!
//! Every kind answers the same questions: when does an amount fit, charge it, give it back, and what is left. All
//! arithmetic is in integers and exact; an amount that was over-used stays as debt.

mod continuous;
mod counter;
mod fixed;
mod late;
mod purse;
mod sliding;
mod slots;
mod theirs;

use core::time::Duration;

use self::continuous::Continuous;
use self::counter::WeightedCounter;
use self::fixed::FixedWindow;
use self::purse::Purse;
use self::sliding::SlidingWindow;
use self::slots::Slots;
pub(crate) use self::theirs::OTHERS_PERCENT;
use crate::notes::{Noted, Notes, Reader};
use crate::{Quota, Refill, Timestamp};

/// When an amount fits into a bucket, if nothing else happens until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// From this instant on.
    At(Timestamp),
    /// When a call under way ends.
    OnRelease,
    /// Never: the bucket cannot hold so much.
    Never,
}

/// When an amount was charged, so that a refund reaches no later window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(Timestamp);

impl Stamp {
    /// The stamp of a charge at this instant.
    pub(crate) fn at(at: Timestamp) -> Self {
        Self(at)
    }

    /// How long ago it was.
    pub(crate) fn age(self, now: Timestamp) -> Duration {
        now.since(self.0)
    }
}

/// The level of a plain bucket, as the bucket itself keeps it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level(u128);

/// A window's edges, and how far the provider's may lie from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edges {
    /// When the window began.
    pub(crate) start: Timestamp,
    /// When the next one begins.
    pub(crate) end: Timestamp,
    /// The uncertainty of both.
    pub(crate) margin: Duration,
}

impl Edges {
    /// From when on the present window has surely begun, and the next one. A window that began before the clock did
    /// has begun.
    fn sure(&self) -> (Timestamp, Timestamp) {
        let start =
            if self.start == Timestamp::ZERO { Timestamp::ZERO } else { self.start.after(self.margin) };
        (start, self.end.after(self.margin))
    }

    /// Whether the window from `began` to `end` is the one before the window that they tell, which has surely begun at
    /// `start`, rather than that window itself, begun by edges that were known better.
    fn is_before(start: Timestamp, began: Timestamp, end: Timestamp) -> bool {
        end.since(start) <= start.since(began)
    }
}

/// The level that enforces one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bucket {
    Continuous(Continuous),
    Fixed(FixedWindow),
    Sliding(SlidingWindow),
    Counter(WeightedCounter),
    Slots(Slots),
    Purse(Purse),
}

/// Calls the same method of whichever kind the bucket is.
macro_rules! each {
    ($bucket:expr, $kind:ident => $call:expr) => {
        match $bucket {
            Bucket::Continuous($kind) => $call,
            Bucket::Fixed($kind) => $call,
            Bucket::Sliding($kind) => $call,
            Bucket::Counter($kind) => $call,
            Bucket::Slots($kind) => $call,
            Bucket::Purse($kind) => $call,
        }
    };
}

impl Noted for Bucket {
    fn note(&self, notes: &mut Notes) {
        each!(self, kind => kind.note(notes));
    }

    fn recall(&mut self, notes: &mut Reader<'_>) {
        each!(self, kind => kind.recall(notes));
    }
}

impl Bucket {
    /// A bucket that holds its quota's full burst.
    pub(crate) fn new(quota: &Quota, now: Timestamp) -> Self {
        match quota.refill {
            Refill::Continuous => Self::Continuous(Continuous::new(quota)),
            Refill::FixedWindow | Refill::CalendarWindow(_) => Self::Fixed(FixedWindow::new(quota)),
            Refill::SlidingWindow => Self::Sliding(SlidingWindow::new(quota)),
            Refill::WeightedCounter(_) => Self::Counter(WeightedCounter::new(quota, now)),
            Refill::Release => Self::Slots(Slots::new(quota)),
            Refill::Never => Self::Purse(Purse::new(quota)),
        }
    }

    /// The first instant, not before `from`, at which `amount` fits.
    pub(crate) fn fit(&self, amount: u64, from: Timestamp) -> Fit {
        each!(self, kind => kind.fit(amount, from))
    }

    /// Whether `amount` fits at `now`: the answer of [`Bucket::fit`] in less time, for calls that need not wait.
    #[inline(always)]
    pub(crate) fn has_room(&self, amount: u64, now: Timestamp) -> bool {
        match self {
            Self::Continuous(continuous) => continuous.has_room(amount, now),
            other => matches!(other.fit(amount, now), Fit::At(at) if at <= now),
        }
    }

    /// Whether its level is all there is to it: no windows, so that the stamp of a charge is always the default one,
    /// and no allowance for anybody's wire.
    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Self::Continuous(continuous) => continuous.is_plain(),
            Self::Slots(_) => true,
            Self::Fixed(_) | Self::Sliding(_) | Self::Counter(_) | Self::Purse(_) => false,
        }
    }

    /// Takes `amount` of a plain bucket at `now` if it fits, and gives the level from before.
    #[inline(always)]
    pub(crate) fn take(&mut self, amount: u64, now: Timestamp) -> Option<Level> {
        match self {
            Self::Continuous(continuous) => {
                let (before, level) = (continuous.level(), continuous.level_after(amount, now)?);
                continuous.set_level(level);
                Some(Level(before))
            }
            Self::Slots(slots) => {
                let (before, level) = (slots.level(), slots.level_after(amount)?);
                slots.set_level(level);
                Some(Level(u128::from(before)))
            }
            Self::Fixed(_) | Self::Sliding(_) | Self::Counter(_) | Self::Purse(_) => None,
        }
    }

    /// Sets a level back that [`Bucket::take`] gave.
    #[cold]
    pub(crate) fn put_back(&mut self, Level(level): Level) {
        match self {
            Self::Continuous(continuous) => continuous.set_level(level),
            Self::Slots(slots) => slots.set_level(u64::try_from(level).unwrap_or(u64::MAX)),
            Self::Fixed(_) | Self::Sliding(_) | Self::Counter(_) | Self::Purse(_) => {}
        }
    }

    /// Ends what [`Bucket::take`] took: what was taken in excess is given back, and what was used beyond is taken. Says
    /// whether there was anything to end; a call that holds no place had none of those.
    #[inline(always)]
    pub(crate) fn settle(&mut self, amount: u64, actual: u64, now: Timestamp) -> bool {
        match self {
            Self::Continuous(continuous) => {
                if let Some(excess) = amount.checked_sub(actual) {
                    continuous.give_back(excess);
                } else {
                    continuous.charge(actual.saturating_sub(amount), now);
                }
                true
            }
            Self::Slots(slots) => {
                slots.refund(amount);
                amount > 0
            }
            Self::Fixed(_) | Self::Sliding(_) | Self::Counter(_) | Self::Purse(_) => true,
        }
    }

    /// The instant at which `amount` would fit after `ahead` was taken first. A prediction: exact for continuous
    /// buckets, to the window for the others.
    pub(crate) fn fit_after(&self, ahead: u64, amount: u64, from: Timestamp) -> Fit {
        each!(self, kind => kind.fit_after(ahead, amount, from))
    }

    /// Whether `amount` would fit by the instant `by` if `taken` were charged at `at`: what letting one call pass does
    /// to another. Exact for every kind.
    pub(crate) fn fits_behind(&self, taken: u64, at: Timestamp, amount: u64, by: Timestamp) -> bool {
        if let Self::Continuous(continuous) = self {
            return continuous.fits_behind(taken, at, amount, by);
        }
        let mut then = self.clone();
        then.charge(taken, at);
        matches!(then.fit(amount, at), Fit::At(then) if then <= by)
    }

    /// Until when a charge at `at` would be put together with an earlier one, if it would.
    pub(crate) fn joins_until(&self, at: Timestamp) -> Option<Timestamp> {
        if let Self::Sliding(sliding) = self { sliding.joins_until(at) } else { None }
    }

    /// Takes `amount` at the instant `at`. It may leave debt.
    #[inline(always)]
    pub(crate) fn charge(&mut self, amount: u64, at: Timestamp) -> Stamp {
        each!(self, kind => kind.charge(amount, at))
    }

    /// Gives back `amount` of what was charged with `stamp`; a window that has passed keeps it.
    #[inline(always)]
    pub(crate) fn refund(&mut self, amount: u64, stamp: Stamp, now: Timestamp) {
        match self {
            Self::Continuous(continuous) => continuous.refund(amount),
            Self::Fixed(fixed) => fixed.refund(amount, stamp, now),
            Self::Sliding(sliding) => sliding.refund(amount, stamp),
            Self::Counter(counter) => counter.refund(amount, stamp, now),
            Self::Slots(slots) => slots.refund(amount),
            Self::Purse(purse) => purse.refund(amount),
        }
    }

    /// Whether it matters when an amount is charged, beyond how much has come back since.
    pub(crate) fn has_windows(&self) -> bool {
        matches!(self, Self::Fixed(_) | Self::Sliding(_) | Self::Counter(_))
    }

    /// What was charged with `stamp` really goes `at` a later instant: windows count it then.
    pub(crate) fn depart(&mut self, amount: u64, stamp: Stamp, at: Timestamp) -> Stamp {
        match self {
            _ if at <= stamp.0 => stamp,
            Self::Fixed(fixed) => fixed.depart(amount, stamp, at),
            Self::Counter(counter) => counter.depart(amount, stamp, at),
            Self::Sliding(sliding) => sliding.depart(amount, stamp, at),
            Self::Continuous(_) | Self::Slots(_) | Self::Purse(_) => stamp,
        }
    }

    /// What is left; negative is debt.
    pub(crate) fn available(&self, now: Timestamp) -> i128 {
        each!(self, kind => kind.available(now))
    }

    /// Moves what is left by `delta`, because somebody who knows better said so.
    pub(crate) fn adjust(&mut self, delta: i128, now: Timestamp) {
        each!(self, kind => kind.adjust(delta, now));
    }

    /// Changes the amount and burst; what was used stays used.
    pub(crate) fn resize(&mut self, quota: &Quota, now: Timestamp) {
        each!(self, kind => kind.resize(quota, now));
    }

    /// Tells a windowed bucket where its present window lies. Others have no windows and ignore it.
    pub(crate) fn set_edges(&mut self, edges: Edges, now: Timestamp) {
        match self {
            Self::Fixed(fixed) => fixed.set_edges(edges, now),
            Self::Counter(counter) => counter.set_edges(edges, now),
            Self::Continuous(_) | Self::Sliding(_) | Self::Slots(_) | Self::Purse(_) => {}
        }
    }

    /// Sets how long the level must have sufficed before an amount fits. Windows have the margin of their edges; so long
    /// before an edge the next one may count a call.
    pub(crate) fn set_margin(&mut self, margin: Duration) {
        match self {
            Self::Continuous(continuous) => continuous.set_margin(margin),
            Self::Sliding(sliding) => sliding.set_margin(margin),
            Self::Fixed(fixed) => fixed.set_jitter(margin),
            Self::Counter(_) | Self::Slots(_) | Self::Purse(_) => {}
        }
    }

    /// Forgets what counts no more at `now`, where that is kept.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        if let Self::Sliding(sliding) = self {
            sliding.forget(now);
        }
    }

    /// When the window at `now` ends, where windows are fixed.
    pub(crate) fn window_end(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Fixed(fixed) => fixed.window_end(now),
            _ => None,
        }
    }

    /// Whether a refund of what was charged with `stamp` would still reach its window.
    pub(crate) fn is_present(&self, stamp: Stamp, now: Timestamp) -> bool {
        match self {
            Self::Fixed(fixed) => fixed.is_present(stamp, now),
            _ => true,
        }
    }

    /// The call that went at `sent` was answered after `took`, which may tell when it was counted.
    pub(crate) fn heard(&mut self, sent: Timestamp, took: Duration) {
        if let Self::Sliding(window) = self {
            window.heard(sent, took);
        }
    }

    /// Sets by how much later than others a call may arrive: a bucket that is full meanwhile loses that much, and so long
    /// before a window ends the next one may count a call.
    pub(crate) fn set_spread(&mut self, spread: Duration) {
        match self {
            Self::Continuous(continuous) => continuous.set_spread(spread),
            Self::Fixed(fixed) => fixed.set_spread(spread),
            Self::Sliding(_) | Self::Counter(_) | Self::Slots(_) | Self::Purse(_) => {}
        }
    }

    /// How much longer than it has to an amount may count: what came within a grain of time leaves together.
    pub(crate) fn grain(&self) -> Duration {
        if let Self::Sliding(sliding) = self { sliding.slot() } else { Duration::ZERO }
    }

    /// When the oldest amount that still counts leaves, where amounts leave one by one.
    pub(crate) fn leaves(&self) -> Option<Timestamp> {
        if let Self::Sliding(sliding) = self { sliding.leaves_first() } else { None }
    }

    /// The end of the present window, for buckets that have one.
    pub(crate) fn edge(&self) -> Option<Timestamp> {
        match self {
            Self::Fixed(fixed) => fixed.edge(),
            Self::Counter(counter) => Some(counter.edge()),
            Self::Continuous(_) | Self::Sliding(_) | Self::Slots(_) | Self::Purse(_) => None,
        }
    }

    /// What others have of a sliding window.
    pub(crate) fn theirs(&self) -> u64 {
        match self {
            Self::Sliding(sliding) => sliding.theirs(),
            _ => 0,
        }
    }

    /// Takes what a sliding window holds from its history, and of others as much as `theirs`.
    pub(crate) fn recount(&mut self, history: &[(Timestamp, u64)], theirs: u64, now: Timestamp) {
        if let Self::Sliding(sliding) = self {
            sliding.recount(history, theirs, now);
        }
    }

    /// What a sliding window holds leaves together, as if all of it had come `at` this instant. Says whether that moved
    /// anything.
    pub(crate) fn gather(&mut self, at: Timestamp) -> bool {
        if let Self::Sliding(sliding) = self { sliding.gather(at) } else { false }
    }

    /// When the window at `now` began, where windows are fixed.
    pub(crate) fn began(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Fixed(fixed) => fixed.began(now),
            _ => None,
        }
    }
}

/// `amount * unit / whole`, rounded up; zero when `whole` is zero.
fn scale_up(amount: u128, unit: u128, whole: u128) -> u64 {
    let product = amount.saturating_mul(unit).saturating_add(whole.saturating_sub(1));
    u64::try_from(product.checked_div(whole).unwrap_or(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
