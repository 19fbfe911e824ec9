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

use core::time::Duration;

use self::continuous::Continuous;
use self::counter::WeightedCounter;
use self::fixed::FixedWindow;
use self::purse::Purse;
use self::sliding::SlidingWindow;
use self::slots::Slots;
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

    /// Sets how long the level must have sufficed before an amount fits. Windows have the margin of their edges.
    pub(crate) fn set_margin(&mut self, margin: Duration) {
        match self {
            Self::Continuous(continuous) => continuous.set_margin(margin),
            Self::Sliding(sliding) => sliding.set_margin(margin),
            Self::Fixed(_) | Self::Counter(_) | Self::Slots(_) | Self::Purse(_) => {}
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

    /// Sets by how much later than others a call may arrive: a bucket that is full meanwhile loses that much.
    pub(crate) fn set_spread(&mut self, spread: Duration) {
        if let Self::Continuous(continuous) = self {
            continuous.set_spread(spread);
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
}

/// `amount * unit / whole`, rounded up; zero when `whole` is zero.
fn scale_up(amount: u128, unit: u128, whole: u128) -> u64 {
    let product = amount.saturating_mul(unit).saturating_add(whole.saturating_sub(1));
    u64::try_from(product.checked_div(whole).unwrap_or(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calendar;

    const NOW: Timestamp = Timestamp::from_secs(100);

    /// A bucket of each kind that holds ten.
    fn kinds() -> [Bucket; 5] {
        let minute = Quota::per_minute(10).burst(10);
        let refills = [
            Refill::Continuous,
            Refill::FixedWindow,
            Refill::SlidingWindow,
            Refill::WeightedCounter(Calendar::Minute),
        ];
        let [even, fixed, sliding, counter] = refills.map(|refill| Bucket::new(&minute.refill(refill), NOW));
        [even, fixed, sliding, counter, Bucket::new(&Quota::concurrency(10), NOW)]
    }

    #[test]
    fn every_kind_holds_its_amount_and_waits_for_more() {
        for mut bucket in kinds() {
            assert!(bucket.has_room(10, NOW) && !bucket.has_room(11, NOW), "{bucket:?}");
            assert_eq!(bucket.fit(11, NOW), Fit::Never);
            let stamp = bucket.charge(7, NOW);
            assert!(bucket.has_room(3, NOW) && !bucket.has_room(4, NOW), "{bucket:?}");
            assert_eq!(bucket.available(NOW), 3);
            assert!(!bucket.fits_behind(3, NOW, 1, NOW));
            assert!(bucket.fits_behind(2, NOW, 1, NOW));
            assert_eq!(bucket.fit_after(2, 1, NOW), Fit::At(NOW));
            bucket.refund(5, stamp, NOW);
            bucket.adjust(-1, NOW);
            assert_eq!(bucket.available(NOW), 7);
        }
    }

    #[test]
    fn a_plain_bucket_takes_and_puts_back_what_fits_and_settles_the_rest() {
        for (mut bucket, plain) in kinds().into_iter().zip([true, false, false, false, true]) {
            assert_eq!(bucket.is_plain(), plain);
            let whole = bucket.clone();
            let before = bucket.take(7, NOW);
            assert_eq!(before.is_some(), plain);
            let Some(before) = before else {
                assert_eq!(bucket, whole);
                continue;
            };
            assert!(
                bucket.available(NOW) == 3 && bucket.take(4, NOW).is_none() && bucket.available(NOW) == 3
            );
            bucket.put_back(before);
            assert_eq!(bucket.available(NOW), 10);
            bucket.take(7, NOW);
            bucket.settle(7, 4, NOW);
            let returns = matches!(bucket, Bucket::Slots(_));
            assert_eq!(bucket.available(NOW), if returns { 10 } else { 6 });
            bucket.settle(0, 5, NOW);
            assert_eq!(bucket.available(NOW), if returns { 10 } else { 1 }, "over-use is charged");
        }
    }

    #[test]
    fn windows_have_edges_and_what_slides_leaves() {
        let [even, mut fixed, mut sliding, counter, slots] = kinds();
        let later = Timestamp::from_secs(160);
        let stamp = fixed.charge(4, NOW);
        assert_eq!((fixed.edge(), fixed.window_end(NOW)), (Some(later), Some(later)));
        assert!(fixed.is_present(stamp, NOW) && !fixed.is_present(stamp, later));
        sliding.charge(4, NOW);
        assert_eq!((sliding.leaves(), sliding.edge(), sliding.window_end(NOW)), (Some(later), None, None));
        sliding.forget(later.before(Duration::from_nanos(1)));
        assert_eq!(sliding.leaves(), Some(later));
        sliding.forget(later);
        assert_eq!(sliding.leaves(), None);
        assert_eq!((counter.edge(), counter.window_end(NOW)), (Some(later), None));
        for bucket in [&even, &slots, &counter] {
            assert!(bucket.leaves().is_none() && bucket.is_present(stamp, later));
        }
        assert_eq!((even.edge(), slots.edge()), (None, None));
    }

    #[test]
    fn a_margin_and_a_spread_matter_where_they_are_set() {
        let [mut even, fixed, mut sliding, ..] = kinds();
        for bucket in [&mut even, &mut sliding] {
            bucket.charge(10, NOW);
            bucket.set_margin(Duration::from_secs(1));
        }
        assert_eq!(even.fit(1, NOW), Fit::At(Timestamp::from_secs(107)));
        assert_eq!(sliding.fit(1, NOW), Fit::At(Timestamp::from_secs(161)));
        assert!(matches!(fixed, Bucket::Fixed(_)));
        let [mut even, ..] = kinds();
        even.set_spread(Duration::from_secs(3));
        even.charge(10, NOW);
        assert_eq!(even.fit(1, NOW), Fit::At(Timestamp::from_secs(109)), "three seconds, and six for one");
        let [mut even, ..] = kinds();
        even.set_spread(Duration::from_secs(30));
        even.adjust(0, NOW);
        assert_eq!(even.available(NOW), 10, "no correction is no charge");
    }

    #[test]
    fn a_window_is_surely_there_a_margin_after_it_is_told_unless_it_is_older_than_the_clock() {
        let margin = Duration::from_secs(1);
        let mut edges = Edges { start: Timestamp::from_secs(60), end: Timestamp::from_secs(120), margin };
        assert_eq!(edges.sure(), (Timestamp::from_secs(61), Timestamp::from_secs(121)));
        edges.start = Timestamp::ZERO;
        assert_eq!(edges.sure(), (Timestamp::ZERO, Timestamp::from_secs(121)));
    }

    #[test]
    fn scaling_rounds_up_and_of_nothing_is_nothing() {
        assert_eq!([scale_up(6, 5, 10), scale_up(7, 5, 10), scale_up(0, 5, 10)], [3, 4, 0]);
        assert_eq!([scale_up(7, 5, 0), scale_up(u128::MAX, 2, 1)], [0, u64::MAX]);
        assert_eq!(Stamp::at(NOW), Stamp(NOW));
    }

    #[test]
    fn only_a_sliding_window_has_a_grain_and_joins_what_comes_close() {
        let slot = Duration::from_nanos(60_000_000_000 / 256);
        for mut bucket in kinds() {
            bucket.charge(1, NOW);
            let slides = matches!(bucket, Bucket::Sliding(_));
            assert_eq!(bucket.grain(), if slides { slot } else { Duration::ZERO });
            assert_eq!(bucket.joins_until(NOW).is_some(), slides, "{bucket:?}");
            let windows = slides || matches!(bucket, Bucket::Fixed(_) | Bucket::Counter(_));
            assert_eq!(bucket.has_windows(), windows, "{bucket:?}");
        }
    }

    #[test]
    fn a_call_never_goes_sooner_than_it_was_charged() {
        for mut bucket in kinds() {
            let stamp = bucket.charge(1, NOW);
            let before = bucket.clone();
            assert_eq!(bucket.depart(1, stamp, NOW.before(Duration::from_secs(5))), stamp);
            assert_eq!(bucket, before);
        }
    }

    #[test]
    fn answers_that_are_all_slow_are_heard_by_what_slides() {
        let [_, _, mut sliding, ..] = kinds();
        let burst = Timestamp::from_secs(101);
        sliding.charge(1, NOW);
        sliding.heard(NOW, Duration::from_millis(300));
        sliding.charge(9, burst);
        (0..16).for_each(|_| sliding.heard(burst, Duration::from_millis(500)));
        assert!(matches!(sliding.fit(10, burst), Fit::At(at) if at > Timestamp::from_secs(161)));
    }

    #[test]
    fn settling_tells_whether_anybody_may_have_waited_for_it() {
        let [mut even, .., mut slots] = kinds();
        slots.charge(2, NOW);
        assert!(slots.settle(2, 0, NOW) && !slots.settle(0, 0, NOW) && even.settle(0, 0, NOW));
    }
}
