//! The bank: the ways in which a provider may count one limit, all kept in step with its answers; the strictest that
//! is still plausible paces.
//!
//! Each candidate keeps a level of its own and is judged by two scores that are never summed: does the `reset` of the
//! answers fit its formula, and does `remaining` fit what it predicted. A score speaks only in comparison with the
//! best one: foreign traffic and estimates that are off count against every candidate alike. What an adapter knows of
//! its provider is a handicap for all the others, so that it decides at first and can still be found wrong.
//! (The idea and its first constants: the project's design notes on unknown enforcement, simulated in 2026.)

mod candidate;
mod drain;
mod edge;
mod ends;
mod handing;
mod marks;
mod others;
mod recount;
mod resets;
mod scout;
mod spread;
mod told;

use alloc::vec::Vec;
use core::time::Duration;

pub(crate) use self::candidate::Ended;
pub(crate) use self::marks::Lefts;
pub(crate) use self::told::{Reading, Told};

use self::candidate::{Candidate, agrees};
use self::ends::Ends;
use self::marks::Marks;
use self::others::{Others, Shown};
use self::scout::Scout;
use self::spread::Spread;
use crate::bucket::{Edges, Fit, Stamp};
use crate::controller::falls::{Falls, Tide};
use crate::recent::Recent;
use crate::shape::calendar_of;
use crate::{Calendar, Enforcement, Refill, Shape, Timestamp};

/// How much worse than the best a candidate's resets may fit, in the points of `resets`: one that is far off counts
/// 400, so that a single reset that only one formula explains decides.
const RESET_LEEWAY: u32 = 300;
/// How much worse those of a candidate may fit that an adapter knows: resets in whole seconds alone, each merely near,
/// sum up to 480, and are no reason to doubt what is known.
const KNOWN_LEEWAY: u32 = 600;
/// How much worse than twice the best a candidate's levels may fit, in thousandths of the limit.
const LEVEL_LEEWAY: u32 = 20;
/// What an adapter's knowledge of another shape counts against a candidate.
const LEVEL_HANDICAP: u32 = 400;
/// The strictest has to want this much more for a call to test the others.
const STALLED: Duration = Duration::from_secs(1);
/// How long another plausible candidate must have allowed it.
const ALLOWED: Duration = Duration::from_millis(500);
/// The least time between two such tests. Each that is refused makes it so many times as long, up to the most, since the
/// strictest was right and a test a minute would be a refusal a minute; each that is admitted makes it half as long.
const TESTS_APART: Duration = Duration::from_secs(2);
const TESTS_RARER: u32 = 4;
const TESTS_APART_MAX: Duration = Duration::from_secs(3_600);
/// How many candidates there are at most.
const CANDIDATES: usize = Shape::ALL.len();

/// How long calls may take to overtake one another on the wire, usually, and where both ends are busy.
const OVERTAKING: Duration = Duration::from_millis(100);
const OVERTAKING_MOST: Duration = Duration::from_secs(1);

/// The ways in which a provider may count one limit.
#[derive(Clone, Debug)]
pub(crate) struct Bank {
    candidates: Vec<Candidate>,
    /// When a call last went although the strictest forbade it.
    tested: Option<Timestamp>,
    tests_apart: Duration,
    /// When a level last moved otherwise than by time: since then a candidate's consent has stood.
    moved: Timestamp,
    /// Whether any answer stated a reset; until then, windows are taken to be the calendar's.
    resets: bool,
    /// What was charged in the last [`OVERTAKING`], and in the last [`OVERTAKING_MOST`].
    recent: Recent,
    lately: Recent,
    ends: Ends,
    /// What others use where levels jump, and who is sent ahead to find out.
    others: Others,
    scout: Scout,
    spread: Spread,
    /// How long a level must have sufficed: so long, an end may have been charged without anybody having heard of it.
    margin: Duration,
    /// For a limit on tokens: by how much what remains falls.
    pub(crate) falls: Option<Falls>,
    /// All that was ever charged.
    total: u64,
    marks: Marks,
}

