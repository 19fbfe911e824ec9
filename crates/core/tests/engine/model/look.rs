//! One look of the model: who goes next. A call that is blocked is protected: whoever stands behind it goes only if the
//! blocked call could, on a copy of all limits, still go as soon as before.

use super::levels::Level;
use super::{Model, Waiting};

/// How many that stand to somebody blocked are tried.
const TRIED_MAX: usize = 16;

/// A call that is blocked.
#[derive(Clone, Copy)]
struct Blocked<'a> {
    call: &'a Waiting,
    /// When its limits that refill have enough for it.
    at: i128,
    /// It waits for a limit of its own lane or tenant, and leaves the common ones to others.
    aside: bool,
}

/// When a call could go alone: the instant, whether it waits for a call to end, and whether a limit of its own blocks it.
fn alone(model: &Model, call: &Waiting, now: i128) -> (i128, bool, bool) {
    let (mut at, mut for_release, mut by_own) = (now, false, false);
    for (_, level) in model.limits_of(call) {
        let first = level.first(call.of(level.rule.dimension), now);
        at = at.max(first.unwrap_or(now));
        for_release |= first.is_none();
        by_own |= first != Some(now) && !level.rule.is_common();
    }
    (at, for_release, by_own)
}

/// The first calls of all flows, in the order in which they have their turn.
fn heads(model: &Model) -> Vec<usize> {
    let is_first =
        |call: &Waiting| !model.waiting.iter().any(|other| other.flows_with(call) && other.rank < call.rank);
    let mut heads = Vec::new();
    for band in model.turns.bands(&model.waiting) {
        let mut row: Vec<usize> = (0..model.waiting.len())
            .filter(|place| model.waiting[*place].band == band && is_first(&model.waiting[*place]))
            .collect();
        row.sort_by_key(|place| {
            let call = &model.waiting[*place];
            (model.turns.key(call), call.rank.1)
        });
        heads.extend(row);
    }
    heads
}

/// Who goes at `now`, by its place among those that wait.
pub(super) fn next(model: &Model, now: i128) -> Option<usize> {
    let mut blocked: Vec<Blocked<'_>> = Vec::new();
    let (mut tried, mut shut) = (0, Vec::new());
    for place in heads(model) {
        let call = &model.waiting[place];
        if shut.contains(&call.lane) {
            continue;
        }
        let (at, for_release, by_own) = alone(model, call, now);
        let (meets, delays) = stands_behind(model, &blocked, call, at, tried);
        if at <= now && !for_release {
            if !delays {
                return Some(place);
            }
        } else if by_own || leads(model, &blocked, call, now) {
            blocked.push(Blocked { call, at, aside: by_own });
        }
        if meets || delays {
            tried += 1;
            if tried >= TRIED_MAX && !blocked.is_empty() {
                shut.push(call.lane);
            }
        }
    }
    None
}

/// Whether a call is the first that is blocked by one of the common limits which block it.
fn leads(model: &Model, blocked: &[Blocked<'_>], call: &Waiting, now: i128) -> bool {
    model.limits_of(call).any(|(place, level)| {
        let blocks = level.first(call.of(level.rule.dimension), now) != Some(now);
        let needs = |other: &Blocked<'_>| !other.aside && needs_of(model, other, place, level) > 0;
        blocks && !blocked.iter().any(needs)
    })
}

fn needs_of(model: &Model, blocked: &Blocked<'_>, place: usize, level: &Level) -> i128 {
    let meets = model.limits_of(blocked.call).any(|(each, _)| each == place);
    if meets { blocked.call.of(level.rule.dimension) } else { 0 }
}

/// Whom a call must not delay: who is blocked by a common limit, and of its own lane and tenant who stepped aside first.
fn protected<'a>(blocked: &'a [Blocked<'a>], call: &Waiting) -> Vec<&'a Blocked<'a>> {
    let mut all: Vec<&Blocked<'_>> = blocked.iter().filter(|each| !each.aside).collect();
    let aside = || blocked.iter().filter(|each| each.aside);
    all.extend(aside().find(|each| each.call.lane == call.lane));
    all.extend(aside().find(|each| each.call.tenant == call.tenant));
    all
}

/// Whether a call that goes at `at` takes what somebody blocked needs, and whether that one goes later then.
fn stands_behind(
    model: &Model,
    blocked: &[Blocked<'_>],
    call: &Waiting,
    at: i128,
    tried: usize,
) -> (bool, bool) {
    let mut meets = false;
    for other in protected(blocked, call) {
        for (place, level) in model.limits_of(call) {
            let (takes, needs) = (call.of(level.rule.dimension), needs_of(model, other, place, level));
            if takes == 0 || needs == 0 || (other.aside && level.rule.is_common()) {
                continue;
            }
            meets = true;
            let mut then = level.clone();
            then.take(takes, at);
            if tried >= TRIED_MAX || then.first(needs, at).is_none_or(|then| then > other.at) {
                return (meets, true);
            }
        }
    }
    (meets, false)
}

/// Every instant at which anything could change: each first call finds what it needs, alone or beside another, or would
/// no more keep an earlier charge from leaving.
pub(super) fn instants(model: &Model) -> Vec<i128> {
    let heads = heads(model);
    let mut instants = Vec::new();
    for &place in &heads {
        let call = &model.waiting[place];
        for (_, level) in model.limits_of(call) {
            let need = call.of(level.rule.dimension);
            instants.extend(level.first(need, model.now));
            instants.extend(level.joins_until());
            for &other in &heads {
                let beside = need + model.waiting[other].of(level.rule.dimension);
                instants.extend(level.first(beside, model.now));
            }
        }
    }
    instants.sort_unstable();
    instants.dedup();
    instants
}
