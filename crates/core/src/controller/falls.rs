//! `Falls`: what a limit on tokens counts of a call, as far as it shows by how much `remaining` falls.
//!
//! Every rule keeps the sum of all that it would have counted so far. Between two answers the level falls by what came
//! in between, less what came back; the rule whose sum fits that is the provider's. Calls under way are part of each
//! sum, so nobody has to wait until none is. Whether a header is written when its call arrives or when its answer
//! leaves is not known either, so each is reckoned with for itself.
//!
//! A rule is compared with the one that is believed, over pairs of answers between which the two differ, and what an
//! answer may say against either is at most what they differ by: noise, windows that end and other users of the key
//! speak against both alike. So a rule takes over only where it explains most of what the believed one cannot; or, where
//! jitter and others make each pair say little, where very many of them say so in the long run.

mod duel;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use self::duel::{Duel, LONG, SHORT};
use crate::{Charging, Dimension, Timestamp};

/// The rules that are told apart.
const RULES: [Charging; 5] = [
    Charging::InputThenOutput,
    Charging::InputOnly,
    Charging::Maximum,
    Charging::MaximumReturned,
    Charging::Completion,
];
/// Which of them gives back what it took too much, when the answer is complete.
const RETURNED: usize = 3;
/// Of how many charges the sums are remembered; an answer to an older call says nothing of when it arrived.
const MARKS_MAX: usize = 512;
/// How many pairs of answers must tell a rule from the believed one, where that was only assumed, and where an adapter
/// told it: a few dozen calls.
const PAIRS_UNKNOWN: u32 = 12;
const PAIRS_TOLD: u32 = 24;
/// The same at least for a rule that expects nothing when a call arrives: a first burst that overtakes itself looks like it.
const PAIRS_COMPLETION: u32 = 40;
/// The same where it was learned and has held for so many answers since. Sooner it may be one of two rules that do not
/// differ before the first answers are complete.
const PAIRS_LEARNED: u32 = 96;
const HELD: u32 = 256;
/// Rules that differ by less between two answers are not told apart by them: both sides round.
const LEAST: u64 = 8;
/// So long before or after one another calls may overtake each other on the wire. Then they are told of in another order
/// than they went, and whichever rule expects least to happen is off by least: a rule that has held for long is only
/// overruled by what stands above that.
pub(super) const OVERTAKING: Duration = Duration::from_millis(200);

/// What each rule would have counted.
type Sums = [i64; RULES.len()];

/// What a call brings to a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// What is no output.
    pub(crate) input: u64,
    /// Output: before the answer the most that it may have, afterwards what it had.
    pub(crate) output: u64,
}

/// How a call ended, for the limit that counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nobody knows what the provider counted.
    Unknown,
    /// It was refused, or never sent: nothing is counted.
    Refused,
    /// It was answered, and this is what it used.
    Spent(Parts),
}

/// The level of a limit without anything that calls took: what only time gives, by one way of counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tide {
    /// Which way of counting; levels of two ways are not compared.
    pub(crate) shape: usize,
    /// The level by it, without corrections and what others use.
    pub(crate) level: i64,
    /// What is missing for it to be whole; a level that is whole rises no more, and what it would have risen is lost.
    pub(crate) room: i64,
    /// The end and the length of its window, if it has one: the provider's own edge may lie a little before or after, with
    /// calls in between.
    pub(crate) window: Option<(Timestamp, Duration)>,
    /// When it stood so.
    pub(crate) at: Timestamp,
}

impl Tide {
    /// Whether both are levels of one shape and, as far as its edge is known by now, of one window.
    fn is_in_the_window_of(&self, other: &Self) -> bool {
        let same = match (self.window, other.window) {
            (Some((end, length)), Some((other, _))) => {
                let apart = end.since(other).max(other.since(end));
                apart.saturating_mul(2) < length
            }
            (None, None) => true,
            _ => false,
        };
        same && self.shape == other.shape
    }
}

/// How things stood right after a charge.
#[derive(Clone, Copy, Debug)]
struct Mark {
    tide: Tide,
    whole: u64,
    sums: Sums,
    call: Parts,
}

/// What an answer says of the level, with how things stood then.
#[derive(Clone, Copy, Debug)]
struct Seen {
    remaining: i64,
    tide: Tide,
    /// How many calls had met a level of ours that was whole.
    whole: u64,
    sums: Sums,
    /// What is missing for the level to be whole, and what each rule may have counted of the call itself by then. Where
    /// that is as much, the level may have been whole before and have risen by less than time alone gives; where it is
    /// clearly more than a rule must have counted, the rule is wrong.
    missing: i64,
    own: Sums,
    /// What the calls count that may have overtaken this one, or that it may have overtaken.
    unordered: u64,
}