impl Bank {
    /// Every candidate for a limit of `amount` a `period`, whole; `known` is what the adapter knows.
    pub(crate) fn new(amount: u64, period: Duration, known: Enforcement, now: Timestamp) -> Self {
        let shapes = Shape::ALL.into_iter();
        let candidates = shapes.filter_map(|shape| {
            let quota = shape.quota(amount, period)?;
            let mut candidate = Candidate::new(shape, quota, now);
            candidate.known = known != Enforcement::Unknown && agrees(known, shape);
            if !agrees(known, shape) {
                candidate.reset_misfit = RESET_LEEWAY;
                candidate.level_misfit = LEVEL_HANDICAP;
            }
            Some(candidate)
        });
        let mut bank = Self {
            candidates: candidates.collect(),
            tested: None,
            tests_apart: TESTS_APART,
            moved: now,
            resets: false,
            recent: Recent::default(),
            lately: Recent::default(),
            ends: Ends::default(),
            others: Others::default(),
            scout: Scout::default(),
            spread: Spread::first(),
            margin: Duration::ZERO,
            falls: None,
            total: 0,
            marks: Marks::default(),
        };
        bank.keep_apart();
        bank.judge();
        bank
    }

    /// When `need` may go and leave `cushion` thousandths of a unit free. With nothing `under_way` nobody would bring
    /// evidence against the strictest, so now and then one call tests it.
    pub(crate) fn fit(&self, ahead: u64, need: u64, cushion: u64, from: Timestamp, under_way: u64) -> Fit {
        let each = self.plausible().map(|candidate| self.fit_of(candidate, ahead, need, cushion, from));
        let strictest = each.max().unwrap_or(from);
        if under_way > 0 {
            return Fit::At(self.scout.follows(strictest));
        }
        if strictest <= from {
            return Fit::At(strictest);
        }
        // Since when another allows it does not depend on when it is asked: else the test would recede for ever.
        let since = self.moved.min(from);
        let witnesses = self.candidates.iter().filter(|candidate| candidate.testifies());
        let each = witnesses.map(|candidate| self.fit_of(candidate, ahead, need, cushion, since));
        let laxest = each.min().unwrap_or(strictest);
        let test =
            laxest.after(ALLOWED).max(self.tested.map_or(from, |at| at.after(self.tests_apart))).max(from);
        Fit::At(if strictest > test.after(STALLED) { test } else { strictest })
    }

    /// When `need` may go by one candidate. What calls under way will be charged at their ends needs room by then, and
    /// not before; but for those that may have ended already.
    fn fit_of(
        &self,
        candidate: &Candidate,
        ahead: u64,
        need: u64,
        cushion: u64,
        from: Timestamp,
    ) -> Timestamp {
        let for_others = self.for_others(candidate, from);
        let free = candidate.free(cushion, self.falls.is_none(), for_others);
        let fit = |kept: u64| candidate.fit(ahead, need, kept.saturating_add(for_others), free, from);
        let pending = self.ends.expected();
        let Some(ahead_of) = self.ends.reach(candidate.refills_in()) else {
            return fit(candidate.kept_for(pending));
        };
        let whole = fit(pending);
        if whole <= from {
            return whole;
        }
        let unheard = self.ends.unheard(pending, self.margin);
        let unheard = if ahead_of.is_short { unheard } else { candidate.kept_for(unheard) };
        fit(unheard).max(whole.before(ahead_of.by))
    }

    /// What is left free for others at `from`.
    fn for_others(&self, candidate: &Candidate, from: Timestamp) -> u64 {
        candidate.commons(from).map_or(0, |commons| self.others.share(&commons, from))
    }

    /// The same after another call, which costs `taken`, went at `at`. Only what decides is copied for it.
    pub(crate) fn fit_behind(
        &self,
        taken: u64,
        at: Timestamp,
        need: u64,
        cushion: u64,
        under_way: u64,
    ) -> Fit {
        let decides = |candidate: &&Candidate| candidate.plausible || candidate.testifies();
        let candidates = self.candidates.iter().filter(decides).cloned().collect();
        let mut then = Self { candidates, falls: None, marks: Marks::default(), ..*self };
        then.charge(taken, at);
        then.fit(0, need, cushion, at, under_way)
    }

