//! The pass over a head: every header is placed by its name and read by its shape, and what cannot be read is noted.

use std::time::Duration;

use http::HeaderName;
use tidegate_core::Observation;

use super::slots::{Slot, Slots};
use super::{DAY, MINUTE, Part, Place, Resolution, deduce_window, ietf, names, push};
use crate::fault::wait_of;
use crate::observed::Charged;
use crate::value::{LONGEST, ONE_CALL_MAX, count, until_by_shape};
use crate::{Observed, ResponseHead, Why};

/// What a dialect knows of the headers of its limits.
#[derive(Debug)]
pub(crate) struct Scheme {
    /// What a name means; names that it does not list are looked up among the common ones.
    pub(crate) place: fn(&str) -> Place<'_>,
    /// Adds what is known of the enforcement to a limit of its own; also deduces windows.
    pub(crate) finish: fn(Observation, stem: &str) -> Observation,
    /// The same for a limit under one of the common names; nothing is known of it where a proxy may have added it.
    pub(crate) finish_common: fn(Observation) -> Observation,
}

/// Reads everything that a head states of limits.
pub(crate) fn collect(head: &ResponseHead<'_>, scheme: &Scheme) -> Observed {
    let mut observed = Observed::default();
    let (mut own, mut others) = (Slots::new(), Slots::new());
    let mut drafts = false;
    let mut waits = None;
    for (name, value) in head.headers {
        let word = name.as_str();
        drafts |= word.starts_with("ratelimit");
        if word.starts_with("retry-after") {
            // All values of one name come one after another, and are looked at together.
            if waits.replace(name) != Some(name) {
                note_wait(head, name, &mut observed);
            }
            continue;
        }
        if !names::may_matter(word) {
            continue;
        }
        match (scheme.place)(word) {
            Place::At(row, part) => own.put((row, part), name, value, &mut observed),
            Place::Left(why) => observed.ignore(name, why),
            Place::Other => {}
            Place::Unlisted => match names::place(word) {
                Place::At(row, part) => others.put((row, part), name, value, &mut observed),
                Place::Left(why) => observed.ignore(name, why),
                Place::Other | Place::Unlisted => {}
            },
        }
    }
    for slot in own.iter() {
        let finish = |limit, _| (scheme.finish)(limit, slot.row.stem);
        state(slot, head, finish, &mut observed);
    }
    for slot in others.iter() {
        let finish = |limit, form| (scheme.finish_common)(deduced(limit, form));
        state(slot, head, finish, &mut observed);
    }
    if drafts {
        ietf::read(head, &mut observed);
    }
    observed
}

/// Notes a wait that will not be heeded; heeded ones belong to the verdict.
fn note_wait(head: &ResponseHead<'_>, name: &HeaderName, observed: &mut Observed) {
    if head.status < 400 {
        observed.ignore(name, Why::WaitOnSuccess);
    } else if wait_of(head, name).is_none() {
        observed.ignore(name, Why::NotASpan);
    }
}

/// How a reset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// With its unit.
    Unit,
    /// As a number or a date, or not at all.
    Bare,
}

/// The limit with its window. Only those who write durations with units are known to state the time until the limit
/// is whole (Groq, OpenAI behind proxies).
fn deduced(mut observation: Observation, form: Form) -> Observation {
    if observation.window.is_none() && form == Form::Unit {
        observation.window = deduce_window(&observation, Resolution::MILLIS, &[MINUTE, DAY]);
    }
    observation
}

/// Adds the limit of one slot.
fn state(
    slot: &Slot<'_>,
    head: &ResponseHead<'_>,
    finish: impl Fn(Observation, Form) -> Observation,
    observed: &mut Observed,
) {
    let number = |part: Part, observed: &mut Observed| {
        let (name, text) = slot.field(part)?;
        count(text).map_err(|why| observed.ignore(name, why)).ok()
    };
    let mut observation = Observation::of(slot.row.dimension);
    observation.limit = number(Part::Limit, observed);
    observation.remaining = number(Part::Remaining, observed);
    match number(Part::Charged, observed).zip(slot.field(Part::Charged)) {
        Some((amount, _)) if amount <= ONE_CALL_MAX => {
            observed.charged.push(Charged { dimension: slot.row.dimension, amount });
        }
        Some((_, (name, _))) => observed.ignore(name, Why::Sentinel),
        None => {}
    }
    let stated = number(Part::Window, observed).map(Duration::from_secs);
    let stated = stated.filter(|window| !window.is_zero() && *window <= LONGEST);
    observation.window = slot.row.window.or(stated);
    let reset = slot.field(Part::Reset);
    if observation.limit.is_none() && observation.remaining.is_none() {
        if let Some((name, _)) = reset {
            observed.ignore(name, Why::Alone);
        }
        return;
    }
    // Only Azure states its window in a header of its own, and only Azure writes resets without their unit.
    let unit = if stated.is_some() { Unit::Either } else { Unit::ByShape };
    observation.reset = reset.and_then(|(name, text)| {
        let read = until_by_shape(text, || head.date());
        let read = read.and_then(|reset| fitting(reset, unit, &observation).ok_or(Why::DoesNotFit));
        read.map_err(|why| observed.ignore(name, why)).ok()
    });
    let form = if reset.is_some_and(|(_, text)| text.ends_with('s')) { Form::Unit } else { Form::Bare };
    push(&mut observed.limits, finish(observation, form));
}

/// Whether the unit of a reset is told by its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    ByShape,
    /// Whole numbers are seconds or milliseconds.
    Either,
}

/// The reset in the unit that fits, where the window is stated.
///
/// Azure writes resets as whole numbers, some in milliseconds: 500 with one of 120 used in a window of a minute
/// (recordings, 2026-03). What fits the formula of a bucket in milliseconds is that; what is longer than two windows
/// and fits neither is left out.
fn fitting(reset: Duration, unit: Unit, observation: &Observation) -> Option<Duration> {
    let (Some(window), Some(limit), Some(remaining)) =
        (observation.window, observation.limit.filter(|limit| *limit > 0), observation.remaining)
    else {
        return Some(reset);
    };
    let used = u128::from(limit.saturating_sub(remaining));
    let formula = window.as_millis().saturating_mul(used) / u128::from(limit);
    let as_millis = u128::from(reset.as_secs());
    if unit == Unit::Either && as_millis > 0 && formula.abs_diff(as_millis) <= 1 {
        return Some(Duration::from_millis(reset.as_secs()));
    }
    (reset <= window.saturating_mul(2)).then_some(reset)
}