impl Seen {
    /// How far off a rule is that has counted `own` of the call by now, and would be `off` by the answer before alone.
    fn bounded(&self, off: i64, own: i64, rule: Charging) -> i64 {
        if own < self.missing {
            return off;
        }
        // But a rule that takes the maximum has not counted more than is missing. A quarter is left to estimates.
        let too_much = own.saturating_sub(self.missing);
        let is_refuted = rule.takes_maximum() && too_much > own / 4;
        // Less than a rule expects is no wonder where the level could not rise any further.
        off.max(if is_refuted { too_much } else { 0 })
    }
}

/// Answers in the order in which their headers are thought to be written.
#[derive(Clone, Copy, Debug, Default)]
struct Reckoning {
    last: Option<Seen>,
    /// How many pairs of answers were looked at, and how far off each rule was in all of them.
    pairs: u32,
    off: [u64; RULES.len()],
    duels: [Duel; RULES.len()],
    /// The same in the long run.
    long: [Duel; RULES.len()],
}

/// An answer whose call has not ended yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    mark: u64,
    remaining: i64,
    tide: Tide,
    whole: u64,
    missing: i64,
    unordered: u64,
    weight: Weight,
}

/// What counts of a pair of answers.
#[derive(Clone, Copy, Debug)]
struct Weight {
    believed: Believed,
    /// Rules that differ by less are not told apart.
    least: u64,
    /// As much as a rule may be off by at most.
    most: u64,
    /// Whether the believed rule has held for long.
    is_settled: bool,
}

/// What a limit on tokens counts of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Falls {
    sums: Sums,
    /// What the limit itself took from its levels.
    taken: i64,
    /// How many calls met a level that was whole.
    whole: u64,
    marks: VecDeque<Mark>,
    forgotten: u64,
    /// How many answers were looked at since another rule was believed last.
    held: u32,
    /// Headers are written when their calls arrive, or when their answers leave.
    arrival: Reckoning,
    leaving: Reckoning,
    open: Option<Open>,
}

impl Falls {
    /// A call was charged: `taken` of it from the levels, which stand at `tide` now.
    pub(crate) fn granted(&mut self, call: Parts, taken: u64, tide: Tide) {
        self.taken = self.taken.wrapping_add_unsigned(taken);
        add(&mut self.sums, |rule| at_arrival(rule, call));
        if self.marks.len() >= MARKS_MAX {
            self.marks.pop_front();
            self.forgotten = self.forgotten.wrapping_add(1);
        }
        if u64::try_from(tide.room).is_ok_and(|room| room <= taken) {
            self.whole = self.whole.wrapping_add(1);
        }
        let tide = self.without_calls(tide);
        self.marks.push_back(Mark { tide, whole: self.whole, sums: self.sums, call });
    }

    /// A call that was charged at `mark` ended. The levels took `taken` more, or less.
    pub(crate) fn ended(&mut self, mark: u64, ending: Ending, taken: i64) {
        self.taken = self.taken.wrapping_add(taken);
        let call = self.at(mark).map(|mark| mark.call);
        match (call, ending) {
            (Some(call), Ending::Refused) => {
                add(&mut self.sums, |rule| at_arrival(rule, call).wrapping_neg());
            }
            (Some(call), Ending::Spent(spent)) => add(&mut self.sums, |rule| at_end(rule, call, spent)),
            // From here on the sums miss a call that some answers will count.
            _ => self.interrupt(),
        }
        // A header that was written when the answer left counts all of its own call.
        if let Some(open) = self.open.take().filter(|open| open.mark == mark) {
            let Open { remaining, tide, whole, missing, unordered, weight, .. } = open;
            let call = call.unwrap_or_default();
            // A rule that takes no maximum is held to it all the same: what others counted by then is not known.
            let mut own = [at_arrival(Charging::Maximum, call); RULES.len()];
            if let (Ending::Spent(spent), Some(own)) = (ending, own.get_mut(RETURNED)) {
                *own = own.wrapping_add(at_end(Charging::MaximumReturned, call, spent));
            }
            self.leaving
                .weigh(Seen { remaining, tide, whole, sums: self.sums, missing, own, unordered }, weight);
        }
    }

    /// Nothing from before is comparable with what comes.
    pub(crate) fn interrupt(&mut self) {
        (self.arrival.last, self.leaving.last, self.open) = (None, None, None);
    }

    /// Another rule is believed from now on.
    pub(crate) fn begin_anew(&mut self) {
        for order in [&mut self.arrival, &mut self.leaving] {
            (order.duels, order.long) = Default::default();
        }
        self.held = 0;
    }