    /// A call that was granted at `granted` was refused by this limit, or was not: where it tested the strictest, that
    /// was right, or was not.
    pub(crate) fn test_ended(&mut self, granted: Timestamp, is_refused: bool) {
        if self.tested == Some(granted) {
            self.tests_apart = match is_refused {
                true => self.tests_apart.saturating_mul(TESTS_RARER).min(TESTS_APART_MAX),
                false => self.tests_apart.checked_div(2).unwrap_or(TESTS_APART).max(TESTS_APART),
            };
        }
    }

    /// Takes `amount` from every candidate's level.
    pub(crate) fn charge(&mut self, amount: u64, at: Timestamp) -> Stamp {
        if self.plausible().any(|candidate| candidate.fit(0, amount, 0, candidate.free(0, true, 0), at) > at)
        {
            self.tested = Some(at);
        }
        self.moved = at;
        self.recent.add(amount, at, OVERTAKING);
        self.lately.add(amount, at, OVERTAKING_MOST);
        self.total = self.total.wrapping_add(amount);
        for candidate in self.live_mut() {
            candidate.drain(at);
            candidate.bucket.charge(amount, at);
        }
        Stamp::at(at)
    }

    /// What was charged with `stamp` really goes `at` a later instant.
    pub(crate) fn depart(&mut self, amount: u64, stamp: Stamp, at: Timestamp) -> Stamp {
        for candidate in self.live_mut() {
            candidate.bucket.depart(amount, stamp, at);
        }
        stamp.max(Stamp::at(at))
    }

    /// Sets the late part aside of a call that was just charged the `soon` one, and remembers how the levels stand now, to
    /// be compared with what the answer to this call will say. With it, `under_way` is unanswered.
    pub(crate) fn reserve(&mut self, (soon, late): (u64, u64), under_way: u64, now: Timestamp) -> u64 {
        self.ends.reserve(late);
        let is_alone = under_way == soon.saturating_add(late);
        if is_alone && self.plausible().any(|candidate| candidate.bucket.theirs() > 0) {
            self.scout.leaves(self.others.heard(), now);
        }
        let mut lefts = self.lefts(now);
        lefts.lately = lefts.lately.min(under_way);
        lefts.recent = lefts.recent.saturating_sub(soon);
        self.marks.add(lefts)
    }

    /// How the levels stood at a mark.
    pub(crate) fn at_mark(&self, mark: u64) -> Option<Lefts> {
        self.marks.at(mark)
    }

    fn lefts(&self, now: Timestamp) -> Lefts {
        let mut lefts = Lefts {
            recent: self.recent.sum(),
            lately: self.lately.sum(),
            total: self.total,
            ..Lefts::default()
        };
        let places = lefts.levels.iter_mut().zip(&self.candidates);
        for (level, candidate) in places.filter(|(_, candidate)| !candidate.ruled_out) {
            *level = candidate.left(now);
            lefts.leaving = lefts.leaving.max(candidate.leaving(now, self.margin));
        }
        lefts
    }

    /// The level that only time moves, by the candidate that fits best; of several, by the one that holds most.
    pub(crate) fn tide(&self, now: Timestamp) -> Tide {
        let live = self.candidates.iter().enumerate().filter(|(_, each)| !each.ruled_out);
        let best = live.min_by_key(|(_, each)| (each.misfit(), core::cmp::Reverse(each.capacity)));
        best.map_or(Tide::default(), |(shape, each)| Tide {
            shape,
            level: each.undisturbed(now),
            room: each.room(now),
            at: now,
            window: each.bucket.edge().map(|end| (end, each.quota.period)),
        })
    }

    /// Another part of calls is counted than was thought: what levels seemed to be wrong by, what was kept of reserves, and
    /// what others seemed to use says less.
    pub(crate) fn recharged(&mut self) {
        self.ends.forget_kept();
        self.others = Others::default();
        if let Some(falls) = &mut self.falls {
            falls.begin_anew();
        }
        for candidate in &mut self.candidates {
            candidate.level_misfit = candidate.level_misfit.checked_div(2).unwrap_or(0);
        }
        self.judge();
    }

    /// Whether every plausible candidate refills evenly.
    pub(crate) fn is_even(&self) -> bool {
        self.plausible().all(|candidate| candidate.quota.refill == Refill::Continuous)
    }

    /// Whether it is a weighted counter for certain.
    pub(crate) fn is_counter(&self) -> bool {
        self.plausible().all(|candidate| candidate.shape == Shape::Counter)
    }

    /// Ends a charge with what was really counted.
    pub(crate) fn settle(&mut self, ended: &Ended, now: Timestamp) {
        self.moved = now;
        let charged = ended.actual.saturating_sub(ended.charged);
        self.ends.ended(ended, charged, now);
        if ended.late > 0 {
            self.recent.add(charged, now, OVERTAKING);
            self.lately.add(charged, now, OVERTAKING_MOST);
            self.total = self.total.wrapping_add(charged);
        }
        for candidate in self.live_mut() {
            candidate.settle(ended, now);
        }
    }

    /// What is left by the strictest.
    pub(crate) fn available(&self, now: Timestamp) -> i128 {
        self.plausible().map(|candidate| candidate.bucket.available(now)).min().unwrap_or(0)
    }

    /// The most that may be left by any plausible candidate.
    pub(crate) fn capacity(&self) -> u64 {
        self.plausible().map(|candidate| candidate.capacity).max().unwrap_or(0)
    }

    /// What may go at once by every plausible candidate.
    pub(crate) fn burst(&self) -> u64 {
        self.plausible().map(|candidate| candidate.capacity).min().unwrap_or(0)
    }

    /// The limit became another; what was used stays used, and what was predicted of the old one counts half.
    pub(crate) fn resize(&mut self, amount: u64, period: Duration, now: Timestamp) {
        self.candidates.retain_mut(|candidate| candidate.resize(amount, period, now));
        self.judge();
    }

    /// Sets how long a level must have sufficed before a call goes.
    pub(crate) fn set_margin(&mut self, margin: Duration) {
        self.margin = margin;
        for candidate in &mut self.candidates {
            candidate.bucket.set_margin(margin);
        }
    }

    /// A call was refused that seemed to fit: calls are kept further apart where a bucket holds only one. Whatever holds
    /// more has a level to keep back instead.
    pub(crate) fn be_careful(&mut self) {
        self.spread.refused(self.one_refills_in());
        self.keep_apart();
    }

    /// In what time a bucket that holds only one is full again.
    fn one_refills_in(&self) -> Duration {
        let one = self.candidates.iter().find(|each| each.shape == Shape::BucketOfOne);
        one.map_or(Duration::ZERO, Candidate::refills_in)
    }

    /// A call was answered: they are kept a little less apart.
    pub(crate) fn answered(&mut self) {
        self.spread.answered();
        self.keep_apart();
    }

    fn keep_apart(&mut self) {
        let spread = self.spread.get();
        for candidate in self.candidates.iter_mut().filter(|each| each.shape == Shape::BucketOfOne) {
            candidate.bucket.set_spread(spread);
        }
    }

    /// The calendar whose edges are asked for: windows are the calendar's until a reset says otherwise.
    pub(crate) fn calendar(&self) -> Option<Calendar> {
        let windowed = |candidate: &&Candidate| candidate.windowed().is_some();
        let period = self.plausible().filter(windowed).map(|candidate| candidate.quota.period).max();
        period.filter(|_| !self.resets).map(calendar_of)
    }

    /// Takes the calendar's edges, which are known to the margin of the wall clock.
    pub(crate) fn set_calendar_edges(&mut self, edges: Edges, now: Timestamp) {
        if !self.resets {
            self.candidates.iter_mut().for_each(|candidate| candidate.set_calendar_edges(edges, now));
        }
    }

    /// The end of the present window, by the strictest candidate that has one.
    pub(crate) fn edge(&self) -> Option<Timestamp> {
        self.plausible().filter_map(|candidate| candidate.bucket.edge()).max()
    }