    /// An answer said what remains of `limit`, in steps of `rounding`; the call that it answers was charged at `mark`,
    /// and the levels stand at `tide`. Gives the rule that explains the falls better than the believed one.
    pub(crate) fn seen(
        &mut self,
        (remaining, limit, rounding): (u64, u64, u64),
        mark: Option<u64>,
        tide: Tide,
        believed: Believed,
    ) -> Option<Charging> {
        let begun = mark.and_then(|mark| Some((mark, *self.at(mark)?)));
        // A level that is used up hides its debt.
        let Some((mark, begun)) = begun.filter(|_| remaining > 0) else {
            self.interrupt();
            return None;
        };
        let size = begun.call.input.saturating_add(begun.call.output);
        self.held = self.held.saturating_add(1);
        let is_settled = believed.standing == Standing::Learned && self.held >= HELD;
        let least = LEAST.max(rounding);
        let weight = Weight { believed, least, most: size.saturating_mul(2), is_settled };
        let missing = i64::try_from(limit.saturating_sub(remaining)).unwrap_or(i64::MAX);
        let remaining = i64::try_from(remaining).unwrap_or(i64::MAX);
        let own = RULES.map(|rule| at_arrival(rule, begun.call));
        let Mark { tide: then, whole, sums, .. } = begun;
        let each = u64::try_from(at_arrival(believed.rule, begun.call)).unwrap_or(0);
        let unordered = |at| each.saturating_mul(self.calls_around(at));
        let (unordered, now_unordered) = (unordered(then.at), unordered(tide.at));
        self.arrival.weigh(Seen { remaining, tide: then, whole, sums, missing, own, unordered }, weight);
        self.open = Some(Open {
            mark,
            remaining,
            whole: if tide.room > 0 { self.whole } else { self.whole.wrapping_add(1) },
            tide: self.without_calls(tide),
            missing,
            unordered: now_unordered,
            weight,
        });
        let fitting = if self.leaving.fits_better(&self.arrival) { &self.leaving } else { &self.arrival };
        fitting.winner(believed, is_settled).or_else(|| self.ahead(believed))
    }

    /// The rule that is ahead of the believed one in the long run, and more so than any other. One that expects nothing when
    /// a call arrives is ahead by overtaking alone, and is not looked at.
    fn ahead(&self, believed: Believed) -> Option<Charging> {
        let duels = RULES.into_iter().zip(self.arrival.long.iter().zip(&self.leaving.long));
        let duels = duels.filter(|(rule, _)| believed.may_be(*rule) && *rule != Charging::Completion);
        let ahead = duels.filter_map(|(rule, (arrival, leaving))| Some((arrival.ahead(leaving)?, rule)));
        ahead.max_by_key(|(percent, _)| *percent).map(|(_, rule)| rule)
    }

    /// What a rule counted from `from` on, and when; `None` where not all of that is remembered.
    pub(crate) fn history(&self, rule: Charging, from: Timestamp) -> Option<Vec<(Timestamp, u64)>> {
        let place = RULES.iter().position(|each| *each == rule)?;
        let is_whole = self.forgotten == 0 || self.marks.front().is_some_and(|mark| mark.tide.at < from);
        let mut before = 0;
        let counted = self.marks.iter().map(|mark| {
            let sum = mark.sums.get(place).copied().unwrap_or(0);
            let more = u64::try_from(sum.wrapping_sub(core::mem::replace(&mut before, sum))).unwrap_or(0);
            (mark.tide.at, more)
        });
        is_whole.then(|| counted.filter(|(at, _)| *at >= from).collect())
    }

    fn at(&self, mark: u64) -> Option<&Mark> {
        self.marks.get(usize::try_from(mark.checked_sub(self.forgotten)?).ok()?)
    }

    /// How many calls went so shortly before or after the one that went `at` that nobody knows in which order they arrived.
    fn calls_around(&self, at: Timestamp) -> u64 {
        let went_by = |instant: Timestamp| self.marks.partition_point(|mark| mark.tide.at <= instant);
        let around = went_by(at.after(OVERTAKING)).saturating_sub(went_by(at.before(OVERTAKING)));
        around.saturating_sub(1) as u64
    }

    fn without_calls(&self, tide: Tide) -> Tide {
        Tide { level: tide.level.wrapping_add(self.taken), ..tide }
    }
}

/// How far the believed rule is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Assumed,
    /// An adapter told it, or the first answer showed it.
    Told,
    /// It explained the falls better than another before.
    Learned,
}

/// The rule that is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Believed {
    pub(crate) rule: Charging,
    /// How far it is known.
    pub(crate) standing: Standing,
    /// What the limit counts.
    pub(crate) dimension: Dimension,
}

impl Believed {
    /// Its place among the rules: whatever is not known better is taken for the usual way.
    fn place(self) -> usize {
        RULES.iter().position(|rule| *rule == self.rule).unwrap_or(0)
    }