    /// The first answer, to a call that cost `own`: every level is what it says.
    pub(crate) fn begin(&mut self, reading: &Reading, own: u64, told: &Told, now: Timestamp) {
        for candidate in &mut self.candidates {
            candidate.begin(reading, own, told.left, now);
        }
        self.observe(reading, told, now);
    }

    /// Brings every candidate in line with an answer and judges them anew. Gives by how much the levels of the
    /// plausible ones rose at most.
    pub(crate) fn observe(&mut self, reading: &Reading, told: &Told, now: Timestamp) -> i128 {
        self.moved = now;
        self.scout.answered(told.left);
        self.resets |= reading.reset.is_some();
        let since = told.lefts.map_or(0, |lefts| self.total.wrapping_sub(lefts.total));
        let told = Told { explained: self.explained(reading, told, now), ..*told };
        let mut rose = i128::MIN;
        let (mut missing, mut doubt) = (i128::MAX, i128::MAX);
        let places = self.candidates.iter_mut().enumerate();
        for (place, candidate) in places.filter(|(_, candidate)| !candidate.ruled_out) {
            let left = told.lefts.and_then(|lefts| lefts.levels.get(place).copied());
            let moved = candidate.observe(reading, &told, left.map(|left| (left, since)), now);
            if candidate.plausible {
                rose = rose.max(moved.by);
                missing = missing.min(moved.by.saturating_neg().max(0));
                doubt = doubt.min(moved.doubt);
            }
        }
        let size = |amount: i128| u64::try_from(amount).unwrap_or(0);
        let jumping = self.candidates.iter().filter(|candidate| candidate.plausible);
        let commons = jumping.filter_map(|candidate| candidate.commons(now)).max_by_key(|each| each.began);
        if let Some(commons) = commons.filter(|_| reading.remaining.is_some()) {
            let shown = Shown { missing: size(missing), doubt: size(doubt), left: told.left };
            self.others.hear(shown, &commons);
        }
        self.judge();
        rose.max(0)
    }

    /// How badly the best of the buckets did so far that explain the reset of this answer.
    fn explained(&self, reading: &Reading, told: &Told, now: Timestamp) -> Option<u32> {
        let live = self.candidates.iter().filter(|candidate| !candidate.ruled_out);
        live.filter(|each| each.explains(reading, told, now)).map(|each| each.reset_misfit).min()
    }

    /// A refusal asked to wait: then just `level` will be there, by the levels that refill evenly.
    pub(crate) fn lower_to(&mut self, level: i128, at: Timestamp, now: Timestamp) {
        let even = self.candidates.iter_mut().filter(|each| each.quota.refill == Refill::Continuous);
        for candidate in even {
            let then = candidate.bucket.available(at);
            if then > level {
                candidate.correct(level.saturating_sub(then), now);
            }
        }
    }

    /// Those that may still be how the provider counts. The others need not be kept in step: if all of them are ruled out,
    /// more is left than any would have, and the next answer sets them right.
    fn live_mut(&mut self) -> impl Iterator<Item = &mut Candidate> {
        self.candidates.iter_mut().filter(|candidate| !candidate.ruled_out)
    }

    fn plausible(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.plausible)
    }

    /// Finds out who is plausible: whoever can do what was seen and is not much worse than the best, in either score.
    fn judge(&mut self) {
        if self.candidates.iter().all(|candidate| candidate.ruled_out) {
            self.candidates.iter_mut().for_each(|candidate| candidate.ruled_out = false);
        }
        let live = || self.candidates.iter().filter(|candidate| !candidate.ruled_out);
        let best = live().map(|each| each.reset_misfit).min().unwrap_or(0);
        let fits = |each: &Candidate| {
            let leeway = if each.known { KNOWN_LEEWAY } else { RESET_LEEWAY };
            each.reset_misfit < best.saturating_add(leeway)
        };
        let level = live().filter(|each| fits(each)).map(|each| each.level_misfit).min().unwrap_or(0);
        let level = level.saturating_mul(2).saturating_add(LEVEL_LEEWAY);
        for candidate in &mut self.candidates {
            candidate.plausible = !candidate.ruled_out && fits(candidate) && candidate.level_misfit <= level;
        }
    }
}

#[cfg(test)]
mod tests;