    /// How many pairs of answers it takes to overrule it.
    fn pairs(self, is_settled: bool) -> u32 {
        match self.standing {
            Standing::Assumed => PAIRS_UNKNOWN,
            _ if is_settled => PAIRS_LEARNED,
            Standing::Told | Standing::Learned => PAIRS_TOLD,
        }
    }

    /// Whether another rule says anything of such a limit: one on output knows no input.
    fn may_be(self, rule: Charging) -> bool {
        let of_input = matches!(rule, Charging::InputOnly | Charging::Completion);
        !(of_input && self.dimension == Dimension::OutputTokens)
    }
}

impl Reckoning {
    /// Compares an answer with the one before it.
    fn weigh(&mut self, seen: Seen, weight: Weight) {
        // What time gave is known only from levels of one shape and window, and only while none of them was whole.
        let comparable = |last: &Seen| last.whole == seen.whole && last.tide.is_in_the_window_of(&seen.tide);
        let Some(last) = self.last.replace(seen).filter(comparable) else { return };
        // What the level rose by that time alone does not explain: the fall that calls made, below zero.
        let rose = seen.remaining.wrapping_sub(last.remaining);
        let unexplained = rose.wrapping_sub(seen.tide.level.wrapping_sub(last.tide.level));
        let mut off = [0_i64; RULES.len()];
        for ((off, sum), before) in off.iter_mut().zip(seen.sums).zip(last.sums) {
            *off = unexplained.wrapping_add(sum.wrapping_sub(before));
        }
        for ((off, own), rule) in off.iter_mut().zip(seen.own).zip(RULES) {
            *off = seen.bounded(*off, own, rule);
        }
        if self.pairs >= SHORT {
            (self.pairs, self.off) = (self.pairs / 2, self.off.map(|off| off / 2));
        }
        self.pairs = self.pairs.saturating_add(1);
        let own = off.get(weight.believed.place()).copied().unwrap_or(0);
        let unordered = if weight.is_settled { last.unordered.saturating_add(seen.unordered) } else { 0 };
        let least = weight.least.max(unordered);
        for ((duel, sum), off) in self.duels.iter_mut().zip(&mut self.off).zip(off) {
            *sum = sum.saturating_add(off.unsigned_abs().min(weight.most));
            duel.fought(off, own, least, SHORT);
        }
        for (duel, off) in self.long.iter_mut().zip(off) {
            duel.fought(off, own, least, LONG);
        }
    }

    /// Whether answers fit some rule better if their headers were written in this order.
    fn fits_better(&self, other: &Self) -> bool {
        let least = |each: &Self| each.off.iter().min().copied().unwrap_or(0);
        let (own, others) = (u64::from(self.pairs), u64::from(other.pairs));
        // Means are compared, without a division.
        own.saturating_mul(2) >= others
            && least(self).saturating_mul(others) < least(other).saturating_mul(own)
    }

    /// The rule that explains the falls best, where it does so clearly better than the believed one.
    fn winner(&self, believed: Believed, is_settled: bool) -> Option<Charging> {
        let rules = RULES.into_iter().zip(&self.off).zip(&self.duels);
        let rules = rules.filter(|((rule, _), _)| believed.may_be(*rule));
        let ((best, off), duel) = rules.min_by_key(|((_, off), _)| **off)?;
        let own = self.off.get(believed.place()).copied().unwrap_or(0);
        // What was learned is not overruled by where the two differ alone while neither explains the rest.
        let is_clear =
            believed.standing != Standing::Learned || off.saturating_mul(10) <= own.saturating_mul(9);
        let least = if best == Charging::Completion { PAIRS_COMPLETION } else { 0 };
        (is_clear && duel.is_won(believed.pairs(is_settled).max(least))).then_some(best)
    }
}

fn add(sums: &mut Sums, amount: impl Fn(Charging) -> i64) {
    for (sum, rule) in sums.iter_mut().zip(RULES) {
        *sum = sum.wrapping_add(amount(rule));
    }
}

/// What a rule counts when a call arrives.
fn at_arrival(rule: Charging, call: Parts) -> i64 {
    let counted = match rule {
        Charging::Completion => 0,
        rule if rule.takes_maximum() => call.input.saturating_add(call.output),
        _ => call.input,
    };
    i64::try_from(counted).unwrap_or(i64::MAX)
}

/// What a rule counts, or gives back, when the answer to a call is complete. The input turns out to be another than was
/// estimated; by most rules it was the other one from the beginning.
fn at_end(rule: Charging, call: Parts, spent: Parts) -> i64 {
    let all = spent.input.saturating_add(spent.output);
    let by_then = match rule {
        Charging::InputOnly => spent.input,
        Charging::Maximum => spent.input.saturating_add(call.output.max(spent.output)),
        _ => all,
    };
    i64::try_from(by_then).unwrap_or(i64::MAX).wrapping_sub(at_arrival(rule, call))
}

#[cfg(test)]
mod tests;
